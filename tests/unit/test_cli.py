"""The command line without a house: arguments, exit codes, settings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from radiotheque.cli.exits import MEANINGS, Exit, exit_code
from radiotheque.cli.peers import services
from radiotheque.core import errors
from radiotheque.core.peer import Service


def radiotheque(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("RADIOTHEQUE_")} | variables
    return subprocess.run([sys.executable, "-m", "radiotheque", *arguments], env=env, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Malformed("x"), 2),
        (errors.Mismatch("x"), 2),
        (errors.Gone("x"), 3),
        (errors.NotPermitted("x"), 4),
        (errors.Conflict("x"), 4),
        (errors.OutOfSpace("x"), 5),
        (errors.Damaged("x"), 6),
        (errors.RadiothequeError("x"), 1),
    ],
)
def test_an_error_ends_the_command_with_its_code(error: errors.RadiothequeError, code: int) -> None:
    assert exit_code(error) == code


def test_every_exit_code_has_its_sentence() -> None:
    assert set(MEANINGS) == set(Exit)


def test_the_services_of_a_peer_are_written_with_commas() -> None:
    assert services("echo,find") == {Service.ECHO, Service.FIND}
    assert services("") == set(Service) - {Service.REJECT}
    with pytest.raises(errors.Malformed, match="worklist"):
        services("echo,print")


def test_every_command_of_the_house_is_there() -> None:
    said = radiotheque("--help").stdout
    for command in ("serve", "keys", "user", "token", "peer", "import", "export", "find", "send", "verify", "settings"):
        assert command in said


def test_settings_are_shown_for_scripts_with_their_source(tmp_path: Path) -> None:
    said = radiotheque("settings", "--json", RADIOTHEQUE_DATA=str(tmp_path / "data"), RADIOTHEQUE_ARTIM_S="7")
    by_name = {line["name"]: line for line in json.loads(said.stdout)}
    assert (by_name["artim_s"]["value"], by_name["artim_s"]["source"]) == ("7.0", "environment")
    assert by_name["http"]["source"] == "default"


def test_a_wrong_setting_ends_the_command_with_2_and_one_line(tmp_path: Path) -> None:
    said = radiotheque("settings", RADIOTHEQUE_DATA=str(tmp_path / "data"), RADIOTHEQUE_HTTP="8080")
    assert said.returncode == 2
    assert said.stderr.startswith("radiotheque: http: not HOST:PORT")
    assert "Traceback" not in said.stderr


def test_a_house_without_a_data_folder_is_refused_in_one_line() -> None:
    said = radiotheque("find")
    assert said.returncode == 2
    assert "--data" in said.stderr


def test_one_part_of_the_house_is_refused_on_sqlite(tmp_path: Path) -> None:
    said = radiotheque("serve", "--data", str(tmp_path / "data"), "--only", "web")
    assert said.returncode == 2
    assert "PostgreSQL" in said.stderr


def test_an_address_that_is_taken_is_told_before_anything_starts(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        keys = str(tmp_path / "keys")
        said = radiotheque("serve", "--data", str(tmp_path / "data"), "--http", address, RADIOTHEQUE_KEYS=keys)
    assert said.returncode == 5
    assert address in said.stderr

"""One server for a data folder whose index is SQLite: a second one is refused, whatever became of an earlier one."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.postgres import fresh_database, running_postgres
from peers.server import Running, start_radiotheque
from radiotheque.core.errors import Unavailable
from radiotheque.database.alone import FILE_NAME, serve_alone


def second(house: Running) -> "subprocess.CompletedProcess[str]":
    """Start another server on the data folder of a house; give how it ended."""
    command = [sys.executable, "-m", "radiotheque", "serve", "--http", "127.0.0.1:0", "--dicom", "127.0.0.1:0"]
    return subprocess.run(command, env=house.env, capture_output=True, text=True, timeout=60)


def test_a_second_server_on_a_folder_is_refused_and_the_first_goes_on(archive: Running) -> None:
    said = second(archive)
    assert (said.returncode, said.stdout) == (5, "")
    refusal = f"{archive.data} is served already, by process {archive.pid}; end that first, or serve another folder"
    assert said.stderr.splitlines()[-1] == f"radiotheque: {refusal}"
    assert archive.session().get(f"{archive.url}/api/status", timeout=30).json()["healthy"] is True
    assert "orphans" in archive.run("sweep", "--json")  # commands go on beside it


def test_what_a_killed_server_left_keeps_nobody_out(radiotheque: Callable[..., Running]) -> None:
    house = radiotheque(sealing="off")
    house.kill()
    left = (house.data / FILE_NAME).read_text()
    assert int(left) > 0
    house.restart()
    assert (house.data / FILE_NAME).read_text() != left
    assert second(house).returncode == 5


def test_the_lock_goes_with_the_last_process_that_has_it(tmp_path: Path) -> None:
    fd = serve_alone(tmp_path / "data")
    with pytest.raises(Unavailable, match=f"by process {os.getpid()};"):
        serve_alone(tmp_path / "data", patience_s=0.0)
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=(fd,))
    os.close(fd)
    with pytest.raises(Unavailable):
        serve_alone(tmp_path / "data", patience_s=0.0)
    child.communicate()
    os.close(serve_alone(tmp_path / "data", patience_s=0.0))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("this is no folder")
    with pytest.raises(Unavailable, match=r"serving\.lock cannot be written"):
        serve_alone(tmp_path / "data")


def test_a_house_on_postgresql_has_as_many_servers_as_it_likes(tmp_path: Path) -> None:
    with running_postgres() as server:
        database = fresh_database(server).replace("postgresql://", "postgresql+psycopg://")
        first = start_radiotheque(tmp_path / "house", database=database)
        try:
            beside = start_radiotheque(tmp_path / "house", database=database)
            try:
                for each in (first, beside):
                    assert each.session().get(f"{each.url}/api/status", timeout=30).json()["healthy"] is True
            finally:
                beside.stop()
        finally:
            first.stop()

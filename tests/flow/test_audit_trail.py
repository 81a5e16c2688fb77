"""The trail of a running house: what comes in by DICOM and goes out by the API is told; killed, its chain stays whole."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from crash.objects import made
from crash.wires import know, stow
from peers.pynet import TITLE, Refused, associated
from peers.server import Running, start_radiotheque
from radiotheque.core.instance import Form

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT_LE = "1.2.840.10008.1.2"
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start_radiotheque(tmp_path_factory.mktemp("house"), aets=("RADIOTHEQUE",))
    know(running)
    yield running
    running.stop()


@pytest.fixture
def session(house: Running) -> requests.Session:
    return house.session()


def trail(house: Running, session: requests.Session, wanted: int = 1, **query: Any) -> list[dict[str, Any]]:
    """Give lines of the trail, newest first, when there are so many; a line is there within a second or two."""
    entries: list[dict[str, Any]] = []
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        entries = session.get(f"{house.url}/api/audit", params={"limit": 1000, **query}, timeout=60).json()["entries"]
        if len(entries) >= wanted:
            break
    return entries


def test_an_association_is_two_lines_however_much_it_asked(house: Running, session: requests.Session) -> None:
    with associated(house.dicom, [(VERIFICATION, IMPLICIT_LE)]) as link:
        for _ in range(3):
            assert link.send_c_echo().Status == 0
    (ended, *_) = trail(house, session, what="association.end", who=TITLE)
    assert ended["detail"].endswith("s: C-ECHO 3")
    assert (ended["outcome"], ended["address"], ended["door"]) == ("success", "127.0.0.1", "dimse")
    (begun, *_) = trail(house, session, what="association.begin", who=TITLE)
    assert begun["detail"] == "to RADIOTHEQUE"


def test_a_stranger_that_was_turned_away_is_in_the_trail(house: Running, session: requests.Session) -> None:
    with (
        pytest.raises(Refused),
        associated(house.dicom, [(VERIFICATION, IMPLICIT_LE)], calling="STRANGER"),
    ):
        pass
    (refused, *_) = trail(house, session, what="association.begin", who="STRANGER")
    assert refused["outcome"] == "refused"


def test_many_instances_of_a_study_are_one_line(house: Running, session: requests.Session) -> None:
    sent = [made(Form.PART10, patient_id="AUDIT-1", series="one", instance=str(number)) for number in range(5)]
    assert stow(house, session, [each.data for each in sent]).status_code == 200
    found = trail(house, session, what="store", study=sent[0].study)
    assert 1 <= len(found) <= 2  # two where the minute changed meanwhile
    assert found[0]["patient_id"] == "AUDIT-1"


def test_the_house_says_when_it_started(house: Running, session: requests.Session) -> None:
    (started, *_) = trail(house, session, what="start")
    assert started["caller"] == "radiotheque"


def test_how_many_lines_wait_is_measured(house: Running, session: requests.Session) -> None:
    text = session.get(f"{house.url}/metrics", timeout=60).text
    assert 'radiotheque_queue_length{queue="audit chain"}' in text


def verified(house: Running, *options: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "radiotheque", "audit", "verify", "--json", *options]
    done = subprocess.run(command, env=house.env, capture_output=True, text=True, timeout=300)
    return done.returncode, json.loads(done.stdout)


def test_the_chain_is_whole_beside_the_server_and_after_it_was_killed(
    house: Running, session: requests.Session, tmp_path: Path
) -> None:
    exported = tmp_path / "checkpoint.json"
    trail(house, session, what="start")
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:  # the server signs within a minute of its first line; a start is its first
        if session.get(f"{house.url}/api/audit/checkpoint", timeout=60).status_code == 200:
            break
    house.run("audit", "checkpoint", "--to", str(exported))
    code, told = verified(house, "--against", str(exported))
    assert (code, told["finding"]) == (0, None)
    assert told["lines"] > 3
    house.kill()
    code, told = verified(house, "--against", str(exported))
    assert (code, told["finding"]) == (0, None)
    house.restart()
    know(house)
    code, again = verified(house, "--resume", "--against", str(exported))
    assert (code, again["finding"]) == (0, None)
    assert again["lines"] < told["lines"] + 20

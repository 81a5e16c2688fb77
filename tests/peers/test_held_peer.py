"""A peer is held beside the running archive: DCMTK's dcmrecv gets nothing until it is released, then all of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from peers.dcmtk import receive
from peers.processes import wait_for
from peers.server import Running
from phantoms import phantom

pytestmark = pytest.mark.peer("dcmrecv")
FIRST, SECOND = "1.2.826.0.1.3680043.10.7.1", "1.2.826.0.1.3680043.10.7.2"


def get(house: Running, path: str) -> Any:
    with house.session() as session:
        return session.get(house.url + path, timeout=60).json()


def post(house: Running, path: str, body: Any = None) -> Any:
    with house.session() as session:
        answer = session.post(house.url + path, json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()


def keep(house: Running, study: str) -> None:
    with house.session() as session:
        body = phantom(study=study, series=f"{study}.1", instance=f"{study}.1.1")
        headers = {"Content-Type": "application/dicom"}
        assert session.post(f"{house.web}/studies", data=body, headers=headers, timeout=60).status_code == 200


def test_nothing_is_sent_to_a_held_peer_until_it_is_released(archive: Running, tmp_path: Path) -> None:
    held, free = receive(tmp_path / "held", aet="HELDPEER"), receive(tmp_path / "free", aet="FREEPEER")
    try:
        archive.add_peer("HELDPEER", held.port, "--may", "echo")
        archive.add_peer("FREEPEER", free.port, "--may", "echo")
        keep(archive, FIRST)
        keep(archive, SECOND)
        assert "HELDPEER is held, with 0 jobs" in archive.run("peer", "hold", "HELDPEER")
        for study in (FIRST, SECOND):
            post(archive, "/api/send", {"study": study, "peer": "HELDPEER"})
        post(archive, "/api/send", {"study": FIRST, "peer": "FREEPEER"})
        wait_for(lambda: len(free.files()) == 1)
        waiting = get(archive, "/api/outbox/waiting?peer=HELDPEER")["waiting"]
        assert [(job["kind"], job["studies"], job["state"], job["attempts"]) for job in waiting] == [
            ("send", [FIRST], "held", 0),
            ("send", [SECOND], "held", 0),
        ]
        assert held.files() == []
        assert get(archive, "/api/peers/HELDPEER")["held"]
        shown = {peer["aet"]: peer["held"] for peer in json.loads(archive.run("peer", "list", "--json"))}
        assert shown == {"HELDPEER": True, "FREEPEER": False}
        assert post(archive, "/api/peers/HELDPEER/release") == {"released": 2}
        wait_for(lambda: len(held.files()) == 2 and not get(archive, "/api/outbox/waiting?peer=HELDPEER")["waiting"])
    finally:
        held.stop()
        free.stop()

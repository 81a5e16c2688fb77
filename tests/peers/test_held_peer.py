"""A peer is held beside the running archive: DCMTK's dcmrecv gets nothing until it is released, then all of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from peers import pynet
from peers.dcmtk import receive
from peers.processes import wait_for
from peers.server import Running
from phantoms import phantom

pytestmark = pytest.mark.peer("dcmrecv")
FIRST, SECOND = "1.2.826.0.1.3680043.10.7.1", "1.2.826.0.1.3680043.10.7.2"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"


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


def test_a_c_move_to_a_held_peer_sends_nothing_and_says_so(archive: Running, tmp_path: Path) -> None:
    """The sub-operations fail, listed (PS3.4 table C.4-2, A702); after the release the same request sends them."""
    study = f"{FIRST}9"
    held = receive(tmp_path / "moved", aet="MOVEHELD")
    try:
        archive.add_peer("MOVEHELD", held.port, "--may", "echo")
        archive.add_peer("PYNET", 104, "--destinations", "MOVEHELD")
        keep(archive, study)
        archive.run("peer", "hold", "MOVEHELD")
        status, failed = move(archive, study)
        assert (status.Status, status.NumberOfFailedSuboperations, status.NumberOfCompletedSuboperations) == (
            0xA702,
            1,
            0,
        )
        assert "MOVEHELD is held" in status.ErrorComment
        assert failed == [f"{study}.1.1"]
        assert held.files() == []
        archive.run("peer", "release", "MOVEHELD")
        status, _ = move(archive, study)
        assert (status.Status, status.NumberOfCompletedSuboperations) == (0x0000, 1)
        assert len(held.files()) == 1
    finally:
        held.stop()


def move(archive: Running, study: str) -> tuple[Dataset, list[str]]:
    """Ask for a study to be moved to MOVEHELD; give the final status and what is listed as failed."""
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", study
    with pynet.associated(archive.dicom, [(MOVE, "1.2.840.10008.1.2")]) as link:
        status, listed = list(link.send_c_move(query, "MOVEHELD", MOVE))[-1]
    failed = listed.get("FailedSOPInstanceUIDList", []) if listed else []
    return status, [failed] if isinstance(failed, str) else list(failed)

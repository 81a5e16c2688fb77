"""The archive asks Orthanc to commit to what it sent, and knows what came of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peers.orthanc import PLUGIN, Orthanc, start_orthanc
from peers.processes import wait_for
from peers.server import Running
from phantoms import phantom

pytestmark = [
    pytest.mark.peer("Orthanc"),
    pytest.mark.skipif(not PLUGIN.exists(), reason="Orthanc's DICOMweb plugin is installed by `make test`"),
]
STUDY, OTHER = "1.2.826.0.1.3680043.10.1.1", "1.2.826.0.1.3680043.10.1.2"


@pytest.fixture(scope="module")
def pair(archive: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Orthanc]]:
    peer = start_orthanc(tmp_path_factory.mktemp("orthanc"), peers={"radio": (archive.aet, archive.dicom[1])})
    archive.add_peer(peer.aet, peer.dicom)
    yield archive, peer
    peer.stop()


def keep(house: Running, study: str, *instances: str) -> None:
    with house.session() as session:
        for instance in instances:
            body = phantom(study=study, series=f"{study}.1", instance=instance)
            headers = {"Content-Type": "application/dicom"}
            assert session.post(f"{house.web}/studies", data=body, headers=headers, timeout=60).status_code == 200


def asked(house: Running) -> list[dict[str, Any]]:
    with house.session() as session:
        found: list[dict[str, Any]] = session.get(f"{house.url}/api/commitments", timeout=60).json()["commitments"]
        return found


def post(house: Running, path: str, body: Any) -> Any:
    with house.session() as session:
        answer = session.post(house.url + path, json=body, timeout=60)
        assert answer.status_code == 202, answer.text
        return answer.json()


def state(house: Running, transaction: str) -> dict[str, Any]:
    return next(one for one in asked(house) if one["transaction"] == transaction)


def test_what_was_sent_is_committed_to_by_the_peer(pair: tuple[Running, Orthanc]) -> None:
    house, peer = pair
    keep(house, STUDY, f"{STUDY}.1.1", f"{STUDY}.1.2")
    assert post(house, "/api/send", {"study": STUDY, "peer": peer.aet}) == {"queued": 2}
    wait_for(lambda: any(one["study"] == STUDY and one["state"] == "committed" for one in asked(house)))
    (one,) = [one for one in asked(house) if one["study"] == STUDY]
    assert (one["peer"], one["instances"], one["failed"]) == (peer.aet, 2, [])
    assert one["answered_at"] >= one["asked_at"] > 0


def test_what_the_peer_does_not_hold_is_named_with_its_reason(pair: tuple[Running, Orthanc]) -> None:
    house, peer = pair
    keep(house, OTHER, f"{OTHER}.1.1")
    transaction = post(house, "/api/commitments", {"study": OTHER, "peer": peer.aet})["transaction"]
    wait_for(lambda: state(house, transaction)["state"] == "failed")
    assert state(house, transaction)["failed"] == [{"instance": f"{OTHER}.1.1", "reason": 0x0112}]


def test_a_peer_that_was_away_is_asked_when_it_is_back(pair: tuple[Running, Orthanc], tmp_path: Path) -> None:
    house, _ = pair
    keep(house, STUDY, f"{STUDY}.1.1", f"{STUDY}.1.2")
    house.add_peer("LATER", 9)
    transaction = post(house, "/api/commitments", {"study": STUDY, "peer": "LATER"})["transaction"]
    assert state(house, transaction)["state"] == "waiting"
    late = start_orthanc(tmp_path / "late", aet="LATER", peers={"radio": (house.aet, house.dicom[1])})
    try:
        house.add_peer("LATER", late.dicom)
        wait_for(lambda: state(house, transaction)["state"] == "failed")
        assert len(state(house, transaction)["failed"]) == 2
    finally:
        late.stop()


def test_the_archive_commits_to_what_orthanc_sent_it(pair: tuple[Running, Orthanc]) -> None:
    house, peer = pair
    peer.know("radio", house.aet, house.dicom[1])
    name = peer.post("/instances", phantom(study=OTHER, series=f"{OTHER}.1", instance=f"{OTHER}.1.9"))["ID"]
    job = peer.post("/modalities/radio/store", {"Resources": [name], "StorageCommitment": True})
    path = f"/storage-commitment/{job['StorageCommitmentTransactionUID']}"
    wait_for(lambda: peer.get(path)["Status"] != "Pending")
    assert peer.get(path)["Status"] == "Success"


def test_a_study_that_is_not_here_cannot_be_asked_for(pair: tuple[Running, Orthanc]) -> None:
    house, _ = pair
    with house.session() as session:
        answer = session.post(
            f"{house.url}/api/commitments", json={"study": "1.2.3.4.5.6", "peer": "ORTHANC"}, timeout=60
        )
    assert answer.status_code == 404

"""Orthanc and the archive: each stores, finds, moves and commits with the other, over DICOM and DICOMweb."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from peers.orthanc import PLUGIN, Orthanc, start_orthanc
from peers.processes import wait_for
from peers.server import Running
from shared import Sample, consistent, packaged

pytestmark = [
    pytest.mark.peer("Orthanc"),
    pytest.mark.skipif(not PLUGIN.exists(), reason="Orthanc's DICOMweb plugin is installed by `make test`"),
]
NAMES = ("RG1_UNCR.dcm", "RG1_J2KR.dcm", "RG3_UNCR.dcm", "CT_small.dcm", "MR_small.dcm")


@pytest.fixture(scope="module")
def radiographs() -> Sequence[Sample]:
    return [sample for sample in consistent(packaged()) if sample.path.name in NAMES]


@pytest.fixture(scope="module")
def pair(archive: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Orthanc]]:
    """An archive and an Orthanc that know each other over DICOM and DICOMweb."""
    servers = {
        "radio": {"Url": f"{archive.web}/", "HttpHeaders": {"Authorization": f"Bearer {archive.token}"}},
    }
    modalities = {"radio": (archive.aet, archive.dicom[1])}
    peer = start_orthanc(tmp_path_factory.mktemp("orthanc"), peers=modalities, web_servers=servers)
    archive.add_peer(peer.aet, peer.dicom)
    yield archive, peer
    peer.stop()


def instances(peer: Orthanc) -> set[str]:
    """Give the SOP Instance UIDs that Orthanc holds."""
    return {item["MainDicomTags"]["SOPInstanceUID"] for item in peer.get("/instances?expand&since=0&limit=1000")}


def kept(house: Running) -> set[str]:
    """Give the SOP Instance UIDs that the archive shows."""
    with house.session() as session:
        answer = session.get(f"{house.web}/instances", params={"limit": "1000"}, timeout=60)
    return {item["00080018"]["Value"][0] for item in answer.json()} if answer.status_code == 200 else set()


def upload(peer: Orthanc, files: Sequence[Path]) -> list[str]:
    """Put files into Orthanc and give its names of them."""
    return [peer.post("/instances", path.read_bytes())["ID"] for path in files]


def test_orthanc_stores_and_is_promised_what_it_stored(
    pair: tuple[Running, Orthanc], radiographs: Sequence[Sample]
) -> None:
    house, peer = pair
    names = upload(peer, [sample.path for sample in radiographs])
    job = peer.post("/modalities/radio/store", {"Resources": names, "StorageCommitment": True})
    assert {sample.instance for sample in radiographs} <= kept(house)
    transaction = job["StorageCommitmentTransactionUID"]
    wait_for(lambda: peer.get(f"/storage-commitment/{transaction}")["Status"] != "Pending")
    report = peer.get(f"/storage-commitment/{transaction}")
    assert report["Status"] == "Success", report
    assert {item["SOPInstanceUID"] for item in report["Success"]} == {sample.instance for sample in radiographs}


def test_orthanc_is_told_what_the_archive_does_not_hold(
    pair: tuple[Running, Orthanc], radiographs: Sequence[Sample]
) -> None:
    _, peer = pair
    missing = {"SOPClassUID": radiographs[0].sop_class, "SOPInstanceUID": "2.25.424242"}
    answer = peer.post("/modalities/radio/storage-commitment", {"DicomInstances": [missing]})
    wait_for(lambda: peer.get(answer["Path"])["Status"] != "Pending")
    report = peer.get(answer["Path"])
    assert report["Status"] == "Failure"
    assert [item["FailureReason"] for item in report["Failures"]] == [0x0112], report


def test_orthanc_finds_a_study_and_moves_it_to_itself(
    pair: tuple[Running, Orthanc], radiographs: Sequence[Sample]
) -> None:
    house, peer = pair
    load(house, radiographs)
    study = radiographs[0].study
    wanted = {sample.instance for sample in radiographs if sample.study == study}
    forget(peer)
    query = peer.post("/modalities/radio/query", {"Level": "Study", "Query": {"StudyInstanceUID": study}})
    assert len(peer.get(f"{query['Path']}/answers")) == 1
    peer.post(f"{query['Path']}/retrieve", {"TargetAet": peer.aet, "Synchronous": True})
    wait_for(lambda: wanted <= instances(peer))


def test_the_archive_sends_a_study_to_orthanc(pair: tuple[Running, Orthanc], radiographs: Sequence[Sample]) -> None:
    house, peer = pair
    load(house, radiographs)
    forget(peer)
    for study in {sample.study for sample in radiographs}:
        house.run("send", study, peer.aet)
    wait_for(lambda: {sample.instance for sample in radiographs} <= instances(peer))


def test_orthanc_as_dicomweb_client_stores_finds_and_retrieves(
    pair: tuple[Running, Orthanc], radiographs: Sequence[Sample]
) -> None:
    house, peer = pair
    names = upload(peer, [sample.path for sample in radiographs])
    peer.post("/dicom-web/servers/radio/stow", {"Resources": names, "Synchronous": True})
    assert {sample.instance for sample in radiographs} <= kept(house)
    study = radiographs[0].study
    query = {"Uri": "/studies", "Arguments": {"StudyInstanceUID": study}}
    found = peer.post("/dicom-web/servers/radio/qido", query)
    assert len(found) == 1
    forget(peer)
    peer.post("/dicom-web/servers/radio/retrieve", {"Resources": [{"Study": study}], "Synchronous": True})
    wait_for(lambda: {sample.instance for sample in radiographs if sample.study == study} <= instances(peer))


def load(house: Running, samples: Sequence[Sample]) -> None:
    """Give the archive what it may not have yet."""
    house.run("import", *(str(sample.path) for sample in samples))


def forget(peer: Orthanc) -> None:
    """Empty Orthanc."""
    for name in peer.get("/patients"):
        peer.delete(f"/patients/{name}")

"""Orthanc as a DICOM peer of the wire alone: it stores, finds, moves and asks for commitment; we do the same to it."""

import threading
from collections.abc import Callable

import pytest

from peers.dimse_house import Shelf, dimse_house, peer
from peers.orthanc import Orthanc
from peers.processes import free_port
from peers.scu import find, move
from phantoms import dataset_bytes, phantom
from radiotheque.core.aetitle import AETitle
from radiotheque.core.query import Found, Level
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.asking import request_commitment
from radiotheque.wire.dimse.echo import echo
from radiotheque.wire.dimse.requestor import Calling
from radiotheque.wire.dimse.sender import DimseSender

pytestmark = pytest.mark.peer("Orthanc")

DX, EXPLICIT, JPEG_LS = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80"
US = Calling(AETitle("RADIOTHEQUE"))


def films(count: int, syntax: str = EXPLICIT) -> list[bytes]:
    return [phantom(study="1.2", instance=f"1.2.{number}", syntax=syntax) for number in range(1, count + 1)]


def test_orthanc_echoes_stores_finds_and_moves(orthanc: Callable[..., Orthanc]) -> None:
    port = free_port()
    running = orthanc(peers={"radio": ("RADIOTHEQUE", port)})
    study = Found(Level.STUDY, {"PatientID": ("PH-0001",), "StudyInstanceUID": ("1.2",), "AccessionNumber": ("A1",)})
    shelf = Shelf(found=(study,))
    with dimse_house(peer("ORTHANC", running.dicom), shelf=shelf, port=port):
        running.post("/modalities/radio/echo", {})
        ids = [running.post("/instances", film)["ID"] for film in films(3)]
        running.post("/modalities/radio/store", {"Resources": ids, "Synchronous": True})
        assert {each.dataset for each in shelf.kept.values()} == {dataset_bytes(film) for film in films(3)}

        query = running.post("/modalities/radio/query", {"Level": "Study", "Query": {"PatientID": "PH-0001"}})["ID"]
        (answer,) = running.get(f"/queries/{query}/answers?expand&simplify")
        assert (answer["StudyInstanceUID"], answer["RetrieveAETitle"]) == ("1.2", "RADIOTHEQUE")

        for instance in ids:
            running.delete(f"/instances/{instance}")
        running.post(f"/queries/{query}/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True})
        assert sorted(running.get("/instances")) == sorted(ids)


def test_orthanc_is_told_that_what_it_stored_is_committed(orthanc: Callable[..., Orthanc]) -> None:
    port = free_port()
    running = orthanc(peers={"radio": ("RADIOTHEQUE", port)})
    shelf = Shelf(holding={"1.2.1": 0, "1.2.2": 0})
    with dimse_house(peer("ORTHANC", running.dicom), shelf=shelf, port=port) as house:
        instances = [{"SOPClassUID": DX, "SOPInstanceUID": uid} for uid in ("1.2.1", "1.2.2", "1.2.3")]
        asked = running.post("/modalities/radio/storage-commitment", {"DicomInstances": instances, "Synchronous": True})
        (job,) = house.jobs
        house.reports.run(job)
        report = running.get(f"/storage-commitment/{asked['ID']}")
    assert report["Status"] == "Failure"
    assert sorted(each["SOPInstanceUID"] for each in report["Success"]) == ["1.2.1", "1.2.2"]
    assert [each["SOPInstanceUID"] for each in report["Failures"]] == ["1.2.3"]


def test_we_echo_store_find_and_move_at_orthanc(orthanc: Callable[..., Orthanc]) -> None:
    port = free_port()
    running = orthanc(peers={"radio": ("RADIOTHEQUE", port)})
    to = peer("ORTHANC", running.dicom)
    echo(to, US)
    with DimseSender(US).open(to, [(UID(DX), (UID(EXPLICIT),)), (UID(DX), (UID(JPEG_LS),))]) as sending:
        for number, film in enumerate(films(3), 1):
            pieces = [dataset_bytes(film)[at : at + 5000] for at in range(0, len(dataset_bytes(film)), 5000)]
            assert sending.store(UID(DX), UID(f"1.2.{number}"), UID(EXPLICIT), pieces) == 0
        compressed = dataset_bytes(phantom(study="1.2", instance="1.2.9", syntax=JPEG_LS))
        assert sending.store(UID(DX), UID("1.2.9"), UID(JPEG_LS), [compressed]) == 0
    assert len(running.get("/instances")) == 4

    (match,) = find(to, US, Level.STUDY, {"PatientID": "PH-0001", "StudyInstanceUID": "", "PatientName": "*"})
    assert match["0020000D"]["Value"] == ["1.2"]

    with dimse_house(to, port=port) as house:
        moved = move(to, US, Level.STUDY, {"StudyInstanceUID": "1.2"}, destination="RADIOTHEQUE")
        assert (moved.status, moved.failed) == (0, 0)
        house.shelf.await_kept(4)
        assert house.shelf.kept["1.2.9"].dataset == compressed


def test_orthanc_commits_to_what_we_sent_on_an_association_of_its_own(orthanc: Callable[..., Orthanc]) -> None:
    port = free_port()
    running = orthanc(peers={"radio": ("RADIOTHEQUE", port)})
    to = peer("ORTHANC", running.dicom)
    running.post("/instances", films(1)[0])
    arrived = threading.Event()
    with dimse_house(to, port=port, on_report=arrived.set) as house:
        references = [(UID(DX), UID("1.2.1")), (UID(DX), UID("1.2.7"))]
        request_commitment(to, US, UID("1.9.1"), references, heard=lambda aet, report: arrived.set(), wait_s=0.1)
        assert arrived.wait(30)
        ((aet, report),) = house.heard
    assert (aet, report.transaction, report.committed) == ("ORTHANC", "1.9.1", (references[0],))
    assert [instance for _, instance, _ in report.failed] == ["1.2.7"]

"""What comes in and is asked for is counted, as Prometheus reads it."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from peers.dcmtk import Dcmtk
from peers.server import Running
from phantoms import phantom

pytestmark = pytest.mark.peer("storescu")
STUDY = "1.2.826.0.1.3680043.10.8.1"


def counted(house: Running) -> dict[tuple[str, ...], float]:
    with house.session() as session:
        text = session.get(f"{house.url}/metrics", timeout=60).text
    families = text_string_to_metric_families(text)
    return {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}


def test_objects_queries_and_associations_are_counted_by_where_they_came_in(archive: Running, tmp_path: Path) -> None:
    archive.add_peer("DCMTK", 104)
    film = tmp_path / "film.dcm"
    film.write_bytes(phantom(study=STUDY, series=f"{STUDY}.1", instance=f"{STUDY}.1.1"))
    dcmtk = Dcmtk(archive.dicom[1])
    assert dcmtk.store([film]).code == 0
    assert dcmtk.find(["QueryRetrieveLevel=STUDY", "StudyInstanceUID"]).code == 0
    assert Dcmtk(archive.dicom[1], calling="STRANGER").echo().code != 0
    with archive.session() as session:
        headers = {"Content-Type": "application/dicom"}
        session.post(f"{archive.web}/studies", data=film.read_bytes(), headers=headers, timeout=60)
        session.post(f"{archive.web}/studies", data=b"no film", headers=headers, timeout=60)
        session.get(f"{archive.web}/studies", timeout=60)
    seen = counted(archive)
    assert seen["radiotheque_objects_received_total", "dimse", "kept"] == 1
    assert seen["radiotheque_objects_received_total", "duplicate", "stow"] == 1
    assert seen["radiotheque_objects_received_total", "refused", "stow"] == 1
    assert seen["radiotheque_bytes_received_total", "dimse"] >= film.stat().st_size - 400
    assert seen["radiotheque_finds_total", "dimse"] == 1
    assert seen["radiotheque_finds_total", "dicomweb"] >= 1
    assert seen["radiotheque_associations_total", "accepted"] == 2
    assert seen["radiotheque_associations_total", "rejected"] == 1
    assert seen["radiotheque_associations_open",] == 0

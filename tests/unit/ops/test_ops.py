"""How the house stands: health, metrics, and whether everything kept is still whole."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from radiotheque.blobs.memory import MemoryStore
from radiotheque.core.errors import Unavailable
from radiotheque.core.instance import BlobName
from radiotheque.database.engine import Database, open_database, session_of
from radiotheque.ops import Health, Metrics, Progress, verify
from unit.security.held import HeldClock


def failing() -> str:
    raise Unavailable("the disk is gone")


def test_health_names_what_fails_and_goes_on_to_the_rest() -> None:
    health = Health({"disk": failing, "index": lambda: "answers"}, HeldClock())
    assert [(check.name, check.healthy, check.detail) for check in health()] == [
        ("disk", False, "the disk is gone"),
        ("index", True, "answers"),
    ]


def test_asking_often_looks_once_in_two_seconds() -> None:
    clock, looks = HeldClock(), []
    health = Health({"index": lambda: looks.append(1) or "answers"}, clock)
    health(), health()
    assert len(looks) == 1
    clock.at += 2.0
    health()
    assert len(looks) == 2


def samples(metrics: Metrics) -> dict[str, float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {f"{s.name}{sorted(s.labels.values())}": s.value for family in families for s in family.samples}


def test_metrics_are_read_by_the_prometheus_parser() -> None:
    metrics = Metrics(lambda: {"send": 4.0}, lambda: 1)
    metrics.answered("dicom-web", 200, 0.004)
    metrics.answered("dicom-web", 200, 0.004)
    metrics.received("dimse", "kept", 1000)
    metrics.found("dimse")
    metrics.association("accepted")
    metrics.cached(True)
    metrics.cached(False)
    metrics.cached(False)
    seen = samples(metrics)
    assert seen["radiotheque_http_requests_total['200', 'dicom-web']"] == 2
    assert seen["radiotheque_http_seconds_count['dicom-web']"] == 2
    assert seen["radiotheque_objects_received_total['dimse', 'kept']"] == 1
    assert seen["radiotheque_bytes_received_total['dimse']"] == 1000
    assert seen["radiotheque_finds_total['dimse']"] == 1
    assert seen["radiotheque_associations_open[]"] == 1
    assert seen["radiotheque_queue_length['send']"] == 4
    assert seen["radiotheque_near_cache_blocks_total['hit']"] == 1
    assert seen["radiotheque_near_cache_blocks_total['miss']"] == 2


def test_a_path_that_somebody_makes_up_is_no_label() -> None:
    metrics = Metrics()
    metrics.answered("DUPONT", 404, 0.001)
    assert b"DUPONT" not in metrics.text()


HEADER, DATASET = b"\0" * 128 + b"DICM" + b"group 2", b"the data set"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "index.db") as opened:
        yield opened


def keep(database: Database, instance: str, blob: str) -> None:
    """Give the index a row for an instance of one study and series."""
    parents = (
        "INSERT INTO patient(id, key) VALUES (1, 'k') ON CONFLICT DO NOTHING",
        "INSERT INTO study(id, uid, patient) VALUES (1, '1.2', 1) ON CONFLICT DO NOTHING",
        "INSERT INTO series(id, uid, study_id, ord) VALUES (1, '1.3', 1, 0) ON CONFLICT DO NOTHING",
    )
    row = (
        "INSERT INTO instance(uid, series_id, ord, blob_name, size_bytes, dataset_sha256, meta_sha256, dataset_offset)"
        " VALUES (?, 1, 0, ?, ?, ?, ?, ?)"
    )
    hashes = (sha256(DATASET).digest(), sha256(HEADER).digest())
    size = len(HEADER + DATASET)

    def act(tx: object) -> None:
        session = session_of(tx)  # type: ignore[arg-type]
        for parent in parents:
            session.run(parent)
        session.run(row, (instance, blob, size, *hashes, len(HEADER)))

    database.write(act)


def test_whole_objects_check_out_and_progress_is_told(database: Database) -> None:
    blobs = MemoryStore()
    for number in range(3):
        blobs.put(BlobName(f"{number:032x}/{number:032x}"), [HEADER + DATASET])
        keep(database, f"1.4.{number}", f"{number:032x}/{number:032x}")
    told: list[Progress] = []
    assert list(verify(database, blobs, told.append)) == []
    assert (told[-1].checked, told[-1].total, told[-1].size_bytes) == (3, 3, 3 * len(HEADER + DATASET))


@pytest.mark.parametrize("kept", [None, HEADER + b"the data s3t", b"\1" + (HEADER + DATASET)[1:], HEADER])
def test_missing_changed_and_cut_bytes_are_found(database: Database, kept: bytes | None) -> None:
    blobs, name = MemoryStore(), BlobName(f"{7:032x}/{7:032x}")
    if kept is not None:
        blobs.put(name, [kept])
    keep(database, "1.4.7", name)
    assert [(fault.instance, fault.blob) for fault in verify(database, blobs)] == [("1.4.7", name)]

"""What storage commitment is given for: all that is truly held, shown or not, byte by byte (PS3.4 J, PS3.3 C.14.1.1)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crash.objects import Sent, made, offer
from crash.truth import house_at, me
from radiotheque.app import House
from radiotheque.blobs.files import blob_path
from radiotheque.core.instance import Outcome, Selection
from radiotheque.core.query import Level
from radiotheque.core.uid import UID

PROCESSING_FAILURE, NO_SUCH_OBJECT, CONFLICT = 0x0110, 0x0112, 0x0119


@pytest.fixture(params=[True, False], ids=["sealed", "plain"])
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    with house_at(tmp_path, sealing=request.param) as opened:
        yield opened


def answer(house: House, sent: Sent, sop_class: str = "") -> int:
    (reason,) = house.archive.holds([(UID(sop_class or sent.sop_class), UID(sent.instance))], me())
    return reason


def file_of(house: House, sent: Sent) -> Path:
    """Give the file that an instance's, or its case's, bytes lie in."""
    name = house.catalog.held([UID(sent.instance)])[UID(sent.instance)].blob.name
    return Path(blob_path(str(house.settings.data / "blobs"), name))


def test_what_is_kept_is_held(house: House) -> None:
    assert offer(house, made()).outcome is Outcome.KEPT
    assert answer(house, made()) == 0


def test_a_quarantined_object_is_held(house: House) -> None:
    """Its study is held for another patient: hidden behind a case, and durable as its Success said."""
    offer(house, made(patient_id="FIRST", study="1"))
    first = made(patient_id="FIRST", study="1")
    other = made(patient_id="SECOND", instance="2", extra={"StudyInstanceUID": first.study})
    assert offer(house, other).outcome is Outcome.QUARANTINED
    assert answer(house, other) == 0


def test_a_damaged_quarantined_object_is_not_held(house: House) -> None:
    offer(house, made(patient_id="FIRST", study="1"))
    first = made(patient_id="FIRST", study="1")
    other = made(patient_id="SECOND", instance="2", extra={"StudyInstanceUID": first.study})
    offer(house, other)
    damage(file_of(house, other))
    assert answer(house, other) == PROCESSING_FAILURE


def test_a_rejected_instance_is_held(house: House) -> None:
    offer(house, made())
    house.archive.reject(Selection(Level.IMAGE, instances=(UID(made().instance),)), me(), code="113001")
    assert answer(house, made()) == 0


def test_a_damaged_object_is_a_processing_failure(house: House) -> None:
    offer(house, made())
    damage(file_of(house, made()))
    assert answer(house, made()) == PROCESSING_FAILURE


def test_an_object_cut_short_is_a_processing_failure(house: House) -> None:
    offer(house, made())
    file = file_of(house, made())
    content = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(content[:-20])
    assert answer(house, made()) == PROCESSING_FAILURE


def test_what_has_no_bytes_or_never_came_is_no_such_object(house: House) -> None:
    offer(house, made())
    file_of(house, made()).unlink()
    assert answer(house, made()) == NO_SUCH_OBJECT
    assert answer(house, made(instance="never")) == NO_SUCH_OBJECT


def test_another_sop_class_is_a_conflict(house: House) -> None:
    offer(house, made())
    assert answer(house, made(), "1.2.840.10008.5.1.4.1.1.2") == CONFLICT


def damage(file: Path) -> None:
    """Turn one bit of the last bytes."""
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)

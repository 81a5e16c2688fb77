"""A file whose File Meta Information names another object than its data set is kept, and its sender is warned."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.uid import ComputedRadiographyImageStorage, CTImageStorage

from crash.truth import house_at, located, me
from phantoms import dataset_bytes, part10, phantom_dataset
from radiotheque.app import House
from radiotheque.archive.incoming import StreamIncoming
from radiotheque.core.instance import Concern, Form, Outcome, Receipt
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.syntaxes import EXPLICIT_LE
from radiotheque.wire.dicomweb.report import WARNINGS as IN_STOW
from radiotheque.wire.dimse.answers import WARNINGS as IN_STORE

OTHER = "1.2.826.0.1.3680043.8.498.777"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with house_at(tmp_path, sealing=False) as opened:
        yield opened


def film(sop_class: str = "", sop_instance: str = "") -> tuple[bytes, str]:
    """Give a CR file, under a File Meta Information with other UIDs where they are given, and its true SOP Instance UID."""
    made = phantom_dataset(rows=16, columns=16, extra={"SOPClassUID": ComputedRadiographyImageStorage})
    meta = file_meta(sop_class or made.SOPClassUID, sop_instance or made.SOPInstanceUID, EXPLICIT_LE)
    return meta + dataset_bytes(part10(made)), str(made.SOPInstanceUID)


def keep(house: House, file: bytes) -> Receipt:
    return house.archive.receive(StreamIncoming(house.origin(me(), "stow"), [file], Form.PART10))


@pytest.mark.parametrize(("sop_class", "sop_instance"), [(CTImageStorage, ""), ("", OTHER), (CTImageStorage, OTHER)])
def test_it_is_kept_by_its_data_set_with_the_warning_of_a_mismatch(
    house: House, sop_class: str, sop_instance: str
) -> None:
    file, instance = film(sop_class, sop_instance)
    receipt = keep(house, file)
    assert (receipt.outcome, receipt.concern) == (Outcome.KEPT, Concern.MISMATCH)
    assert (receipt.identity.sop_class, receipt.identity.sop_instance) == (ComputedRadiographyImageStorage, instance)
    (said,) = receipt.warnings
    assert all(uid in said for uid in (sop_class, sop_instance))
    assert set(located(house, [receipt.identity.study])) == {instance}


def test_it_is_given_back_as_it_came(house: House) -> None:
    """Bytes as received are the truth, also where they are wrong about themselves."""
    file, instance = film(CTImageStorage, OTHER)
    there = located(house, [keep(house, file).identity.study])
    assert house.archive.outgoing(there[instance]).read() == file


def test_one_that_names_itself_is_kept_without_a_warning(house: House) -> None:
    assert keep(house, film()[0]).warnings == ()


def test_the_warning_is_b007_in_both_tongues() -> None:
    """Data Set does not match SOP Class (PS3.4 table B.2-1, PS3.18 table 10.5.3-1)."""
    assert (IN_STORE[Concern.MISMATCH], IN_STOW[Concern.MISMATCH]) == (0xB007, 0xB007)

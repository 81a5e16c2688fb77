"""Attributes that a site asks to be indexed: matched on for new objects, and for those that were kept before."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from phantoms import phantom
from radiotheque.app import House, build
from radiotheque.archive.incoming import StreamIncoming
from radiotheque.core.caller import Door
from radiotheque.core.query import Key, Level, Query, Single
from radiotheque.security import house_caller
from radiotheque.settings import load

US = house_caller(Door.CLI, "tests")


@contextmanager
def house(place: Path, *indexed: str) -> Iterator[House]:
    """Open the house of a place, with these attributes indexed."""
    built = build(
        load(
            {"data": place / "data", "keys": place / "keys", "demo_keys": True, "indexed_attributes": indexed}
        ).settings
    )
    try:
        yield built
    finally:
        built.close()


def keep(built: House, comment: str) -> str:
    """Keep an image with a Study Comments and an Acquisition Device Processing Description; give its study."""
    dataset = pydicom.dcmread(BytesIO(phantom(rows=16, columns=16)))
    dataset.StudyInstanceUID, dataset.SOPInstanceUID = pydicom.uid.generate_uid(), pydicom.uid.generate_uid()
    dataset.SeriesInstanceUID = pydicom.uid.generate_uid()
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.AcquisitionDeviceProcessingDescription = comment
    out = BytesIO()
    dataset.save_as(out)
    built.archive.receive(StreamIncoming(built.origin(US, "import"), [out.getvalue()]))
    return str(dataset.StudyInstanceUID)


def found(built: House, comment: str) -> list[str]:
    """Give the studies of the images that bear the comment."""
    key = Key("AcquisitionDeviceProcessingDescription", Single(comment))
    page = built.archive.find(Query(Level.IMAGE, (key,)), US)
    return [match.attributes["StudyInstanceUID"][0] for match in page.matches]


def test_an_indexed_attribute_is_matched_on(tmp_path: Path) -> None:
    with house(tmp_path, "IMAGE.AcquisitionDeviceProcessingDescription") as built:
        wanted = keep(built, "SKULL HARD")
        keep(built, "SKULL SOFT")
        assert found(built, "SKULL HARD") == [wanted]


def test_what_was_kept_before_is_indexed_by_the_chore(tmp_path: Path) -> None:
    with house(tmp_path) as built:
        wanted = keep(built, "SKULL HARD")
        keep(built, "SKULL SOFT")
        built.schedule_chores()
        assert not [state for state in built.chores.states() if state.name == "attributes" and state.next_at == 0]
    with house(tmp_path, "IMAGE.AcquisitionDeviceProcessingDescription") as built:
        built.schedule_chores()
        (state,) = [state for state in built.chores.states() if state.name == "attributes"]
        assert state.next_at == 0  # asked for at once, since the settings changed
        jobs = built.catalog.outbox.claim(("chore",), 10, 60.0)
        built.chores.work(jobs)
        assert found(built, "SKULL HARD") == [wanted]


@pytest.mark.parametrize("text", ["PatientWeight", "PATIENT.PatientWeight", "IMAGE."])
def test_what_is_no_level_and_keyword_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(Exception, match="indexed_attributes"):
        load({"data": tmp_path, "indexed_attributes": (text,)})

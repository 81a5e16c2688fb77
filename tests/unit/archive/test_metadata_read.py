"""How much of a kept object is read to give its metadata."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from radiotheque.archive.renditions import Renditions
from radiotheque.blobs.derived import MemoryDerived
from radiotheque.blobs.memory import BytesReader, MemoryStore
from radiotheque.core.instance import Blob, BlobName, Identity, Location
from radiotheque.core.uid import UID
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.syntaxes import EXPLICIT_LE

NAME = BlobName("0123456789abcdef0123456789abcdef/0001")
CR = UID("1.2.840.10008.5.1.4.1.1.1")


class NoWorkbench:
    """A workbench that nothing is to be asked of."""

    def run[T](self, function: Callable[..., T], *args: Any) -> T:
        raise AssertionError("nothing is decoded here")


class NotingStore(MemoryStore):
    """Notes which ranges are read."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[tuple[int, int | None]] = []

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BytesReader:
        self.opened.append((start, stop))
        return super().open(name, start, stop)


def an_image(comments: int) -> tuple[bytes, int, int]:
    """Give a file with a header of at least `comments` bytes, and where data set and Pixel Data begin in it."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.PatientID = CR, "1.2.3.1", "P"
    dataset.ImageComments = "c" * comments
    dataset.add_new(0x7FE00010, "OW", bytes(200_000))
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = False, True
    write_dataset(stream, dataset)
    prefix = file_meta(CR, "1.2.3.1", EXPLICIT_LE)
    data = prefix + stream.getvalue()
    return data, len(prefix), data.index(b"\xe0\x7f\x10\x00OW")


@pytest.mark.parametrize("comments", [10, 9000])
def test_the_header_of_an_image_is_read_once_and_its_pixels_are_not(comments: int) -> None:
    data, dataset_offset, pixel_offset = an_image(comments)
    store = NotingStore()
    store.put(NAME, (data,))
    identity = Identity(CR, UID("1.2.3.1"), UID("1.2"), UID("1.2.3"), "P", "")
    location = Location(identity, Blob(NAME, len(data)), EXPLICIT_LE, dataset_offset, pixel_offset, 1, 0)
    made = orjson.loads(Renditions(store, MemoryDerived(), NoWorkbench()).metadata(location))
    assert made["00100020"] == {"vr": "LO", "Value": ["P"]}
    assert made["7FE00010"] == {"vr": "OW", "BulkDataURI": "bulkdata/7FE00010"}
    ((start, stop),) = store.opened
    assert start == 0
    assert stop is not None
    assert pixel_offset < stop < pixel_offset + 4096

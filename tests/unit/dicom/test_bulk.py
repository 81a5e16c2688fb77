"""Bulk data by their paths, little endian whatever they were kept in."""

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from radiotheque.core.errors import NotFound
from radiotheque.dicom.bulk import BulkData, bulk_data
from radiotheque.dicom.compose import compose
from radiotheque.dicom.filemeta import file_meta, split
from radiotheque.dicom.framing import reading
from radiotheque.dicom.syntaxes import EXPLICIT_BE, EXPLICIT_LE, JPEG_BASELINE

CLASS = "1.2.840.10008.5.1.4.1.1.7"


def find(data: bytes, path: str, syntax: str = EXPLICIT_LE) -> BulkData:
    return bulk_data(reading(data), len(data), transfer_syntax=syntax, dataset_offset=split(data)[1], path=path)


def big_endian(dataset: Dataset) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = False, False
    write_dataset(stream, dataset)
    return file_meta(CLASS, "1.2.3", EXPLICIT_BE) + stream.getvalue()


def test_a_value_inside_a_second_item_is_found() -> None:
    inner = {"54001010": {"vr": "OW", "InlineBinary": "AQIDBA=="}}
    data = compose(
        {
            "00080016": {"vr": "UI", "Value": [CLASS]},
            "00080018": {"vr": "UI", "Value": ["1.2.3"]},
            "54000100": {"vr": "SQ", "Value": [{}, inner]},
        }
    )
    assert find(data, "54000100/1/54001010").read() == b"\1\2\3\4"
    for path in ("54000100/0/54001010", "54000100", "54001010", "54000100/2/54001010", "../x", "", "7fe00010"):
        with pytest.raises(NotFound):
            find(data, path)


def test_big_endian_words_come_little_endian() -> None:
    dataset = Dataset()
    dataset.add_new(0x7FE00010, "OW", b"\1\2\3\4")
    found = find(big_endian(dataset), "7FE00010", EXPLICIT_BE)
    assert (found.vr, found.size_bytes, found.read()) == ("OW", 4, b"\2\1\4\3")


def test_fragments_come_without_their_delimiters() -> None:
    data = compose(
        {
            "00080016": {"vr": "UI", "Value": [CLASS]},
            "00080018": {"vr": "UI", "Value": ["1.2.3"]},
            "7FE00010": {"vr": "OB", "BulkDataURI": "u"},
        },
        {"u": [b"ab", b"cdef"]},
        transfer_syntax=JPEG_BASELINE,
    )
    assert find(data, "7FE00010", JPEG_BASELINE).read() == b"abcdef"


def test_a_long_value_comes_in_pieces() -> None:
    dataset = Dataset()
    dataset.add_new(0x7FE00010, "OW", bytes(range(256)) * 16)
    pieces = list(find(big_endian(dataset), "7FE00010", EXPLICIT_BE).chunks(1024))
    assert [len(piece) for piece in pieces] == [1024] * 4
    assert pieces[0][:4] == b"\1\0\3\2"

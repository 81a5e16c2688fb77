"""File Meta Information, written for pydicom and DCMTK and read as it comes in the field (PS3.10 7.1)."""

from pathlib import Path

import pytest
from pydicom import dcmread

from dicom_oracle import run
from radiotheque.core.errors import Malformed
from radiotheque.dicom import filemeta
from radiotheque.dicom.filemeta import clean_preamble, file_meta, split
from radiotheque.dicom.syntaxes import EXPLICIT_LE

CR = "1.2.840.10008.5.1.4.1.1.1"
DATASET = b"\x10\0\x20\0LO\x04\0P-17"


def a_file() -> bytes:
    return file_meta(CR, "1.2.3", EXPLICIT_LE, calling_aet="MODALITY", called_aet="ARCHIVE") + DATASET


def test_pydicom_and_dcmtk_read_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(a_file())
    dataset = dcmread(path)
    meta = dataset.file_meta
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == (CR, "1.2.3")
    assert (meta.TransferSyntaxUID, meta.SourceApplicationEntityTitle) == (EXPLICIT_LE, "MODALITY")
    assert meta.ReceivingApplicationEntityTitle == "ARCHIVE"
    assert meta.ImplementationClassUID == filemeta.IMPLEMENTATION_CLASS_UID
    assert len(meta.ImplementationVersionName) <= 16
    assert dataset.PatientID == "P-17"
    assert run("dcmdump", path).returncode == 0


def test_the_group_length_is_where_the_data_set_begins() -> None:
    data = a_file()
    assert split(data)[1] == len(data) - len(DATASET) == 144 + int.from_bytes(data[140:144], "little")


@pytest.mark.parametrize("skip", [0, 128, 132], ids=["whole", "from DICM", "from group 0002"])
def test_the_meta_is_found_with_or_without_preamble(skip: int) -> None:
    meta, offset = split(a_file()[skip:])
    assert filemeta.text(meta, filemeta.TRANSFER_SYNTAX) == EXPLICIT_LE
    assert a_file()[skip:][offset:] == DATASET


def test_a_wrong_group_length_is_not_looked_at() -> None:
    data = bytearray(a_file())
    data[140:144] = b"\xff\xff\0\0"
    assert bytes(data)[split(bytes(data))[1] :] == DATASET


def test_group_0002_in_implicit_vr_is_understood() -> None:
    raw = b"\x02\0\x10\0\x14\0\0\0" + EXPLICIT_LE.encode() + b"\0"
    meta, offset = split(bytes(128) + b"DICM" + raw + DATASET)
    assert (filemeta.text(meta, filemeta.TRANSFER_SYNTAX), offset) == (EXPLICIT_LE, 132 + len(raw))


def test_the_letters_dicm_in_a_value_are_no_preamble() -> None:
    value = b"y" * 120 + b"DICM"
    data = b"\x08\0\x70\0LO" + len(value).to_bytes(2, "little") + value + DATASET
    assert data[128:132] == b"DICM"
    assert split(data) == ({}, 0)


def test_a_cut_meta_is_malformed() -> None:
    with pytest.raises(Malformed):
        split(a_file()[:170])


@pytest.mark.parametrize(
    ("preamble", "clean"),
    [
        (b"MZ" + bytes(126), bytes(128)),
        (b"#!/bin/sh\n" + b"x" * 118, bytes(128)),
        (b"II*\0" + b"t" * 124, b"II*\0" + b"t" * 124),
        (b"MM\0*" + b"t" * 124, b"MM\0*" + b"t" * 124),
        (b"", bytes(128)),
    ],
)
def test_nothing_but_a_tiff_header_is_handed_out_in_a_preamble(preamble: bytes, clean: bytes) -> None:
    assert clean_preamble(preamble) == clean

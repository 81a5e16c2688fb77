"""Sameness of data sets: blind to how DCMTK writes lengths and padding, and to nothing else."""

from pathlib import Path

import pytest
from pydicom import dcmread

from dicom_oracle import run
from radiotheque.dicom import filemeta
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.framing import reading
from radiotheque.dicom.sameness import element_digest
from radiotheque.dicom.syntaxes import EXPLICIT_LE
from shared import samples


def digest(data: bytes) -> bytes:
    meta, offset = filemeta.split(data)
    syntax = filemeta.text(meta, filemeta.TRANSFER_SYNTAX)
    return element_digest(reading(data), len(data), transfer_syntax=syntax, dataset_offset=offset)


def syntax_of(data: bytes) -> str:
    return filemeta.text(filemeta.split(data)[0], filemeta.TRANSFER_SYNTAX)


@pytest.mark.parametrize("options", [("-e",), ("+e",), ("+g",), ("+p", "4096", "0")], ids=lambda value: value[0])
@pytest.mark.parametrize("path", samples()[::5], ids=lambda path: path.name)
def test_lengths_and_padding_make_no_difference(path: Path, options: tuple[str, ...], tmp_path: Path) -> None:
    written = tmp_path / "x.dcm"
    data = path.read_bytes()
    if run("dcmconv", "-q", "+t=", *options, path, written).returncode:
        pytest.skip("dcmconv cannot write it")
    again = written.read_bytes()
    if syntax_of(again) != syntax_of(data):
        pytest.skip("dcmconv changed the transfer syntax")
    assert digest(again) == digest(data)


def test_any_changed_bit_of_a_value_makes_a_difference(tmp_path: Path) -> None:
    path = samples()[0]
    dataset = dcmread(path)
    written = tmp_path / "x.dcm"
    dataset.save_as(written)
    before = digest(written.read_bytes())
    dataset.StudyDescription = "another"
    dataset.save_as(written)
    changed = digest(written.read_bytes())
    del dataset.StudyDescription
    dataset.save_as(written)
    assert len({before, changed, digest(written.read_bytes())}) >= 2
    assert changed != before


def element(tag: bytes, vr: bytes, value: bytes) -> bytes:
    return tag + vr + len(value).to_bytes(2, "little") + value


META = file_meta("1.2.840.10008.5.1.4.1.1.7", "1.2.3", EXPLICIT_LE)
NAME = element(b"\x10\0\x10\0", b"PN", b"A^B ")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (element(b"\x10\0\x10\0", b"PN", b"A^B"), True),
        (element(b"\x10\0\0\0", b"UL", b"\x0c\0\0\0") + NAME, True),
        (NAME + b"\xfc\xff\xfc\xffOB\0\0\4\0\0\0\0\0\0\0", True),
        (element(b"\x10\0\x10\0", b"PN", b"A^C "), False),
        (element(b"\x10\0\x10\0", b"PN", b" A^B"), False),
        (element(b"\x10\0\x20\0", b"LO", b"A^B "), False),
        (NAME + element(b"\x10\0\x20\0", b"LO", b""), False),
    ],
)
def test_what_counts_and_what_does_not(other: bytes, same: bool) -> None:
    assert (digest(META + NAME) == digest(META + other)) is same


def test_where_items_begin_and_end_counts() -> None:
    def sequence(*items: bytes) -> bytes:
        body = b"".join(b"\xfe\xff\x00\xe0" + len(one).to_bytes(4, "little") + one for one in items)
        return b"\x08\0\x40\x11SQ\0\0" + len(body).to_bytes(4, "little") + body

    one = element(b"\x08\0\x55\x11", b"UI", b"1\0")
    assert len({digest(META + sequence(*items)) for items in ((), (one,), (one, one), (one + one,), (b"", one))}) == 5

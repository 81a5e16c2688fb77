"""A data set of odd length is sent so that a receiver reads the same elements, or not at all (PS3.8 E.1)."""

import struct
from collections.abc import Iterator

import pytest

from radiotheque.archive.evened import evened
from radiotheque.core.errors import Unsupported
from radiotheque.core.uid import UID

EXPLICIT, IMPLICIT, BIG = UID("1.2.840.10008.1.2.1"), UID("1.2.840.10008.1.2"), UID("1.2.840.10008.1.2.2")
DEFLATED = UID("1.2.840.10008.1.2.1.99")
META = b"M" * 7
ROWS = struct.pack("<HH2sHH", 0x0028, 0x0010, b"US", 2, 3)


def sent(file: bytes, syntax: UID, pixels: int) -> bytes:
    """Give what is made of a file whose data set begins after `META`."""

    def chunks(start: int, stop: int) -> Iterator[bytes]:
        return iter([file[start:stop]])

    return b"".join(evened(chunks, len(META), len(file), transfer_syntax=syntax, pixels=pixels))


@pytest.mark.parametrize(
    ("syntax", "short", "grown"),
    [
        (EXPLICIT, struct.pack("<HH2s2xI", 0x7FE0, 0x10, b"OB", 3), struct.pack("<HH2s2xI", 0x7FE0, 0x10, b"OB", 4)),
        (IMPLICIT, struct.pack("<HHI", 0x7FE0, 0x10, 3), struct.pack("<HHI", 0x7FE0, 0x10, 4)),
        (BIG, struct.pack(">HH2s2xI", 0x7FE0, 0x10, b"OB", 3), struct.pack(">HH2s2xI", 0x7FE0, 0x10, b"OB", 4)),
    ],
)
def test_the_last_value_is_padded_and_counted(syntax: UID, short: bytes, grown: bytes) -> None:
    head = META + ROWS
    filler = b"abc"
    assert sent(head + short + filler, syntax, len(head)) == ROWS + grown + filler + b"\0"


def test_a_deflated_data_set_ends_with_a_null_byte() -> None:
    assert sent(META + b"zip", DEFLATED, -1) == b"zip\0"


@pytest.mark.parametrize("pixels", [-1, len(META + ROWS)])
def test_what_cannot_be_made_even_is_not_sent(pixels: int) -> None:
    fragments = struct.pack("<HH2s2xI", 0x7FE0, 0x10, b"OB", 0xFFFFFFFF) + b"frame"
    with pytest.raises(Unsupported, match="odd length"):
        sent(META + ROWS + fragments, EXPLICIT, pixels)

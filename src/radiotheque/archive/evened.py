"""A data set of odd length → one that a message may carry (PS3.8 E.1, PS3.5 7.1.1)."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Literal

from radiotheque.core.errors import Unsupported
from radiotheque.core.uid import UID
from radiotheque.dicom.syntaxes import syntax

type Chunks = Callable[[int, int], Iterator[bytes]]

_PAD = (b"\0",)


def evened(chunks: Chunks, start: int, size: int, *, transfer_syntax: UID, pixels: int) -> Iterator[bytes]:
    """Yield bytes [start, size) and a zero byte, the last value grown by it; nothing else is touched.

    A deflated data set may just end with one (PS3.5 A.5). Native Pixel Data at `pixels`, -1 when there are none,
    that are the last element are counted one byte longer: receivers stumble over a byte that belongs to nothing.
    Peers abort the whole association at an odd fragment, so any other data set is not sent. Raises `Unsupported`.
    """
    row = syntax(transfer_syntax)
    if row.deflated:
        return chain(chunks(start, size), _PAD)
    order: Literal["big", "little"] = "big" if row.big_endian else "little"
    head = b"".join(chunks(pixels, pixels + 12)) if pixels >= start else b""
    at = 4 if row.implicit else 8  # OB, OW and UN have 32 bits of length behind two reserved bytes (PS3.5 7.1.2)
    length = int.from_bytes(head[at : at + 4], order)
    if not head or pixels + at + 4 + length != size:
        raise Unsupported("the data set has an odd length, which no DICOM message can carry (PS3.8 E.1)")
    grown = head[:at] + (length + 1).to_bytes(4, order)
    return chain(chunks(start, pixels), (grown,), chunks(pixels + at + 4, size), _PAD)

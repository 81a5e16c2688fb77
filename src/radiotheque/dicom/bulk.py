"""From the path of a BulkDataURI to the bytes it stands for (PS3.18 F.2.6, 10.4.1.1.5)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from radiotheque.core.errors import NotFound
from radiotheque.dicom.dictionary import PIXEL_REPRESENTATION, settled_vr
from radiotheque.dicom.framing import opened
from radiotheque.dicom.metadata import little_endian
from radiotheque.dicom.walker import (
    CLOSE_ITEM,
    ELEMENT,
    END_FRAGMENTS,
    END_SEQUENCE,
    FRAGMENT,
    FRAGMENTS,
    OPEN_ITEM,
    SEQUENCE,
    Read,
    Walk,
)

_PATH = re.compile(r"(?:[0-9A-F]{8}/\d{1,6}/)*[0-9A-F]{8}")


@dataclass(frozen=True, slots=True)
class BulkData:
    """The value of one element: byte ranges of what `source` gives; several when it is in fragments."""

    source: Read
    vr: str
    spans: tuple[tuple[int, int], ...]
    big_endian: bool = False

    @property
    def size_bytes(self) -> int:
        """Give how many bytes `read` gives."""
        return sum(stop - start for start, stop in self.spans)

    def read(self) -> bytes:
        """Give the value, little endian (PS3.18 8.7.3.3.1), fragments joined without their delimiters (8.7.3.3.2)."""
        return b"".join(self.chunks())

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield the value in pieces of at most `size` bytes, a multiple of 8."""
        for start, stop in self.spans:
            for at in range(start, stop, size):
                yield little_endian(self.vr, self.source(at, min(at + size, stop)), big=self.big_endian)


def bulk_data(read: Read, size: int, *, transfer_syntax: str, dataset_offset: int, path: str) -> BulkData:
    """Find the element at `path`: `7FE00010`, or `54000100/0/54001010` inside item 0 of a sequence.

    Raises `NotFound` when there is none, or its value is a sequence.
    """
    if not _PATH.fullmatch(path):
        raise NotFound("there are no bulk data by that path")
    dataset = opened(read, size, transfer_syntax=transfer_syntax, dataset_offset=dataset_offset)
    walk, at, sequences, signed = dataset.walk(), [""], [0], False
    for kind, tag, vr, _, value, stop in walk:
        here = f"{at[-1]}{tag:08X}"
        if kind == OPEN_ITEM:
            at.append(f"{here}/{sequences[-1]}/")
            sequences[-1] += 1
        elif kind == CLOSE_ITEM:
            at.pop()
        elif kind == SEQUENCE:
            sequences.append(0)
        elif kind == END_SEQUENCE:
            sequences.pop()
        elif kind == FRAGMENTS and here == path:
            return BulkData(dataset.source.take, "OB", _fragments(walk))
        elif kind == ELEMENT and tag == PIXEL_REPRESENTATION:
            signed = b"\1" in dataset.source.take(value, stop)
        elif kind == ELEMENT and here == path:
            big = dataset.how.encoding.big_endian
            return BulkData(
                dataset.source.take, settled_vr(vr, signed=signed), ((value, min(stop, dataset.source.size)),), big
            )
    raise NotFound("there are no bulk data by that path")


def _fragments(walk: Walk) -> tuple[tuple[int, int], ...]:
    spans = []
    for kind, _, _, _, value, stop in walk:
        if kind == END_FRAGMENTS:
            break
        if kind == FRAGMENT:
            spans.append((value, stop))
    return tuple(spans[1:])  # without the Basic Offset Table (PS3.5 A.4)

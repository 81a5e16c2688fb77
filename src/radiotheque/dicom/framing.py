"""From the bytes of an object to its data set: which Transfer Syntax, which encoding, where it begins."""

import zlib
from dataclasses import dataclass

from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.core.uid import UID
from radiotheque.dicom.dictionary import VRS, vr_of
from radiotheque.dicom.syntaxes import EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE, syntax
from radiotheque.dicom.walker import (
    BIG,
    EXPLICIT,
    IMPLICIT,
    LIMITS,
    UNDEFINED,
    WINDOW_BYTES,
    Encoding,
    Limits,
    Read,
    Source,
    Walk,
)

_VRS = frozenset(vr.encode() for vr in VRS)
_NATIVE = {EXPLICIT_LE: EXPLICIT, IMPLICIT_LE: IMPLICIT, EXPLICIT_BE: BIG}
_FED_BYTES = 16 << 10
_LEAST_FIRST_BYTES = 256
MAX_INFLATED_BYTES = 512 << 20
INFLATED_FREELY_BYTES = 96 << 20
MAX_RATIO = 200
"""A data set that inflates to more than this many times its size, and to more than `INFLATED_FREELY_BYTES`, is a trap."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How a data set is to be read. `transfer_syntax` is the true one, where what was declared is not."""

    transfer_syntax: UID
    encoding: Encoding
    deflated: bool = False


def framing(head: bytes, declared: str) -> Framing:
    """Say how the data set that begins `head` is encoded; `declared` is its Transfer Syntax, "" when none was said.

    Implicit and Explicit VR are told apart by the first element, since files that say the one and are the
    other are common: the bytes are believed. Raises `Unsupported`, and `Malformed` when it is no data set at all.
    """
    if not declared:
        return _sniffed(head)
    row = syntax(declared)
    if row.deflated:
        return Framing(row.uid, EXPLICIT, deflated=True)
    explicit = head[4:6] in _VRS
    if row.big_endian:
        return Framing(row.uid, BIG)
    if row.implicit and explicit and not _plausible_implicit(head):
        return Framing(EXPLICIT_LE, EXPLICIT)
    if not row.implicit and not explicit and _plausible_implicit(head):
        return Framing(row.uid if row.encapsulated else IMPLICIT_LE, IMPLICIT)
    return Framing(row.uid, IMPLICIT if row.implicit else EXPLICIT)


def _plausible_implicit(head: bytes) -> bool:
    tag = int.from_bytes(head[0:2], "little") << 16 | int.from_bytes(head[2:4], "little")
    return tag >> 16 in (2, 4, 8, 0x10) and vr_of(tag) != "UN" and int.from_bytes(head[4:8], "little") < 0x10000


def _sniffed(head: bytes) -> Framing:
    """Tell by the first element: group 0008 nearly always, in one of three encodings (PS3.5 7.1)."""
    explicit = head[4:6] in _VRS
    little, big = int.from_bytes(head[:2], "little"), int.from_bytes(head[:2], "big")
    if 2 <= little <= 0x20:
        if explicit:
            return Framing(EXPLICIT_LE, EXPLICIT)
        if _plausible_implicit(head):
            return Framing(IMPLICIT_LE, IMPLICIT)
    elif explicit and 2 <= big <= 0x20:
        return Framing(EXPLICIT_BE, BIG)
    raise Malformed("neither a DICOM file nor a data set: no element of group 0008 where one must be; nothing was kept")


def value_end(data: bytes, at: int, transfer_syntax: UID) -> int:
    """Give where the value of the Pixel Data element at `at` ends by its own length, -1 where that is not said."""
    row = syntax(transfer_syntax)
    implicit = row.implicit or data[at + 4 : at + 6] not in _VRS  # some that say explicit are not
    begin = at + (8 if implicit else 12)  # OB and OW have the long form (PS3.5 7.1.2)
    if at < 0 or begin > len(data):
        return -1
    length = int.from_bytes(data[begin - 4 : begin], "big" if row.big_endian else "little")
    return begin + length if length != UNDEFINED else -1


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set of a kept file, ready to be walked. Offsets are in the file, of a deflated one in what it inflates to."""

    source: Source
    start: int
    how: Framing

    def walk(self, limits: Limits = LIMITS) -> Walk:
        """Give the walk over all its elements."""
        return Walk(self.source, self.start, self.how.encoding, limits=limits)


def opened(
    read: Read, size: int, *, transfer_syntax: str, dataset_offset: int, first_bytes: int = WINDOW_BYTES
) -> DataSet:
    """Open the data set of a file by its range reader; a deflated one is inflated, in memory.

    `first_bytes` of it are read at once: as many as hold its head, where that is known. Raises `Unsupported`,
    `Malformed`, `TooLarge`.
    """
    source = Source(read, size)
    source.fill(dataset_offset, max(first_bytes, _LEAST_FIRST_BYTES))
    how = framing(source.take(dataset_offset, dataset_offset + 12), transfer_syntax)
    if how.deflated:
        return DataSet(Source.of(inflate_all(read(dataset_offset, size))), 0, how)
    return DataSet(source, dataset_offset, how)


def reading(data: bytes) -> Read:
    """Give the range reader of bytes in memory."""
    return lambda start, stop: data[start:stop]


def spliced(head: bytes, read: Read, cut: int, size: int) -> tuple[Read, int]:
    """Give reader and size of a file that is `head`, then what `read` gives from `cut` to `size`."""
    moved = cut - len(head)

    def piece(start: int, stop: int) -> bytes:
        front = head[start:stop]
        first = max(start, len(head))
        return front + read(first + moved, min(stop + moved, size)) if first < stop else front

    return piece, size - moved


def inflate(data: bytes, limit: int) -> bytes:
    """Give at most `limit` first bytes of a deflated data set (PS3.5 A.5). Raises `Malformed`."""
    return b"".join(_pieces(data, limit))


def _pieces(data: bytes, limit: int) -> list[bytes]:
    for window_bits in (-zlib.MAX_WBITS, zlib.MAX_WBITS):  # raw deflate, then the zlib wrapping that some write
        try:
            return _inflated(data, limit, zlib.decompressobj(window_bits))
        except zlib.error:
            continue
    raise Malformed("the data set is not a deflated stream; nothing was kept")


def _inflated(data: bytes, limit: int, inflater: "zlib._Decompress") -> list[bytes]:
    """Inflate by little pieces: at once, zlib would hold twice what it gives, of a trap too."""
    pieces, left = list[bytes](), limit
    view = memoryview(data)
    for at in range(0, len(data), _FED_BYTES):
        fed: bytes | memoryview = view[at : at + _FED_BYTES]
        while fed and left > 0:
            pieces.append(inflater.decompress(fed, left))
            left -= len(pieces[-1])
            fed = inflater.unconsumed_tail
        if left <= 0 or inflater.eof:
            break
    return pieces


def inflate_all(data: bytes) -> bytes:
    """Give a whole deflated data set. Raises `TooLarge` beyond 512 MiB, or beyond 96 MiB when 200 times its size."""
    limit = min(MAX_INFLATED_BYTES, max(INFLATED_FREELY_BYTES, MAX_RATIO * len(data)))
    pieces = _pieces(data, limit + 1)
    if sum(map(len, pieces)) > limit:
        pieces.clear()  # or the error's traceback would hold them
        raise TooLarge(f"the deflated data set of {len(data)} bytes grows beyond {limit} bytes; it is kept as it came")
    return b"".join(pieces)


def deflate(dataset: bytes) -> bytes:
    """Give a data set deflated, padded to even length (PS3.5 A.5)."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = deflater.compress(dataset) + deflater.flush()
    return data + b"\0" if len(data) % 2 else data

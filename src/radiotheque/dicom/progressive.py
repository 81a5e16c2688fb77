"""Whether a stored HTJ2K codestream is one that a viewer is given: read from its main header (ISO/IEC 15444-1 Annex A)."""

import struct
from collections.abc import Iterator

from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import PixelInfo

_SIZ, _COD, _TLM = 0xFF51, 0xFF52, 0xFF55
_START_OF_TILE_PART, _END = 0xFF90, b"\xff\xd9"
_ONLY = frozenset({_SIZ, _COD, _TLM, 0xFF50, 0xFF5C, 0xFF64})
"""SIZ, COD, TLM, CAP, QCD and COM; others change the order or the coding of parts (COC, POC, PPM…)."""
_RPCL, _REVERSIBLE, _HIGH_THROUGHPUT = 2, 1, 0x40


def is_progressive(stream: bytes, info: PixelInfo) -> bool:
    """Tell whether a frame as stored is what `viewing` would write of it.

    One grey component of Bits Stored and the sign that the header says, one tile, reversible, of high-throughput blocks, in
    RPCL order, with the lengths of all its tile-parts (PS3.5 10.18, A.6.2, A.7.1).
    """
    if info.syntax != ts.HTJ2K_LOSSLESS_RPCL or info.samples != 1 or _END not in stream[-4:]:
        return False
    try:
        found, header = _main_header(stream)
        return _has_shape(found[_SIZ][0], info) and _is_ordered(found[_COD][0]) and _fits(found[_TLM], header, stream)
    except (struct.error, IndexError, KeyError):
        return False


def _main_header(stream: bytes) -> tuple[dict[int, list[bytes]], int]:
    """Give the marker segments by their code, and where the first tile-part begins. Raises `KeyError` for others than `_ONLY`."""
    found: dict[int, list[bytes]] = {}
    at = 2
    if stream[:4] != b"\xff\x4f\xff\x51":
        raise KeyError(_SIZ)
    while (code := struct.unpack_from(">H", stream, at)[0]) != _START_OF_TILE_PART:
        if code not in _ONLY:
            raise KeyError(code)
        (size,) = struct.unpack_from(">H", stream, at + 2)
        found.setdefault(code, []).append(bytes(stream[at + 4 : at + 2 + size]))
        at += 2 + size
    return found, at


def _has_shape(siz: bytes, info: PixelInfo) -> bool:
    columns, rows, left, top, wide, high, tile_left, tile_top, components = struct.unpack_from(">8IH", siz, 2)
    depth = info.bits_stored - 1 | (0x80 if info.signed else 0)
    return (
        (columns, rows, left, top, tile_left, tile_top) == (info.columns, info.rows, 0, 0, 0, 0)
        and (wide >= columns and high >= rows)
        and (components, siz[36:39]) == (1, bytes([depth, 1, 1]))
    )


def _is_ordered(cod: bytes) -> bool:
    return cod[1] == _RPCL and bool(cod[8] & _HIGH_THROUGHPUT) and cod[9] == _REVERSIBLE


def _fits(segments: list[bytes], header: int, stream: bytes) -> bool:
    """Tell whether the lengths of the tile-parts lead to the end marker."""
    end = header + sum(length for segment in segments for length in _lengths(segment))
    return stream[end : end + 2] == _END


def _lengths(segment: bytes) -> Iterator[int]:
    index, size = segment[1] >> 4 & 3, 4 if segment[1] & 0x40 else 2
    for at in range(2, len(segment) - index - size + 1, index + size):
        yield int.from_bytes(segment[at + index : at + index + size])

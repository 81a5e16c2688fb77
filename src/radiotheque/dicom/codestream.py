"""What a codestream says of itself, read from its first bytes before anything is decoded or allocated."""

from dataclasses import dataclass

from radiotheque.core.errors import Undecodable
from radiotheque.dicom import syntaxes as ts

_JPEG = frozenset(
    {
        ts.JPEG_BASELINE,
        ts.JPEG_EXTENDED,
        ts.JPEG_LOSSLESS,
        ts.JPEG_LOSSLESS_SV1,
        ts.JPEG_LS_LOSSLESS,
        ts.JPEG_LS_NEAR,
    }
)
_JPEG_2000 = frozenset({ts.JPEG_2000, ts.JPEG_2000_LOSSLESS, ts.JPEG_2000_MC, ts.JPEG_2000_MC_LOSSLESS})
_HTJ2K = frozenset({ts.HTJ2K, ts.HTJ2K_LOSSLESS, ts.HTJ2K_LOSSLESS_RPCL})
_JPEG_XL = frozenset({ts.JPEG_XL, ts.JPEG_XL_LOSSLESS, ts.JPEG_XL_RECOMPRESSION})

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_LONE = frozenset(range(0xD0, 0xD8)) | {0x01}
_ADOBE_BYTES = 14
"""What the length of a whole Adobe APP14 segment says: itself, "Adobe", version, two flags, transform."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Size and colour of a codestream. `precision` is bits per sample, 0 where the header alone does not say.

    `ycc` says what the JPEG markers say of the colours: True YCbCr, False RGB, None nothing.
    """

    rows: int
    columns: int
    samples: int
    precision: int = 0
    signed: bool = False
    ycc: bool | None = None


def shape_of(data: bytes, syntax: str) -> Shape | None:
    """Give what the header of a codestream says, None for syntaxes without one (RLE, deflated, native).

    Raises `Undecodable` when the bytes are not such a codestream, or cut short.
    """
    try:
        if syntax in _JPEG:
            return _jpeg(data)
        if syntax in _JPEG_2000 or syntax in _HTJ2K:
            return _jpeg_2000(data)
        if syntax in _JPEG_XL:
            return _jpeg_xl(data)
    except IndexError:
        raise Undecodable(
            "the codestream of the frame is cut short in its header; the object is kept as it came"
        ) from None
    return None


def _word(data: bytes, at: int) -> int:
    if at + 2 > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + 2])


def _long(data: bytes, at: int) -> int:
    return _word(data, at) << 16 | _word(data, at + 2)


def _jpeg(data: bytes) -> Shape:
    """Read the markers up to the start of frame (ISO 10918-1 B.2.2, ISO 14495-1 C.2.2)."""
    if data[:2] != b"\xff\xd8":
        raise Undecodable("the frame does not begin with a JPEG start marker; the object is kept as it came")
    at, jfif, adobe = 2, False, -1
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:  # fill bytes
            at += 1
        if data[at] != 0xFF:
            raise Undecodable("the frame has no JPEG frame header; the object is kept as it came")
        marker, at = data[at + 1], at + 2
        if marker in _LONE:
            continue
        if marker in _START_OF_FRAME:
            ids = bytes(data[at + 8 + 3 * i] for i in range(data[at + 7]))
            ycc = _jpeg_colours(ids, jfif, adobe)
            return Shape(_word(data, at + 3), _word(data, at + 5), data[at + 7], data[at + 2], ycc=ycc)
        if marker in (0xD9, 0xDA):
            raise Undecodable("the frame has JPEG image data before a frame header; the object is kept as it came")
        if marker == 0xE0 and data[at + 2 : at + 7] == b"JFIF\0":
            jfif = True
        # the colour transform is the twelfth byte of Adobe's segment, and some writers leave it out (ISO 10918-6 6.5.3)
        if marker == 0xEE and data[at + 2 : at + 7] == b"Adobe" and _word(data, at) >= _ADOBE_BYTES:
            adobe = data[at + 13]
        at += max(_word(data, at), 2)


def _jpeg_colours(ids: bytes, jfif: bool, adobe: int) -> bool | None:
    if adobe >= 0:
        return adobe != 0
    if jfif:
        return True
    return False if ids == b"RGB" else None


def _jpeg_2000(data: bytes) -> Shape:
    """Read the SIZ marker, of a bare codestream or one in JP2 boxes (ISO 15444-1 A.5.1)."""
    start = 0 if data[:4] == b"\xff\x4f\xff\x51" else data.find(b"\xff\x4f\xff\x51", 0, 1 << 16)
    if start < 0:
        raise Undecodable("the frame is not a JPEG 2000 codestream; the object is kept as it came")
    siz = start + 4
    columns = _long(data, siz + 4) - _long(data, siz + 12)
    rows = _long(data, siz + 8) - _long(data, siz + 16)
    depth = data[siz + 36]
    return Shape(rows, columns, _word(data, siz + 34), (depth & 0x7F) + 1, bool(depth & 0x80))


_XL_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_XL_BITS = (9, 13, 18, 30)


class _Bits:
    """Bits of a string, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        return taken


def _jpeg_xl(data: bytes) -> Shape:
    """Read the SizeHeader, of a bare codestream or one in boxes (ISO 18181-1 D.2); samples stay unknown (0)."""
    start = 0
    if data[:2] != b"\xff\x0a":
        start = max(data.find(b"jxlc\xff\x0a", 0, 1 << 16), data.find(b"jxlp", 0, 1 << 16))
        start = data.find(b"\xff\x0a", start, start + 16) if start >= 0 else -1
        if start < 0:
            raise Undecodable("the frame is not a JPEG XL codestream; the object is kept as it came")
    bits = _Bits(data[start + 2 : start + 18])
    small = bits.take(1)

    def measure() -> int:
        return (bits.take(5) + 1) * 8 if small else bits.take(_XL_BITS[bits.take(2)]) + 1

    rows = measure()
    ratio = bits.take(3)
    across, down = _XL_RATIOS[ratio - 1] if ratio else (0, 1)
    columns = rows * across // down if ratio else measure()
    return Shape(rows, columns, 0)

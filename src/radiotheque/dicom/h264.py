"""What an H.264 bit stream says of itself (ITU-T H.264 7.3, 7.4, Annex B): enough to put it into another container."""

from dataclasses import dataclass

from radiotheque.core.errors import Undecodable

SLICE, IDR_SLICE, SEQUENCE, PICTURE = 1, 5, 7, 8
"""Kinds of NAL units (Table 7-1): slices, and the parameter sets of a sequence and of a picture."""
_NO_PICTURE = frozenset({SEQUENCE, PICTURE, 9, 10, 11, 12})  # parameters, delimiter, ends, filler

_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
"""Profiles whose parameter sets say a chroma format (7.3.2.1.1)."""
_MAX_SET_BYTES = 1024
_MAX_MACROBLOCKS = 1024
_MAX_ZEROS = 32


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence parameter set: its bytes, what they say, and the size of a picture in pixels after cropping."""

    unit: bytes
    chroma_format: int
    bits: tuple[int, int]
    columns: int
    rows: int
    frames_only: bool

    @property
    def profile(self) -> bytes:
        """Profile, compatibility flags and level, a byte each (7.4.2.1.1)."""
        return self.unit[1:4]


def kind_of(unit: bytes) -> int:
    """Give the kind of a NAL unit (7.3.1)."""
    return unit[0] & 0x1F


def nal_units(stream: bytes) -> list[bytes]:
    """Give the NAL units between start codes (Annex B.1)."""
    units = []
    at = stream.find(b"\0\0\1")
    while at >= 0:
        start, at = at + 3, stream.find(b"\0\0\1", at + 3)
        unit = stream[start : at if at >= 0 else len(stream)].rstrip(b"\0")
        if unit:
            units.append(unit)
    return units


def picture_units(units: list[bytes]) -> list[bytes]:
    """Give those units that a sample of a file keeps: parameters stand at its head, delimiters nowhere (ISO 14496-15 5.3)."""
    return [unit for unit in units if kind_of(unit) not in _NO_PICTURE]


def pictures_in(units: list[bytes]) -> int:
    """Count the pictures, frames or fields, that begin in some units: those of slices whose first macroblock is 0 (7.3.3)."""
    return sum(kind_of(unit) in (SLICE, IDR_SLICE) and len(unit) > 1 and unit[1] >= 0x80 for unit in units)


def is_key(units: list[bytes]) -> bool:
    """Say whether decoding may begin here: at an IDR picture, or where the parameters are said anew."""
    return any(kind_of(unit) in (IDR_SLICE, SEQUENCE) for unit in units)


def picture_set_id(unit: bytes) -> int:
    """Give the id of a picture parameter set (7.3.2.2). Raises `Undecodable`."""
    return _Bits(unit[1:9]).ue()


def sequence_of(unit: bytes) -> Sequence:
    """Read a sequence parameter set (7.3.2.1.1). Raises `Undecodable`."""
    if not 4 <= len(unit) <= _MAX_SET_BYTES:
        raise _odd()
    bits = _Bits(unit[1:].replace(b"\0\0\3", b"\0\0"))  # without emulation prevention (7.4.1)
    profile = bits.u(8)
    bits.u(16)
    bits.ue()
    chroma, depths = _chroma(bits) if profile in _WITH_CHROMA else (1, (8, 8))
    _skip_order(bits)
    columns, rows, frames_only = _size(bits, chroma)
    return Sequence(unit, chroma, depths, columns, rows, frames_only)


def _chroma(bits: "_Bits") -> tuple[int, tuple[int, int]]:
    chroma = bits.ue()
    if chroma > 3:
        raise _odd()
    if chroma == 3:
        bits.u(1)
    depths = 8 + bits.ue(), 8 + bits.ue()
    if max(depths) > 14:
        raise _odd()
    bits.u(1)
    if bits.u(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.u(1):
                _skip_scaling(bits, 16 if number < 6 else 64)
    return chroma, depths


def _skip_scaling(bits: "_Bits", size: int) -> None:
    """Pass over a scaling list (7.3.2.1.1.1)."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_order(bits: "_Bits") -> None:
    """Pass over frame numbers, picture order and reference frames."""
    bits.ue()
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.u(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    bits.ue()
    bits.u(1)


def _size(bits: "_Bits", chroma: int) -> tuple[int, int, bool]:
    across, down = bits.ue() + 1, bits.ue() + 1
    frames_only = bool(bits.u(1))
    if not frames_only:
        bits.u(1)
    bits.u(1)
    left, right, top, bottom = (bits.ue() for _ in range(4)) if bits.u(1) else (0, 0, 0, 0)
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * (1 if frames_only else 2)
    columns = 16 * across - unit_x * (left + right)
    rows = 16 * down * (1 if frames_only else 2) - unit_y * (top + bottom)
    if max(across, down) > _MAX_MACROBLOCKS or min(columns, rows) < 1:
        raise _odd()
    return columns, rows, frames_only


class _Bits:
    """Bits from the most significant one on (7.2)."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def u(self, count: int) -> int:
        """Give an unsigned number of so many bits. Raises `Undecodable` at the end."""
        if count > self._left:
            raise _odd()
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def ue(self) -> int:
        """Give an unsigned Exp-Golomb number (9.1)."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > _MAX_ZEROS:
                raise _odd()
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Give a signed Exp-Golomb number (9.1.1)."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def _odd() -> Undecodable:
    return Undecodable("the parameters of the H.264 stream cannot be understood; the video is kept as it came")

"""A frame's smaller copy: averages of stored values, so that a little picture does not cost a large decode.

What is averaged is what was measured, before any table, as for every picture that is smaller than its image: the window may
change afterwards. The extremes of the whole frame go with it, for images that say no window.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Any

import numpy as np

from radiotheque.core.errors import Damaged
from radiotheque.dicom.decode import PixelInfo, decode_samples, pixel_info
from radiotheque.dicom.grey import extent
from radiotheque.dicom.presentation import Look, look_of_image
from radiotheque.dicom.reading import Bytes, read_part10
from radiotheque.dicom.recipe import SMALL_EDGE, Taken, Viewport
from radiotheque.dicom.scale import place, resampled_without

type Frame = np.ndarray[Any, Any]

_HEAD = Struct("<4sIIBdd")
_MAGIC = b"RTS1"
_KINDS = (np.dtype("<u2"), np.dtype("<i2"), np.dtype("<u4"), np.dtype("<i4"))


@dataclass(frozen=True, slots=True)
class Smaller:
    """Averaged stored values, (rows, columns), and the smallest and largest stored value of the whole frame."""

    samples: Frame
    low: float
    high: float


def small_copy(head: Bytes, frame: Bytes, taken: Taken, edge: int = 0) -> bytes:
    """Give the smaller copy of a frame, b"" where there is none: colours, few grey levels, small images, high-bit overlays.

    Its longer side is at least `SMALL_EDGE` pixels; with an `edge` it is what fits into a square viewport of that side, so
    that a picture of this size needs no averaging any more. Raises `Damaged`, `Unsupported`, `TooLarge`.
    """
    ds, syntax = read_part10(head)
    info = pixel_info(ds, syntax)
    look = look_of_image(ds, info, taken.number)
    width, height = _fitted(info, look, edge) if edge else _stepped(info)
    if width >= info.columns or height >= info.rows or not _grey(info) or look.embedded:
        return b""
    samples, _ = decode_samples(frame, info, bit=taken.bit)
    padding = look.chain.padding
    low, high = extent(samples, padding)
    small = resampled_without(padding, samples, width, height)
    kind = small.dtype.newbyteorder("<")
    if kind not in _KINDS:
        return b""
    packed = np.ascontiguousarray(small, kind)
    return _HEAD.pack(_MAGIC, *packed.shape, _KINDS.index(kind), low, high) + packed.tobytes()


def _fitted(info: PixelInfo, look: Look, edge: int) -> tuple[int, int]:
    placement = place(info.columns, info.rows, Viewport(edge, edge), look.aspect)
    return placement.width, placement.height


def _stepped(info: PixelInfo) -> tuple[int, int]:
    step = max(max(info.rows, info.columns) // SMALL_EDGE, 1)
    return max(info.columns // step, 1), max(info.rows // step, 1)


def unpacked(data: Bytes) -> Smaller:
    """Give what `small_copy` packed. Raises `Damaged`."""
    if len(data) < _HEAD.size:
        raise Damaged("a smaller copy is cut short; it can be made again")
    magic, rows, columns, kind, low, high = _HEAD.unpack_from(data)
    if magic != _MAGIC or kind >= len(_KINDS) or len(data) != _HEAD.size + rows * columns * _KINDS[kind].itemsize:
        raise Damaged("a smaller copy does not check out; it can be made again")
    samples = np.frombuffer(data, _KINDS[kind], rows * columns, _HEAD.size).reshape(rows, columns)
    return Smaller(samples, low, high)


def _grey(info: PixelInfo) -> bool:
    return (
        info.samples == 1 and info.kind == "int" and info.bits_stored > 8 and info.photometric.startswith("MONOCHROME")
    )

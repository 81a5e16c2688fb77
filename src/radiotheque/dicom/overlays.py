"""Overlays of the groups 60xx and display shutters: what lies over the picture or hides a part of it.

PS3.3 C.9.2 (overlay plane), C.7.6.11 (display shutter), C.7.6.15 (bitmap display shutter), PS3.5 8.1.2 (overlays in
unused high bits of the pixel data, retired but kept in archives).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from pydicom.dataset import Dataset

type Frame = np.ndarray[Any, Any]

_GROUPS = frozenset(range(0x6000, 0x6020, 2))
_MAX_PIXELS = 1 << 28


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay plane on one frame: `bits` (rows, columns) bool, its first pixel at (`row`, `column`), from 0.

    `row` and `column` may be negative or beyond the image; `on` cuts. `kind` is "G" (graphics) or "R" (region).
    """

    group: int
    row: int
    column: int
    bits: Frame
    kind: str = "G"

    def on(self, rows: int, columns: int) -> Frame:
        """Give the overlay over the whole image, (rows, columns) bool; what lies outside is cut."""
        plane = np.zeros((rows, columns), bool)
        top, left = max(self.row, 0), max(self.column, 0)
        bottom = min(self.row + self.bits.shape[0], rows)
        right = min(self.column + self.bits.shape[1], columns)
        if bottom > top and right > left:
            rows_of = slice(top - self.row, bottom - self.row)
            plane[top:bottom, left:right] = self.bits[rows_of, left - self.column : right - self.column]
        return plane


def overlays_of(ds: Dataset, frame: int = 0, raw: Frame | None = None) -> list[Overlay]:
    """Give the overlays that belong on a frame (counted from 0), the damaged ones left out.

    `raw` is the frame as it is kept, before its unused bits are cleared: needed for overlays in high bits. An overlay
    whose data is shorter than it says is not shown: a part of an overlay misleads.
    """
    found = []
    for group in _groups(ds):
        plane = _overlay(ds, group, frame, raw)
        if plane is not None:
            found.append(plane)
    return found


def _groups(ds: Dataset) -> list[int]:
    """Give the overlay groups that there are, 6000 to 601E (PS3.5 7.6)."""
    return sorted({tag >> 16 for tag in ds.keys()} & _GROUPS)  # noqa: SIM118 - iterating would parse every element


def _value(ds: Dataset, group: int, element: int, default: Any) -> Any:
    found = ds.get((group, element))
    return default if found is None or found.value in (None, "") else found.value


def _number(ds: Dataset, group: int, element: int, default: int) -> int:
    value = _value(ds, group, element, default)
    return value if isinstance(value, int) else default


def _overlay(ds: Dataset, group: int, frame: int, raw: Frame | None) -> Overlay | None:
    rows, columns = _number(ds, group, 0x0010, 0), _number(ds, group, 0x0011, 0)
    if not 0 < rows * columns <= _MAX_PIXELS:
        return None
    # PS3.3 C.9.2.1.4: frames of a multi-frame overlay start at Image Frame Origin, counted from 1
    place = frame + 1 - _number(ds, group, 0x0051, 1)
    frames = _number(ds, group, 0x0015, 1)
    if frames > 1 and not 0 <= place < frames:
        return None
    bits = _bits(ds, group, rows * columns, place if frames > 1 else 0)
    if bits is None and raw is not None and (rows, columns) == raw.shape[:2]:
        bits = _embedded(ds, group, raw)
    if bits is None:
        return None
    origin = _value(ds, group, 0x0050, [1, 1])
    row, column = (int(origin[0]), int(origin[1])) if isinstance(origin, Sequence) and len(origin) == 2 else (1, 1)
    kind = str(_value(ds, group, 0x0040, "G")).strip()
    return Overlay(group, row - 1, column - 1, bits.reshape(rows, columns), kind)


def _bits(ds: Dataset, group: int, size: int, place: int) -> Frame | None:
    data = _value(ds, group, 0x3000, None)
    if not isinstance(data, bytes) or len(data) * 8 < size * (place + 1):
        return None
    first = size * place
    octets = np.frombuffer(data[first // 8 : -(-(first + size) // 8)], np.uint8)
    return np.unpackbits(octets, bitorder="little")[first % 8 : first % 8 + size].astype(bool)


def _embedded(ds: Dataset, group: int, raw: Frame) -> Frame | None:
    position = _number(ds, group, 0x0102, 0)
    if ds.get((group, 0x3000)) is not None or position <= 0 or position >= raw.dtype.itemsize * 8:
        return None
    lowest = int(ds.get("HighBit", 0)) + 1 - int(ds.get("BitsStored", 0))
    if lowest <= position <= int(ds.get("HighBit", 0)):
        return None  # inside the pixel's own bits: no overlay, whatever it says
    return (raw.view(f"u{raw.dtype.itemsize}") >> position & 1).astype(bool)


def has_embedded(ds: Dataset) -> bool:
    """Whether some overlay says that it lies in the pixel data's unused bits."""
    return any(
        _number(ds, group, 0x0102, 0) > 0 and (group, 0x3000) not in ds and (group, 0x0010) in ds
        for group in _groups(ds)
    )


def shutter_of(ds: Dataset, rows: int, columns: int) -> tuple[Frame, int] | None:
    """Give the display shutter: (rows, columns) bool, True where it hides, and its P-value 0…65535; None without one.

    Several shapes hide together: what is inside all of them is seen (PS3.3 C.7.6.11.1). A shape whose attributes are
    missing or senseless hides nothing.
    """
    shapes = ds.get("ShutterShape") or []
    shapes = [shapes] if isinstance(shapes, str) else list(shapes)
    insides = [_inside(ds, str(shape).strip(), rows, columns) for shape in shapes]
    seen = [inside for inside in insides if inside is not None]
    if not seen:
        return None
    hidden: Frame = ~np.logical_and.reduce(seen)
    value = ds.get("ShutterPresentationValue")
    return hidden, int(value) if isinstance(value, int) else 0


def _inside(ds: Dataset, shape: str, rows: int, columns: int) -> Frame | None:
    if shape == "RECTANGULAR":
        return _rectangle(ds, rows, columns)
    if shape == "CIRCULAR":
        return _circle(ds, rows, columns)
    if shape == "POLYGONAL":
        return _polygon(ds, rows, columns)
    return None


def _rectangle(ds: Dataset, rows: int, columns: int) -> Frame | None:
    """Edges are counted from 1 and are still seen (PS3.3 C.7.6.11): rather a line too many than one hidden."""
    names = ("ShutterUpperHorizontalEdge", "ShutterLowerHorizontalEdge", "ShutterLeftVerticalEdge")
    edges = [ds.get(name) for name in (*names, "ShutterRightVerticalEdge")]
    if not all(isinstance(edge, int) for edge in edges):
        return None
    top, bottom, left, right = (int(edge) for edge in edges)
    if bottom <= top or right <= left:
        return None
    inside = np.zeros((rows, columns), bool)
    inside[max(top - 1, 0) : max(bottom, 0), max(left - 1, 0) : max(right, 0)] = True
    return inside


def _circle(ds: Dataset, rows: int, columns: int) -> Frame | None:
    centre, radius = ds.get("CenterOfCircularShutter"), ds.get("RadiusOfCircularShutter")
    if centre is None or len(centre) != 2 or not isinstance(radius, int) or radius <= 0:
        return None
    y = np.arange(1, rows + 1, dtype=np.float64)[:, None] - int(centre[0])
    x = np.arange(1, columns + 1, dtype=np.float64)[None, :] - int(centre[1])
    inside: Frame = y * y + x * x <= float(radius) ** 2
    return inside


def _polygon(ds: Dataset, rows: int, columns: int) -> Frame | None:
    vertices = list(ds.get("VerticesOfThePolygonalShutter") or [])
    if len(vertices) < 6 or len(vertices) % 2 or len(vertices) > 1 << 14:
        return None
    limit = 1 << 15
    points = np.clip(np.array([int(v) for v in vertices], np.int64).reshape(-1, 2)[:, ::-1] - 1, -limit, limit)
    plane = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(plane, [points.astype(np.int32)], (1,))
    return plane.astype(bool)

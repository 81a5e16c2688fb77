"""Display shutters as shapes, for whoever draws them at another size than the image's (PS3.3 C.7.6.11, C.7.6.15).

`overlays.shutter_of` gives the same as a plane of the image's own pixels.
"""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from radiotheque.dicom.overlays import Overlay, overlays_of
from radiotheque.dicom.rendertypes import Shape, Shutter

_MOST_VERTICES = 1 << 13
_EDGES = ("ShutterLeftVerticalEdge", "ShutterRightVerticalEdge", "ShutterUpperHorizontalEdge")
_LAST_EDGE = "ShutterLowerHorizontalEdge"


def shutter_model(ds: Dataset, frame: int = 0) -> Shutter | None:
    """Give the shutter of an image or of a presentation state, None without one that makes sense."""
    stated = ds.get("ShutterShape") or []
    names = [stated] if isinstance(stated, str) else list(stated)
    made = [_OF[name](ds) for name in (str(each).strip() for each in names) if name in _OF]
    shapes = [shape for shape in made if shape is not None]
    bitmap = bitmap_of(ds, frame)
    if bitmap is not None:
        shapes.append(_bitmap(bitmap))
    if not shapes:
        return None
    value = ds.get("ShutterPresentationValue")
    return {"shapes": shapes, "grey": int(value) >> 8 & 0xFF if isinstance(value, int) else 0}


def bitmap_of(ds: Dataset, frame: int = 0) -> Overlay | None:
    """Give the overlay that is a shutter, by Shutter Overlay Group (PS3.3 C.7.6.15); None without one."""
    group = ds.get("ShutterOverlayGroup")
    if not isinstance(group, int):
        return None
    return next((overlay for overlay in overlays_of(ds, frame) if overlay.group == group), None)


def packed(bits: Any) -> str:
    """Give a plane of bool as base64 of one bit a pixel, the least significant first (PS3.5 8.1.1)."""
    return base64.b64encode(np.packbits(bits.ravel(), bitorder="little").tobytes()).decode()


def _rectangle(ds: Dataset) -> Shape | None:
    """Edges are lines of pixels counted from 1, which are still seen: rather a line too many than one hidden."""
    edges = [ds.get(name) for name in (*_EDGES, _LAST_EDGE)]
    if not all(isinstance(edge, int) for edge in edges):
        return None
    left, right, top, bottom = (int(edge) for edge in edges)
    if right <= left or bottom <= top:
        return None
    return {
        "shape": "rectangle",
        "left": left - 1.0,
        "right": float(right),
        "top": top - 1.0,
        "bottom": float(bottom),
    }


def _circle(ds: Dataset) -> Shape | None:
    """The centre is a pixel, row and column counted from 1; so it is that pixel's middle here."""
    centre, radius = ds.get("CenterOfCircularShutter"), ds.get("RadiusOfCircularShutter")
    if not isinstance(radius, int) or radius <= 0 or not _whole(centre) or len(centre) != 2:
        return None
    return {"shape": "circle", "centre": [int(centre[1]) - 0.5, int(centre[0]) - 0.5], "radius": float(radius)}


def _polygon(ds: Dataset) -> Shape | None:
    vertices = ds.get("VerticesOfThePolygonalShutter")
    if not _whole(vertices) or len(vertices) < 6 or len(vertices) % 2 or len(vertices) > 2 * _MOST_VERTICES:
        return None
    pairs = zip(vertices[::2], vertices[1::2], strict=True)
    return {"shape": "polygon", "points": [[int(column) - 0.5, int(row) - 0.5] for row, column in pairs]}


def _whole(values: Any) -> bool:
    return (
        isinstance(values, Sequence)
        and not isinstance(values, str | bytes)
        and all(isinstance(value, int) for value in values)
    )


def _bitmap(overlay: Overlay) -> Shape:
    rows, columns = overlay.bits.shape
    return {
        "shape": "bitmap",
        "data": packed(overlay.bits),
        "rows": int(rows),
        "columns": int(columns),
        "origin": [overlay.column, overlay.row],
    }


_OF = {"RECTANGULAR": _rectangle, "CIRCULAR": _circle, "POLYGONAL": _polygon}

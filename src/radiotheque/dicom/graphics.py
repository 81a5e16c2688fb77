"""The lines of annotations as graphics of presentation states and spatial coordinates of reports (PS3.3 C.10.5.1.2, C.18.6)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from radiotheque.dicom.annotations import Annotation, Point
from radiotheque.dicom.drafted import Measured
from radiotheque.dicom.spacing import CALIBRATED, DETECTOR, FILM, MAGNIFICATION, USER

_ARROW_HEAD = 0.15
_MOST_LINES = 6
_PLANES = {
    CALIBRATED: "calibrated",
    MAGNIFICATION: "corrected for magnification (estimated)",
    DETECTOR: "at detector",
    FILM: "film plane",
    USER: "calibrated by the reader",
}
_UNITS = {"mm2": "mm²", "px2": "px²", "deg": "°"}


def words_of(annotation: Annotation, values: Sequence[Measured]) -> str:
    """Give what is written beside an annotation: the reader's words, then values, and what their millimetres are worth."""
    words = [annotation.text if annotation.kind != "calibration" else "", annotation.label]
    lines = [line for line in words if line][:1]
    lines += [_line(value, named=len(values) > 1) for value in values[:_MOST_LINES]]
    planes = dict.fromkeys(_PLANES[value.source] for value in values if value.source in _PLANES)
    return "\n".join([*lines, *(f"({plane})" for plane in planes)])


def _line(value: Measured, *, named: bool) -> str:
    number = f"{value.value:.2f}" if value.unit == "" and abs(value.value) < 10 else f"{value.value:.1f}"
    unit = _UNITS.get(value.unit, value.unit)
    figure = f"{number}{'' if unit == '°' else ' '}{unit}".strip()
    return f"{value.name.replace('_', ' ')}: {figure}" if named else figure


def inside(points: Sequence[Point], limit: tuple[float, float]) -> Any:
    """Give points as (n, 2), moved to the image's edge where they lie outside: PIXEL units end there."""
    return np.clip(np.array(points, np.float64), 0.0, np.array(limit))


def graphics_of(annotation: Annotation) -> list[tuple[str, list[Point]]]:
    """Give an annotation's lines as graphic types and points (PS3.3 C.10.5.1.2)."""
    points = list(annotation.points)
    kind = annotation.kind
    if kind == "text":
        return []
    if kind == "probe":
        return [("POINT", points)]
    if kind == "ellipse":
        return [("ELLIPSE", points)]
    if kind == "rectangle":
        (x0, y0), (x1, y1) = points
        return [("POLYLINE", [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])]
    if kind == "freehand":
        return [("POLYLINE", [*points, points[0]])]
    if kind == "arrow":
        return [("POLYLINE", points), ("POLYLINE", _head(*points))]
    if kind == "hip_knee_ankle":
        return [("POLYLINE", points[start : start + 3]) for start in range(0, len(points) - 2, 3)]
    if kind in ("open_angle", "cobb", "bidirectional", "cardiothoracic_ratio", "leg_length"):
        return [("POLYLINE", points[start : start + 2]) for start in range(0, len(points) - 1, 2)]
    return [("POLYLINE", points)]


def _head(tail: Point, tip: Point) -> list[Point]:
    """Give the two strokes of an arrow's head."""
    back = (np.array(tail) - np.array(tip)) * _ARROW_HEAD
    side = np.array([-back[1], back[0]]) * 0.5
    one, other = np.array(tip) + back + side, np.array(tip) + back - side
    return [(float(one[0]), float(one[1])), tip, (float(other[0]), float(other[1]))]

"""The lines of annotations as graphics of presentation states and spatial coordinates of reports (PS3.3 C.10.5.1.2, C.18.6)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from radiotheque.dicom.annotations import Annotation, Point
from radiotheque.dicom.drafted import Measured
from radiotheque.dicom.terms import NAMES, NOTES, PLANES, SIDES, WHICH

_ARROW_HEAD = 0.15
_MOST_LINES = 6
_UNITS = {"mm2": "mm²", "px2": "px²", "deg": "°"}


def words_of(annotation: Annotation, values: Sequence[Measured], words: Mapping[str, str]) -> str:
    """Give what is written beside an annotation: the reader's words, then values, and what their millimetres are worth.

    `words` are the texts of `terms` in another language; what it lacks is said in English. A label that is a side alone is
    left out: the values say it.
    """
    label = "" if annotation.label in SIDES else annotation.label
    given = [annotation.text if annotation.kind != "calibration" else "", label]
    lines = [line for line in given if line][:1]
    lines += [_line(value, words, named=len(values) > 1) for value in values[:_MOST_LINES]]
    planes = dict.fromkeys(PLANES[value.source] for value in values if value.source in PLANES)
    return "\n".join([*lines, *(f"({words.get(plane, plane)})" for plane in planes)])


def _line(value: Measured, words: Mapping[str, str], *, named: bool) -> str:
    """Give a value with its name and its side: "Leg length, right: 812.0 mm". A name alone says no more than the drawing."""
    number = f"{value.value:.2f}" if value.unit == "" and abs(value.value) < 10 else f"{value.value:.1f}"
    unit = _UNITS.get(value.unit, value.unit)
    figure = f"{number}{'' if unit == '°' else ' '}{unit}".strip()
    told = [*([NAMES.get(value.name, value.name)] if named else []), *([SIDES[value.leg]] if value.leg else [])]
    name = ", ".join(words.get(each, each) for each in told)
    more = [WHICH[value.name][1][value.which]] if value.which and value.name in WHICH else []
    more += [NOTES[value.note]] if value.note else []
    noted = "".join(f" ({words.get(each, each)})" for each in more)
    return f"{name}: {figure}{noted}" if name else f"{figure}{noted}"


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

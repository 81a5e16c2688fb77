"""What annotations measure: lengths, angles, areas, ratios and statistics, each with unit and where its scale comes from.

Points are those of `annotations`: (column, row) in pixels from the top left corner of the image. Geometry is done in
millimetres, so that pixels that are not square change nothing; where millimetres are not known, in widths of a pixel, and
no value is then in mm. Units are UCUM's (mm, mm2, deg) or px and px2. Values that no scale enters have the source "".
The viewer has the same rules in `frontend/annotate`; vectors made here hold the two together.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from radiotheque.dicom.annotations import Annotation
from radiotheque.dicom.spacing import UNKNOWN, Spacing

type Plane = np.ndarray[Any, np.dtype[np.complex128]]
"""Points as complex numbers: real to the right, imaginary downwards."""

type Greys = np.ndarray[Any, Any]
"""(rows, columns) numbers after the Modality LUT; NaN where there is no measurement (padding)."""

LEGS = {"leg_length": 2, "hip_knee_ankle": 3}
"""Points a leg; a drawing has one leg or two."""

_WHOLE: Mapping[str, tuple[int, ...]] = {
    "length": (2,),
    "angle": (3,),
    "open_angle": (4,),
    "cobb": (4,),
    "bidirectional": (4,),
    "rectangle": (2,),
    "ellipse": (4,),
    "probe": (1,),
    "calibration": (2,),
    "cardiothoracic_ratio": (6,),
    "leg_length": (2, 4),
    "hip_knee_ankle": (3, 6),
    "pelvic_obliquity": (2,),
}
_ROUND = 4096
_KNOWN = re.compile(r"\s*(\d{1,5}(?:[.,]\d{1,6})?)\s*(?:mm)?\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sides:
    """What was imaged (R, L, B or ""), and the letters at the left and the top edge of the image (PS3.3 C.7.6.1.1.1)."""

    laterality: str = ""
    left_edge: str = ""
    top_edge: str = ""

    @property
    def upright(self) -> complex:
        """What turns the image by quarters so that the head is up, as a factor; 1 where nothing says where it is."""
        if self.left_edge[:1] in _TO_THE_TOP:
            return _TO_THE_TOP[self.left_edge[:1]]
        return -1 if self.top_edge.startswith("F") else 1

    @property
    def at_left(self) -> str:
        """R or L: the patient's side at the left of the upright image; "" when nothing says it."""
        edge, turn = self.left_edge[:1], self.upright
        if turn in _TO_THE_TOP.values():
            edge = self.top_edge[:1] if turn == -1j else _OTHER.get(self.top_edge[:1], "")
        elif turn == -1:
            edge = _OTHER.get(edge, "")
        return edge if edge in _OTHER else ""


_OTHER = {"R": "L", "L": "R"}
_TO_THE_TOP = {"H": 1j, "F": -1j}
"""By what is at the left: a quarter turn clockwise brings it to the top, and one back to the bottom."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value. `side`: R or L, whose it is, or the longer or higher one; `note`: "varus", "valgus" or ""."""

    name: str
    value: float
    unit: str = ""
    source: str = ""
    side: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the pixels whose centres lie in a region. `sd` has the divisor n: these pixels are all there are."""

    mean: float
    sd: float
    min: float
    max: float
    count: int


@dataclass(frozen=True, slots=True)
class Given:
    """What may be known beside the points: a pixel's height over its width, the sides, the greys and their unit."""

    aspect: float = 1.0
    sides: Sides = Sides()
    pixels: Greys | None = None
    unit: str = ""


_NOTHING = Given()


def measure(annotation: Annotation, spacing: Spacing, given: Given = _NOTHING) -> tuple[Value, ...]:
    """Give the values of an annotation; none for words, arrows, and drawings that are not complete.

    What cannot be said (an angle without an arm, a heart in a chest of no width) is left out.
    """
    rule = _RULES.get(annotation.kind)
    counts = _WHOLE.get(annotation.kind)
    if rule is None or (counts is not None and len(annotation.points) not in counts):
        return ()
    with np.errstate(divide="ignore", invalid="ignore"):
        values = tuple(rule(_Sheet(annotation, spacing, given)))
    return tuple(each for each in values if np.isfinite(each.value))


def known_length(text: str) -> float:
    """Give the millimetres that a reader wrote ("25.4", "25,4 mm"), NaN for anything else."""
    found = _KNOWN.fullmatch(text)
    length = float(found[1].replace(",", ".")) if found else 0.0
    return length or float("nan")


def region_statistics(kind: str, points: Plane, pixels: Greys) -> Statistics | None:
    """Give the statistics of a region; None where no pixel's centre lies in it. `points` in pixels."""
    inside = pixels[region_mask(kind, points, (pixels.shape[0], pixels.shape[1]))].astype(np.float64)
    inside = inside[~np.isnan(inside)]
    if not inside.size:
        return None
    return Statistics(
        float(inside.mean()), float(inside.std()), float(inside.min()), float(inside.max()), int(inside.size)
    )


def region_mask(kind: str, points: Plane, shape: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Give (rows, columns) bool: the pixels whose centres lie in the region; edges left and above belong to it."""
    mask = np.zeros(shape, bool)
    box = _box(kind, points, shape)
    rows, columns = np.mgrid[box]
    x, y = columns + 0.5, rows + 0.5
    mask[box] = _in_ellipse(points, x, y) if kind == "ellipse" else _in_polygon(_outline(kind, points), x, y)
    return mask


def _box(kind: str, points: Plane, shape: tuple[int, int]) -> tuple[slice, slice]:
    reach = abs(points[0] - points[1]) + abs(points[2] - points[3]) if kind == "ellipse" else 0.0
    bounds = []
    for part, size in ((points.imag, shape[0]), (points.real, shape[1])):
        low, high = np.clip([np.floor(part.min() - reach), np.ceil(part.max() + reach)], 0, size).astype(int)
        bounds.append(slice(int(low), int(high)))
    return bounds[0], bounds[1]


def _in_polygon(outline: Plane, x: Greys, y: Greys) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """By the even-odd rule, over all edges."""
    odd = np.zeros(x.shape, bool)
    for here, there in zip(outline, np.roll(outline, -1), strict=True):
        if here.imag == there.imag:
            continue
        crossing = here.real + (y - here.imag) * (there.real - here.real) / (there.imag - here.imag)
        odd ^= ((here.imag <= y) != (there.imag <= y)) & (crossing <= x)
    return odd


def _in_ellipse(points: Plane, x: Greys, y: Greys) -> np.ndarray[Any, np.dtype[np.bool_]]:
    centre, a, b = _ellipse(points)
    matrix = np.array([[a.real, b.real], [a.imag, b.imag]])
    if np.linalg.det(matrix) == 0:
        return np.zeros(x.shape, bool)
    s, t = np.tensordot(np.linalg.inv(matrix), np.stack([x - centre.real, y - centre.imag]), 1)
    inside: np.ndarray[Any, np.dtype[np.bool_]] = s * s + t * t <= 1
    return inside


def _outline(kind: str, points: Plane) -> Plane:
    if kind != "rectangle":
        return points
    a, b = points
    return np.array([a, complex(b.real, a.imag), b, complex(a.real, b.imag)])


def _ellipse(points: Plane) -> tuple[complex, complex, complex]:
    """Give centre and half axes from the ends of major and minor axis (PS3.3 C.10.5.1.2, ELLIPSE)."""
    return (points[0] + points[1]) / 2, (points[1] - points[0]) / 2, (points[3] - points[2]) / 2


def _degrees(u: complex, v: complex) -> float:
    """Give the angle between two vectors, 0 to 180; NaN without a vector."""
    return float(np.degrees(abs(np.angle(v * np.conj(u))))) if u and v else float("nan")


def _around(outline: Plane) -> float:
    return float(np.abs(np.roll(outline, -1) - outline).sum())


def _area(outline: Plane) -> float:
    return float(abs((np.conj(outline) * np.roll(outline, -1)).imag.sum()) / 2)


class _Sheet:
    """One annotation with its points on the plane."""

    def __init__(self, annotation: Annotation, spacing: Spacing, given: Given) -> None:
        self.annotation, self.given = annotation, given
        pairs = np.array(annotation.points, np.float64).reshape(-1, 2)
        self.pixels: Plane = pairs[:, 0] + 1j * pairs[:, 1]
        self.known = spacing.source not in ("", UNKNOWN) and spacing.row > 0 and spacing.column > 0
        self.aspect = given.aspect if given.aspect > 0 else 1.0
        across, down = (spacing.column, spacing.row) if self.known else (1.0, self.aspect)
        turn = given.sides.upright  # nothing but sides and heights changes with it
        self.plane: Plane = (pairs[:, 0] * across + 1j * (pairs[:, 1] * down)) * turn
        self.source = spacing.source if self.known else UNKNOWN

    @property
    def side(self) -> str:
        """The leg that a drawing on one leg belongs to: as labelled, else as the image says; "" when neither tells."""
        label, imaged = self.annotation.label, self.given.sides.laterality
        return label if label in ("R", "L") else imaged if imaged in ("R", "L") else ""

    def sides(self, first: Plane, second: Plane) -> tuple[str, str]:
        """Give the sides of two things by where they lie; the first is the right one where the image does not tell."""
        first_is_left = float(first.real.mean()) <= float(second.real.mean())
        edge = self.given.sides.at_left
        mirrored = edge != "" and first_is_left != (edge == "R")
        return ("L", "R") if mirrored else ("R", "L")

    def length(self, name: str, value: float, side: str = "") -> Value:
        return Value(name, float(value), "mm" if self.known else "px", self.source, side)

    def area(self, value: float) -> Value:
        return Value("area", float(value), "mm2" if self.known else "px2", self.source)


type _Values = Iterator[Value]


def _path(sheet: _Sheet) -> _Values:
    yield sheet.length("length", float(np.abs(np.diff(sheet.plane)).sum()))


def _angle(sheet: _Sheet) -> _Values:
    one, vertex, other = sheet.plane
    yield Value("angle", _degrees(one - vertex, other - vertex), "deg")


def _open_angle(sheet: _Sheet) -> _Values:
    a, b, c, d = sheet.plane
    angle = _degrees(b - a, d - c)
    yield Value("angle", angle, "deg")
    yield Value("supplementary_angle", 180 - angle, "deg")


def _cobb(sheet: _Sheet) -> _Values:
    """Both end plates point to the same side of the line through their middles, so the angle may pass 90°."""
    a, b, c, d = sheet.plane
    axis = (c + d) / 2 - (a + b) / 2
    upper, lower = ((b - a) * np.conj(axis), (d - c) * np.conj(axis))  # the axis turned to the right
    angle = _degrees(b - a, d - c)
    if axis == 0 or upper.imag == 0 or lower.imag == 0:
        yield Value("cobb_angle", min(angle, 180 - angle), "deg")
    else:
        yield Value("cobb_angle", _degrees(upper * np.sign(upper.imag), lower * np.sign(lower.imag)), "deg")


def _axes(sheet: _Sheet) -> _Values:
    lengths = sorted(np.abs(sheet.plane[1::2] - sheet.plane[::2]))
    yield sheet.length("long_axis", lengths[1])
    yield sheet.length("short_axis", lengths[0])


def _region(sheet: _Sheet) -> _Values:
    kind = sheet.annotation.kind
    if kind == "ellipse":
        _, a, b = _ellipse(sheet.plane)
        turn = np.arange(_ROUND) * (2 * np.pi / _ROUND)
        speed = np.abs(b * np.cos(turn) - a * np.sin(turn))
        yield sheet.area(np.pi * abs((np.conj(a) * b).imag))
        yield sheet.length("perimeter", float(speed.mean()) * 2 * np.pi)
    else:
        outline = _outline(kind, sheet.plane)
        yield sheet.area(_area(outline))
        yield sheet.length("perimeter", _around(outline))
    yield from _greys(sheet)


def _greys(sheet: _Sheet) -> _Values:
    given = sheet.given
    if given.pixels is None:
        return
    found = region_statistics(sheet.annotation.kind, sheet.pixels, given.pixels)
    if found is None:
        return
    for name in ("mean", "sd", "min", "max"):
        yield Value(name, getattr(found, name), given.unit)
    yield Value("count", found.count)


def _probe(sheet: _Sheet) -> _Values:
    pixels, (x, y) = sheet.given.pixels, sheet.annotation.points[0]
    if pixels is not None and 0 <= x < pixels.shape[1] and 0 <= y < pixels.shape[0]:
        yield Value("value", float(pixels[int(y), int(x)]), sheet.given.unit)


def _calibration(sheet: _Sheet) -> _Values:
    known = known_length(sheet.annotation.text)
    across, down = (sheet.pixels[1] - sheet.pixels[0]).real, (sheet.pixels[1] - sheet.pixels[0]).imag
    yield Value("known_length", known, "mm", "user")
    yield Value("pixel_width", float(known / np.hypot(across, down * sheet.aspect)), "mm", "user")


def _heart(sheet: _Sheet) -> _Values:
    """All widths along the line across the chest; heart borders from the midline at their height, over its width."""
    right, right_mid, left, left_mid, rib_right, rib_left = sheet.plane
    across = rib_left - rib_right
    chest = abs(across)
    heart = sum(
        abs(((foot - border) * np.conj(across)).real) for border, foot in ((right, right_mid), (left, left_mid))
    )
    yield Value("cardiothoracic_ratio", float(heart / np.float64(chest) ** 2))
    yield sheet.length("heart_width", float(heart / np.float64(chest)))
    yield sheet.length("chest_width", chest)


def _legs(sheet: _Sheet) -> Iterator[tuple[Plane, str]]:
    """Yield the points of each leg and its side."""
    legs = sheet.plane.reshape(-1, LEGS[sheet.annotation.kind])
    sides = (sheet.side,) if len(legs) == 1 else sheet.sides(legs[0], legs[1])
    yield from zip(legs, sides, strict=True)


def _leg_length(sheet: _Sheet) -> _Values:
    found = [(abs(leg[1] - leg[0]), side) for leg, side in _legs(sheet)]
    for length, side in found:
        yield sheet.length("leg_length", length, side)
    if len(found) == 2:
        (one, _), (other, _) = found
        longer = "" if one == other else max(found)[1]
        yield sheet.length("leg_length_difference", abs(one - other), longer)


def _mechanical_axes(sheet: _Sheet) -> _Values:
    for leg, side in _legs(sheet):
        yield from _mechanical_axis(sheet, leg, side)


def _mechanical_axis(sheet: _Sheet, leg: Plane, side: str) -> _Values:
    """The angle is that on the inner side: below 180° in varus, the deviation then negative; above it in valgus.

    Varus is a knee that stands outward. Without an orientation the patient's right is taken to be at the left edge, as
    radiographs are hung; without a side neither is said and both figures are without sign.
    """
    hip, knee, ankle = leg
    angle = _degrees(hip - knee, ankle - knee)
    line = ankle - hip if (ankle - hip).imag >= 0 else hip - ankle
    off = ((knee - hip) * np.conj(line)).imag / np.float64(abs(line))  # to the left of the image when positive
    note = ""
    if side and off != 0:
        outward_is_left = side == (sheet.given.sides.at_left or "R")
        note = "varus" if (off > 0) == outward_is_left else "valgus"
    signed = {"varus": angle - 180, "valgus": 180 - angle, "": 180 - angle}[note]
    inner = 360 - angle if note == "valgus" else angle
    yield Value("hip_knee_ankle_angle", inner, "deg", side=side, note=note)
    yield Value("mechanical_axis_deviation_angle", signed, "deg", side=side, note=note)
    yield sheet.length("mechanical_axis_deviation", float(abs(off)), side)


def _pelvis(sheet: _Sheet) -> _Values:
    """The tilt to the patient's own horizontal: to the rows, or to the columns of an image that lies on its side."""
    one, other = sheet.plane
    height = other.imag - one.imag
    sides = sheet.sides(sheet.plane[:1], sheet.plane[1:])
    higher = "" if height == 0 else sides[0] if height > 0 else sides[1]
    angle = _degrees(complex(abs(other.real - one.real), abs(height)), 1 + 0j)
    yield Value("pelvic_obliquity_angle", angle, "deg", side=higher)
    yield sheet.length("height_difference", abs(height), higher)


_RULES: Mapping[str, Callable[[_Sheet], _Values]] = {
    "length": _path,
    "polyline": _path,
    "angle": _angle,
    "open_angle": _open_angle,
    "cobb": _cobb,
    "bidirectional": _axes,
    "rectangle": _region,
    "ellipse": _region,
    "freehand": _region,
    "probe": _probe,
    "calibration": _calibration,
    "cardiothoracic_ratio": _heart,
    "leg_length": _leg_length,
    "hip_knee_ankle": _mechanical_axes,
    "pelvic_obliquity": _pelvis,
}

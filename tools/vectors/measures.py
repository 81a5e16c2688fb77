"""Vectors of measurements: annotations on images of all kinds of spacing, and the values that NumPy finds for them.

`measures.json`: {"pixels": [{"columns", "rows", "unit", "values": [… rows from the top, null for padding]}],
"cases": [{"annotation", "spacing": {row, column, source}, "aspect", "sides": {laterality, leftEdge}, "pixels": place
among the pixels or null, "expected": [{name, value, unit, source, side, note}]}]}. The values are those of
`radiotheque.dicom.measures`, whose own tests are hand calculations; the viewer's are held to them.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from radiotheque.core.uid import UID
from radiotheque.dicom.annotations import Annotation
from radiotheque.dicom.measures import Given, Sides, measure
from radiotheque.dicom.spacing import Spacing

type Random = np.random.Generator

SEED = 20_260_701
ROUNDS = 12
ROWS, COLUMNS = 48, 64
POINTS = {
    "length": (2,),
    "polyline": (2, 5, 40),
    "angle": (3,),
    "open_angle": (4,),
    "cobb": (4,),
    "bidirectional": (4,),
    "rectangle": (2,),
    "ellipse": (4,),
    "freehand": (3, 7, 30),
    "probe": (1,),
    "calibration": (2,),
    "cardiothoracic_ratio": (6,),
    "leg_length": (2, 4),
    "hip_knee_ankle": (3, 6),
    "pelvic_obliquity": (2,),
}
SPACINGS = (
    (Spacing(0.148, 0.148, "detector"), 1.0),
    (Spacing(0.1345, 0.1345, "magnification", 1.1), 1.0),
    (Spacing(0.4, 0.25, "calibrated"), 1.6),
    (Spacing(0.2, 0.2, "film"), 1.0),
    (Spacing(0.17, 0.17, "user"), 1.0),
    (Spacing(), 1.0),
    (Spacing(), 1.25),
)
LATERALITIES = ("R", "L", "B", "")
EDGES = (("R", "H"), ("LH", ""), ("A", "H"), ("", ""), ("H", "R"), ("F", "RA"), ("HL", "L"), ("L", "F"), ("R", "F"))
"""Letters at the left and the top: upright, unknown, on either side, upside down."""


def vectors() -> dict[str, Any]:
    """Give the whole file. The same numbers on every run."""
    random = np.random.default_rng(SEED)
    pixels = [_wide(random), _padded(random)]
    return {"pixels": [_written(*each) for each in pixels], "cases": list(_cases(random, pixels))}


def _wide(random: Random) -> tuple[np.ndarray[Any, Any], str]:
    return random.integers(0, 16384, (ROWS, COLUMNS)).astype(np.float64), ""


def _padded(random: Random) -> tuple[np.ndarray[Any, Any], str]:
    """Large values of little spread, and padding in a corner."""
    values = 1e6 + random.normal(0, 2, (ROWS, COLUMNS)).round(3)
    values[:20, :20] = np.nan
    return values, "HU"


def _written(values: np.ndarray[Any, Any], unit: str) -> dict[str, Any]:
    rows, columns = values.shape
    flat = [None if np.isnan(each) else each for each in values.ravel().tolist()]
    return {"columns": columns, "rows": rows, "unit": unit, "values": flat}


def _cases(random: Random, pixels: list[tuple[np.ndarray[Any, Any], str]]) -> Iterator[dict[str, Any]]:
    for turn in range(ROUNDS):
        for kind, counts in POINTS.items():
            spacing, aspect = SPACINGS[turn % len(SPACINGS)]
            sides = Sides(LATERALITIES[turn // 2 % 4], *EDGES[turn % len(EDGES)])
            place = turn % 3 if turn % 3 < 2 else None
            values, unit = pixels[place] if place is not None else (None, "")
            annotation = _annotation(random, kind, counts[turn % len(counts)])
            found = measure(annotation, spacing, Given(aspect, sides, values, unit))
            yield {
                "annotation": _as_json(annotation),
                "spacing": {"row": spacing.row, "column": spacing.column, "source": spacing.source},
                "aspect": aspect,
                "sides": {"laterality": sides.laterality, "leftEdge": sides.left_edge, "topEdge": sides.top_edge},
                "pixels": place,
                "expected": [asdict(value) for value in found],
            }


def _annotation(random: Random, kind: str, count: int) -> Annotation:
    points = tuple((float(x), float(y)) for x, y in _points(random, kind, count))
    text = str(random.choice(["25.4", "50", "12,5 mm", "", "about 3"])) if kind == "calibration" else ""
    label = str(random.choice(["", "R", "L", "x"]))
    return Annotation("0", kind, UID("1.2.3"), 1, points, text=text, label=label)


def _points(random: Random, kind: str, count: int) -> np.ndarray[Any, Any]:
    """Points in and around the image; of an ellipse axes at right angles, of a leg the hip above the ankle."""
    points: np.ndarray[Any, Any] = random.uniform((-8, -8), (COLUMNS + 8, ROWS + 8), (count, 2))
    if kind == "ellipse":
        turn, long, short = random.uniform(0, np.pi), random.uniform(5, 30), random.uniform(1, 20)
        axis = np.array([np.cos(turn), np.sin(turn)])
        across = np.array([-axis[1], axis[0]])
        points = points[0] + np.stack([long * axis, -long * axis, short * across, -short * across])
    if kind == "hip_knee_ankle":
        points = np.concatenate([leg[leg[:, 1].argsort()] for leg in points.reshape(-1, 3, 2)])
    return points.round(3)


def _as_json(annotation: Annotation) -> dict[str, Any]:
    names = ("id", "kind", "instance", "frame", "text", "label", "colour", "locked")
    return {name: getattr(annotation, name) for name in names} | {
        "points": [list(point) for point in annotation.points]
    }

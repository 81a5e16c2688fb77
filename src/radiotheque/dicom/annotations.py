"""What a reader draws on an image: kinds, points, and their JSON, parsed once at the edge.

Points are (x, y) = (column, row) in pixels, (0, 0) the top left corner of the top left pixel and (1, 1) its bottom right
corner, as Graphic Data in PIXEL units has them (PS3.3 C.10.5.1.2); frames count from 1.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radiotheque.core.errors import Malformed
from radiotheque.core.uid import UID, parse_uid

type Point = tuple[float, float]

MANY = 2_000
KINDS: Mapping[str, tuple[int, int]] = {
    "length": (2, 2),
    "polyline": (2, MANY),
    "angle": (3, 3),
    "open_angle": (4, 4),
    "cobb": (4, 4),
    "bidirectional": (4, 4),
    "rectangle": (2, 2),
    "ellipse": (4, 4),
    "freehand": (3, MANY),
    "probe": (1, 1),
    "arrow": (2, 2),
    "text": (1, 1),
    "calibration": (2, 2),
    "cardiothoracic_ratio": (4, 8),
    "leg_length": (2, 4),
    "hip_knee_ankle": (3, 6),
    "pelvic_obliquity": (2, 2),
}
"""Kind → fewest and most points."""

MAX_TEXT = 1024
_FAR = 1e6
_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_COLOUR = re.compile(r"(#[0-9a-fA-F]{6})?")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One drawing on one frame (from 1) of one instance. `text` is the reader's own words, `label` a short name.

    `label_at` is where its words were put, their top left corner, None for wherever there is room.
    """

    id: str
    kind: str
    instance: UID
    frame: int
    points: tuple[Point, ...]
    text: str = ""
    label: str = ""
    colour: str = ""
    locked: bool = False
    label_at: Point | None = None


def annotation_of(given: Any) -> Annotation:
    """Parse an annotation from JSON. Raises `Malformed`, saying what is wrong but not what was in it."""
    if not isinstance(given, Mapping):
        raise Malformed("an annotation is a JSON object")
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Malformed("the kind of an annotation is one of {known}", known=", ".join(KINDS))
    frame = given.get("frame", 1)
    if not isinstance(frame, int) or isinstance(frame, bool) or frame < 1:
        raise Malformed("the frame of an annotation is a whole number from 1")
    return Annotation(
        id=_matching(given.get("id"), _ID, Malformed("the id of an annotation has 1 to 64 letters, digits and . _ -")),
        kind=kind,
        instance=parse_uid(str(given.get("instance", ""))),
        frame=frame,
        points=points_of(given.get("points"), *KINDS[kind]),
        text=_words(given.get("text", ""), MAX_TEXT),
        label=_words(given.get("label", ""), 64),
        colour=_matching(given.get("colour", ""), _COLOUR, Malformed("a colour is written #rrggbb")),
        locked=bool(given.get("locked", False)),
        label_at=_point(given["label_at"]) if given.get("label_at") is not None else None,
    )


def points_of(given: Any, fewest: int, most: int) -> tuple[Point, ...]:
    """Parse points. Raises `Malformed` when there are too few, too many, or one is no pair of finite numbers."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not fewest <= len(given) <= most:
        raise Malformed("this kind of annotation has {fewest} to {most} points", fewest=fewest, most=most)
    return tuple(_point(pair) for pair in given)


def shown(annotation: Annotation) -> dict[str, Any]:
    """Give an annotation as JSON."""
    placed = {} if annotation.label_at is None else {"label_at": list(annotation.label_at)}
    return {
        "id": annotation.id,
        "kind": annotation.kind,
        "instance": annotation.instance,
        "frame": annotation.frame,
        "points": [list(point) for point in annotation.points],
        "text": annotation.text,
        "label": annotation.label,
        "colour": annotation.colour,
        "locked": annotation.locked,
        **placed,
    }


def _point(pair: Any) -> Point:
    if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
        raise Malformed("a point is a pair of numbers: column and row")
    x, y = pair
    if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in (x, y)):
        raise Malformed("a point is a pair of numbers: column and row")
    if not all(math.isfinite(part) and abs(part) <= _FAR for part in (x, y)):
        raise Malformed("a point lies too far from the image")
    return float(x), float(y)


def _words(given: Any, most: int) -> str:
    if not isinstance(given, str) or len(given) > most:
        raise Malformed("the text of an annotation has at most {most} characters", most=most)
    return given


def _matching(given: Any, pattern: re.Pattern[str], otherwise: Malformed) -> str:
    if not isinstance(given, str) or not pattern.fullmatch(given):
        raise otherwise
    return given

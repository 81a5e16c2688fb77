"""The nouns of a publication: what is published, by whom, and what came of it; without the libraries that write it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from radiotheque.core.errors import Malformed
from radiotheque.core.uid import UID
from radiotheque.dicom.recipe import FUNCTIONS, LINEAR, Window


@dataclass(frozen=True, slots=True)
class About:
    """What is the same for all objects of one publication. `author` is a person name as DICOM writes it ("Doe^Jane").

    `words` are the texts of `terms` in another language, for drawings that are only printed; objects are English.
    """

    author: str
    label: str
    description: str
    version: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object goes: its series, the series' number, its own UID and number."""

    series: UID
    series_number: int
    instance: UID
    number: int


type Greys = tuple[float, float, str]
"""A window on the Modality LUT's output: centre, width, VOI LUT Function (PS3.3 C.11.2.1)."""


@dataclass(frozen=True, slots=True)
class View:
    """How one frame, from 1, is shown: quarter turns clockwise in degrees, then mirrored.

    `area` is (left, top, right, bottom) in pixels from 0, None for all. `window` is the reader's own; without one the choice
    numbered `voi` of those that the image has, from 0, tables first; where it has none, `default`. `calibrated` are the
    millimetres between rows and columns, where the reader found them.
    """

    frame: int = 1
    rotation: int = 0
    flip_h: bool = False
    invert: bool = False
    window: Greys | None = None
    voi: int = 0
    default: Greys | None = None
    area: tuple[float, float, float, float] | None = None
    calibrated: tuple[float, float] | None = None


def view_given(kept: Any) -> View:
    """Parse a view as the viewer keeps it; a turn by less than a quarter is none. Raises `Malformed`.

    A flip upside down is half a turn and a flip from left to right (PS3.3 C.10.6 knows no other).
    """
    if not isinstance(kept, Mapping):
        raise Malformed("a view is a JSON object")
    upside_down, window = bool(kept.get("flip_v")), kept.get("window") or {}
    if not isinstance(window, Mapping):
        raise Malformed("the window of a view is a JSON object")
    quarters = round(_number(kept.get("rotation", 0)) / 90) + (2 if upside_down else 0)
    return View(
        frame=_whole(kept.get("frame", 1), 1),
        rotation=quarters % 4 * 90,
        flip_h=bool(kept.get("flip_h")) != upside_down,
        invert=bool(kept.get("invert")),
        window=_window(window) if "width" in window else None,
        voi=_whole(window.get("voi", 0), 0),
        area=_area(kept.get("area")),
    )


def seen_of(view: View, columns: int, rows: int) -> tuple[int, int, int, int] | None:
    """Give the first and last column and row, from 1, that a view shows of an image; None for all of it."""
    if view.area is None:
        return None
    left, top, right, bottom = view.area
    x0, y0 = max(math.floor(left) + 1, 1), max(math.floor(top) + 1, 1)
    x1, y1 = min(math.ceil(right), columns), min(math.ceil(bottom), rows)
    return (x0, y0, x1, y1) if x1 >= x0 and y1 >= y0 else None


def _window(given: Mapping[str, Any]) -> Greys:
    function = given.get("function") or LINEAR
    centre, width = _number(given.get("centre")), _number(given.get("width"))
    if function not in FUNCTIONS.values() or not Window(centre, width, function).usable:
        raise Malformed("the window of a view has a centre, a width of at least 1, and a function that DICOM knows")
    return centre, width, function


def _area(given: Any) -> tuple[float, float, float, float] | None:
    if given is None:
        return None
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 4:
        raise Malformed("the area of a view is left, top, right and bottom")
    left, top, right, bottom = (_number(each) for each in given)
    return left, top, right, bottom


def _number(given: Any) -> float:
    if not isinstance(given, int | float) or isinstance(given, bool) or not math.isfinite(given) or abs(given) > 1e9:
        raise Malformed("a view has numbers that can be reckoned with")
    return float(given)


def _whole(given: Any, least: int) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= 1 << 24:
        raise Malformed("a view counts in whole numbers from {least}", least=least)
    return given


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of an annotation: name, value, unit as UCUM writes it ("mm", "deg", "px"), and where its scale comes from.

    `leg` is R or L for a value of that leg, "" for any other; `which` the longer or higher side, for a value of two;
    `note` is "varus", "valgus" or "".
    """

    name: str
    value: float
    unit: str
    source: str = ""
    leg: str = ""
    which: str = ""
    note: str = ""


REGIONS = frozenset({"rectangle", "ellipse", "freehand", "probe"})
"""Kinds of annotations that need the pixels below them."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it lies in the archive: its Part 10 file up to the pixel data, and frames (from 1) as stored.

    `default` is the window it is shown with where it has none of its own.
    """

    head: bytes
    frames: Mapping[int, bytes] = field(default_factory=dict)
    default: Greys | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What is published: a draft, its `seed` (study, reader and version), and when it was saved, YYYYMMDDHHMMSS."""

    draft: Mapping[str, Any]
    about: About
    seed: str
    moment: str


@dataclass(frozen=True, slots=True)
class Made:
    """An object that was made."""

    sop_class: str
    series: str
    instance: str
    part10: bytes

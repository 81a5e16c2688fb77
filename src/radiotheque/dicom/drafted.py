"""The nouns of a publication: what is published, by whom, and what came of it; without the libraries that write it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from radiotheque.core.uid import UID


@dataclass(frozen=True, slots=True)
class About:
    """What is the same for all objects of one publication. `author` is a person name as DICOM writes it ("Doe^Jane")."""

    author: str
    label: str
    description: str
    version: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object goes: its series, the series' number, its own UID and number."""

    series: UID
    series_number: int
    instance: UID
    number: int


@dataclass(frozen=True, slots=True)
class View:
    """How one image is shown: quarter turns clockwise in degrees, then mirrored; None for what the image says itself.

    `area` is (left, top, right, bottom) in pixels from 0; `voi` the place of a VOI LUT in the image, from 0.
    """

    rotation: int = 0
    flip_h: bool = False
    invert: bool = False
    window: tuple[float, float, str] | None = None
    voi: int | None = None
    area: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of an annotation: name, value, unit as UCUM writes it ("mm", "deg", "px"), and where its scale comes from."""

    name: str
    value: float
    unit: str
    source: str = ""


REGIONS = frozenset({"rectangle", "ellipse", "freehand", "probe"})
"""Kinds of annotations that need the pixels below them."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it lies in the archive: its Part 10 file up to the pixel data, and frames (from 1) as stored."""

    head: bytes
    frames: Mapping[int, bytes] = field(default_factory=dict)


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

"""What is put on a sheet of paper, without the libraries that do it."""

from collections.abc import Mapping
from dataclasses import dataclass

SHEETS: Mapping[str, tuple[float, float]] = {"A4": (210.0, 297.0), "A3": (297.0, 420.0), "letter": (215.9, 279.4)}
"""Width and height upright (ISO 216; ANSI/ASME Y14.1 A)."""


@dataclass(frozen=True, slots=True)
class Plate:
    """One image as it is printed: an encoded picture, its true size (0 for unknown), and what stands above and below it.

    `aspect` is the picture's width over its height; `bar` is said beside the scale bar; `scaled` is said with "{percent}" for
    the scale when it does not fit, `unscaled` when there are no millimetres.
    """

    picture: bytes
    width_mm: float
    height_mm: float
    aspect: float
    head: tuple[str, ...]
    foot: tuple[str, ...]
    bar: str = ""
    true: str = ""
    scaled: str = "{percent} %"
    unscaled: str = ""

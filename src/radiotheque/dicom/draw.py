"""Text and lines on pictures: annotations burned in, graphics of presentation states."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset

type Frame = np.ndarray[Any, Any]
type Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
_TECHNIQUE = (
    ("{}", "Modality"),
    ("{}", "StudyDate"),
    ("{}", "BodyPartExamined"),
    ("{}", "ViewPosition"),
    ("{} kV", "KVP"),
    ("{} mAs", "Exposure"),
    ("EI {}", "ExposureIndex"),
)
_LONGEST = 80


@lru_cache(maxsize=16)
def font(size: int) -> Font:
    """Give the built-in typeface in a size in pixels."""
    return ImageFont.load_default(size)


def pen(picture: Image.Image) -> ImageDraw.ImageDraw:
    """Give something to draw on a picture with."""
    return ImageDraw.Draw(picture)


def burn_in(picture: Frame, ds: Dataset, annotation: Sequence[str]) -> Frame:
    """Give the picture with "patient" at the top left and "technique" at the bottom left, as the header has them.

    White on a dark outline. Lines that do not fit are left out: a cut name is worse than none (PS3.18 8.3.5.1.1).
    """
    lines = [line for line in _patient(ds) if "patient" in annotation]
    feet = [line for line in _technique(ds) if "technique" in annotation]
    image = Image.fromarray(picture)
    size = max(min(image.height // 32, image.width // 24, 64), 9)
    step = round(size * 1.25)
    where = [(line, step // 2 + step * number) for number, line in enumerate(lines)]
    bottom = image.height - step // 2 - step * len(feet)
    where += [(line, bottom + step * number) for number, line in enumerate(feet)]
    for line, y in where:
        if font(size).getlength(line) <= image.width - step and 0 <= y <= image.height - step:
            put_text(image, (step // 2, y), line, size=size)
    return np.asarray(image)


def put_text(image: Image.Image, at: tuple[float, float], text: str, *, size: int, grey: int = 255) -> None:
    """Write text on a picture, outlined so that it can be read on white and on black."""
    fill: Any = (grey,) * 3 if image.mode == "RGB" else grey
    outline: Any = (255 - grey if grey > 127 else 255,) * 3 if image.mode == "RGB" else (0 if grey > 127 else 255)
    pen(image).text(at, text, fill=fill, font=font(size), stroke_width=max(size // 12, 1), stroke_fill=outline)


def _patient(ds: Dataset) -> list[str]:
    return [line for line in (_said(ds, keyword) for keyword in _PATIENT) if line]


def _technique(ds: Dataset) -> list[str]:
    parts = [form.format(_said(ds, keyword)) for form, keyword in _TECHNIQUE if _said(ds, keyword)]
    half = -(-len(parts) // 2)
    return [line for line in ("  ".join(parts[:half]), "  ".join(parts[half:])) if line]


def _said(ds: Dataset, keyword: str) -> str:
    value = ds.get(keyword)
    if value is None:
        return ""
    text = str(value)
    if keyword == "PatientName":
        text = ", ".join(part for part in text.split("=")[0].split("^")[:2] if part)
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST].strip()

"""Text and lines on pictures: annotations burned in, graphics of presentation states."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from pydicom.dataset import Dataset

type Frame = np.ndarray[Any, Any]

_WEIGHT = 400
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


@cache
def _face() -> Any:
    """Give the typeface that OpenCV carries: Latin with all accents, Greek, Cyrillic, Arabic, Chinese, Japanese, Korean."""
    return cv2.FontFace("sans")


def text_width(text: str, size: int) -> int:
    """Give the width in pixels of a line in letters of `size` pixels."""
    return int(cv2.getTextSize((0, 0), text, (0, 0), _face(), size, _WEIGHT)[2])


def burn_in(picture: Frame, ds: Dataset, annotation: Sequence[str]) -> Frame:
    """Give the picture with "patient" at the top left and "technique" at the bottom left, as the header has them.

    White on a dark outline. Lines that do not fit are left out: a cut name is worse than none (PS3.18 8.3.5.1.1).
    """
    lines = [line for line in _patient(ds) if "patient" in annotation]
    feet = [line for line in _technique(ds) if "technique" in annotation]
    height, width = picture.shape[:2]
    picture = np.array(picture)
    size = max(min(height // 32, width // 24, 64), 9)
    step = round(size * 1.25)
    where = [(line, step // 2 + step * number) for number, line in enumerate(lines)]
    bottom = height - step // 2 - step * len(feet)
    where += [(line, bottom + step * number) for number, line in enumerate(feet)]
    for line, y in where:
        if text_width(line, size) <= width - step and 0 <= y <= height - step:
            put_text(picture, (step // 2, y), line, size=size)
    return picture


def put_text(picture: Frame, at: tuple[float, float], text: str, *, size: int, grey: int = 255) -> None:
    """Write text onto a picture, its top left corner `at`, outlined so that it can be read on white and on black."""
    x, y = round(at[0]), round(at[1]) + size
    edge = max(size // 14, 1)
    dark = 0 if grey > 127 else 255
    for right, down in ((-edge, 0), (edge, 0), (0, -edge), (0, edge), (-edge, -edge), (edge, edge)):
        _write(picture, (x + right, y + down), text, size=size, grey=dark)
    _write(picture, (x, y), text, size=size, grey=grey)


def _write(picture: Frame, at: tuple[int, int], text: str, *, size: int, grey: int) -> None:
    cv2.putText(picture, text, at, (grey,) * (3 if picture.ndim == 3 else 1), _face(), size, _WEIGHT)


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

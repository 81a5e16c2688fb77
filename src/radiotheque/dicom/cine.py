"""How a multi-frame image moves, and what is subtracted from it (PS3.3 C.7.6.5, C.7.6.10)."""

import math
from collections.abc import Iterable
from typing import Any

from pydicom.dataset import Dataset

from radiotheque.dicom.functional import groups, items_of
from radiotheque.dicom.rendertypes import Cine, Mask

_MOST_FRAMES = 1 << 16
_MOST_MASKS = 256
_AVERAGE = "AVG_SUB"


def cine_of(ds: Dataset, frames: int, frame: int = 0) -> Cine:
    """Give the pace of an image of so many frames, and the mask of a frame, counted from 0.

    `frame_times_ms` is Frame Time Vector where it has a value for every frame: increments, of which the first is 0. `fps` is
    what is recommended, else what was recorded, else 0.
    """
    times = _numbers(ds.get("FrameTimeVector")) if frames <= _MOST_FRAMES else []
    whole = len(times) == frames > 1 and all(time >= 0 for time in times)
    return {
        "frame_times_ms": times if whole else [],
        "fps": _pace(ds) if frames > 1 else 0.0,
        "mask": mask_of(ds, frames, frame) if frames > 1 else None,
    }


def _pace(ds: Dataset) -> float:
    """Frames a second: recommended, by Cine Rate, by Frame Time in ms (PS3.3 C.7.6.5)."""
    for keyword in ("RecommendedDisplayFrameRate", "CineRate"):
        rate = next(iter(_numbers(ds.get(keyword))), 0.0)
        if rate > 0:
            return rate
    time_ms = next(iter(_numbers(ds.get("FrameTime"))), 0.0)
    return round(1000 / time_ms, 3) if time_ms > 0 else 0.0


def mask_of(ds: Dataset, frames: int, frame: int = 0) -> Mask | None:
    """Give the averaged mask that is meant for a frame, else the first of the image; None without one (PS3.3 C.7.6.10).

    Masks that follow the frame (TID, REV_TID) are left out.
    """
    found = [
        (item, mask)
        for item in items_of(ds, "MaskSubtractionSequence")
        if (mask := _averaged(item, frames)) is not None
    ]
    if not found:
        return None
    item, mask = next(((item, mask) for item, mask in found if _covers(mask["ranges"], frame + 1)), found[0])
    shifted = _shift_of_frame(ds, frame, item.get("SubtractionItemID"))
    recommended = str(ds.get("RecommendedViewingMode") or "").strip() == "SUB"
    return {**mask, "shift": shifted or mask["shift"], "recommended": recommended}


def _averaged(item: Dataset, frames: int) -> Mask | None:
    if str(item.get("MaskOperation", "")).strip() != _AVERAGE:
        return None
    numbers = [int(number) for number in _numbers(item.get("MaskFrameNumbers")) if 1 <= number <= frames][:_MOST_MASKS]
    if not numbers:
        return None
    average = int(next(iter(_numbers(item.get("ContrastFrameAveraging"))), 1.0))
    bounds = [int(number) for number in _numbers(item.get("ApplicableFrameRange"))]
    return {
        "frames": numbers,
        "average": min(max(average, 1), frames),
        "shift": _shift(item.get("MaskSubPixelShift")) or [0.0, 0.0],
        "ranges": [[first, last] for first, last in zip(bounds[::2], bounds[1::2], strict=False)],
        "recommended": False,
    }


def _covers(ranges: Iterable[list[int]], number: int) -> bool:
    spans = list(ranges)
    return not spans or any(first <= number <= last for first, last in spans)


def _shift_of_frame(ds: Dataset, frame: int, subtraction: Any) -> list[float] | None:
    """Give the shift that a frame has of its own for a subtraction (PS3.3 C.7.6.16.2.14)."""
    for item in groups(ds, frame, "FramePixelShiftSequence"):
        if subtraction in (None, item.get("SubtractionItemID")):
            return _shift(item.get("MaskSubPixelShift"))
    return None


def _shift(value: Any) -> list[float] | None:
    """Rows and columns, parts of pixels allowed (PS3.3 C.7.6.10.1.2)."""
    numbers = _numbers(value)
    return numbers if len(numbers) == 2 else None


def _numbers(value: Any) -> list[float]:
    if value is None or value == "":
        return []
    values = [value] if isinstance(value, str | int | float) or not hasattr(value, "__iter__") else list(value)
    try:
        numbers = [float(each) for each in values]
    except (TypeError, ValueError, OverflowError):
        return []
    return numbers if all(math.isfinite(number) for number in numbers) else []

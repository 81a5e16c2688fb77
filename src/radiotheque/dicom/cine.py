"""How a multi-frame image moves, and what is subtracted from it (PS3.3 C.7.6.5, C.7.6.10)."""

import math
from typing import Any, cast

from pydicom.dataset import Dataset

from radiotheque.dicom.functional import groups, items_of
from radiotheque.dicom.rendertypes import Cine, Mask, Operation

_MOST_FRAMES = 1 << 16
_MOST_AVERAGED = 256
"""Nobody averages more frames; a run that says so is averaged over so many."""


def cine_of(ds: Dataset, frames: int, frame: int = 0) -> Cine:
    """Give the pace of an image of so many frames, and its masks as they are for a frame, counted from 0.

    `frame_times_ms` is Frame Time Vector where it has a value for every frame: increments, of which the first is 0. `fps` is
    what is recommended, else what was recorded, else 0.
    """
    times = _numbers(ds.get("FrameTimeVector")) if frames <= _MOST_FRAMES else []
    whole = len(times) == frames > 1 and all(time >= 0 for time in times)
    return {
        "frame_times_ms": times if whole else [],
        "fps": _pace(ds) if frames > 1 else 0.0,
        "masks": masks_of(ds, frames, frame) if frames > 1 else [],
        "subtracted": frames > 1 and str(ds.get("RecommendedViewingMode") or "").strip() == "SUB",
    }


def _pace(ds: Dataset) -> float:
    """Frames a second: recommended, by Cine Rate, by Frame Time in ms (PS3.3 C.7.6.5)."""
    for keyword in ("RecommendedDisplayFrameRate", "CineRate"):
        rate = next(iter(_numbers(ds.get(keyword))), 0.0)
        if rate > 0:
            return rate
    time_ms = next(iter(_numbers(ds.get("FrameTime"))), 0.0)
    return round(1000 / time_ms, 3) if time_ms > 0 else 0.0


def masks_of(ds: Dataset, frames: int, frame: int = 0) -> list[Mask]:
    """Give all that may be subtracted in an image of so many frames, in the order of the file (PS3.3 C.7.6.10).

    The shift is the one that the frame, counted from 0, has of its own where it has one.
    """
    found = (_mask(ds, item, frames, frame) for item in items_of(ds, "MaskSubtractionSequence"))
    return [mask for mask in found if mask is not None]


def _mask(ds: Dataset, item: Dataset, frames: int, frame: int) -> Mask | None:
    """Give one item; None for one that subtracts nothing: NONE, or one that lacks what it needs (C.7.6.10.1.1)."""
    operation = str(item.get("MaskOperation", "")).strip()
    numbers = [int(number) for number in _numbers(item.get("MaskFrameNumbers")) if 1 <= number <= frames]
    bounds = [int(number) for number in _numbers(item.get("ApplicableFrameRange"))]
    ranges = [[first, last] for first, last in zip(bounds[::2], bounds[1::2], strict=False) if first <= last]
    needed = {"AVG_SUB": bool(numbers), "TID": True, "REV_TID": bool(ranges)}
    if not needed.get(operation):
        return None
    average = next(iter(_numbers(item.get("ContrastFrameAveraging"))), 1.0)
    return {
        "operation": cast(Operation, operation),
        "frames": numbers[:_MOST_AVERAGED] if operation == "AVG_SUB" else [],
        "offset": int(next(iter(_numbers(item.get("TIDOffset"))), 1.0)),
        "average": min(max(int(average), 1), frames, _MOST_AVERAGED),
        "shift": _shift_of_frame(ds, frame, item.get("SubtractionItemID"))
        or _shift(item.get("MaskSubPixelShift"))
        or [0.0, 0.0],
        "ranges": ranges,
    }


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

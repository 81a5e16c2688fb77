"""Where a picture's pixels come from: regions, viewports, and averaging when it gets smaller (PS3.18 8.3.5.1.3)."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.dicom.recipe import Viewport

type Frame = np.ndarray[Any, Any]

MAX_PICTURE_PIXELS = 1 << 27
_WHOLE = 0xFFFF
_DIRECT = frozenset({"u1", "u2", "i2", "f4", "f8"})


@dataclass(frozen=True, slots=True)
class Placement:
    """A region of the source, in whole pixels (it may reach beyond the image), and the picture's size in pixels."""

    left: int
    top: int
    columns: int
    rows: int
    width: int
    height: int
    mirrored: bool = False
    upside_down: bool = False

    @property
    def shrink(self) -> float:
        """How many source pixels make one of the picture, along the axis where they are fewer."""
        return min(self.columns / self.width, self.rows / self.height)


def place(columns: int, rows: int, viewport: Viewport | None, aspect: float = 1.0) -> Placement:
    """Give where the picture of an image of `columns` × `rows` comes from.

    `aspect` is a pixel's height over its width. The region is scaled, its shape kept, until it is as large as the viewport
    lets it be; without one the picture has the image's size, stretched along one axis where pixels are not square. Raises
    `Malformed` for a region outside the image, `TooLarge`.
    """
    if viewport is None:
        return place_region((0, 0, columns, rows), None, aspect)
    if viewport.width < 1 or viewport.height < 1:
        raise Malformed("a viewport is at least 1 by 1 pixel")
    left, top = abs(viewport.x), abs(viewport.y)
    wide, high = abs(viewport.region_width) or columns - left, abs(viewport.region_height) or rows - top
    if (
        left >= columns
        or top >= rows
        or left + wide > columns + 0.5
        or top + high > rows + 0.5
        or wide <= 0
        or high <= 0
    ):
        raise Malformed(
            "the region asked for lies outside the image of {columns} × {rows} pixels", columns=columns, rows=rows
        )
    first_x, first_y = round(left), round(top)
    region = (
        min(first_x, columns - 1),
        min(first_y, rows - 1),
        max(min(round(left + wide), columns) - first_x, 1),
        max(min(round(top + high), rows) - first_y, 1),
    )
    placed = place_region(region, (viewport.width, viewport.height), aspect)
    flips = viewport.region_width < 0, viewport.region_height < 0
    return Placement(*region, placed.width, placed.height, *flips)


def place_region(region: tuple[int, int, int, int], box: tuple[int, int] | None, aspect: float = 1.0) -> Placement:
    """Give the placement of a region (left, top, columns, rows) fitted into a box (width, height), if there is one."""
    _, _, columns, rows = region
    aspect = aspect if np.isfinite(aspect) and 1e-3 < aspect < 1e3 else 1.0
    wide, high = (float(columns), rows * aspect) if aspect >= 1 else (columns / aspect, float(rows))
    scale = min(box[0] / wide, box[1] / high) if box else 1.0
    width, height = max(round(wide * scale), 1), max(round(high * scale), 1)
    if width * height > MAX_PICTURE_PIXELS:
        raise TooLarge(
            "a picture of {width} × {height} pixels is over the limit of {most} pixels",
            width=width,
            height=height,
            most=MAX_PICTURE_PIXELS,
        )
    return Placement(*region, width, height)


def cut(frame: Frame, placement: Placement, fill: int = 0) -> Frame:
    """Give the placement's region of a frame; what lies beyond the image is `fill`."""
    left, top = placement.left, placement.top
    right, bottom = left + placement.columns, top + placement.rows
    inside = frame[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if inside.shape[:2] == (placement.rows, placement.columns):
        return inside
    whole = np.full((placement.rows, placement.columns, *frame.shape[2:]), fill, frame.dtype)
    y, x = max(-top, 0), max(-left, 0)
    whole[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return whole


def resampled(frame: Frame, width: int, height: int) -> Frame:
    """Give a frame at another size: area averages where it shrinks, linear in between where it grows.

    Works on stored values, before any table: the average of what was measured, not of what is shown. A reduction by whole
    steps goes first, for speed; of an axis that no step divides, at most one outermost row or column is left out.
    """
    if frame.shape[:2] == (height, width):
        return frame
    kind = frame.dtype
    if f"{kind.kind}{kind.itemsize}" not in _DIRECT:
        frame = frame.astype(np.int16 if kind.itemsize == 1 else np.float64)
    rows, columns = frame.shape[:2]
    if width < columns or height < rows:
        down, across = _step(rows, height), _step(columns, width)
        if down > 1 or across > 1:
            whole = frame[: rows - rows % down, : columns - columns % across]
            frame = cv2.resize(whole, (columns // across, rows // down), interpolation=cv2.INTER_AREA)
        small = min(width, frame.shape[1]), min(height, frame.shape[0])
        frame = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
    if frame.shape[:2] != (height, width):
        frame = cv2.resize(frame, (width, height), interpolation=cv2.INTER_LINEAR)
    if kind.kind in "iu" and kind.itemsize == 1:
        return np.asarray(frame).astype(kind)
    return np.asarray(frame)


def resampled_without(padding: tuple[int, int] | None, frame: Frame, width: int, height: int) -> Frame:
    """Give a frame of integers at another size as `resampled` does, stored values within `padding` left out of averages.

    A pixel that is padding for its greater part is so again; every other is the average of what was measured in it, so
    that no fringe of in-between values stands around the image (PS3.3 C.7.5.1.1.2).
    """
    if padding is None or frame.shape[:2] == (height, width):
        return resampled(frame, width, height)
    image = (frame < padding[0]) | (frame > padding[1])
    if image.all():
        return resampled(frame, width, height)
    weight = resampled(image * np.uint16(_WHOLE), width, height)
    total = resampled(np.where(image, frame, np.zeros((), frame.dtype)), width, height)
    mean = np.rint(total * (_WHOLE / np.maximum(weight, 1)))
    bounds = np.iinfo(frame.dtype)
    kept = 2 * weight.astype(np.int32) >= _WHOLE
    return np.where(kept, np.clip(mean, bounds.min, bounds.max), padding[0]).astype(frame.dtype)


def _step(size: int, wanted: int) -> int:
    """Give the largest whole step down from `size` that stays at or above `wanted` and leaves out one line at most."""
    for step in range(min(size // max(wanted, 1), 64), 1, -1):
        if size % step <= 1:
            return step
    return 1


def oriented(picture: Frame, *, quarter_turns: int = 0, mirrored: bool = False, upside_down: bool = False) -> Frame:
    """Give a picture turned clockwise by quarters first, then mirrored left to right, then top to bottom."""
    turned = np.rot90(picture, -quarter_turns) if quarter_turns % 4 else picture
    turned = turned[:, ::-1] if mirrored else turned
    turned = turned[::-1] if upside_down else turned
    return np.ascontiguousarray(turned)

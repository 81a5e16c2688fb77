"""Text burned into pixels: where it may be, and how it is blackened (PS3.15 E.3.1, Clean Pixel Data).

The finder knows no letters. It looks for what letters are: small marks of strong contrast and sharp edges, three or
more of like size in a row, upright or turned by a quarter. It would rather show a person too much than too little.
"""

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

import cv2
import numpy as np
from pydicom.dataset import Dataset

from radiotheque.core.errors import TooLarge, Undecodable, Unsupported
from radiotheque.dicom.decode import Frame, PixelInfo, decode_frame, decode_samples, pixel_info
from radiotheque.dicom.deidentify_order import Box, Look, Order
from radiotheque.dicom.overlays import has_embedded
from radiotheque.dicom.reading import FOREIGN, Bytes, frame_bytes, pixel_bytes, read_part10
from radiotheque.dicom.syntaxes import syntax

LONGEST_SIDE = 2400
"""Pixels; larger images are looked at reduced to this."""
MIN_GLYPH, MAX_GLYPH = 6, 0.08
"""Height of a letter: at least so many pixels, at most this part of the image's shorter side."""
LOOKING_S = 6.0
"""Of an image with many frames; what takes longer a person looks at."""
LEAST_SIDE = 24
"""Pixels; three letters do not fit into less."""
CONTRAST = 0.16
"""Of a letter against what is around it, as a part of the image's whole range of values."""
SHARPNESS = 0.3
"""The steepest step from pixel to pixel at a letter's edge, as a part of its contrast: bones fade over many pixels."""
LETTERS = 3
"""Fewer in a row are no text: a side marker is one letter."""

type _Glyph = tuple[int, int, int, int]
"""Left, top, width, height."""


def text_boxes(frame: Frame) -> list[Box]:
    """Give where text may be in a frame, (rows, columns) or (rows, columns, 3) of stored values, from its top down."""
    if min(frame.shape[:2]) < LEAST_SIDE:
        return []
    grey = _eight_bits(frame.astype(np.float32).mean(axis=2) if frame.ndim == 3 else frame)
    scale = max(1.0, max(grey.shape) / LONGEST_SIDE)
    if scale > 1:
        size = round(grey.shape[1] / scale), round(grey.shape[0] / scale)
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    upright = _lines(grey)
    turned = [(top, left, bottom, right) for left, top, right, bottom in _lines(np.ascontiguousarray(grey.T))]
    rows, columns = frame.shape[:2]
    return sorted((_grown(box, scale, rows, columns) for box in _merged([*upright, *turned])), key=lambda box: box[1])


def _eight_bits(frame: Frame) -> Frame:
    """Spread a frame's values over 8 bits, but for the outermost thousandth of them."""
    values = frame.astype(np.float32)
    low, high = np.percentile(values[:: max(1, values.shape[0] // 1000)], (0.1, 99.9))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    spread: Frame = np.clip((values - low) * (255.0 / max(high - low, 1e-6)), 0, 255).astype(np.uint8)
    return spread


def _lines(grey: Frame) -> list[Box]:
    found: list[Box] = []
    side = min(grey.shape)
    # a letter's strokes are thinner than the kernel: twice, for small print and for large
    for size in sorted({_odd(side // 60), _odd(side // 25)}):
        kernel = np.ones((size, size), np.uint8)
        for shape in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            strokes = cv2.morphologyEx(grey, shape, kernel, borderType=cv2.BORDER_REPLICATE)
            found.extend(_rows_of(list(_glyphs(grey, strokes, side))))
    return found


def _odd(size: int) -> int:
    return max(7, size) | 1


def _glyphs(grey: Frame, strokes: Frame, side: int) -> Iterator[_Glyph]:
    """Yield the marks that may be letters."""
    marks = (strokes >= CONTRAST * 255).astype(np.uint8)
    steps = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    for number in range(1, count):
        left, top, width, height, area = (int(each) for each in stats[number])
        if not MIN_GLYPH <= height <= max(MAX_GLYPH * side, 3 * MIN_GLYPH) or width > 3 * height:
            continue
        if not 0.12 <= area / (width * height) <= 0.97 or area < MIN_GLYPH:
            continue
        here = slice(top, top + height), slice(left, left + width)
        mine = labels[here] == number
        depth = float(np.percentile(strokes[here][mine], 90))
        if float(np.percentile(steps[here][mine], 90)) >= SHARPNESS * depth:
            yield left, top, width, height


def _rows_of(glyphs: Sequence[_Glyph]) -> Iterator[Box]:
    """Yield a box around every row of letters: like heights, side by side, with gaps of at most a letter and a half."""
    waiting = sorted(glyphs)
    lines: list[list[_Glyph]] = []
    for glyph in waiting:
        line = next((line for line in reversed(lines) if _follows(line[-1], glyph)), None)
        if line is None:
            lines.append([glyph])
        else:
            line.append(glyph)
    for line in lines:
        if len(line) >= LETTERS:
            yield (
                min(left for left, _, _, _ in line),
                min(top for _, top, _, _ in line),
                max(left + width for left, _, width, _ in line),
                max(top + height for _, top, _, height in line),
            )


def _follows(last: _Glyph, glyph: _Glyph) -> bool:
    tall, small = max(last[3], glyph[3]), min(last[3], glyph[3])
    gap = glyph[0] - (last[0] + last[2])
    overlap = min(last[1] + last[3], glyph[1] + glyph[3]) - max(last[1], glyph[1])
    return tall <= 2.2 * small and -tall <= gap <= 1.5 * tall and overlap >= 0.5 * small


def _merged(boxes: list[Box]) -> list[Box]:
    """Give boxes of which none overlaps another."""
    merged: list[Box] = []
    for box in boxes:
        while True:
            other = next((each for each in merged if _overlap(each, box)), None)
            if other is None:
                break
            merged.remove(other)
            box = (min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3]))
        merged.append(box)
    return merged


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _grown(box: Box, scale: float, rows: int, columns: int) -> Box:
    """Give the box in the image's own pixels, with a margin of a third of its height (a comma hangs below its line)."""
    left, top, right, bottom = (each * scale for each in box)
    margin = max(3.0, min(bottom - top, right - left) / 3)
    return (
        max(0, int(left - margin)),
        max(0, int(top - margin)),
        min(columns, int(right + margin) + 1),
        min(rows, int(bottom + margin) + 1),
    )


def suspects(part10: Bytes) -> dict[int, list[Box]] | None:
    """Give where text may be, by frame from 1; frames without any are left out. None for what has no pixels.

    Raises `Unsupported` for what cannot be decoded here (a video among it), `Undecodable`, `TooLarge`: a person looks then.
    """
    ds, source = read_part10(part10)
    if not pixel_bytes(ds):
        return None
    if syntax(source).video:
        raise Unsupported("text in a video is not looked for")
    info = pixel_info(ds, source)
    found, began = {}, monotonic()
    for number, (data, bit) in enumerate(frame_bytes(ds, info), 1):
        if monotonic() - began > LOOKING_S:
            raise TooLarge(f"the image has {info.frames} frames, too many to look through for text")
        boxes = text_boxes(decode_frame(data, info, bit=bit))
        if boxes:
            found[number] = boxes
    return found


def look(part10: Bytes) -> Look:
    """Look for text in the pixels of an instance. Raises `Undecodable` for what is no data set."""
    ds, _ = read_part10(part10)
    if not pixel_bytes(ds):
        return Look("", {})
    size = _count(ds, "Rows"), _count(ds, "Columns"), max(1, _count(ds, "NumberOfFrames"))
    try:
        found = {frame: tuple(boxes) for frame, boxes in (suspects(part10) or {}).items()}
    except (Unsupported, Undecodable, TooLarge):
        return Look("unreadable", {}, *size)
    declared = str(ds.get("BurnedInAnnotation", "")).strip() == "YES"
    captured = str(ds.get("SOPClassUID", "")).startswith(_SECONDARY_CAPTURE)
    why = "text" if found else "declared" if declared else "kind" if captured else ""
    return Look(why, found, *size)


def _count(ds: Dataset, keyword: str) -> int:
    """Give a number of the header, 0 for none and for what is no number."""
    try:
        return int(ds.get(keyword) or 0)
    except FOREIGN:
        return 0


_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def masked(ds: Dataset, source: str, order: Order) -> int | None:
    """Blacken what the order says, and clear bits beside the pixels' own, in which old overlays lie (PS3.5 8.1.2).

    Gives how many boxes were blackened; None when the pixels are as they were. Otherwise they are then native, of Explicit
    VR Little Endian. Raises `Unsupported`, `Undecodable`.
    """
    if not order.masks and not (pixel_bytes(ds) is not None and "PixelData" in ds and has_embedded(ds)):
        return None
    if syntax(source).video or "PixelData" not in ds:
        raise Unsupported("only pixels of images can be masked; leave the others out")
    info = pixel_info(ds, source)
    pieces, photometric, boxes = [], info.photometric, 0
    for number, (data, bit) in enumerate(frame_bytes(ds, info), 1):
        samples, photometric = decode_samples(data, info, bit=bit)
        samples = np.array(samples)
        for left, top, right, bottom in order.masks.get(number, ()):
            samples[top:bottom, left:right] = _black(info, photometric)
            boxes += 1
        pieces.append(_native(samples, info))
    _replace(ds, info, photometric, b"".join(pieces))
    return boxes


def _black(info: PixelInfo, photometric: str) -> Any:
    """Give the stored value that is shown black (PS3.3 C.7.6.3.1.2)."""
    lowest = -(1 << (info.bits_stored - 1)) if info.signed else 0
    if photometric == "MONOCHROME1":
        return lowest + (1 << info.bits_stored) - 1
    if photometric.startswith("YBR"):
        middle = 1 << (info.bits_stored - 1)
        return (0, middle, middle)
    return lowest


def _native(samples: Frame, info: PixelInfo) -> bytes:
    if info.bits_allocated == 1:
        return np.packbits(samples.ravel(), bitorder="little").tobytes()
    return samples.astype(samples.dtype.newbyteorder("<"), copy=False).tobytes()


def _replace(ds: Dataset, info: PixelInfo, photometric: str, data: bytes) -> None:
    for keyword in (
        "ExtendedOffsetTable",
        "ExtendedOffsetTableLengths",
        "SmallestImagePixelValue",
        "LargestImagePixelValue",
    ):
        ds.pop(keyword, None)
    ds.PhotometricInterpretation, ds.HighBit = photometric, info.bits_stored - 1
    if info.samples > 1:
        ds.PlanarConfiguration = 0
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if info.bits_allocated > 8 else "OB"
    ds["PixelData"].is_undefined_length = False

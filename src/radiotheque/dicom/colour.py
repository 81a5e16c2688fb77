"""Colours: YBR to RGB, and palettes (PS3.3 C.7.6.3.1.2, C.7.6.3.1.5, C.7.9)."""

from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from radiotheque.core.errors import Undecodable

type Frame = np.ndarray[Any, Any]

_FROM_YBR = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]], np.float32)
_NAMES = ("Red", "Green", "Blue")


def to_rgb(samples: Frame, photometric: str) -> Frame:
    """Give (rows, columns, 3) samples as RGB, other frames as they are. YBR is rounded and clipped.

    The weights are those of PS3.3 C.7.6.3.1.2 (ITU-R BT.601), full range, or CCIR range for the retired YBR_PARTIAL.
    """
    if samples.ndim != 3 or photometric not in ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL", "YBR_PARTIAL_422"):
        return samples
    top = np.iinfo(samples.dtype).max
    ybr = samples.astype(np.float32)
    ybr[..., 1:] -= (top + 1) / 2
    if photometric.startswith("YBR_PARTIAL"):
        ybr[..., 0] = (ybr[..., 0] - 16 * (top + 1) / 256) * (255 / 219)
        ybr[..., 1:] *= 255 / 224
    rgb: Frame = np.clip(np.floor(ybr @ _FROM_YBR.T + 0.5), 0, top).astype(samples.dtype)
    return rgb


def rgb_of(ds: Dataset, samples: Frame, photometric: str, bits: int) -> Frame:
    """Give decoded samples as (rows, columns, 3) uint8 RGB: a palette looked up, YBR turned, deeper samples cut to 8 bits.

    Raises `Undecodable` when a palette is missing or shorter than it says.
    """
    if photometric == "PALETTE COLOR":
        return apply_palette(samples, *palette_of(ds))
    rgb = to_rgb(samples, photometric)[..., :3]
    return rgb if rgb.dtype.itemsize == 1 else (rgb >> max(bits - 8, 0)).astype(np.uint8)


def palette_of(ds: Dataset) -> tuple[int, Frame]:
    """Give a palette: the first stored value that it maps, and (entries, 3) uint8 colours.

    Raises `Undecodable` when it is missing or shorter than it says.
    """
    first, columns = 0, []
    for name in _NAMES:
        descriptor = ds.get(f"{name}PaletteColorLookupTableDescriptor")
        if descriptor is None or len(descriptor) != 3:
            raise Undecodable("a PALETTE COLOR image has no usable palette; the object is kept as it came")
        entries, first, bits = (int(descriptor[0]) or 1 << 16), int(descriptor[1]), int(descriptor[2])
        data = _table_bytes(ds, f"{name}PaletteColorLookupTableData")
        table = _segmented(ds, name) if data is None else _plain(data, entries, bits)
        if len(table) < entries:
            raise Undecodable(
                "the palette says {entries} entries and has {count}; the object is kept as it came",
                entries=entries,
                count=len(table),
            )
        values = table[:entries]
        columns.append((values >> 8 if bits > 8 and values.max(initial=0) > 255 else values).astype(np.uint8))
    if len({len(column) for column in columns}) != 1:
        raise Undecodable("the three tables of the palette differ in length; the object is kept as it came")
    return first, np.stack(columns, axis=1)


def _table_bytes(ds: Dataset, keyword: str) -> bytes | None:
    """Give a table as little endian words: those of a big endian file lie as they were written (PS3.5 7.3)."""
    data = ds.get(keyword)
    if data is None or getattr(ds, "original_encoding", (None, None))[1] is not False:
        return None if data is None else bytes(data)
    return np.frombuffer(bytes(data)[: len(data) & ~1], "u2").byteswap().tobytes()


def _plain(data: bytes, entries: int, bits: int) -> Frame:
    # 8-bit entries may be packed two to a word or spread one to a word (PS3.3 C.7.6.3.1.6)
    if bits <= 8 and len(data) < entries * 2:
        return np.frombuffer(data, np.uint8).astype(np.uint16)
    return np.frombuffer(data[: len(data) & ~1], "<u2")


def _segmented(ds: Dataset, name: str) -> Frame:
    """Expand a segmented table: discrete, linear and indirect segments (PS3.3 C.7.9.2)."""
    data = _table_bytes(ds, f"Segmented{name}PaletteColorLookupTableData")
    if data is None:
        raise Undecodable("a PALETTE COLOR image has no palette; the object is kept as it came")
    words = np.frombuffer(data[: len(data) & ~1], "<u2").astype(np.int64).tolist()
    out: list[int] = []
    spans = [(0, len(words), -1)]  # (from word, to word, at most so many segments)
    while spans and len(out) <= 1 << 16:
        at, stop, left = spans.pop()
        if at + 2 > stop or left == 0:
            continue
        code, count = words[at], words[at + 1]
        if code == 0:
            out += words[at + 2 : at + 2 + count]
            after = at + 2 + count
        elif code == 1 and out and at + 2 < stop:
            out += np.rint(np.linspace(out[-1], words[at + 2], count + 1))[1:].astype(int).tolist()
            after = at + 3
        elif code == 2 and at + 3 < stop and len(spans) < 2:
            after = at + 4
            spans += [(after, stop, left - 1), (words[at + 2] // 2 + (words[at + 3] << 15), len(words), count)]
            continue
        else:
            raise Undecodable("a segmented palette has a segment that is not known; the object is kept as it came")
        spans.append((after, stop, left - 1))
    return np.array(out, np.uint16)


def apply_palette(indices: Frame, first: int, colours: Frame) -> Frame:
    """Give (rows, columns, 3) uint8 RGB; values before the first and after the last entry take its colour."""
    places = np.clip(indices.astype(np.int64) - first, 0, len(colours) - 1)
    rgb: Frame = colours[places]
    return rgb

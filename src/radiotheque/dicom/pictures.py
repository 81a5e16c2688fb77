"""Pictures for eyes: a frame through the grey chain into JPEG, PNG, GIF or WebP (PS3.18 8.3.5).

Every function here takes bytes and plain values, so that it can be called on the workbench.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset

from radiotheque.core.errors import NotFound
from radiotheque.dicom.colour import rgb_of
from radiotheque.dicom.decode import PixelInfo, decode_samples, pixel_info
from radiotheque.dicom.draw import burn_in, put_text, text_width
from radiotheque.dicom.grey import GreyChain, default_window, to_greys
from radiotheque.dicom.jpeg import to_jpeg
from radiotheque.dicom.presentation import Look, finished, look_of_image, look_of_state
from radiotheque.dicom.reading import Bytes, frame_bytes, read_part10
from radiotheque.dicom.recipe import FUNCTIONS, GIF, JPEG, PNG, WEBP, Recipe, Taken, Viewport, Window
from radiotheque.dicom.scale import Placement, cut, place, place_region, resampled, resampled_without
from radiotheque.dicom.smaller import Smaller, unpacked
from radiotheque.dicom.syntaxes import EXPLICIT_LE

__all__ = [
    "GIF",
    "JPEG",
    "PNG",
    "WEBP",
    "Recipe",
    "Taken",
    "Viewport",
    "Window",
    "contact_sheet",
    "render_frame",
    "render_frames",
    "render_instance",
    "render_rgb",
]

type Frame = np.ndarray[Any, Any]

_FIRST = Taken()
_SHORT_HEAD_BYTES = 16 << 10
"""Heads of up to this size are parsed once for the pictures that follow: whoever moves a window asks for one after the other.

Parsing is a third of what a little picture costs.
"""


def render_frame(
    head: Bytes, frame: Bytes | Sequence[Bytes], recipe: Recipe, taken: Taken = _FIRST
) -> tuple[str, bytes]:
    """Give one frame as a picture: its media type and its bytes.

    `head` is the Part 10 file up to the pixel data, `frame` the frame's bytes or its fragments.

    Smaller pictures are averaged over areas of stored values, before the grey chain. Overlays, display shutters and a pixel
    aspect ratio are respected. Raises `Damaged`, `Unsupported`, `TooLarge`, `Malformed`.
    """
    ds, info = _opened(head)
    data = frame if isinstance(frame, bytes | memoryview) else b"".join(frame)
    return recipe.media_type, _encoded(_picture(ds, info, data, recipe=recipe, taken=taken), recipe)


def render_small(head: Bytes, small: Bytes, recipe: Recipe, taken: Taken) -> tuple[str, bytes]:
    """Give one frame as a picture made from its smaller copy (`smaller.small_copy`); as `render_frame` else."""
    ds, info = _opened(head)
    return recipe.media_type, _encoded(_picture(ds, info, unpacked(small), recipe=recipe, taken=taken), recipe)


def _opened(head: Bytes) -> tuple[Dataset, PixelInfo]:
    """Give the data set of a head and its pixels' layout; whoever gets them changes nothing in them."""
    return _opened_once(head) if isinstance(head, bytes) and len(head) <= _SHORT_HEAD_BYTES else _open(head)


def _open(head: Bytes) -> tuple[Dataset, PixelInfo]:
    ds, syntax = read_part10(head)
    return ds, pixel_info(ds, syntax)


_opened_once = lru_cache(maxsize=32)(_open)


def render_rgb(ds: Dataset, rgb: Frame, recipe: Recipe) -> tuple[str, bytes]:
    """Give a picture that was decoded already, (rows, columns, 3) uint8 RGB, as an image of the data set `ds` is given.

    `ds` is changed to say what the picture is. Raises as `render_frame`.
    """
    ds.Rows, ds.Columns = rgb.shape[:2]
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.NumberOfFrames = 1
    info = pixel_info(ds, EXPLICIT_LE)
    picture = _picture(ds, info, np.ascontiguousarray(rgb).tobytes(), recipe=recipe, taken=_FIRST)
    return recipe.media_type, _encoded(picture, recipe)


def render_frames(head: Bytes, frames: Sequence[Bytes], recipe: Recipe, state: Bytes = b"") -> tuple[str, bytes]:
    """Give several frames as one moving picture: an animated GIF at the pace of Frame Time (PS3.18 8.7.4).

    Other media types show one frame: the first. Raises as `render_frame`.
    """
    if recipe.media_type not in (GIF, WEBP) or len(frames) == 1:
        return render_frame(head, frames[0], recipe, Taken(state=state))
    ds, syntax = read_part10(head)
    info = pixel_info(ds, syntax)
    pictures = [
        _picture(ds, info, data, recipe=recipe, taken=Taken(number, 0, state)) for number, data in enumerate(frames)
    ]
    first, *rest = [Image.fromarray(picture) for picture in pictures]
    out = io.BytesIO()
    kind = recipe.media_type.removeprefix("image/").upper()
    first.save(out, kind, save_all=True, append_images=rest, duration=_pace_ms(ds), loop=0)
    return recipe.media_type, out.getvalue()


def render_instance(part10: Bytes, recipe: Recipe, number: int = 1, state: Bytes = b"") -> tuple[str, bytes]:
    """Give one frame of a whole Part 10 file, counted from 1, as a picture; 0 gives all of them (see `render_frames`).

    For what has no frame offsets, deflated objects above all. Raises `NotFound` for a frame out of range, else as
    `render_frame`.
    """
    ds, syntax = read_part10(part10)
    info = pixel_info(ds, syntax)
    if not 0 <= number <= info.frames:
        raise NotFound("there is no frame {number}: the instance has {frames}", number=number, frames=info.frames)
    frames = frame_bytes(ds, info)
    if number == 0 and info.frames > 1 and recipe.media_type in (GIF, WEBP):
        return render_frames(part10, [data for data, _ in frames], recipe, state)
    data, bit = frames[max(number, 1) - 1]
    picture = _picture(ds, info, data, recipe=recipe, taken=Taken(max(number, 1) - 1, bit, state))
    return recipe.media_type, _encoded(picture, recipe)


def _picture(ds: Dataset, info: PixelInfo, data: Bytes | Smaller, *, recipe: Recipe, taken: Taken) -> Frame:
    """Give the picture as (rows, columns) or (rows, columns, 3) uint8 RGB."""
    look = look_of_image(ds, info, taken.number)
    if taken.state:
        look = look_of_state(read_part10(taken.state)[0], ds, info, taken.number)
    if recipe.window is not None:
        look = replace(look, chain=_with_window(look.chain, recipe))
    placement = _placement(look, info, recipe)
    if isinstance(data, Smaller):
        samples, photometric = data.samples, info.photometric
        look = replace(look, chain=default_window(look.chain, np.array([data.low, data.high]), info))
    else:
        reduce = _levels(placement, look.chain) if info.bits_stored > 8 or info.samples > 1 else 0
        samples, photometric = decode_samples(data, info, bit=taken.bit, reduce=reduce)
    reduced = samples.shape[:2] != (info.rows, info.columns)
    source = _shrunk(placement, samples, info) if reduced else placement
    if info.samples > 1 or info.photometric == "PALETTE COLOR":
        shown = _colours(ds, info, samples, photometric=photometric, source=source)
    else:
        shown = _greys(look.chain, info, samples, source)
    raw = raw_of(data, info) if look.embedded and info.native and not isinstance(data, Smaller) else None
    picture = finished(shown, look, placement, raw)
    return burn_in(picture, ds, recipe.annotation) if recipe.annotation else picture


def _with_window(chain: GreyChain, recipe: Recipe) -> GreyChain:
    if recipe.window is None:
        return chain
    return replace(chain, voi_lut=None, window=Window(*recipe.window, FUNCTIONS[recipe.function]))


def _placement(look: Look, info: PixelInfo, recipe: Recipe) -> Placement:
    if look.area is None and not look.quarter_turns:
        return place(info.columns, info.rows, recipe.viewport, look.aspect)
    # a presentation state says what is seen; a viewport then only says how large
    region = look.area or (0, 0, info.columns, info.rows)
    box = (recipe.viewport.width, recipe.viewport.height) if recipe.viewport else None
    if box is not None and look.quarter_turns % 2:
        box = box[1], box[0]
    return place_region(region, box, look.aspect)


def _levels(placement: Placement, chain: GreyChain) -> int:
    """How often a codestream with resolutions is halved while decoding; none where the extremes of the pixels matter,
    or padding that must not be averaged with them.

    At least twice the wanted size is left: a wavelet's low band is no average, so the last halving is ours.
    """
    if chain.padding is not None or (chain.window is None and chain.voi_lut is None):
        return 0
    return max(min(int(np.log2(max(placement.shrink, 1.0))) - 1, 5), 0)


def _shrunk(placement: Placement, samples: Frame, info: PixelInfo) -> Placement:
    across, down = samples.shape[1] / info.columns, samples.shape[0] / info.rows
    return replace(
        placement,
        left=round(placement.left * across),
        top=round(placement.top * down),
        columns=max(round(placement.columns * across), 1),
        rows=max(round(placement.rows * down), 1),
    )


def _greys(chain: GreyChain, info: PixelInfo, samples: Frame, source: Placement) -> Frame:
    chain = default_window(chain, samples, info)
    size = source.width, source.height
    if info.bits_stored < 8:  # averages of so few levels would be coarse
        return resampled(to_greys(cut(samples, source), chain, info), *size)
    beyond = 0 if not chain.padding else chain.padding[0]
    return to_greys(resampled_without(chain.padding, cut(samples, source, beyond), *size), chain, info)


def _colours(ds: Dataset, info: PixelInfo, samples: Frame, *, photometric: str, source: Placement) -> Frame:
    """Give RGB; a palette's colours are averaged, never its indices."""
    rgb = rgb_of(ds, cut(samples, source), photometric, info.bits_stored)
    return resampled(np.ascontiguousarray(rgb), source.width, source.height)


def raw_of(data: Bytes, info: PixelInfo) -> Frame | None:
    """Give a native frame as it is kept, its unused bits in it; None for cells that hold none (PS3.5 8.1.2)."""
    order = info.dtype.newbyteorder(">" if info.syntax.endswith(".2.2") else "<")
    if info.bits_allocated not in (8, 16) or info.samples != 1:
        return None
    return np.frombuffer(data, order, info.pixels).reshape(info.rows, info.columns).astype(info.dtype)


def _encoded(picture: Frame, recipe: Recipe) -> bytes:
    if recipe.media_type == JPEG:
        return to_jpeg(picture, recipe.quality)
    if recipe.media_type == PNG:
        return bytes(imagecodecs.spng_encode(np.ascontiguousarray(picture), level=1))
    out = io.BytesIO()
    kind = recipe.media_type.removeprefix("image/").upper()
    Image.fromarray(picture).save(out, kind, **({"quality": recipe.quality} if kind == "WEBP" else {}))
    return out.getvalue()


def _pace_ms(ds: Dataset) -> float:
    """Give milliseconds a frame, from Frame Time or Cine Rate (PS3.3 C.7.6.5), in the hundredths of a second of GIF.

    Players dislike less than 20.
    """
    try:
        if ds.get("FrameTime"):
            return max(round(float(ds.FrameTime), -1), 20)
        if ds.get("CineRate"):
            return max(round(1000 / float(ds.CineRate), -1), 20)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return 100
    return 100


def contact_sheet(pictures: Sequence[tuple[str, bytes]], columns: int = 0, cell: int = 240) -> bytes:
    """Give one PNG that shows many pictures with their labels, `columns` a row (a square by default), `cell` pixels each."""
    columns = columns or max(int(np.ceil(np.sqrt(len(pictures)))), 1)
    rows = max(-(-len(pictures) // columns), 1)
    foot = 18
    sheet = Image.new("RGB", (columns * cell, rows * (cell + foot)), (24, 24, 24))
    for number, (_, data) in enumerate(pictures):
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        picture.thumbnail((cell - 6, cell - 6), Image.Resampling.LANCZOS)
        left, top = number % columns * cell, number // columns * (cell + foot)
        sheet.paste(picture, (left + (cell - picture.width) // 2, top + (cell - picture.height) // 2))
    whole = np.array(sheet)
    for number, (label, _) in enumerate(pictures):
        while label and text_width(label, 12) > cell - 8:
            label = label[:-1]
        top = number // columns * (cell + foot) + cell
        put_text(whole, (number % columns * cell + 4, top), label, size=12, grey=220)
    return bytes(imagecodecs.spng_encode(whole, level=4))

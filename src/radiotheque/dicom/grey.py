"""The grey chain: stored values → Modality → VOI → Presentation → 256 greys, as pure functions (PS3.3 C.11).

The order is that of PS3.4 N.2: a Modality LUT or rescale; a VOI LUT or a window; a Presentation LUT or shape. The whole
chain is folded into one table, for a stored value has at most 16 bits.
"""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from pydicom.dataset import Dataset

from radiotheque.dicom.decode import PixelInfo
from radiotheque.dicom.functional import items_of, scopes
from radiotheque.dicom.recipe import LINEAR, LINEAR_EXACT, SIGMOID, Window

type Frame = np.ndarray[Any, Any]
type Values = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Lut:
    """A lookup table: its first mapped value, its entries (1-D), and the bits of an entry (PS3.3 C.11.1.1)."""

    first: int
    entries: Frame
    bits: int


@dataclass(frozen=True, slots=True)
class GreyChain:
    """What becomes of a stored value until it is a grey.

    With neither `voi_lut` nor `window`, a default is taken from the pixels: see `default_window`. `padding` is the range of
    stored values that are no image, shown black. `invert` turns the greys round.
    """

    slope: float = 1.0
    intercept: float = 0.0
    modality_lut: Lut | None = None
    window: Window | None = None
    voi_lut: Lut | None = None
    presentation_lut: Lut | None = None
    invert: bool = False
    padding: tuple[int, int] | None = None


def chain_of(ds: Dataset, info: PixelInfo, frame: int = 0) -> GreyChain:
    """Give the chain that an image asks for; `frame` counts from 0 and matters to functional groups (PS3.3 C.7.6.16).

    What is senseless (a window of no width, an empty table, a slope of zero) is passed over. A VOI LUT Sequence goes before
    a window, the first of several is taken. Polarity is the Photometric Interpretation's, with which a Presentation LUT
    Shape agrees by definition (PS3.3 C.8.11.3.1.2).
    """
    chain = GreyChain(invert=info.photometric == "MONOCHROME1", padding=_padding(ds, info))
    for scope in scopes(ds, frame, "PixelValueTransformationSequence"):
        if "RescaleSlope" in scope or "ModalityLUTSequence" in scope:
            chain = with_modality(chain, scope)
            break
    for scope in scopes(ds, frame, "FrameVOILUTSequence"):
        if "WindowCenter" in scope or "VOILUTSequence" in scope:
            chain = with_voi(chain, scope)
            break
    return chain


def with_modality(chain: GreyChain, ds: Dataset) -> GreyChain:
    """Give the chain with the Modality LUT or rescale of `ds`, which may be an image or a presentation state."""
    lut = _lut_in(ds, "ModalityLUTSequence")
    slope, intercept = _real(ds.get("RescaleSlope"), 1.0), _real(ds.get("RescaleIntercept"), 0.0)
    if slope == 0:
        slope, intercept = 1.0, 0.0
    return replace(chain, modality_lut=lut, slope=slope, intercept=intercept)


def with_voi(chain: GreyChain, ds: Dataset) -> GreyChain:
    """Give the chain with the first usable VOI LUT and the first usable window of `ds`."""
    luts, windows = voi_luts_of(ds), windows_of(ds)
    return replace(chain, voi_lut=luts[0][1] if luts else None, window=windows[0][1] if windows else None)


def voi_luts_of(ds: Dataset) -> list[tuple[str, Lut]]:
    """Give the usable VOI LUTs of `ds`, each with its explanation (PS3.3 C.11.2)."""
    found = [(_text(item.get("LUTExplanation")), lut_of(item)) for item in items_of(ds, "VOILUTSequence")]
    return [(explanation, lut) for explanation, lut in found if lut is not None]


def windows_of(ds: Dataset) -> list[tuple[str, Window]]:
    """Give the usable windows of `ds`, each with its explanation; one function is said for all (PS3.3 C.11.2.1.2)."""
    centres, widths = _reals(ds.get("WindowCenter")), _reals(ds.get("WindowWidth"))
    stated = _text(ds.get("VOILUTFunction"))
    function = stated if stated in (LINEAR_EXACT, SIGMOID) else LINEAR
    words = ds.get("WindowCenterWidthExplanation")
    explanations = [words] if isinstance(words, str) else list(words or ())
    explanations += [""] * max(len(centres) - len(explanations), 0)
    windows = [Window(centre, width, function) for centre, width in zip(centres, widths, strict=False)]
    return [(_text(words), window) for words, window in zip(explanations, windows, strict=False) if window.usable]


def _text(value: Any) -> str:
    return str(value or "").strip()


def with_presentation(chain: GreyChain, ds: Dataset) -> GreyChain:
    """Give the chain with the Presentation LUT of a presentation state (PS3.3 C.11.6).

    It alone says the polarity then, whatever the image's Photometric Interpretation (PS3.4 N.2.3).
    """
    lut = _lut_in(ds, "PresentationLUTSequence")
    return replace(chain, presentation_lut=lut, invert=str(ds.get("PresentationLUTShape", "")).strip() == "INVERSE")


def _real(value: Any, default: float) -> float:
    found = _reals(value)
    return found[0] if found else default


def _reals(value: Any) -> list[float]:
    if value is None or value == "":
        return []
    values = [value] if isinstance(value, (str, int, float)) or not hasattr(value, "__iter__") else list(value)
    try:
        return [float(each) for each in values if each not in (None, "")]
    except (TypeError, ValueError):
        return []


def _padding(ds: Dataset, info: PixelInfo) -> tuple[int, int] | None:
    first = ds.get("PixelPaddingValue")
    if not isinstance(first, int) or info.kind != "int":
        return None
    limit = ds.get("PixelPaddingRangeLimit")
    other = limit if isinstance(limit, int) else first
    low, high = sorted((int(first), int(other)))
    if info.signed and low > 0x7FFF:  # US where SS was meant: the VR follows Pixel Representation (PS3.3 C.7.5.1.1.2)
        low, high = low - 0x10000, high - 0x10000
    return low, high


def _lut_in(ds: Dataset, name: str) -> Lut | None:
    items = ds.get(name)
    return lut_of(items[0]) if items else None


def lut_of(item: Dataset) -> Lut | None:
    """Give the table of a LUT item, None when it holds nothing usable.

    0 entries in the descriptor means 65,536 (PS3.3 C.11.1.1.1); entries of 8 bits may lie one or two to a word. Where the
    data are shorter than they say, what is there is the table; where entries need more bits than they say, they have them.
    """
    descriptor, data = item.get("LUTDescriptor"), item.get("LUTData")
    if descriptor is None or data is None or len(descriptor) != 3:
        return None
    count, first, bits = (int(each) for each in descriptor)
    count = count or 1 << 16
    if isinstance(data, bytes):
        packed = bits <= 8 and len(data) < 2 * count
        entries = np.frombuffer(data if packed else data[: len(data) & ~1], np.uint8 if packed else "<u2")
    else:
        values = [data] if isinstance(data, int) else list(data)
        entries = np.array([int(each) & 0xFFFF for each in values], np.uint16)
    entries = entries[:count]
    if not len(entries):
        return None
    return Lut(first, entries, max(min(bits, 16), int(entries.max()).bit_length(), 1))


def looked_up(lut: Lut, values: Values, signed_input: bool) -> Values:
    """Give the table's entry for each value: the first entry below it, the last above (PS3.3 C.11.1.1.1)."""
    first = lut.first - 0x10000 if signed_input and lut.first > 0x7FFF else lut.first
    places = np.clip(np.rint(values) - first, 0, len(lut.entries) - 1).astype(np.int64)
    found: Values = lut.entries[places].astype(np.float64)
    return found


def after_modality(chain: GreyChain, values: Values) -> Values:
    """Give the Modality LUT's output (PS3.3 C.11.1)."""
    if chain.modality_lut is not None:
        return looked_up(chain.modality_lut, values, bool(np.min(values, initial=0) < 0))
    return values * chain.slope + chain.intercept


def windowed(window: Window, values: Values) -> Values:
    """Give the window's output between 0 and 1 (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
    centre, width = window.centre, window.width
    if window.function == SIGMOID:
        with np.errstate(over="ignore"):
            grown: Values = 1 / (1 + np.exp(-4 * (values - centre) / width))
        return grown
    if window.function == LINEAR_EXACT:
        return np.clip((values - centre) / width + 0.5, 0, 1)
    if width == 1:
        return np.where(values > centre - 0.5, 1.0, 0.0)
    return np.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)


def greys(chain: GreyChain, values: Values) -> Frame:
    """Give uint8 greys for stored values of any shape, through the whole chain. `chain` has a window or a VOI LUT."""
    shown = after_modality(chain, values)
    if chain.voi_lut is not None:
        top = (1 << chain.voi_lut.bits) - 1
        shown = looked_up(chain.voi_lut, shown, bool(np.min(shown, initial=0) < 0)) / top
    elif chain.window is not None:
        shown = windowed(chain.window, shown)
    else:
        shown = np.clip(shown, 0, 1)
    if chain.presentation_lut is not None:  # its input is the VOI output scaled over all entries (PS3.3 C.11.6.1.1)
        lut = chain.presentation_lut
        shown = lut.entries[np.rint(shown * (len(lut.entries) - 1)).astype(np.int64)] / ((1 << lut.bits) - 1)
    if chain.invert:
        shown = 1 - shown
    out: Frame = (shown * 255 + 0.5).astype(np.uint8)
    if chain.padding is not None:
        out[(values >= chain.padding[0]) & (values <= chain.padding[1])] = 0
    return out


def default_window(chain: GreyChain, frame: Frame, info: PixelInfo) -> GreyChain:
    """Give the chain with a window where it has none, by the pixels of this frame.

    Images of up to 8 bits are shown over their whole range, as they were drawn. Deeper ones from the smallest to the largest
    stored value that is not padding. The standard leaves this to the application (PS3.3 C.11.2.1).
    """
    if chain.window is not None or chain.voi_lut is not None:
        return chain
    if info.kind == "int" and info.bits_stored <= 8:
        shift = 1 << (info.bits_stored - 1) if info.signed else 0
        low, high = float(-shift), float((1 << info.bits_stored) - 1 - shift)
    else:
        low, high = extent(frame, chain.padding)
    ends = after_modality(chain, np.array([low, high], np.float64))
    if chain.modality_lut is not None and info.kind == "int":
        ends = after_modality(chain, np.arange(low, min(high, low + (1 << 16)) + 1, dtype=np.float64))
    bottom, top = float(ends.min()), float(ends.max())
    return replace(chain, window=Window((bottom + top) / 2, max(top - bottom, 1e-9), LINEAR_EXACT))


def full_window(chain: GreyChain, info: PixelInfo) -> GreyChain:
    """Give the chain with a window over everything that a stored value may be, where it has none: an identity VOI stage."""
    if chain.window is not None or chain.voi_lut is not None or info.kind != "int":
        return chain
    half = 1 << (info.bits_stored - 1)
    ends = np.array([-half, half - 1] if info.signed else [0, 2 * half - 1], np.float64)
    if chain.modality_lut is not None:
        bottom, top = 0.0, float((1 << chain.modality_lut.bits) - 1)
    else:
        bottom, top = sorted(after_modality(chain, ends).tolist())
    return replace(chain, window=Window((bottom + top) / 2, max(top - bottom, 1e-9), LINEAR_EXACT))


def extent(frame: Frame, padding: tuple[int, int] | None) -> tuple[float, float]:
    """Give the smallest and largest stored value of a frame that is neither padding nor infinite."""
    if frame.dtype.kind == "f":
        finite = frame[np.isfinite(frame)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if padding is not None:
        image = frame[(frame < padding[0]) | (frame > padding[1])]
        if image.size:
            return float(image.min()), float(image.max())
    return float(frame.min()), float(frame.max())


def to_greys(frame: Frame, chain: GreyChain, info: PixelInfo) -> Frame:
    """Give the greys of a frame: (rows, columns) uint8, 0 black. `chain` has a window or a VOI LUT.

    Stored values of up to 16 bits go through one table; floats and deeper ones through the chain itself.
    """
    if frame.dtype.itemsize > 2 or frame.dtype.kind == "f":
        return greys(chain, np.nan_to_num(frame.astype(np.float64)))
    return np.asarray(cv2.LUT(frame.view(f"u{frame.dtype.itemsize}"), table_of(chain, info)))


def table_of(chain: GreyChain, info: PixelInfo) -> Frame:
    """Give the chain folded into one table: uint8, indexed by a stored value's cell read as unsigned (256 or 65,536)."""
    size = 256 if info.dtype.itemsize == 1 else 1 << 16
    half = 1 << (info.bits_stored - 1)
    low, high = (-half, half - 1) if info.signed else (0, 2 * half - 1)
    values = np.arange(low, high + 1)
    table = np.zeros(size, np.uint8)
    table[values & (size - 1)] = greys(chain, values.astype(np.float64))
    return table

"""Cases of the grey chain: what is stored, what the header says, and the greys that PS3.3 C.11 gives for it.

The greys are reckoned here in floating point, by the formulas of the standard and by lookups in so many words; nothing of
the product's own chain is called. What the product makes of the same headers is the render model, and the other half of a test.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from radiotheque.dicom.decode import pixel_info
from radiotheque.dicom.rendermodel import Facts, model_of
from radiotheque.dicom.syntaxes import EXPLICIT_LE
from radiotheque.testing.phantoms import phantom_dataset, phantom_pixels

type Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A header, stored values (rows, columns), which of its choices of greys is shown, and what a reader adds.

    `voi` is the place among tables first, windows then, as the header has them; -1 for `window` (centre, width, function).
    `presentation` are the entries of a Presentation LUT of 16 bits that a presentation state would add.
    """

    name: str
    clause: str
    ds: Dataset
    stored: Array
    voi: int = 0
    window: tuple[float, float, str] | None = None
    invert: bool = False
    frame: int = 0
    presentation: Array | None = None


def vector(case: Case) -> dict[str, Any]:
    """Give a case as it is written, its render model and its expected greys in it."""
    model: dict[str, Any] = {**model_of(case.ds, pixel_info(case.ds, EXPLICIT_LE), case.frame, facts_of(case))}
    if case.presentation is not None:
        model["presentation_lut"] = {"first": 0, "bits": 16, "data": _packed(case.presentation.astype("<u2"))}
    names = ("centre", "width", "function")
    return {
        "name": case.name,
        "clause": case.clause,
        "model": model,
        "stored": {
            "rows": case.stored.shape[0],
            "columns": case.stored.shape[1],
            "dtype": case.stored.dtype.name,
            "data": _packed(case.stored.astype(case.stored.dtype.newbyteorder("<"))),
        },
        "voi": case.voi,
        "window": dict(zip(names, case.window, strict=True)) if case.window is not None else None,
        "invert": case.invert,
        "expected": {"data": _packed(expected(case))},
    }


def facts_of(case: Case) -> Facts:
    """Give what encoding the frame would find out: the extremes of what is no padding."""
    info, outside = pixel_info(case.ds, EXPLICIT_LE), case.stored[~padded(case)]
    ends = outside if outside.size else case.stored
    return Facts("htj2k", info.bits_stored, info.signed, 0, low=float(ends.min()), high=float(ends.max()))


def expected(case: Case) -> Array:
    """Give the greys, uint8, 0 black: Modality, VOI, Presentation, polarity, then padding (PS3.4 N.2)."""
    share = _voi(case, _modality(case))
    if case.presentation is not None:  # PS3.3 C.11.6.1.1: its input runs over all of its entries
        entries = case.presentation.astype(np.float64)
        share = entries[np.floor(share * (len(entries) - 1) + 0.5).astype(int)] / 65535
    if (case.ds.PhotometricInterpretation == "MONOCHROME1") != case.invert:
        share = 1 - share
    greys = np.floor(share * 255 + 0.5).astype(np.uint8)
    greys[padded(case)] = 0
    return greys


def padded(case: Case) -> Array:
    """Say which stored values are padding, both limits in it (PS3.3 C.7.5.1.1.2)."""
    first = case.ds.get("PixelPaddingValue")
    if first is None:
        return np.zeros(case.stored.shape, bool)
    other = case.ds.get("PixelPaddingRangeLimit", first)
    inside: Array = (case.stored >= min(first, other)) & (case.stored <= max(first, other))
    return inside


def _scope(case: Case, group: str, *keywords: str) -> Dataset:
    """Give where the first of the keywords stands: in the frame's functional group, that of all frames, or the header."""
    ds = case.ds
    places = [ds.get("PerFrameFunctionalGroupsSequence", [])[case.frame : case.frame + 1]]
    places.append(ds.get("SharedFunctionalGroupsSequence", []))
    for place in places:
        for groups in place:
            for item in groups.get(group, []):
                if any(keyword in item for keyword in keywords):
                    found: Dataset = item
                    return found
    return ds


def _modality(case: Case) -> Array:
    scope = _scope(case, "PixelValueTransformationSequence", "RescaleSlope", "ModalityLUTSequence")
    stored = case.stored.astype(np.float64)
    if "ModalityLUTSequence" in scope:
        return _entry(scope.ModalityLUTSequence[0], stored)
    result: Array = stored * float(scope.get("RescaleSlope", 1)) + float(scope.get("RescaleIntercept", 0))
    return result


def _voi(case: Case, values: Array) -> Array:
    """Give the share of white, 0 to 1."""
    scope = _scope(case, "FrameVOILUTSequence", "WindowCenter", "VOILUTSequence")
    tables = list(scope.get("VOILUTSequence", []))
    if case.window is not None:
        return _windowed(*case.window, values)
    if case.voi < len(tables):
        entries: Array = _entry(tables[case.voi], np.floor(values + 0.5))
        return entries / float(2 ** int(tables[case.voi].LUTDescriptor[2]) - 1)
    if "WindowCenter" not in scope:
        return _over_everything(case, values)
    which = case.voi - len(tables)
    centre, width = (np.atleast_1d(scope[name].value)[which] for name in ("WindowCenter", "WindowWidth"))
    return _windowed(float(centre), float(width), str(scope.get("VOILUTFunction", "LINEAR")), values)


def _over_everything(case: Case, values: Array) -> Array:
    """No window: up to 8 bits over their range, deeper ones over what the picture holds, padding left out."""
    bits = int(case.ds.BitsStored)
    if bits <= 8:
        low = -(2 ** (bits - 1)) if case.ds.PixelRepresentation else 0
        ends = np.array([low, low + 2**bits - 1], np.float64)
        ends = ends * float(case.ds.get("RescaleSlope", 1)) + float(case.ds.get("RescaleIntercept", 0))
    else:
        ends = values[~padded(case)]
    share: Array = np.clip((values - ends.min()) / (ends.max() - ends.min()), 0, 1)
    return share


def _windowed(centre: float, width: float, function: str, x: Array) -> Array:
    """PS3.3 C.11.2.1.2.1 (LINEAR), C.11.2.1.3.1 (SIGMOID) and C.11.2.1.3.2 (LINEAR_EXACT), with ymin 0 and ymax 1."""
    if function == "SIGMOID":
        curve: Array = 1 / (1 + np.exp(-4 * (x - centre) / width))
        return curve
    if function == "LINEAR_EXACT":
        below, above = x <= centre - width / 2, x > centre + width / 2
        line = (x - centre) / width + 0.5
    else:
        below, above = x <= centre - 0.5 - (width - 1) / 2, x > centre - 0.5 + (width - 1) / 2
        line = ((x - (centre - 0.5)) / (width - 1) + 0.5) if width > 1 else np.zeros(x.shape)
    share: Array = np.where(below, 0.0, np.where(above, 1.0, line))
    return share


def _entry(item: Dataset, values: Array) -> Array:
    """The first entry for what lies below the table, the last for what lies above (PS3.3 C.11.1.1.1)."""
    first = int(item.LUTDescriptor[1])
    entries = np.frombuffer(item.LUTData, "<u2").astype(np.float64)
    places = np.minimum(np.maximum(values - first, 0), len(entries) - 1).astype(int)
    found: Array = entries[places]
    return found


def _packed(array: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def header(stored: Array, bits: int, **attributes: Any) -> Dataset:
    """Give the header of an image with these values, without a window; `attributes` are set last, None takes away."""
    signed = stored.dtype.kind == "i"
    ds = phantom_dataset(bits_stored=bits, bits_allocated=stored.dtype.itemsize * 8, signed=signed, rows=8, columns=8)
    ds.Rows, ds.Columns = stored.shape
    for keyword in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "RescaleType", "PixelData"):
        del ds[keyword]
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def table(first: int, entries: Array, bits: int, explanation: str = "") -> Dataset:
    """Give an item of a LUT sequence."""
    item = Dataset()
    item.add_new(0x00283002, "US" if first >= 0 else "SS", [len(entries) % 65536, first, bits])
    item.LUTExplanation = explanation
    item.LUTData = entries.astype("<u2").tobytes()
    return item


def _ramp(dtype: str, low: int, high: int) -> Array:
    """Give every value from `low` to below `high`, 64 a row."""
    return np.arange(low, high, dtype=np.int64).astype(dtype).reshape(-1, 64)


def cases() -> Iterator[Case]:
    """Yield all cases."""
    for group in (_windows, _depths, _tables, _modalities, _paddings, _groups, _pictures):
        yield from group()


def _windows() -> Iterator[Case]:
    ramp = _ramp("uint16", 0, 4096)
    for function, clause in (("LINEAR", "C.11.2.1.2.1"), ("LINEAR_EXACT", "C.11.2.1.3.2"), ("SIGMOID", "C.11.2.1.3.1")):
        for photometric in ("MONOCHROME2", "MONOCHROME1"):
            ds = header(ramp, 12, WindowCenter=1800, WindowWidth=1201, VOILUTFunction=function)
            ds.PhotometricInterpretation = photometric
            yield Case(f"window-{function.lower()}-{photometric.lower()}", clause, ds, ramp)
    yield Case("window-threshold", "C.11.2.1.2.1", header(ramp, 12, WindowCenter=2000, WindowWidth=1), ramp)
    wide = header(ramp, 12, WindowCenter=[2048, 600], WindowWidth=[4096, 300])
    wide.WindowCenterWidthExplanation = ["WHOLE", "SOFT"]
    yield Case("window-second", "C.11.2", wide, ramp, voi=1)
    yield Case("window-of-the-reader", "C.11.2.1.2.1", wide, ramp, voi=-1, window=(1000.5, 333.0, "LINEAR"))
    yield Case("window-turned-by-the-reader", "C.11.2.1.2.1", wide, ramp, invert=True)
    yield Case("window-none", "C.11.2.1", header(ramp[4:40], 12), ramp[4:40])


def _depths() -> Iterator[Case]:
    for bits, dtype in ((8, "uint8"), (8, "int8"), (10, "uint16"), (12, "int16"), (16, "uint16"), (16, "int16")):
        low = -(2 ** (bits - 1)) if dtype.startswith("i") else 0
        every = _ramp(dtype, low, low + 2**bits)[:: max(2 ** (bits - 12), 1)]
        middle = low + 2 ** (bits - 1) + 3
        ds = header(every, bits, WindowCenter=middle, WindowWidth=2 ** (bits - 1) + 1)
        yield Case(f"depth-{dtype}-{bits}", "C.7.6.3.1.4", ds, every)
    byte = _ramp("uint8", 0, 256)
    yield Case("depth-uint8-no-window", "C.11.2.1", header(byte, 8), byte)
    signed = _ramp("int8", -128, 128)
    yield Case("depth-int8-no-window", "C.11.2.1", header(signed, 8), signed)


def _tables() -> Iterator[Case]:
    ramp = _ramp("uint16", 0, 4096)
    curve = np.round((np.arange(3000) / 2999) ** 0.4 * 4095)
    other = np.round((1 - np.arange(500) / 499) * 1023)
    for photometric in ("MONOCHROME2", "MONOCHROME1"):
        ds = header(ramp, 12, VOILUTSequence=[table(500, curve, 12, "HARD"), table(1000, other, 10, "SOFT")])
        ds.WindowCenter, ds.WindowWidth, ds.PhotometricInterpretation = 2048, 4096, photometric
        for voi, what in enumerate(("first", "second", "window-behind")):
            yield Case(f"voi-lut-{what}-{photometric.lower()}", "C.11.2.1.1", ds, ramp, voi=voi)
    signed = _ramp("int16", -2048, 2048)
    below = header(signed, 12, VOILUTSequence=[table(-1500, curve, 12)])
    yield Case("voi-lut-from-below-zero", "C.11.2.1.1", below, signed)
    shifted = header(ramp, 12, RescaleSlope="1", RescaleIntercept="-1024", VOILUTSequence=[table(-1000, curve, 12)])
    yield Case("voi-lut-after-rescale", "C.11.2.1.1", shifted, ramp)
    look = np.round((np.arange(256) / 255) ** 2 * 65535)
    seen = header(ramp, 12, WindowCenter=2048, WindowWidth=3001)
    yield Case("presentation-lut", "C.11.6.1.1", seen, ramp, presentation=look)
    yield Case("presentation-lut-turned", "C.11.6.1.1", seen, ramp, presentation=look[::-1].copy())


def _modalities() -> Iterator[Case]:
    ramp = _ramp("uint16", 0, 4096)
    root = np.round(np.sqrt(np.arange(3500) / 3499) * 65535)
    item = table(200, root, 16)
    item.ModalityLUTType = "US"
    lut = header(ramp, 12, ModalityLUTSequence=[item], WindowCenter=30000, WindowWidth=40001)
    yield Case("modality-lut", "C.11.1.1.1", lut, ramp)
    yield Case("modality-lut-no-window", "C.11.1.1.1", header(ramp[10:], 12, ModalityLUTSequence=[item]), ramp[10:])
    for slope, intercept in (("2.5", "-1024"), ("-1", "4095")):
        ds = header(ramp, 12, RescaleSlope=slope, RescaleIntercept=intercept)
        ds.WindowCenter, ds.WindowWidth = float(slope) * 2048 + float(intercept), 1501
        yield Case(f"rescale-{slope}", "C.11.1.1.2", ds, ramp)


def _paddings() -> Iterator[Case]:
    ramp = _ramp("uint16", 0, 4096)
    for photometric, value, limit in (("MONOCHROME2", 0, 300), ("MONOCHROME1", 4095, 3800)):
        ds = header(ramp, 12, PixelPaddingValue=value, PixelPaddingRangeLimit=limit)
        ds.PhotometricInterpretation = photometric
        yield Case(f"padding-no-window-{photometric.lower()}", "C.7.5.1.1.2", ds, ramp)
        seen = header(
            ramp, 12, PixelPaddingValue=value, PixelPaddingRangeLimit=limit, WindowCenter=2000, WindowWidth=4001
        )
        seen.PhotometricInterpretation = photometric
        yield Case(f"padding-{photometric.lower()}", "C.7.5.1.1.2", seen, ramp)
        yield Case(f"padding-turned-{photometric.lower()}", "C.7.5.1.1.2", seen, ramp, invert=True)
    signed = _ramp("int16", -2048, 2048)
    ds = header(signed, 12, WindowCenter=0, WindowWidth=4096)
    ds.add_new(0x00280120, "SS", -2000)
    yield Case("padding-signed", "C.7.5.1.1.2", ds, signed)


def _groups() -> Iterator[Case]:
    ramp = _ramp("uint16", 0, 4096)
    ds = header(ramp, 12, NumberOfFrames=2)
    ds.SharedFunctionalGroupsSequence = [Dataset()]
    ds.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence = [_window(1000, 1001)]
    ds.PerFrameFunctionalGroupsSequence = [Dataset(), Dataset()]
    own = ds.PerFrameFunctionalGroupsSequence[1]
    own.FrameVOILUTSequence = [_window(3000, 501)]
    rescale = Dataset()
    rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = "0.5", "100", "US"
    own.PixelValueTransformationSequence = [rescale]
    for frame in (0, 1):
        yield Case(f"functional-groups-frame-{frame + 1}", "C.7.6.16.2.10", ds, ramp, frame=frame)


def _window(centre: float, width: float) -> Dataset:
    item = Dataset()
    item.WindowCenter, item.WindowWidth = centre, width
    return item


def _pictures() -> Iterator[Case]:
    for modality in ("CR", "DX", "MG", "XA"):
        ds = phantom_dataset(modality=modality, rows=64, columns=48, bits_stored=12)
        pixels = phantom_pixels(modality=modality, rows=64, columns=48, bits_stored=12)[0]
        yield Case(f"phantom-{modality.lower()}", "C.11", ds, pixels)

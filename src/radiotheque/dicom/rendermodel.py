"""The render model: everything that a viewer needs to draw a frame, from the header alone where that is enough.

What a header cannot say — the window of an image that names none, overlays in unused bits, the scale of a copy — is found
when the frame is encoded (`viewing`), and comes here as `Facts`.
"""

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from pydicom.dataset import Dataset

from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.cine import cine_of
from radiotheque.dicom.decode import PixelInfo, pixel_info
from radiotheque.dicom.functional import PER_FRAME, items_of, scopes
from radiotheque.dicom.grey import (
    GreyChain,
    Lut,
    after_modality,
    chain_of,
    default_window,
    full_window,
    voi_luts_of,
    windows_of,
)
from radiotheque.dicom.identity import identity_of
from radiotheque.dicom.orientation import body_part_of, laterality_of, letters_of, view_of
from radiotheque.dicom.overlays import Overlay, has_embedded, overlays_of
from radiotheque.dicom.reading import Bytes, read_part10
from radiotheque.dicom.recipe import LINEAR_EXACT, Window
from radiotheque.dicom.rendertypes import (
    Lossy,
    LutModel,
    ModalityModel,
    OverlayModel,
    Pixels,
    RenderModel,
    SpacingModel,
    Voi,
)
from radiotheque.dicom.shutters import bitmap_of, packed, shutter_model
from radiotheque.dicom.sopclasses import FOR_PROCESSING
from radiotheque.dicom.spacing import Spacing, _, aspect_of, spacing_of

COPY_NOTE = _("Values of more than 16 bits: shown from a copy of 16 bits")

_ALWAYS_LOSSY = frozenset({ts.JPEG_BASELINE, ts.JPEG_EXTENDED, ts.JPEG_LS_NEAR})
_HOUNSFIELD = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"})
_WHOLE_RANGE: Voi = {"explanation": "", "lut": None, "centre": 127.5, "width": 255.0, "function": LINEAR_EXACT}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a frame once it was encoded.

    `low` and `high` are its smallest and largest stored value that is no padding. `scale` (slope, intercept) turns the given
    values into those after the Modality LUT, where what is given is a copy; None where it is the stored values. `overlays`
    are those that lay in the pixel data's unused bits.
    """

    codec: Literal["htj2k", "jpeg", "png", "raw"]
    bits: int
    signed: bool
    size: int
    lossless: bool = True
    low: float = 0.0
    high: float = 0.0
    scale: tuple[float, float] | None = None
    overlays: tuple[OverlayModel, ...] = ()

    def as_json(self) -> bytes:
        """Give the facts as they are kept."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def of_json(cls, data: Bytes) -> "Facts":
        """Give the facts that were kept."""
        fields = json.loads(bytes(data))
        scale = tuple(fields.pop("scale") or ())
        return cls(**fields | {"scale": scale or None, "overlays": tuple(fields["overlays"])})


def render_model(head: Bytes, number: int, facts: Bytes = b"", frames: int = 0) -> bytes:
    """Give the render model of a frame, counted from 0, as JSON; b"" when it takes facts that are not given.

    `head` is the Part 10 file up to the pixel data, `facts` what `viewing.frame_to_view` gave; `frames` is how many there
    are bytes for, where that is known: a header may claim more. Addresses and what is
    the site's own are left empty. Raises `Undecodable`, `Unsupported`, `TooLarge`.
    """
    ds, syntax = read_part10(head)
    info = pixel_info(ds, syntax)
    info = replace(info, frames=frames) if 0 < frames < info.frames else info
    if not facts and needs_pixels(ds, info, number):
        return b""
    model = model_of(ds, info, number, Facts.of_json(facts) if facts else None)
    return json.dumps(model, ensure_ascii=False, allow_nan=False).encode()


def is_colour(info: PixelInfo) -> bool:
    """Whether an image is shown in colours."""
    return info.samples > 1 or info.photometric == "PALETTE COLOR"


def needs_pixels(ds: Dataset, info: PixelInfo, number: int) -> bool:
    """Whether the header alone does not say how a frame is drawn."""
    if is_colour(info):
        return info.syntax == ts.JPEG_BASELINE
    if info.kind != "int" or info.bits_stored > 16 or has_embedded(ds):
        return True
    chain = chain_of(ds, info, number)
    return chain.window is None and chain.voi_lut is None and info.bits_stored > 8


def model_of(ds: Dataset, info: PixelInfo, number: int, facts: Facts | None = None) -> RenderModel:
    """Give the render model of a frame, counted from 0. `facts` may be None where `needs_pixels` says no."""
    known = facts or _expected(info)
    view, words = view_of(ds)
    letters = letters_of(ds, number)
    colour = is_colour(info)
    given = info if known.scale is None else replace(info, bits_stored=16, signed=False, kind="int")
    chain = GreyChain() if colour else _chain(ds, info, number, known)
    return {
        "study": str(ds.get("StudyInstanceUID", "")),
        "series": str(ds.get("SeriesInstanceUID", "")),
        "instance": str(ds.get("SOPInstanceUID", "")),
        "sop_class": str(ds.get("SOPClassUID", "")),
        "frame": number + 1,
        "frames": info.frames,
        "rows": info.rows,
        "columns": info.columns,
        "kind": "colour" if colour else "grey",
        "pixels": _pixels(known),
        "photometric": info.photometric,
        "invert": chain.invert,
        "modality": _modality(ds, info, number, chain),
        "voi": [_WHOLE_RANGE] if colour else voi_models(ds, given, number, chain),
        "presentation_lut": lut_model(chain.presentation_lut, signed=False),
        "padding": list(chain.padding) if chain.padding is not None else None,
        "shutter": shutter_model(ds, number),
        "overlays": [*overlay_models(ds, number), *known.overlays],
        "spacing": spacing_as_model(spacing_of(ds, number)),
        "aspect": aspect_of(ds, number),
        "orientation": letters,
        "laterality": laterality_of(ds, number),
        "view": view,
        "view_text": words,
        "body_part": body_part_of(ds, number),
        "presets": [],
        "lossy": lossy_of(ds, info.syntax),
        "burned_in": str(ds.get("BurnedInAnnotation") or "").strip(),
        "for_processing": for_processing(ds),
        "cine": cine_of(ds, info.frames, number),
        "per_frame": info.frames > 1 and (known.scale is not None or bool(items_of(ds, PER_FRAME))),
        "note": COPY_NOTE if known.scale is not None else "",
        "identity": identity_of(ds, number),
    }


def _expected(info: PixelInfo) -> Facts:
    """Give what a frame will be when it is encoded, as far as the header says it."""
    if is_colour(info):
        return Facts("png", 8, False, 0, lossless=info.bits_stored <= 8)
    return Facts("htj2k", info.bits_stored, info.signed, 0)


def _pixels(facts: Facts) -> Pixels:
    return {
        "codec": facts.codec,
        "url": "",
        "bits": facts.bits,
        "signed": facts.signed,
        "size": facts.size,
        "lossless": facts.lossless,
    }


def _chain(ds: Dataset, info: PixelInfo, number: int, facts: Facts) -> GreyChain:
    """Give the grey chain of what is given: a copy's scale stands for Modality LUT and rescale, and its 0 for padding."""
    chain = chain_of(ds, info, number)
    if facts.scale is None:
        return default_window(chain, np.array([facts.low, facts.high]), info)
    slope, intercept = facts.scale
    scaled = replace(chain, slope=slope, intercept=intercept, modality_lut=None)
    padding = (0, 0) if chain.padding is not None else None
    return replace(full_window(scaled, replace(info, bits_stored=16, signed=False, kind="int")), padding=padding)


def _modality(ds: Dataset, info: PixelInfo, number: int, chain: GreyChain) -> ModalityModel:
    return {
        "slope": _finite(chain.slope, 1.0),
        "intercept": _finite(chain.intercept, 0.0),
        "unit": "" if is_colour(info) else unit_of(ds, number),
        "lut": lut_model(chain.modality_lut, signed=info.signed),
    }


def unit_of(ds: Dataset, number: int) -> str:
    """Give the unit after the Modality LUT; US is "unspecified" (PS3.3 C.11.1.1.2), of CT it is HU (C.8.2.1.1.2)."""
    for scope in scopes(ds, number, "PixelValueTransformationSequence"):
        tables = items_of(scope, "ModalityLUTSequence")
        stated = str((tables[0].get("ModalityLUTType") if tables else scope.get("RescaleType")) or "").strip()
        if stated:
            return "" if stated == "US" else stated
    return "HU" if str(ds.get("SOPClassUID", "")) in _HOUNSFIELD and "RescaleSlope" in ds else ""


def voi_models(ds: Dataset, info: PixelInfo, number: int, chain: GreyChain) -> list[Voi]:
    """Give all choices of greys: tables first, then windows, as one is shown; the default window where there are none."""
    signed = below_zero(chain, info)
    for scope in scopes(ds, number, "FrameVOILUTSequence"):
        if "WindowCenter" in scope or "VOILUTSequence" in scope:
            tables = [voi_of(lut, words, signed=signed) for words, lut in voi_luts_of(scope)]
            windows = [voi_of(window, words) for words, window in windows_of(scope)]
            if tables or windows:
                return [*tables, *windows]
            break
    return [voi_of(chain.window or Window(127.5, 255.0, LINEAR_EXACT))]


def voi_of(choice: Lut | Window, explanation: str = "", *, signed: bool = False) -> Voi:
    """Give a choice of greys; `signed` says that values below zero come into a table."""
    if isinstance(choice, Lut):
        return {"explanation": explanation, "lut": lut_model(choice, signed=signed)}
    return {
        "explanation": explanation,
        "lut": None,
        "centre": choice.centre,
        "width": choice.width,
        "function": choice.function,
    }


def below_zero(chain: GreyChain, info: PixelInfo) -> bool:
    """Whether the Modality LUT gives values below zero for something that may be stored."""
    half = 1 << (min(info.bits_stored, 16) - 1)
    ends = np.array([-half, half - 1] if info.signed else [0, 2 * half - 1], np.float64)
    return chain.modality_lut is None and bool(after_modality(chain, ends).min() < 0)


def lut_model(lut: Lut | None, *, signed: bool) -> LutModel | None:
    """Give a table. Its first value is a signed one where the values looked up are, whatever VR it came in."""
    if lut is None:
        return None
    first = lut.first - 0x10000 if signed and lut.first > 0x7FFF else lut.first
    entries = np.ascontiguousarray(lut.entries, "<u2").tobytes()
    return {"first": first, "bits": lut.bits, "data": base64.b64encode(entries).decode()}


def overlay_models(ds: Dataset, number: int) -> list[OverlayModel]:
    """Give the overlays of a frame that have data of their own; one that is a shutter is none."""
    hiding = bitmap_of(ds, number)
    planes = [each for each in overlays_of(ds, number) if hiding is None or each.group != hiding.group]
    return [model for model in (overlay_model(ds, plane) for plane in planes) if model is not None]


def overlay_model(ds: Dataset, overlay: Overlay) -> OverlayModel | None:
    """Give an overlay cut to what is set in it, None when nothing is."""
    lines, columns = overlay.bits.any(axis=1).nonzero()[0], overlay.bits.any(axis=0).nonzero()[0]
    if not len(lines):
        return None
    top, bottom, left, right = int(lines[0]), int(lines[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return {
        "group": overlay.group,
        "label": _word(ds, overlay.group, 0x1500),
        "description": _word(ds, overlay.group, 0x0022),
        "kind": overlay.kind,
        "origin": [overlay.column + left, overlay.row + top],
        "rows": bottom - top,
        "columns": right - left,
        "data": packed(overlay.bits[top:bottom, left:right]),
    }


def _word(ds: Dataset, group: int, element: int) -> str:
    found = ds.get((group, element))
    return str(found.value or "").strip()[:200] if found is not None else ""


def spacing_as_model(spacing: Spacing) -> SpacingModel:
    """Give a spacing as JSON."""
    found: SpacingModel = asdict(spacing)  # type: ignore[assignment]
    return found


def for_processing(ds: Dataset) -> bool:
    """Whether the image is raw material for processing, and not for eyes (PS3.3 C.8.11.1.1.2)."""
    if str(ds.get("PresentationIntentType") or "").strip() == "FOR PROCESSING":
        return True
    return str(ds.get("SOPClassUID", "")) in FOR_PROCESSING


def lossy_of(ds: Dataset, syntax: str) -> Lossy:
    """Give whether pixels were ever compressed with loss, and how much: once so, always so (PS3.3 C.7.6.1.1.5)."""
    stated = str(ds.get("LossyImageCompression") or "").strip() == "01"
    ratios = [_finite(each, 0.0) for each in _several(ds.get("LossyImageCompressionRatio"))]
    methods = [str(each).strip() for each in _several(ds.get("LossyImageCompressionMethod"))]
    lossy = stated or syntax in _ALWAYS_LOSSY
    return {
        "is": lossy,
        "ratio": max(ratios, default=0.0) if lossy else 0.0,
        "method": ", ".join(method for method in methods if method) if lossy else "",
    }


def _several(value: Any) -> Sequence[Any]:
    if value is None or value == "":
        return ()
    return [value] if isinstance(value, str | int | float) or not hasattr(value, "__iter__") else list(value)


def _finite(value: Any, default: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return default
    return number if math.isfinite(number) else default

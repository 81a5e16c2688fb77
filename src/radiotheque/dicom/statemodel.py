"""The render model of an image under a presentation state, whoever wrote it (PS3.4 N.2, PS3.3 C.10, C.11)."""

import json
from collections.abc import Sequence
from dataclasses import replace

from pydicom.dataset import Dataset

from radiotheque.core.errors import Unsupported
from radiotheque.dicom.decode import PixelInfo, pixel_info
from radiotheque.dicom.grey import GreyChain, voi_luts_of, windows_of
from radiotheque.dicom.presentation import area_of, look_of_state, softcopy_of
from radiotheque.dicom.reading import Bytes, read_part10
from radiotheque.dicom.recipe import LINEAR_EXACT, Taken, Window
from radiotheque.dicom.rendermodel import (
    Facts,
    below_zero,
    lut_model,
    model_of,
    needs_pixels,
    overlay_models,
    spacing_as_model,
    unit_of,
    voi_of,
)
from radiotheque.dicom.rendertypes import OverlayModel, RenderModel, Voi
from radiotheque.dicom.shutters import shutter_model
from radiotheque.dicom.spacing import spacing_under


def render_model_under(head: Bytes, taken: Taken, facts: Bytes = b"", frames: int = 0) -> bytes:
    """Give the render model of a frame under the presentation state of `taken`; else as `rendermodel.render_model`.

    Raises `Unsupported` when what is named as a state is none.
    """
    ds, syntax = read_part10(head)
    info = pixel_info(ds, syntax)
    info = replace(info, frames=frames) if 0 < frames < info.frames else info
    if not facts and needs_pixels(ds, info, taken.number):
        return b""
    state = read_part10(taken.state)[0]
    if "PresentationCreationDate" not in state and str(state.get("Modality", "")).strip() != "PR":
        raise Unsupported("an image is seen under a presentation state alone; the object named is none")
    model = model_of(ds, info, taken.number, Facts.of_json(facts) if facts else None)
    return json.dumps(under_state(model, state, ds, info), ensure_ascii=False, allow_nan=False).encode()


def under_state(model: RenderModel, state: Dataset, ds: Dataset, info: PixelInfo) -> RenderModel:
    """Give an image's model as a state wants it: what the state leaves out is identity, not the image's own (PS3.4 N.2).

    How it is turned, and which part of it is seen, belongs to the view and is not in here. A copy of deeper values keeps
    its own greys, for the state's are of values that are not given.
    """
    number = model["frame"] - 1
    look = look_of_state(state, ds, info, number)
    seen: RenderModel = {
        **model,
        "shutter": shutter_model(state),
        "overlays": [*_activated(model["overlays"], state), *overlay_models(state, number)],
        "aspect": look.aspect,
        "presets": [],
    }
    area = area_of(state, ds, number)
    if area is not None:
        seen["spacing"] = spacing_as_model(spacing_under(area, ds, number))
    if model["kind"] == "colour" or model["note"]:
        return seen
    return {**seen, **_greys(look.chain, state, ds, info, number=number)}  # type: ignore[typeddict-item]


def _greys(chain: GreyChain, state: Dataset, ds: Dataset, info: PixelInfo, *, number: int) -> dict[str, object]:
    return {
        "invert": chain.invert,
        "modality": {
            "slope": chain.slope,
            "intercept": chain.intercept,
            "unit": unit_of(state, number),
            "lut": lut_model(chain.modality_lut, signed=info.signed),
        },
        "voi": _choices(chain, softcopy_of(state, ds, number), info),
        "presentation_lut": lut_model(chain.presentation_lut, signed=False),
    }


def _choices(chain: GreyChain, softcopy: Dataset | None, info: PixelInfo) -> list[Voi]:
    """Give the choices of greys of the state; without one all values are shown, from the least to the greatest."""
    signed = below_zero(chain, info)
    if softcopy is not None:
        tables = [voi_of(lut, words, signed=signed) for words, lut in voi_luts_of(softcopy)]
        windows = [voi_of(window, words) for words, window in windows_of(softcopy)]
        if tables or windows:
            return [*tables, *windows]
    return [voi_of(chain.window or Window(0.5, 1.0, LINEAR_EXACT))]


def _activated(overlays: Sequence[OverlayModel], state: Dataset) -> list[OverlayModel]:
    """Give those of the image's overlays that the state switches on (PS3.3 C.11.7)."""
    return [overlay for overlay in overlays if (overlay["group"], 0x1001) in state]

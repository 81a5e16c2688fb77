"""Under a presentation state an image is drawn from its model as the server draws it, whoever wrote the state."""

import json

import numpy as np
import pytest
from pydicom import Dataset

from phantoms import part10, phantom_dataset
from radiotheque.core.errors import Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.grey import to_greys
from radiotheque.dicom.presentation import look_of_state
from radiotheque.dicom.reading import frame_bytes, read_part10
from radiotheque.dicom.recipe import Taken
from radiotheque.dicom.rendermodel import model_of
from radiotheque.dicom.statemodel import render_model_under, under_state
from shared import shared
from tools.vectors.grey import table
from unit.dicom.told import chain_of_model

pytestmark = pytest.mark.filterwarnings("ignore")


def made(**attributes):
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def state(**attributes):
    """A presentation state with nothing but what is wished for."""
    ds = made(SOPClassUID="1.2.840.10008.5.1.4.1.1.11.1", SOPInstanceUID="1.2.99", Modality="PR")
    ds.PresentationCreationDate, ds.PresentationLUTShape = "20240312", "IDENTITY"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def seen(wish, image=None):
    """The model of an image under a state, its pixels, and the greys that the server draws."""
    image = image or phantom_dataset()
    info = pixel_info(image, ts.EXPLICIT_LE)
    stored = decode_frame(image.PixelData, info)
    model = json.loads(json.dumps(under_state(model_of(image, info, 0), wish, image, info)))
    return model, stored, to_greys(stored, look_of_state(wish, image, info, 0).chain, info)


def drawn(model, stored, number=0):
    info = pixel_info(phantom_dataset(), ts.EXPLICIT_LE)
    chain = chain_of_model({"model": model, "window": None, "voi": number, "invert": False})
    return to_greys(stored, chain, info)


CURVE = (np.linspace(0, 1, 4096) ** 0.5 * 65535).round().astype(int)

STATES = {
    "nothing": state(),
    "inverse": state(PresentationLUTShape="INVERSE"),
    "window": state(SoftcopyVOILUTSequence=[made(WindowCenter=900, WindowWidth=700)]),
    "sigmoid": state(SoftcopyVOILUTSequence=[made(WindowCenter=900, WindowWidth=700, VOILUTFunction="SIGMOID")]),
    "voi-lut": state(SoftcopyVOILUTSequence=[made(VOILUTSequence=[table(0, CURVE, 16)])]),
    "rescale": state(RescaleSlope="2", RescaleIntercept="-100", RescaleType="US"),
    "modality-lut": state(ModalityLUTSequence=[table(0, CURVE, 16)]),
    "presentation-lut": state(PresentationLUTSequence=[table(0, CURVE[::-1].copy(), 16)], PresentationLUTShape=None),
}


@pytest.mark.parametrize("wish", STATES.values(), ids=STATES)
def test_the_greys_of_a_state_are_in_its_model(wish):
    model, stored, expected = seen(wish)
    assert np.array_equal(drawn(model, stored), expected)


def test_what_the_state_leaves_out_is_identity_not_the_images_own():
    image = phantom_dataset(extra={"RescaleSlope": "3", "WindowCenter": 5, "WindowWidth": 9})
    model, _, _ = seen(state(), image)
    assert model["modality"] == {"slope": 1.0, "intercept": 0.0, "unit": "", "lut": None}
    assert (model["voi"][0]["centre"], model["voi"][0]["width"]) == (2047.5, 4095.0)


def test_polarity_is_the_states_alone():
    image = phantom_dataset(photometric="MONOCHROME1")
    assert seen(state(), image)[0]["invert"] is False
    assert seen(state(PresentationLUTShape="INVERSE"), image)[0]["invert"] is True


def test_shutters_are_the_states_and_not_the_images():
    circle = {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [48, 40], "RadiusOfCircularShutter": 30}
    assert seen(state(), phantom_dataset(extra=circle))[0]["shutter"] is None
    model, _, _ = seen(state(**circle, ShutterPresentationValue=0x4000))
    assert (model["shutter"]["grey"], model["shutter"]["shapes"][0]["shape"]) == (0x40, "circle")


def test_overlays_of_the_image_are_shown_when_the_state_switches_them_on():
    image = phantom_dataset()
    bits = np.zeros((96, 80), bool)
    bits[5:9, 5:9] = True
    for element, vr, value in (
        (0x0010, "US", 96),
        (0x0011, "US", 80),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", np.packbits(bits.ravel(), bitorder="little").tobytes()),
    ):
        image.add_new((0x6002, element), vr, value)
    assert seen(state(), image)[0]["overlays"] == []
    wish = state()
    wish.add_new((0x6002, 0x1001), "CS", "LAYER1")
    assert [overlay["group"] for overlay in seen(wish, image)[0]["overlays"]] == [0x6002]


def test_the_spacing_of_the_state_is_another_calibration():
    area = made(PresentationPixelSpacing=[0.1, 0.1], DisplayedAreaTopLeftHandCorner=[1, 1])
    area.DisplayedAreaBottomRightHandCorner = [80, 96]
    model, _, _ = seen(state(DisplayedAreaSelectionSequence=[area]))
    assert (model["spacing"]["row"], model["spacing"]["source"]) == (0.1, "calibrated")
    assert seen(state())[0]["spacing"]["source"] == "detector"


def test_what_is_no_state_is_refused():
    image = part10(phantom_dataset())
    with pytest.raises(Unsupported):
        render_model_under(image, Taken(0, 0, image))
    wish = state(StudyInstanceUID="1.2", SeriesInstanceUID="1.3")
    assert json.loads(render_model_under(image, Taken(0, 0, part10(wish))))["frame"] == 1


def test_a_foreign_state_with_all_three_tables_is_drawn_as_the_server_draws_it():
    ds, syntax = read_part10(shared("dicom", "pr", "weasis_pr_luts_image.dcm").read_bytes())
    wish, _ = read_part10(shared("dicom", "pr", "weasis_pr_luts.dcm").read_bytes())
    info = pixel_info(ds, syntax)
    stored = decode_frame(frame_bytes(ds, info)[0][0], info)
    model = json.loads(json.dumps(under_state(model_of(ds, info, 0), wish, ds, info)))
    assert model["modality"]["lut"] or model["voi"][0]["lut"] or model["presentation_lut"]
    chain = chain_of_model({"model": model, "window": None, "voi": 0, "invert": False})
    assert np.array_equal(to_greys(stored, chain, info), to_greys(stored, look_of_state(wish, ds, info, 0).chain, info))

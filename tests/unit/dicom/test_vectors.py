"""The product's greys agree with those that were reckoned apart, for every case of the grey chain."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from pydicom.pixels import apply_modality_lut, apply_voi

from phantoms import part10
from radiotheque.core.errors import RadiothequeError
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.grey import GreyChain, chain_of, default_window, extent, to_greys
from radiotheque.dicom.pictures import PNG, Recipe, render_instance
from radiotheque.dicom.reading import frame_bytes, read_part10
from radiotheque.dicom.rendermodel import Facts, is_colour, model_of
from radiotheque.dicom.syntaxes import EXPLICIT_LE
from shared import packaged_good, samples
from tools.vectors import grey
from tools.vectors.__main__ import write
from unit.dicom.told import array, chain_of_model

CASES = {case.name: case for case in grey.cases()}

every_case = pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
pytestmark = pytest.mark.filterwarnings("ignore")


def apart(one, other):
    return int(np.abs(one.astype(int) - other.astype(int)).max())


@every_case
def test_what_the_render_model_describes_is_within_one_grey_of_the_standard(case):
    vector = json.loads(json.dumps(grey.vector(case)))
    stored = array(vector["stored"]["data"], np.dtype(vector["stored"]["dtype"]).newbyteorder("<"))
    stored = stored.reshape(vector["stored"]["rows"], vector["stored"]["columns"]).astype(vector["stored"]["dtype"])
    assert np.array_equal(stored, case.stored)
    shown = to_greys(np.ascontiguousarray(stored), chain_of_model(vector), pixel_info(case.ds, EXPLICIT_LE))
    assert apart(shown.ravel(), array(vector["expected"]["data"], np.uint8)) <= 1


def drawn_by_itself(case):
    """Whether the file alone says these greys: its first choice, and nothing that a reader or a state adds."""
    return case.voi == 0 and case.window is None and not case.invert and case.presentation is None


@pytest.mark.parametrize("case", [case for case in CASES.values() if drawn_by_itself(case)], ids=lambda case: case.name)
def test_the_rendered_picture_is_within_one_grey_of_the_standard(case):
    ds = case.ds
    ds.BitsAllocated = case.stored.dtype.itemsize * 8
    frames = int(ds.get("NumberOfFrames", 1))
    ds.PixelData = case.stored.astype(case.stored.dtype.newbyteorder("<")).tobytes() * frames
    ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"
    _, png = render_instance(part10(ds), Recipe(PNG), case.frame + 1)
    shown = np.asarray(Image.open(io.BytesIO(png)))
    assert apart(shown, grey.expected(case)) <= 1


def only_pydicoms(case):
    """Whether pydicom has a word on it: tables of one frame, and no padding, which it shows."""
    return case.window is None and case.presentation is None and "SharedFunctionalGroupsSequence" not in case.ds


@pytest.mark.parametrize(
    "case",
    [case for case in CASES.values() if only_pydicoms(case) and "VOILUTSequence" in case.ds],
    ids=lambda case: case.name,
)
def test_the_tables_of_the_vectors_are_pydicoms(case):
    tables = case.ds.VOILUTSequence
    if case.voi >= len(tables):
        pytest.skip("a window")
    values = apply_modality_lut(case.stored, case.ds)
    entries = apply_voi(np.rint(values).astype(int), case.ds, index=case.voi)
    share = entries / (2 ** tables[case.voi].LUTDescriptor[2] - 1)
    share = 1 - share if case.ds.PhotometricInterpretation == "MONOCHROME1" else share
    assert apart(np.floor(share * 255 + 0.5), grey.expected(case)) == 0


def test_every_link_of_the_chain_has_a_case():
    words = ("linear", "linear_exact", "sigmoid", "voi-lut", "modality-lut", "presentation-lut", "padding", "rescale")
    for word in (*words, "monochrome1", "turned", "functional-groups", "int8", "int16"):
        assert any(word in name for name in CASES), word
    assert len(CASES) == len(list(grey.cases()))


def test_they_are_written_for_other_languages(tmp_path):
    assert write(tmp_path) > len(CASES)
    assert {path.stem for path in (tmp_path / "grey").iterdir()} == set(CASES)
    one = json.loads((tmp_path / "grey" / "padding-signed.json").read_text())
    assert set(one) == {"name", "clause", "model", "stored", "voi", "window", "invert", "expected"}
    assert {"name", "clause", "attributes", "expected", "frame"} == set(
        json.loads((tmp_path / "spacing.json").read_text())[0]
    )


def test_a_default_window_runs_from_the_least_to_the_greatest():
    case = CASES["window-none"]
    info = pixel_info(case.ds, EXPLICIT_LE)
    window = default_window(GreyChain(), case.stored, info).window
    assert (window.centre - window.width / 2, window.centre + window.width / 2) == (
        case.stored.min(),
        case.stored.max(),
    )


@pytest.mark.parametrize("path", [*samples(), *packaged_good()], ids=lambda path: path.name)
def test_a_model_tells_all_that_the_server_draws_a_real_image_by(path):
    try:
        ds, syntax = read_part10(path.read_bytes())
        info = pixel_info(ds, syntax)
        stored = decode_frame(frame_bytes(ds, info)[0][0], info)
    except RadiothequeError as error:
        pytest.skip(f"no image: {type(error).__name__}")
    if is_colour(info) or stored.dtype.itemsize > 2:
        pytest.skip("no greys of up to 16 bits")
    chain = chain_of(ds, info)
    low, high = extent(stored, chain.padding)
    model = model_of(ds, info, 0, Facts("htj2k", info.bits_stored, info.signed, 0, low=low, high=high))
    told = chain_of_model({"model": json.loads(json.dumps(model)), "window": None, "voi": 0, "invert": False})
    assert np.array_equal(to_greys(stored, told, info), to_greys(stored, default_window(chain, stored, info), info))

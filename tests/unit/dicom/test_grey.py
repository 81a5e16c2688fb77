"""The grey chain does what PS3.3 C.11 and pydicom's float reference say."""

import io
import shutil
import subprocess

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from phantoms import phantom, phantom_dataset
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import pixel_info
from radiotheque.dicom.grey import (
    LINEAR,
    LINEAR_EXACT,
    SIGMOID,
    GreyChain,
    Lut,
    Window,
    chain_of,
    default_window,
    greys,
    lut_of,
    to_greys,
    windowed,
)
from radiotheque.dicom.pictures import PNG, Recipe, render_instance
from shared import samples, shared


def shown(ds, frame=None):
    info = pixel_info(ds, ts.EXPLICIT_LE)
    pixels = ds.pixel_array if frame is None else frame
    return to_greys(np.ascontiguousarray(pixels), default_window(chain_of(ds, info), pixels, info), info)


def lut(first, data, bits=16, entries=None):
    item = pydicom.Dataset()
    item.LUTDescriptor = [len(data) if entries is None else entries, first, bits]
    item.LUTData = np.array(data, "<u2").tobytes()
    return item


def reference(ds):
    """The same by pydicom in floating point, 0…255."""
    info = pixel_info(ds, ts.EXPLICIT_LE)
    after = apply_modality_lut(ds.pixel_array, ds)
    after = np.rint(after).astype(int) if "VOILUTSequence" in ds else after
    out = apply_voi_lut(after, ds).astype(float)
    if "VOILUTSequence" in ds:
        low, high = 0, 2 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1
    elif "ModalityLUTSequence" in ds:
        low, high = 0, 2 ** ds.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    else:
        bottom = -(2 ** (info.bits_stored - 1)) if info.signed else 0
        slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
        # with a negative slope pydicom's range runs from the greater number to the smaller
        low, high = bottom * slope + intercept, (bottom + 2**info.bits_stored - 1) * slope + intercept
    grey = (out - low) / (high - low) * 255
    return 255 - grey if ds.PhotometricInterpretation == "MONOCHROME1" else grey


@pytest.mark.parametrize("function", [LINEAR, LINEAR_EXACT, SIGMOID])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("bits", "signed"), [(8, False), (12, False), (16, False), (12, True), (16, True)])
@pytest.mark.parametrize(("slope", "intercept"), [("1", "0"), ("2.5", "-1024"), ("-1", "4095")])
def test_windows_agree_with_pydicom_within_one_grey(function, photometric, bits, signed, slope, intercept):
    middle = float(slope) * (0 if signed else 2 ** (bits - 1)) + float(intercept)
    extra = {"WindowCenter": middle, "WindowWidth": 2 ** (bits - 1) + 1, "VOILUTFunction": function}
    extra |= {"RescaleSlope": slope, "RescaleIntercept": intercept}
    ds = pydicom.dcmread(io.BytesIO(phantom(bits_stored=bits, signed=signed, photometric=photometric, extra=extra)))
    assert np.abs(shown(ds) - reference(ds)).max() <= 1


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_a_voi_lut_goes_before_a_window_and_agrees_with_pydicom(bits):
    table = (np.linspace(0, 1, 3000) ** 0.5 * (2**bits - 1)).round().astype(int)
    ds = pydicom.dcmread(io.BytesIO(phantom(extra={"VOILUTSequence": [lut(500, table, bits)]})))
    assert np.abs(shown(ds) - reference(ds)).max() <= 1


def test_a_modality_lut_goes_before_the_window():
    table = (np.linspace(0, 1, 4096) ** 2 * 65535).round().astype(int)
    sequence = [lut(0, table)]
    sequence[0].ModalityLUTType = "US"
    extra = {"ModalityLUTSequence": sequence, "RescaleSlope": None, "RescaleIntercept": None, "RescaleType": None}
    extra |= {"WindowCenter": 20000, "WindowWidth": 30000}
    ds = pydicom.dcmread(io.BytesIO(phantom(extra=extra)))
    assert np.abs(shown(ds) - reference(ds)).max() <= 1


def test_the_linear_function_has_its_half_pixel():
    """The worked example of PS3.3 C.11.2.1.2.1: c=2048, w=4096 gives y = x over 0…4095; c=0, w=1 is a threshold."""
    x = np.arange(4096.0)
    assert np.allclose(windowed(Window(2048, 4096), x) * 4095, x)
    assert windowed(Window(0, 1), np.array([-1.0, -0.6, -0.5, 0.0, 1.0])).tolist() == [0, 0, 0, 1, 1]
    assert windowed(Window(0, 100), np.array([-50.0, 49.0])).tolist() == [0, 1]
    assert windowed(Window(0, 100, LINEAR_EXACT), np.array([-50.0, 0, 50.0])).tolist() == [0, 0.5, 1]
    assert windowed(Window(10, 4, SIGMOID), np.array([10.0, 11.0])).tolist() == [0.5, 1 / (1 + np.exp(-1))]


def test_padding_is_black_whatever_the_polarity_and_does_not_widen_the_window():
    pixels = np.array([[0, 1000, 3000]], np.uint16)
    for photometric, expected in (("MONOCHROME2", [0, 0, 255]), ("MONOCHROME1", [0, 255, 0])):
        ds = phantom_dataset(rows=1, columns=3, photometric=photometric, extra={"WindowCenter": None})
        ds.PixelPaddingValue = 0
        assert shown(ds, pixels)[0].tolist() == expected
        ds.PixelPaddingRangeLimit = 1000
        assert shown(ds, pixels)[0].tolist()[1] == 0


def test_without_a_window_deep_images_use_what_they_hold_and_shallow_ones_their_range():
    deep = phantom_dataset(rows=1, columns=3, extra={"WindowCenter": None})
    assert shown(deep, np.array([[100, 150, 200]], np.uint16)).tolist() == [[0, 128, 255]]
    shallow = phantom_dataset(rows=1, columns=3, bits_stored=8, extra={"WindowCenter": None})
    assert shown(shallow, np.array([[100, 150, 200]], np.uint8)).tolist() == [[100, 150, 200]]


@pytest.mark.parametrize(
    "extra",
    [
        {"WindowWidth": 0},
        {"WindowWidth": -5},
        {"WindowCenter": float("inf")},
        {"WindowCenter": "", "WindowWidth": ""},
        {"WindowWidth": None},
        {"RescaleSlope": 0},
        {"RescaleSlope": "", "RescaleIntercept": ""},
        {"VOILUTSequence": []},
        {"VOILUTSequence": [pydicom.Dataset()]},
        {"VOILUTSequence": [lut(0, [])]},
        {"VOILUTSequence": [lut(0, [7])]},
        {"VOILUTSequence": [lut(65000, range(10))]},
        {"ModalityLUTSequence": [lut(0, [1, 2, 3], entries=4096)]},
        {"PixelPaddingValue": 4096, "PixelPaddingRangeLimit": 0},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore")
def test_senseless_attributes_leave_a_picture(extra):
    ds = phantom_dataset(extra=extra)
    assert shown(ds).shape == (96, 80)


def test_a_flat_image_is_a_picture():
    ds = phantom_dataset(rows=1, columns=2, extra={"WindowCenter": None})
    assert shown(ds, np.array([[7, 7]], np.uint16)).shape == (1, 2)


def test_zero_entries_mean_65536_and_short_data_are_what_there_is():
    found = lut_of(lut(0, range(1000), entries=0))
    assert (found.first, len(found.entries), found.bits) == (0, 1000, 16)


def test_bytes_may_be_packed_two_to_a_word():
    item = pydicom.Dataset()
    item.LUTDescriptor, item.LUTData = [4, 0, 8], bytes([1, 2, 3, 250])
    assert lut_of(item).entries.tolist() == [1, 2, 3, 250]


def test_a_presentation_lut_has_the_last_word():
    chain = GreyChain(window=Window(2048, 4096), presentation_lut=Lut(0, np.array([65535, 0], np.uint16), 16))
    assert greys(chain, np.array([0.0, 4095.0])).tolist() == [255, 0]


def test_functional_groups_say_it_for_each_frame():
    ds = phantom_dataset(extra={"WindowCenter": None, "WindowWidth": None, "RescaleSlope": None})
    voi, pixel, frame = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    voi.WindowCenter, voi.WindowWidth = "30", "20"
    pixel.RescaleSlope, pixel.RescaleIntercept = "2", "5"
    frame.FrameVOILUTSequence, frame.PixelValueTransformationSequence = [voi], [pixel]
    ds.PerFrameFunctionalGroupsSequence = [pydicom.Dataset(), frame]
    info = pixel_info(ds, ts.EXPLICIT_LE)
    assert chain_of(ds, info, 1).window == Window(30, 20)
    assert (chain_of(ds, info, 1).slope, chain_of(ds, info, 0).slope) == (2, 1)


def test_floats_and_deep_integers_go_through_the_chain_itself():
    ds = phantom_dataset(rows=1, columns=3, extra={"WindowCenter": 1e6, "WindowWidth": 2e6, "RescaleSlope": None})
    ds.BitsAllocated = ds.BitsStored = 32
    ds.HighBit = 31
    assert shown(ds, np.array([[0, 1_000_000, 2_000_000]], np.uint32)).tolist() == [[0, 128, 255]]
    assert shown(ds, np.array([[-np.inf, np.nan, 3e6]], np.float32))[0].tolist()[::2] == [0, 255]


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
@pytest.mark.skipif(shutil.which("dcmj2pnm") is None, reason="DCMTK is not installed")
@pytest.mark.filterwarnings("ignore")
def test_pictures_agree_with_dcmtk_within_two_greys(path, tmp_path):
    ds = pydicom.dcmread(path, force=True)
    if "PixelData" not in ds or not ds.PixelData or ds.get("Rows", 0) * ds.get("Columns", 0) > 5 << 20:
        pytest.skip("no pixels, or very many")
    if ds.get("SamplesPerPixel", 1) != 1 or (0x6000, 0x3000) in ds or int(ds.get("NumberOfFrames") or 1) > 1:
        pytest.skip("another test's business")
    if ds.BitsStored == 1 or (ds.BitsAllocated == 32 and ds.file_meta.TransferSyntaxUID == ts.EXPLICIT_BE):
        # it shows a set bit at half grey, and of big endian cells of 32 bits it swaps the halves alone:
        # test_decode compares both with pydicom
        pytest.skip("DCMTK does not read such cells")
    voi = ["+Wl", "1"] if "VOILUTSequence" in ds else ["+Wi", "1"] if ds.get("WindowCenter") else ["+Wm"]
    options = voi if voi != ["+Wm"] or ds.BitsStored > 8 else []
    made = subprocess.run(
        ["dcmj2pnm", "+op", *options, "+Fa", str(path), str(tmp_path / "o")], capture_output=True, check=False
    )
    theirs = sorted(tmp_path.iterdir())
    if made.returncode or not theirs:
        pytest.skip("DCMTK does not read it")
    ours = np.asarray(Image.open(io.BytesIO(render_instance(path.read_bytes(), Recipe(PNG))[1]))).astype(int)
    other = np.asarray(Image.open(theirs[0])).astype(int)
    if ours.shape != other.shape:
        pytest.skip("DCMTK does not stretch pixels that are not square")
    assert np.abs(ours - other).max() <= 2


@pytest.mark.parametrize(
    "name", ["voi_lut_zero_entries", "window_width_zero", "pixel_spacing_zero", "overlay_data_short"]
)
@pytest.mark.filterwarnings("ignore")
def test_hostile_attributes_leave_a_picture(name):
    data = shared("hostile", "pixels", f"{name}.dcm").read_bytes()
    assert Image.open(io.BytesIO(render_instance(data, Recipe(PNG))[1])).size == (64, 64)

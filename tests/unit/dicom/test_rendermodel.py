"""A render model says what the header says, in the words of the viewer."""

import base64
import json

import numpy as np
import pytest
from pydicom import Dataset

from phantoms import part10, phantom, phantom_dataset
from radiotheque.core.errors import Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.decode import pixel_info
from radiotheque.dicom.overlays import overlays_of
from radiotheque.dicom.rendermodel import Facts, model_of, needs_pixels, render_model

pytestmark = pytest.mark.filterwarnings("ignore")


def model(ds=None, frame=0, facts=None, **wishes):
    ds = phantom_dataset(**wishes) if ds is None else ds
    return model_of(ds, pixel_info(ds, ts.EXPLICIT_LE), frame, facts)


def plane(packed, rows, columns):
    bits = np.unpackbits(np.frombuffer(base64.b64decode(packed), np.uint8), bitorder="little")
    return bits[: rows * columns].reshape(rows, columns).astype(bool)


def test_a_chest_by_hand():
    found = model()
    assert found["pixels"] == {"codec": "htj2k", "url": "", "bits": 12, "signed": False, "size": 0, "lossless": True}
    assert (found["frame"], found["frames"], found["rows"], found["columns"], found["kind"]) == (1, 1, 96, 80, "grey")
    assert (found["photometric"], found["invert"], found["padding"], found["presentation_lut"]) == (
        "MONOCHROME2",
        False,
        None,
        None,
    )
    assert found["modality"] == {"slope": 1.0, "intercept": 0.0, "unit": "", "lut": None}
    assert found["voi"] == [{"explanation": "", "lut": None, "centre": 2048.0, "width": 4096.0, "function": "LINEAR"}]
    assert found["spacing"]["row"] == 0.148
    assert found["spacing"]["source"] == "detector"
    assert found["orientation"] == {"left": "R", "right": "L", "top": "H", "bottom": "F"}
    assert (found["view"], found["laterality"], found["body_part"]) == ("PA", "U", "CHEST")
    assert (found["burned_in"], found["for_processing"], found["lossy"]["is"]) == ("NO", False, False)
    assert found["identity"]["patient_name"] == "Phantom^Paule"
    assert found["identity"]["acquired"] == "20240312101500"
    assert (found["shutter"], found["overlays"], found["note"], found["per_frame"]) == (None, [], "", False)


def test_it_is_json_as_it_stands_and_names_are_unicode():
    made = json.loads(render_model(phantom(patient_name="Ærø^Åse=…"), 0))
    assert made["identity"]["patient_name"].startswith("Ærø^Åse")
    assert json.dumps(made, allow_nan=False)


def test_all_windows_are_told_with_their_explanations():
    extra = {
        "WindowCenter": [2000, 900],
        "WindowWidth": [3000, 1e-9],
        "WindowCenterWidthExplanation": ["NORMAL", "HARD"],
    }
    found = model(extra=extra | {"VOILUTFunction": "SIGMOID"})["voi"]
    assert [(voi["explanation"], voi["centre"], voi["function"]) for voi in found] == [
        ("NORMAL", 2000.0, "SIGMOID"),
        ("HARD", 900.0, "SIGMOID"),
    ]
    assert [voi["explanation"] for voi in model(extra=extra)["voi"]] == ["NORMAL"]  # LINEAR takes widths from 1 on


def test_a_window_that_the_header_does_not_say_takes_the_pixels():
    head = phantom(extra={"WindowCenter": None, "WindowWidth": None})
    assert render_model(head, 0) == b""
    facts = Facts("htj2k", 12, False, 999, low=100, high=300)
    made = json.loads(render_model(head, 0, facts.as_json()))
    assert made["voi"] == [
        {"explanation": "", "lut": None, "centre": 200.0, "width": 200.0, "function": "LINEAR_EXACT"}
    ]
    assert made["pixels"]["size"] == 999


@pytest.mark.parametrize(
    ("wishes", "needed"),
    [
        ({}, False),
        ({"bits_stored": 8, "extra": {"WindowCenter": None}}, False),
        ({"extra": {"WindowCenter": None}}, True),
        ({"photometric": "RGB", "bits_stored": 8, "modality": "OT"}, False),
        ({"photometric": "PALETTE COLOR", "bits_stored": 8, "modality": "OT"}, False),
    ],
)
def test_the_header_is_enough_where_it_can_be(wishes, needed):
    ds = phantom_dataset(**wishes)
    assert needs_pixels(ds, pixel_info(ds, ts.EXPLICIT_LE), 0) is needed


def test_facts_come_back_as_they_were_kept():
    facts = Facts("raw", 16, False, 7, lossless=False, low=1, high=2, scale=(0.5, -3.0))
    assert Facts.of_json(facts.as_json()) == facts
    assert Facts.of_json(memoryview(Facts("jpeg", 8, False, 1).as_json())).scale is None


def test_a_copy_of_deeper_values_says_so_and_has_a_scale_of_its_own():
    ds = phantom_dataset(bits_stored=16, extra={"WindowCenter": None, "RescaleSlope": "3"})
    found = model(ds, facts=Facts("htj2k", 16, False, 5, lossless=False, low=0, high=65535, scale=(0.25, -10.0)))
    assert (found["modality"]["slope"], found["modality"]["intercept"]) == (0.25, -10.0)
    assert found["voi"][0]["centre"] - found["voi"][0]["width"] / 2 == pytest.approx(-10.0)
    assert found["voi"][0]["centre"] + found["voi"][0]["width"] / 2 == pytest.approx(65535 * 0.25 - 10)
    assert "16 bits" in found["note"]
    assert not found["pixels"]["lossless"]


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "PALETTE COLOR"])
def test_colours_have_no_grey_chain(photometric):
    found = model(photometric=photometric, bits_stored=8, modality="OT", extra={"WindowCenter": 5, "WindowWidth": 9})
    assert (found["kind"], found["pixels"]["codec"], found["invert"]) == ("colour", "png", False)
    assert len(found["voi"]) == 1
    assert found["modality"]["slope"] == 1.0


def overlay(ds, group=0x6000, rows=96, columns=80, origin=(1, 1), bits=None):
    bits = np.zeros((rows, columns), bool) if bits is None else bits
    data = np.packbits(bits.ravel(), bitorder="little").tobytes()
    for element, vr, value in (
        (0x0010, "US", rows),
        (0x0011, "US", columns),
        (0x0022, "LO", "Nodule"),
        (0x0040, "CS", "G"),
        (0x0050, "SS", list(origin)),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x1500, "LO", "CAD"),
        (0x3000, "OW", data + b"\0" * (len(data) % 2)),
    ):
        ds.add_new((group, element), vr, value)
    return ds


def test_an_overlay_is_cut_to_what_is_set_in_it_and_stays_where_it_was():
    bits = np.zeros((96, 80), bool)
    bits[10:13, 20:27] = True
    bits[11, 22] = False
    ds = overlay(phantom_dataset(), bits=bits, origin=(-4, 3))
    (found,) = model(ds)["overlays"]
    assert (found["group"], found["label"], found["description"], found["kind"]) == (0x6000, "CAD", "Nodule", "G")
    assert (found["rows"], found["columns"]) == (3, 7)
    assert found["origin"] == [20 + 2, 10 - 5]  # row, column counted from 1 there; x, y from 0 here
    whole = np.zeros((96, 80), bool)
    x, y = found["origin"]
    whole[y : y + 3, x : x + 7] = plane(found["data"], 3, 7)
    assert np.array_equal(whole, overlays_of(ds)[0].on(96, 80))


def test_an_overlay_with_nothing_in_it_is_left_out():
    assert model(overlay(phantom_dataset()))["overlays"] == []


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {
                "ShutterShape": "RECTANGULAR",
                "ShutterLeftVerticalEdge": 11,
                "ShutterRightVerticalEdge": 70,
                "ShutterUpperHorizontalEdge": 5,
                "ShutterLowerHorizontalEdge": 90,
            },
            [{"shape": "rectangle", "left": 10.0, "right": 70.0, "top": 4.0, "bottom": 90.0}],
        ),
        (
            {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [48, 40], "RadiusOfCircularShutter": 30},
            [{"shape": "circle", "centre": [39.5, 47.5], "radius": 30.0}],
        ),
        (
            {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 1, 1, 80, 96, 40]},
            [{"shape": "polygon", "points": [[0.5, 0.5], [79.5, 0.5], [39.5, 95.5]]}],
        ),
    ],
)
def test_shutters_are_shapes_in_the_pixels_of_the_image(attributes, expected):
    ds = phantom_dataset(extra=attributes | {"ShutterPresentationValue": 0x8000})
    assert model(ds)["shutter"] == {"shapes": expected, "grey": 128}


def test_several_shutters_hide_together_and_senseless_ones_hide_nothing():
    attributes = {
        "ShutterShape": ["CIRCULAR", "RECTANGULAR", "TRIANGULAR"],
        "CenterOfCircularShutter": [48, 40],
        "RadiusOfCircularShutter": 30,
        "ShutterLeftVerticalEdge": 70,
        "ShutterRightVerticalEdge": 11,
        "ShutterUpperHorizontalEdge": 5,
        "ShutterLowerHorizontalEdge": 90,
    }
    found = model(extra=attributes)["shutter"]
    assert [shape["shape"] for shape in found["shapes"]] == ["circle"]
    assert found["grey"] == 0
    assert model(extra={"ShutterShape": "CIRCULAR"})["shutter"] is None


def test_a_bitmap_that_is_a_shutter_is_no_overlay():
    bits = np.zeros((96, 80), bool)
    bits[:10] = True
    ds = overlay(phantom_dataset(), bits=bits)
    ds.ShutterShape, ds.ShutterOverlayGroup, ds.ShutterPresentationValue = "BITMAP", 0x6000, 0xFFFF
    found = model(ds)
    assert found["overlays"] == []
    (shape,) = found["shutter"]["shapes"]
    assert (shape["shape"], shape["rows"], shape["columns"], shape["origin"]) == ("bitmap", 96, 80, [0, 0])
    assert np.array_equal(plane(shape["data"], 96, 80), bits)
    assert found["shutter"]["grey"] == 255


def test_padding_and_polarity_are_told_as_they_are():
    extra = {"PixelPaddingValue": 4095, "PixelPaddingRangeLimit": 4000}
    found = model(photometric="MONOCHROME1", extra=extra)
    assert (found["invert"], found["padding"]) == (True, [4000, 4095])


@pytest.mark.parametrize(
    ("syntax", "extra", "expected"),
    [
        (ts.EXPLICIT_LE, {}, {"is": False, "ratio": 0.0, "method": ""}),
        (
            ts.EXPLICIT_LE,
            {
                "LossyImageCompression": "01",
                "LossyImageCompressionRatio": ["12.5", "3"],
                "LossyImageCompressionMethod": ["ISO_10918_1", "ISO_15444_1"],
            },
            {"is": True, "ratio": 12.5, "method": "ISO_10918_1, ISO_15444_1"},
        ),
        (ts.JPEG_BASELINE, {"LossyImageCompression": "00"}, {"is": True, "ratio": 0.0, "method": ""}),
    ],
)
def test_once_lossy_is_always_lossy(syntax, extra, expected):
    ds = phantom_dataset(extra={"LossyImageCompression": None} | extra)
    assert model_of(ds, pixel_info(ds, syntax), 0)["lossy"] == expected


def test_raw_material_is_not_for_eyes():
    assert model(extra={"PresentationIntentType": "FOR PROCESSING"})["for_processing"]
    assert model(extra={"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2.1"})["for_processing"]


def test_a_frame_of_an_enhanced_object_has_its_own_model():
    ds = phantom_dataset(frames=2, modality="XA")
    ds.PerFrameFunctionalGroupsSequence = [Dataset(), Dataset()]
    for number, item in enumerate(ds.PerFrameFunctionalGroupsSequence):
        window = Dataset()
        window.WindowCenter, window.WindowWidth = 100 * (number + 1), 50
        item.FrameVOILUTSequence = [window]
        anatomy = Dataset()
        anatomy.FrameLaterality = "RL"[number]
        item.FrameAnatomySequence = [anatomy]
        content = Dataset()
        content.FrameAcquisitionDateTime = f"2024031210150{number}.25"
        item.FrameContentSequence = [content]
    first, second = model(ds), model(ds, frame=1)
    assert (first["voi"][0]["centre"], second["voi"][0]["centre"]) == (100.0, 200.0)
    assert (first["laterality"], second["laterality"]) == ("R", "L")
    assert (first["identity"]["acquired"], second["identity"]["acquired"]) == ("20240312101500", "20240312101501")
    assert first["per_frame"]
    assert second["frame"] == 2


def test_what_is_no_image_has_no_model():
    ds = phantom_dataset()
    del ds.Rows, ds.PixelData
    with pytest.raises(Unsupported):
        render_model(part10(ds), 0)


def test_no_more_frames_are_told_than_there_are_bytes_for():
    file = phantom(frames=2, modality="XA", extra={"NumberOfFrames": 40, "WindowCenter": 100, "WindowWidth": 200})
    assert json.loads(render_model(file, 0))["frames"] == 40
    assert json.loads(render_model(file, 0, b"", 2))["frames"] == 2

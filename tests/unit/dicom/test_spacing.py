"""Millimetres are those of PS3.3 10.7, and none where nothing is known: cases worked out by hand."""

import pytest
from pydicom import Dataset, dcmread

from phantoms import phantom, phantom_dataset
from radiotheque.dicom.spacing import (
    BY_DISTANCES,
    BY_STATE,
    FACTOR_DISAGREES,
    NOT_SAID_HOW,
    NOT_SAID_WHETHER,
    Spacing,
    aspect_of,
    by_user,
    spacing_of,
    spacing_under,
)
from shared import shared
from tools.vectors.spacing import CASES, DX, US, XA


def said(attributes):
    """A data set with these attributes; sequences are lists of mappings."""
    ds = Dataset()
    for keyword, value in attributes.items():
        items = isinstance(value, list) and (not value or isinstance(value[0], dict))
        setattr(ds, keyword, [said(item) for item in value] if items else value)
    return ds


def facts(spacing):
    return spacing.row, spacing.column, spacing.source, spacing.factor


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore")
def test_the_spacing_is_what_the_standard_says(case):
    row, column, source, factor = case.expected
    found = spacing_of(said(case.attributes), case.frame)
    assert found.source == source
    assert (found.row, found.column, found.factor) == pytest.approx((row, column, factor), rel=1e-6)


def test_every_case_has_a_name_of_its_own_and_every_source_a_case():
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.expected[2] for case in CASES} == {"calibrated", "magnification", "detector", "film", "unknown"}


@pytest.mark.parametrize(
    ("attributes", "note"),
    [
        ({"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.16, 0.16]}, NOT_SAID_HOW),
        ({"PixelSpacing": [0.16, 0.16]}, NOT_SAID_WHETHER),
        (
            {
                "ImagerPixelSpacing": [0.2, 0.2],
                "EstimatedRadiographicMagnificationFactor": 2,
                "DistanceSourceToDetector": 1500,
                "DistanceSourceToPatient": 1200,
            },
            FACTOR_DISAGREES,
        ),
        (
            {"ImagerPixelSpacing": [0.2, 0.2], "DistanceSourceToDetector": 1500, "DistanceSourceToPatient": 1200},
            BY_DISTANCES,
        ),
    ],
)
def test_what_is_doubtful_is_said(attributes, note):
    assert spacing_of(said({"SOPClassUID": DX} | attributes)).note == note


def test_the_files_own_words_are_kept():
    attributes = {"SOPClassUID": DX, "PixelSpacing": [0.13, 0.13], "PixelSpacingCalibrationType": "FIDUCIAL"}
    found = spacing_of(said(attributes | {"PixelSpacingCalibrationDescription": "25 mm ball"}))
    assert (found.source, found.description) == ("calibrated", "25 mm ball")


@pytest.mark.parametrize("value", ["x", "", None, [0.1], [0.1, 0.1, 0.1], ["a", "b"], [float("nan"), 1], [1e9, 1e9]])
@pytest.mark.filterwarnings("ignore")
def test_senseless_values_are_no_millimetres(value):
    ds = Dataset()
    ds.SOPClassUID = DX
    try:
        ds.ImagerPixelSpacing = value
    except (TypeError, ValueError):
        pytest.skip("pydicom does not even hold it")
    assert spacing_of(ds) == Spacing()


def test_a_presentation_state_that_repeats_the_detectors_spacing_calibrates_nothing():
    image = said(
        {"SOPClassUID": DX, "ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 1.25}
    )
    assert facts(spacing_under(said({"PresentationPixelSpacing": [0.16, 0.16]}), image)) == (
        0.16,
        0.16,
        "magnification",
        1.25,
    )
    assert facts(spacing_under(said({"PresentationPixelSpacing": [0.2, 0.2]}), image)) == (0.2, 0.2, "detector", 1.0)
    other = spacing_under(said({"PresentationPixelSpacing": [0.1, 0.1]}), image)
    assert (*facts(other), other.note) == (0.1, 0.1, "calibrated", 1.0, BY_STATE)
    assert facts(spacing_under(said({}), image))[2] == "magnification"


def test_a_reader_calibrates_on_an_object_of_known_size():
    assert facts(by_user(0.5, aspect=2.0)) == (1.0, 0.5, "user", 1.0)
    assert by_user(0.0) == by_user(-1.0) == by_user(float("inf")) == Spacing()


@pytest.mark.parametrize(
    ("attributes", "aspect"),
    [
        ({}, 1.0),
        ({"PixelAspectRatio": [2, 1]}, 2.0),
        ({"PixelAspectRatio": [2, 1], "ImagerPixelSpacing": [0.3, 0.2]}, 1.5),
        ({"ImagerPixelSpacing": [0.1501, 0.15]}, 1.0),
        ({"PixelAspectRatio": [0, 1]}, 1.0),
        (
            {"SOPClassUID": XA, "PixelSpacing": [0.4, 0.2], "ImagerPixelSpacing": [0.3, 0.3]},
            1.0,
        ),  # they contradict each other
    ],
)
def test_the_shape_of_a_pixel_is_known_where_its_size_is_not(attributes, aspect):
    assert aspect_of(said(attributes)) == pytest.approx(aspect)


def test_the_shape_of_a_pixel_of_ultrasound_is_its_regions():
    region = {"RegionSpatialFormat": 1, "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3}
    region |= {"PhysicalDeltaX": 0.02, "PhysicalDeltaY": 0.03}
    assert aspect_of(said({"SOPClassUID": US, "SequenceOfUltrasoundRegions": [region]})) == pytest.approx(1.5)


def test_the_phantoms_are_measured_at_the_detector():
    for modality, spacing in (("CR", 0.15), ("DX", 0.148), ("MG", 0.148)):
        assert facts(spacing_of(phantom_dataset(modality=modality))) == (spacing, spacing, "detector", 1.0)
    assert facts(spacing_of(phantom_dataset(modality="XA")))[2] == "unknown"
    assert phantom()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dicom/synthetic/dx_hand_latin1.dcm", ("magnification", 0.12870)),  # 0.148 / 1.15
        ("dicom/mg/fodicom_outofbounds_overlay.dcm", ("magnification", 0.08147)),  # 0.085 / 1.04334
        ("dicom/mg/clunie_pixel_spacing_calibration.dcm", ("calibrated", 0.25)),
        ("dicom/exposure-headers/openrem_px_newtom_go.dcm", ("magnification", 0.079)),
        ("dicom/exposure-headers/openrem_dx_carestream_dr7500-1.dcm", ("detector", 0.143)),  # 214.5 mm a pixel is none
        ("dicom/cr/orthanc_issue44_chest_jpeg_baseline.dcm", ("detector", 0.175)),
        ("dicom/cr/gdcm_fuji_chest_mono1_10bit.dcm", ("unknown", 0.0)),
        ("dicom/other-modalities/pydicom_mr_small.dcm", ("calibrated", 0.3125)),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_real_files_say_where_their_millimetres_come_from(name, expected):
    found = spacing_of(dcmread(shared(*name.split("/")), stop_before_pixels=True))
    assert (found.source, round(found.row, 5)) == expected

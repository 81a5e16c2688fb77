"""The pace of a run, and its mask, are those of PS3.3 C.7.6.5 and C.7.6.10."""

import pytest
from pydicom import Dataset

from radiotheque.dicom.cine import cine_of

pytestmark = pytest.mark.filterwarnings("ignore")


def made(**attributes):
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


@pytest.mark.parametrize(
    ("attributes", "fps"),
    [
        ({}, 0.0),
        ({"FrameTime": "66.6"}, 15.015),
        ({"FrameTime": "0"}, 0.0),
        ({"CineRate": "30", "FrameTime": "100"}, 30.0),
        ({"RecommendedDisplayFrameRate": "7", "CineRate": "30"}, 7.0),
        ({"CineRate": "x"}, 0.0),
    ],
)
def test_the_recommended_pace_goes_before_the_recorded_one(attributes, fps):
    ds = Dataset()
    for keyword, value in attributes.items():
        try:
            setattr(ds, keyword, value)
        except (TypeError, ValueError):
            pytest.skip("pydicom does not even hold it")
    assert cine_of(ds, 10)["fps"] == pytest.approx(fps)


def test_a_single_frame_has_no_pace():
    found = cine_of(made(CineRate="30", FrameTimeVector=[0]), 1)
    assert found == {"frame_times_ms": [], "fps": 0.0, "masks": [], "subtracted": False}


def test_a_vector_holds_for_every_frame_or_for_none():
    assert cine_of(made(FrameTimeVector=[0, 40, 60]), 3)["frame_times_ms"] == [0.0, 40.0, 60.0]
    assert cine_of(made(FrameTimeVector=[0, 40]), 3)["frame_times_ms"] == []
    assert cine_of(made(FrameTimeVector=[0, -40, 1]), 3)["frame_times_ms"] == []


def subtraction(**more):
    return made(MaskOperation="AVG_SUB", MaskFrameNumbers=[1, 2], **more)


def test_the_masks_are_told_with_what_is_averaged_their_shift_and_what_they_are_for():
    item = subtraction(ContrastFrameAveraging=3, MaskSubPixelShift=[1.5, -2.0], ApplicableFrameRange=[4, 6, 8, 9])
    found = cine_of(made(MaskSubtractionSequence=[item], RecommendedViewingMode="SUB"), 10)
    assert found["subtracted"] is True
    assert found["masks"] == [
        {
            "operation": "AVG_SUB",
            "frames": [1, 2],
            "offset": 1,
            "average": 3,
            "shift": [1.5, -2.0],
            "ranges": [[4, 6], [8, 9]],
        }
    ]


def test_masks_come_in_the_order_of_the_file_whatever_frame_is_asked_about():
    items = [
        made(MaskOperation="AVG_SUB", MaskFrameNumbers=1, ApplicableFrameRange=[2, 5]),
        made(MaskOperation="AVG_SUB", MaskFrameNumbers=6, ApplicableFrameRange=[7, 10]),
    ]
    ds = made(MaskSubtractionSequence=items)
    for frame in (0, 1, 9):
        assert [mask["frames"] for mask in cine_of(ds, 10, frame)["masks"]] == [[1], [6]]


@pytest.mark.parametrize(("value", "offset"), [(3, 3), (-2, -2), (None, 1)])
def test_a_mask_that_follows_the_frame_has_its_offset_which_is_1_where_it_is_empty(value, offset):
    """TID Offset of zero length defaults to 1 (PS3.3 C.7.6.10)."""
    found = cine_of(made(MaskSubtractionSequence=[made(MaskOperation="TID", TIDOffset=value)]), 10)["masks"]
    assert [(mask["operation"], mask["offset"], mask["frames"]) for mask in found] == [("TID", offset, [])]


def test_a_reversed_mask_needs_the_range_it_is_reversed_in():
    reversed_ = made(MaskOperation="REV_TID", TIDOffset=2, ApplicableFrameRange=[5, 8])
    found = cine_of(made(MaskSubtractionSequence=[reversed_, made(MaskOperation="REV_TID", TIDOffset=2)]), 10)["masks"]
    assert [(mask["operation"], mask["ranges"]) for mask in found] == [("REV_TID", [[5, 8]])]


@pytest.mark.parametrize(
    "item",
    [{"MaskOperation": "NONE"}, {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [99]}, {"MaskFrameNumbers": [1]}],
)
def test_what_subtracts_nothing_is_no_mask(item):
    assert cine_of(made(MaskSubtractionSequence=[made(**item)]), 10)["masks"] == []


def test_a_frame_may_be_shifted_by_itself():
    ds = made(MaskSubtractionSequence=[subtraction(SubtractionItemID=7)])
    shift = made(SubtractionItemID=7, MaskSubPixelShift=[0.5, 0.25])
    ds.PerFrameFunctionalGroupsSequence = [made(), made(FramePixelShiftSequence=[shift])]
    assert cine_of(ds, 2, 1)["masks"][0]["shift"] == [0.5, 0.25]
    assert cine_of(ds, 2, 0)["masks"][0]["shift"] == [0.0, 0.0]

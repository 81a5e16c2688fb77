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
    assert found == {"frame_times_ms": [], "fps": 0.0, "mask": None}


def test_a_vector_holds_for_every_frame_or_for_none():
    assert cine_of(made(FrameTimeVector=[0, 40, 60]), 3)["frame_times_ms"] == [0.0, 40.0, 60.0]
    assert cine_of(made(FrameTimeVector=[0, 40]), 3)["frame_times_ms"] == []
    assert cine_of(made(FrameTimeVector=[0, -40, 1]), 3)["frame_times_ms"] == []


def subtraction(**more):
    return made(MaskOperation="AVG_SUB", MaskFrameNumbers=[1, 2], **more)


def test_the_mask_is_told_with_its_shift_and_what_it_is_for():
    item = subtraction(ContrastFrameAveraging=3, MaskSubPixelShift=[1.5, -2.0], ApplicableFrameRange=[4, 9])
    found = cine_of(made(MaskSubtractionSequence=[item], RecommendedViewingMode="SUB"), 10)["mask"]
    assert found == {"frames": [1, 2], "average": 3, "shift": [1.5, -2.0], "ranges": [[4, 9]], "recommended": True}


def test_each_range_of_frames_has_its_mask():
    items = [
        made(MaskOperation="AVG_SUB", MaskFrameNumbers=1, ApplicableFrameRange=[2, 5]),
        made(MaskOperation="AVG_SUB", MaskFrameNumbers=6, ApplicableFrameRange=[7, 10]),
    ]
    ds = made(MaskSubtractionSequence=items)
    assert [cine_of(ds, 10, frame)["mask"]["frames"] for frame in (1, 6, 9)] == [[1], [6], [6]]
    assert cine_of(ds, 10, 0)["mask"]["frames"] == [1]  # of no range: the first


def test_what_follows_the_frame_or_is_out_of_range_is_no_mask():
    assert cine_of(made(MaskSubtractionSequence=[made(MaskOperation="TID", TIDOffset=1)]), 10)["mask"] is None
    assert (
        cine_of(made(MaskSubtractionSequence=[made(MaskOperation="AVG_SUB", MaskFrameNumbers=[99])]), 10)["mask"]
        is None
    )


def test_a_frame_may_be_shifted_by_itself():
    ds = made(MaskSubtractionSequence=[subtraction(SubtractionItemID=7)])
    shift = made(SubtractionItemID=7, MaskSubPixelShift=[0.5, 0.25])
    ds.PerFrameFunctionalGroupsSequence = [made(), made(FramePixelShiftSequence=[shift])]
    assert cine_of(ds, 2, 1)["mask"]["shift"] == [0.5, 0.25]
    assert cine_of(ds, 2, 0)["mask"]["shift"] == [0.0, 0.0]

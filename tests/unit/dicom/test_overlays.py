"""Overlays are pydicom's, wherever they lie; shutters hide what PS3.3 C.7.6.11 says."""

import numpy as np
import pydicom
import pytest

from phantoms import phantom_dataset
from radiotheque.dicom.overlays import overlays_of, shutter_of
from shared import needs_shared, shared


def with_overlay(bits, origin=(1, 1), group=0x6000, **more):
    ds = phantom_dataset(rows=8, columns=8)
    ds.add_new((group, 0x10), "US", bits.shape[-2])
    ds.add_new((group, 0x11), "US", bits.shape[-1])
    ds.add_new((group, 0x40), "CS", "G")
    ds.add_new((group, 0x50), "SS", list(origin))
    ds.add_new((group, 0x100), "US", 1)
    ds.add_new((group, 0x102), "US", 0)
    data = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()
    ds.add_new((group, 0x3000), "OW", data + b"\0" * (len(data) % 2))
    for element, value in more.items():
        ds.add_new((group, int(element[1:], 16)), "IS" if element == "x15" else "US", value)
    return ds


def test_an_overlay_is_read_as_pydicom_reads_it():
    bits = np.random.default_rng(1).integers(0, 2, (5, 7)).astype(bool)
    ds = with_overlay(bits, origin=(3, 2))
    (overlay,) = overlays_of(ds)
    assert np.array_equal(overlay.bits, ds.overlay_array(0x6000))
    assert (overlay.row, overlay.column) == (2, 1)


@pytest.mark.parametrize("origin", [(-2, -3), (1, 1), (7, 7), (100, 100), (-100, 4), (-32768, 32767)])
def test_what_lies_outside_the_image_is_cut(origin):
    (overlay,) = overlays_of(with_overlay(np.ones((4, 4)), origin=origin))
    expected = np.zeros((8, 8), bool)
    for row in range(4):
        for column in range(4):
            y, x = origin[0] - 1 + row, origin[1] - 1 + column
            if 0 <= y < 8 and 0 <= x < 8:
                expected[y, x] = True
    assert np.array_equal(overlay.on(8, 8), expected)


def test_frames_of_an_overlay_belong_to_frames_of_the_image():
    bits = np.stack([np.zeros((3, 3)), np.ones((3, 3))])
    ds = with_overlay(bits, x15=2, x51=2)
    assert overlays_of(ds, 0) == []
    assert not overlays_of(ds, 1)[0].bits.any()
    assert overlays_of(ds, 2)[0].bits.all()
    assert overlays_of(ds, 3) == []


def test_an_overlay_may_lie_in_the_bits_that_pixels_leave_free():
    ds = with_overlay(np.eye(8))
    del ds[0x60003000]
    ds[0x60000102].value = 14
    raw = np.eye(8, dtype=np.uint16) << 14 | 0x0FFF
    assert np.array_equal(overlays_of(ds, 0, raw)[0].bits, np.eye(8, dtype=bool))
    ds[0x60000102].value = 5  # among the pixel's own bits
    assert overlays_of(ds, 0, raw) == []
    ds[0x60000102].value = 400
    assert overlays_of(ds, 0, raw) == []


@needs_shared
@pytest.mark.filterwarnings("ignore")
def test_an_overlay_with_too_little_data_is_not_shown():
    ds = pydicom.dcmread(shared("hostile", "pixels", "overlay_data_short.dcm"))
    assert overlays_of(ds) == []


def hidden(**attributes):
    ds = pydicom.Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    found = shutter_of(ds, 6, 6)
    return None if found is None else found[0].astype(int).tolist()


RECTANGLE = {
    "ShutterShape": "RECTANGULAR",
    "ShutterUpperHorizontalEdge": 2,
    "ShutterLowerHorizontalEdge": 4,
    "ShutterLeftVerticalEdge": 3,
    "ShutterRightVerticalEdge": 5,
}


def test_a_rectangle_is_seen_with_its_edges():
    assert hidden(**RECTANGLE) == [
        [1, 1, 1, 1, 1, 1],
        [1, 1, 0, 0, 0, 1],
        [1, 1, 0, 0, 0, 1],
        [1, 1, 0, 0, 0, 1],
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1],
    ]


def test_a_circle_is_seen_inside_its_radius():
    assert hidden(ShutterShape="CIRCULAR", CenterOfCircularShutter=[3, 3], RadiusOfCircularShutter=1) == [
        [1, 1, 1, 1, 1, 1],
        [1, 1, 0, 1, 1, 1],
        [1, 0, 0, 0, 1, 1],
        [1, 1, 0, 1, 1, 1],
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1],
    ]


def test_a_polygon_is_seen_inside():
    found = hidden(ShutterShape="POLYGONAL", VerticesOfThePolygonalShutter=[2, 2, 2, 5, 5, 5, 5, 2])
    assert found[2][2] == 0
    assert found[0] == [1] * 6
    assert sum(map(sum, found)) == 36 - 16


def test_shapes_hide_together():
    both = dict(RECTANGLE, ShutterShape=["RECTANGULAR", "CIRCULAR"])
    found = hidden(**both, CenterOfCircularShutter=[2, 3], RadiusOfCircularShutter=1)
    assert sum(map(sum, found)) == 36 - 3


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"ShutterShape": "RECTANGULAR"},
        {"ShutterShape": "STAR"},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [3, 3]},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [3, 3], "RadiusOfCircularShutter": 0},
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 2, 3]},
        dict(RECTANGLE, ShutterRightVerticalEdge=1),
    ],
    ids=str,
)
def test_a_senseless_shutter_hides_nothing(attributes):
    assert hidden(**attributes) is None

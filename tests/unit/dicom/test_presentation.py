"""Presentation states look as DCMTK's dcmp2pgm shows them, and draw what they say where they say it."""

import io
import shutil

import numpy as np
import pytest
from PIL import Image

from phantoms import phantom
from radiotheque.dicom.pictures import PNG, Recipe, Viewport, render_instance
from shared import needs_shared, shared
from states import by_dcmtk, items, state_for, table

needs_dcmtk = pytest.mark.skipif(shutil.which("dcmp2pgm") is None, reason="DCMTK is not installed")


def shown(image, state, **wishes):
    made = render_instance(image, Recipe(PNG, **wishes), 1, state)[1]
    return np.asarray(Image.open(io.BytesIO(made))).astype(int)


SHUTTER = {
    "ShutterShape": "RECTANGULAR",
    "ShutterLeftVerticalEdge": 10,
    "ShutterRightVerticalEdge": 60,
    "ShutterUpperHorizontalEdge": 20,
    "ShutterLowerHorizontalEdge": 80,
    "ShutterPresentationValue": 0x8000,
}


@needs_dcmtk
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"PresentationLUTShape": "INVERSE"},
        {"SoftcopyVOILUTSequence": items({"WindowCenter": "1500", "WindowWidth": "2000"})},
        {"SoftcopyVOILUTSequence": items({"VOILUTSequence": items(table(200, range(0, 65536, 32)))})},
        {"RescaleSlope": "2", "RescaleIntercept": "-1000", "RescaleType": "US"},
        {"ImageRotation": 90, "ImageHorizontalFlip": "N"},
        {"ImageRotation": 180, "ImageHorizontalFlip": "N"},
        {"ImageRotation": 270, "ImageHorizontalFlip": "N"},
        {"ImageRotation": 0, "ImageHorizontalFlip": "Y"},
        {"ImageRotation": 90, "ImageHorizontalFlip": "Y"},
    ],
    ids=lambda attributes: "+".join(attributes) or "plain",
)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_state_looks_as_dcmtk_shows_it(attributes, photometric, tmp_path):
    image = phantom(rows=90, columns=70, photometric=photometric)
    state = state_for(image, **attributes)
    ours, theirs = shown(image, state), by_dcmtk(image, state, tmp_path)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 2


def test_a_shutter_hides_under_the_grey_that_it_names():
    image = phantom(rows=90, columns=70)
    plain, made = shown(image, state_for(image)), shown(image, state_for(image, **SHUTTER))
    assert np.array_equal(made[19:80, 9:60], plain[19:80, 9:60])
    made[19:80, 9:60] = 128
    assert (made == 128).all()


@needs_shared
@needs_dcmtk
@pytest.mark.filterwarnings("ignore")
def test_three_scrambled_tables_undo_each_other(tmp_path):
    image, state = (
        shared("dicom", "pr", name).read_bytes() for name in ("weasis_pr_luts_image.dcm", "weasis_pr_luts.dcm")
    )
    assert np.array_equal(shown(image, state), by_dcmtk(image, state, tmp_path))


def dark(**wishes):
    return phantom(rows=90, columns=70, extra={"PixelData": bytes(90 * 70 * 2)}, **wishes)


def annotated(image, graphics=(), texts=(), **attributes):
    item = {"GraphicLayer": "A", "GraphicObjectSequence": items(*graphics), "TextObjectSequence": items(*texts)}
    return state_for(image, GraphicAnnotationSequence=items(item), **attributes)


def line(*points, kind="POLYLINE", units="PIXEL", filled="N"):
    return {
        "GraphicAnnotationUnits": units,
        "GraphicDimensions": 2,
        "NumberOfGraphicPoints": len(points) // 2,
        "GraphicData": list(map(float, points)),
        "GraphicType": kind,
        "GraphicFilled": filled,
    }


def box(picture):
    rows, columns = np.nonzero(picture)
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_graphics_lie_where_they_are_said_to():
    image = dark()
    assert box(shown(image, annotated(image, [line(10, 20, 40, 20)]))) == (10, 20, 40, 20)
    assert box(shown(image, annotated(image, [line(0.5, 0.5, 0.75, 0.5, units="DISPLAY")]))) == (35, 45, 52, 45)
    ours = box(shown(image, annotated(image, [line(30, 40, 30, 50, kind="CIRCLE")])))
    assert np.abs(np.array(ours) - (20, 30, 40, 50)).max() <= 1
    ours = box(shown(image, annotated(image, [line(10, 40, 50, 40, 30, 35, 30, 45, kind="ELLIPSE")])))
    assert np.abs(np.array(ours) - (10, 35, 50, 45)).max() <= 1
    filled = shown(image, annotated(image, [line(10, 10, 30, 10, 30, 30, 10, 30, 10, 10, filled="Y")]))
    assert filled[20, 20] == 255


def test_graphics_turn_with_the_image():
    image = dark()
    turned = annotated(image, [line(10, 20, 40, 20)], ImageRotation=90, ImageHorizontalFlip="N")
    assert box(shown(image, turned)) == (70, 10, 70, 40)
    flipped = annotated(image, [line(10, 20, 40, 20)], ImageRotation=0, ImageHorizontalFlip="Y")
    assert box(shown(image, flipped)) == (30, 20, 60, 20)


def test_text_is_written_in_its_box_and_not_mirrored():
    image = dark()
    text = {
        "UnformattedTextValue": "L é",
        "BoundingBoxTopLeftHandCorner": [20.0, 30.0],
        "BoundingBoxBottomRightHandCorner": [60.0, 50.0],
        "BoundingBoxAnnotationUnits": "PIXEL",
    }
    left, top, right, bottom = box(shown(image, annotated(image, texts=[text])))
    assert (left >= 18, top >= 28, right <= 62, bottom <= 55) == (True,) * 4


def test_only_the_displayed_area_is_shown_and_may_reach_beyond_the_image():
    image = phantom(rows=90, columns=70)
    whole = shown(image, state_for(image))
    area = {
        "DisplayedAreaTopLeftHandCorner": [11, 21],
        "DisplayedAreaBottomRightHandCorner": [40, 60],
        "PresentationSizeMode": "TRUE SIZE",
        "PresentationPixelAspectRatio": [1, 1],
    }
    assert np.array_equal(
        shown(image, state_for(image, DisplayedAreaSelectionSequence=items(area))), whole[20:60, 10:40]
    )
    beyond = dict(area, DisplayedAreaTopLeftHandCorner=[-9, -9], DisplayedAreaBottomRightHandCorner=[80, 100])
    made = shown(image, state_for(image, DisplayedAreaSelectionSequence=items(beyond)))
    assert made.shape == (110, 90)
    assert np.array_equal(made[10:100, 10:80], whole)
    assert shown(image, state_for(image), viewport=Viewport(35, 1000)).shape == (45, 35)


def test_items_for_another_image_or_frame_do_not_concern_this_one():
    image = phantom(rows=90, columns=70)
    other = items({"ReferencedSOPClassUID": "1.2", "ReferencedSOPInstanceUID": "9.9.9"})
    windows = items({"WindowCenter": "1", "WindowWidth": "1", "ReferencedImageSequence": other})
    assert np.array_equal(
        shown(image, state_for(image, SoftcopyVOILUTSequence=windows)), shown(image, state_for(image))
    )


@pytest.mark.parametrize(
    "attributes",
    [
        {"DisplayedAreaSelectionSequence": items({})},
        {"ImageRotation": 45},
        {"SoftcopyVOILUTSequence": items({"WindowCenter": "1", "WindowWidth": "0"})},
        {"PresentationLUTSequence": items({})},
        {
            "GraphicAnnotationSequence": items(
                {"GraphicObjectSequence": items({}, line(1, 2, 3), line(float("nan"), 1e30))}
            )
        },
        {"GraphicAnnotationSequence": items({"TextObjectSequence": items({}, {"AnchorPoint": [1e30, -1e30]})})},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore")
def test_a_senseless_state_leaves_a_picture(attributes):
    image = phantom(rows=90, columns=70)
    assert shown(image, state_for(image, **attributes)).size == 90 * 70

"""Presentation states, notes and reports of other vendors are read; hostile ones give nothing, or less, and no harm."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID

from phantoms import part10
from radiotheque.core.errors import RadiothequeError
from radiotheque.dicom.annotations import annotation_of
from radiotheque.dicom.published import read_published
from shared import shared

pytestmark = pytest.mark.filterwarnings("ignore")

INSTANCE = "1.2.3"


def made(**attributes: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def graphic(kind: str, *points: float, units: str = "PIXEL") -> Dataset:
    return made(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(points) // 2,
        GraphicData=list(points),
        GraphicType=kind,
    )


def state(*graphics: Dataset, texts: tuple[Dataset, ...] = (), **attributes: Any) -> bytes:
    """A state of another vendor; its displayed area is columns 11 to 50 and rows 21 to 100, counted from 1."""
    image = made(ReferencedSOPClassUID=UID("1.2.840.10008.5.1.4.1.1.1"), ReferencedSOPInstanceUID=UID(INSTANCE))
    drawn = made(GraphicLayer="A", GraphicObjectSequence=list(graphics), TextObjectSequence=list(texts))
    area = made(DisplayedAreaTopLeftHandCorner=[11, 21], DisplayedAreaBottomRightHandCorner=[50, 100])
    wish = {
        "SOPClassUID": UID("1.2.840.10008.5.1.4.1.1.11.1"),
        "SOPInstanceUID": UID("1.2.4"),
        "Modality": "PR",
        "PresentationCreationDate": "20240101",
        "ReferencedSeriesSequence": [made(ReferencedImageSequence=[image])],
        "GraphicAnnotationSequence": [drawn],
        "DisplayedAreaSelectionSequence": [area],
        **attributes,
    }
    return part10(made(**wish))


def kinds_and_points(data: bytes) -> list[tuple[str, list[list[float]]]]:
    return [(one["kind"], one["points"]) for one in read_published(data)["annotations"]]


def test_graphics_of_other_vendors_become_annotations() -> None:
    found = kinds_and_points(
        state(
            graphic("POINT", 5, 6),
            graphic("POLYLINE", 1, 2, 3, 4, 5, 2),
            graphic("ELLIPSE", 10, 40, 50, 40, 30, 35, 30, 45),
            graphic("CIRCLE", 30, 40, 30, 50),
        )
    )
    assert found[:3] == [
        ("probe", [[5, 6]]),
        ("polyline", [[1, 2], [3, 4], [5, 2]]),
        ("ellipse", [[10, 40], [50, 40], [30, 35], [30, 45]]),
    ]
    assert found[3] == ("ellipse", [[30, 50], [30, 30], [20, 40], [40, 40]])  # of radius 10 around 30, 40


def test_an_interpolated_curve_goes_through_its_points() -> None:
    [(kind, points)] = kinds_and_points(state(graphic("INTERPOLATED", 0, 0, 10, 10, 20, 0)))
    assert kind == "polyline"
    assert all([x, y] in points for x, y in ((0, 0), (10, 10), (20, 0)))


@pytest.mark.parametrize(
    ("rotation", "flip", "expected"),
    [
        # the share 0.25, 0.1 of what is seen, of an area of 40 columns from 10 and 80 rows from 20
        (0, "N", [20, 28]),
        (0, "Y", [40, 28]),
        (90, "N", [10 + 0.1 * 40, 20 + 0.75 * 80]),  # the left edge of what is seen is the bottom of the image
        (180, "N", [40, 92]),
        (270, "N", [10 + 0.9 * 40, 20 + 0.25 * 80]),  # the left edge of what is seen is its top
        (90, "Y", [10 + 0.1 * 40, 20 + 0.25 * 80]),
    ],
)
def test_display_units_are_shares_of_what_is_seen(rotation: int, flip: str, expected: list[float]) -> None:
    data = state(graphic("POINT", 0.25, 0.1, units="DISPLAY"), ImageRotation=rotation, ImageHorizontalFlip=flip)
    [(_, [point])] = kinds_and_points(data)
    assert point == pytest.approx(expected, abs=1e-4)


def test_display_units_without_an_area_are_passed_over() -> None:
    data = state(graphic("POINT", 0.25, 0.1, units="DISPLAY"), DisplayedAreaSelectionSequence=[])
    assert kinds_and_points(data) == []


def test_text_stands_where_its_box_or_its_anchor_is() -> None:
    boxed = made(
        UnformattedTextValue="Bruch",
        BoundingBoxTopLeftHandCorner=[20.0, 30.0],
        BoundingBoxBottomRightHandCorner=[60.0, 50.0],
        BoundingBoxAnnotationUnits="PIXEL",
    )
    anchored = made(UnformattedTextValue="ici", AnchorPoint=[7.0, 8.0], AnchorPointAnnotationUnits="PIXEL")
    found = read_published(state(texts=(boxed, anchored)))["annotations"]
    assert [(one["kind"], one["text"], one["points"]) for one in found] == [
        ("text", "Bruch", [[20, 30]]),
        ("text", "ici", [[7, 8]]),
    ]


def private(value: str) -> Dataset:
    image = made(ReferencedSOPInstanceUID=UID(INSTANCE))
    item = made(GraphicLayer="A", ReferencedImageSequence=[image], GraphicObjectSequence=[graphic("POINT", 5, 6)])
    item.private_block(0x0071, "RADIOTHEQUE", create=True).add_new(1, "UT", value)
    return item


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        '{"kind": "length", "points": [[1, 2]]}',
        '{"kind": "probe", "points": [[1e999, 0]]}',
    ],
    ids=["empty", "cut", "deep", "list", "short", "infinite"],
)
def test_a_false_private_annotation_leaves_the_graphics(value: str) -> None:
    assert kinds_and_points(state(GraphicAnnotationSequence=[private(value)])) == [("probe", [[5, 6]])]


HOSTILE: dict[str, bytes] = {
    "no reference": state(graphic("POINT", 1, 2), ReferencedSeriesSequence=[]),
    "odd points": state(graphic("POLYLINE", 1, 2, 3)),
    "far away": state(graphic("POINT", 1e30, 1e30)),
    "not a number": state(graphic("POINT", float("nan"), 1)),
    "no type": state(graphic("", 1, 2)),
    "wrong corners": state(DisplayedAreaSelectionSequence=[made(DisplayedAreaTopLeftHandCorner=[1])]),
    "wrong window": state(SoftcopyVOILUTSequence=[made(WindowCenter="", WindowWidth="")]),
    "turned by 37": state(ImageRotation=37),
    "cut": state(graphic("POINT", 1, 2))[:-7],
    "text in a sequence's place": state(GraphicAnnotationSequence=[]).replace(
        b"\x70\x00\x01\x00SQ\x00\x00\x00\x00\x00\x00", b"\x70\x00\x01\x00UT\x00\x00\x04\x00\x00\x00abcd"
    ),
    "report without end": part10(
        made(SOPClassUID=UID("1.2.840.10008.5.1.4.1.1.88.33"), SOPInstanceUID=UID("1.2.5"), Modality="SR",
             ContentSequence=[made(ValueType="NUM", MeasuredValueSequence=[made(NumericValue="")])])
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_object_gives_what_can_be_shown_or_a_refusal(name: str) -> None:
    try:
        found = read_published(HOSTILE[name])
    except (
        RadiothequeError,
        AttributeError,
        TypeError,
        ValueError,
    ):  # the workbench makes one `Undecodable` of the rest
        return
    json.dumps(found, allow_nan=False)
    for one in found["annotations"]:
        annotation_of(one)


def test_a_report_that_nests_deeper_than_anybody_reads_ends() -> None:
    root = item = made(SOPClassUID=UID("1.2.840.10008.5.1.4.1.1.88.33"), SOPInstanceUID=UID("1.2.5"), Modality="SR")
    for _ in range(100):
        inner = made(ValueType="CONTAINER", ContentSequence=[])
        item.ContentSequence = [inner]
        item = inner
    assert read_published(part10(root))["measurements"] == []


def test_states_of_other_vendors_are_read() -> None:
    for name in ("orthanc_pr_for_cr.dcm", "weasis_pr_luts.dcm"):
        path = shared("dicom", "pr", name)
        found = read_published(path.read_bytes())
        named = dcmread(path).ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID
        assert found["kind"] == "presentation_state"
        assert found["references"][0]["instance"] == named
        assert not found["ours"]


def test_a_note_of_another_vendor_is_read() -> None:
    path: Path = shared("dicom", "ko", "drimbox_kos.dcm")
    found, ds = read_published(path.read_bytes()), dcmread(BytesIO(path.read_bytes()))
    assert found["kind"] == "key_object"
    named = {
        each.ReferencedSOPInstanceUID for item in ds.ContentSequence for each in item.get("ReferencedSOPSequence") or []
    }
    assert {reference["instance"] for reference in found["references"]} == named != set()

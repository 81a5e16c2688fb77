"""What is published is sound DICOM to foreign readers, says what was drawn, and comes out the same each time."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from dicom_oracle import iod_errors, run
from drafts import POINTS, annotation, draft, view
from phantoms import phantom, phantom_dataset
from radiotheque.core.errors import Malformed
from radiotheque.dicom.annotations import KINDS
from radiotheque.dicom.composition import compose, uid_for
from radiotheque.dicom.decode import decode_frame, pixel_info
from radiotheque.dicom.drafted import About, Image, Made, Order, view_given
from radiotheque.dicom.grey import to_greys
from radiotheque.dicom.presentation import look_of_image, look_of_state
from radiotheque.dicom.published import read_published
from radiotheque.dicom.syntaxes import EXPLICIT_LE

STATE, COLOUR_STATE = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.11.2"
NOTE, REPORT = "1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.5.1.4.1.1.88.33"

FILMS: dict[str, tuple[dict[str, Any], int, str]] = {
    "CR": ({"modality": "CR"}, 1, STATE),
    "DX": ({}, 1, STATE),
    "MG": ({"modality": "MG", "photometric": "MONOCHROME1"}, 1, STATE),
    "XA": ({"modality": "XA", "frames": 3}, 2, STATE),
    "SC": ({"modality": "OT", "photometric": "RGB", "bits_stored": 8}, 1, COLOUR_STATE),
}
"""Name → what the phantom is, the frame that is drawn on, the SOP Class of its state."""


def image(frame: int = 1, default: Any = None, **film: Any) -> tuple[Dataset, Image]:
    data, ds = phantom(**film), phantom_dataset(**film)
    size = len(ds.PixelData) // film.get("frames", 1)
    pixels = ds.PixelData[(frame - 1) * size : frame * size]
    return ds, Image(data[: data.index(b"\xe0\x7f\x10\x00")], {frame: pixels}, default)


def composed(given: dict[str, Any], whole: Image, instance: str) -> list[Made]:
    about = About("Doe^Jane", "READING", "Lecture d'été", "0.1")
    return compose({instance: whole}, Order(given, about, "1.2.3 jane 7", "20260102030405"))


def published(frame: int = 1, given: dict[str, Any] | None = None, **film: Any) -> dict[str, Dataset]:
    """Publish a draft, by default one of everything; give the objects by SOP Class."""
    ds, whole = image(frame, **film)
    instance = str(ds.SOPInstanceUID)
    made = composed(given or draft(instance, frame), whole, instance)
    return {one.sop_class: dcmread(BytesIO(one.part10)) for one in made}


@pytest.mark.peer("dciodvfy")
@pytest.mark.parametrize("name", FILMS)
def test_no_object_of_a_publication_has_a_fault(name: str, tmp_path: Path) -> None:
    film, frame, sop_class = FILMS[name]
    ds, whole = image(frame, **film)
    made = composed(draft(str(ds.SOPInstanceUID), frame), whole, str(ds.SOPInstanceUID))
    assert [one.sop_class for one in made] == [sop_class, NOTE, REPORT]
    for one in made:
        path = tmp_path / f"{one.instance}.dcm"
        path.write_bytes(one.part10)
        assert iod_errors(path) == set()


@pytest.mark.peer("dsr2html", "dcmdump")
def test_dcmtk_reads_the_report_and_the_note(tmp_path: Path) -> None:
    for sop_class, ds in published(2, modality="XA", frames=3).items():
        path = tmp_path / "object.dcm"
        ds.save_as(path)
        assert run("dcmdump", path).returncode == 0
        if sop_class != STATE:
            page = run("dsr2html", path)
            assert page.returncode == 0, page.stderr
            assert b"Jane Doe" in page.stdout


@pytest.mark.peer("dcmp2pgm")
def test_dcmtk_shows_the_image_under_our_state_as_we_do(tmp_path: Path) -> None:
    film = {"rows": 96, "columns": 80}
    ds, whole = image(**film)
    instance = str(ds.SOPInstanceUID)
    given = draft(instance) | {"annotations": [], "key_images": []}
    [state] = composed(given, whole, instance)
    (tmp_path / "image.dcm").write_bytes(phantom(**film))
    (tmp_path / "state.dcm").write_bytes(state.part10)
    done = run("dcmp2pgm", "-p", tmp_path / "state.dcm", tmp_path / "image.dcm", tmp_path / "out.pgm")
    assert done.returncode == 0, done.stderr
    header, _, grey = (tmp_path / "out.pgm").read_bytes().partition(b"255\n")
    shape = tuple(map(int, header.split()[-2:]))
    assert shape == (96, 80)  # it gives all of the image, turned by a quarter
    info = pixel_info(ds, EXPLICIT_LE)
    chain = look_of_state(dcmread(BytesIO(state.part10)), ds, info, 0).chain
    ours = to_greys(decode_frame(ds.PixelData, info), chain, info)
    theirs = np.frombuffer(grey, np.uint8).reshape(shape[1], shape[0])
    turned = np.fliplr(np.rot90(ours, -1))  # clockwise, then left to right (PS3.3 C.10.6)
    assert np.abs(turned.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("name", FILMS)
def test_every_kind_of_annotation_is_read_back_exactly(name: str) -> None:
    film, frame, sop_class = FILMS[name]
    ds, _ = image(**film)
    state = published(frame, **film)[sop_class]
    found = read_published(as_bytes(state))
    assert found["annotations"] == draft(str(ds.SOPInstanceUID), frame)["annotations"]
    assert found["ours"]
    assert (found["creator"], found["created"]) == ("Doe^Jane", "20260102030405")


def as_bytes(ds: Dataset) -> bytes:
    out = BytesIO()
    ds.save_as(out)
    return out.getvalue()


def test_a_publication_made_again_is_the_same_to_the_byte() -> None:
    ds, whole = image()
    instance = str(ds.SOPInstanceUID)
    assert composed(draft(instance), whole, instance) == composed(draft(instance), whole, instance)


def test_each_drawing_is_tracked_under_a_uid_of_its_own() -> None:
    uids = [item.UID for item in walk(published()[REPORT]) if item.get("ValueType") == "UIDREF"]
    assert len(uids) == len(set(uids)) > 10


def walk(ds: Dataset) -> Any:
    for item in ds.get("ContentSequence") or []:
        yield item
        yield from walk(item)


def test_values_are_those_of_the_drawing_with_their_plane() -> None:
    found = read_published(as_bytes(published()[REPORT]))  # 0.148 mm at the detector
    lengths = [one for one in found["measurements"] if one["tracking"] == "length 1"]
    assert [(one["name"], one["unit"], one["source"]) for one in lengths] == [("Length", "mm", "detector")]
    assert lengths[0]["value"] == pytest.approx(50 * 0.148)  # the drawing is 30, 40, 50


RIGHT, LEFT = "24028007", "7771000"  # PS3.16 CID 244
ALIGNMENT, LONGER = "Alignment of the leg", "Longer leg"


def groups_of(
    kind: str, points: list[list[int]], label: str = "", side: str = "U"
) -> list[tuple[str, list[str], list[str]]]:
    """Publish one drawing; give each group's laterality below its finding site, the names of its values, its evaluations."""
    ds, _ = image(extra={"ImageLaterality": side})
    drawn = annotation(kind, str(ds.SOPInstanceUID), points=points, label=label)
    made = published(given=draft(str(ds.SOPInstanceUID)) | {"annotations": [drawn]}, extra={"ImageLaterality": side})
    found = []
    for group in (item for item in walk(made[REPORT]) if item.ConceptNameCodeSequence[0].CodeValue == "125007"):
        sites = [item for item in group.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "363698007"]
        sides = [item.ConceptCodeSequence[0].CodeValue for site in sites for item in site.ContentSequence]
        names = [
            item.ConceptNameCodeSequence[0].CodeMeaning for item in group.ContentSequence if item.ValueType == "NUM"
        ]
        said = [
            f"{item.ConceptNameCodeSequence[0].CodeMeaning}: {item.ConceptCodeSequence[0].CodeMeaning}"
            for item in group.ContentSequence
            if item.ValueType == "CODE" and item.RelationshipType == "CONTAINS"
        ]
        found.append(("".join(sides), names, said))
    return found


@pytest.mark.parametrize(
    ("label", "side", "code"), [("R", "U", RIGHT), ("L", "U", LEFT), ("", "U", ""), ("", "L", LEFT)]
)
def test_the_side_of_a_leg_is_coded_at_its_finding_site(label: str, side: str, code: str) -> None:
    """As the reader labelled it, else as the image says."""
    assert groups_of("leg_length", [[20, 5], [20, 90]], label, side) == [(code, ["Leg length"], [])]


def test_two_legs_are_two_groups_and_a_third_says_which_is_longer() -> None:
    points = [[20, 5], [20, 85], [70, 5], [70, 90]]  # radiographs hang with the patient's right at the left edge
    assert groups_of("leg_length", points) == [
        (RIGHT, ["Leg length"], []),
        (LEFT, ["Leg length"], []),
        ("", ["Difference in leg length"], [f"{LONGER}: Left"]),
    ]


def test_varus_and_valgus_are_coded_for_each_leg() -> None:
    # the right knee stands outward, to the left of the image: varus; the left knee stands inward: valgus
    points = [[20, 5], [15, 45], [20, 90], [70, 5], [65, 45], [70, 90]]
    names = ["Hip–knee–ankle angle", "Deviation from 180°", "Knee from the axis"]
    assert groups_of("hip_knee_ankle", points) == [
        (RIGHT, names, [f"{ALIGNMENT}: Varus"]),
        (LEFT, names, [f"{ALIGNMENT}: Valgus"]),
    ]


def test_side_and_alignment_are_read_back() -> None:
    ds, _ = image()
    points = [[20, 5], [15, 45], [20, 90], [70, 5], [65, 45], [70, 90]]
    drawn = annotation("hip_knee_ankle", str(ds.SOPInstanceUID), points=points)
    made = published(given=draft(str(ds.SOPInstanceUID)) | {"annotations": [drawn]})
    found = read_published(as_bytes(made[REPORT]))["measurements"]
    assert [(one["side"], one["evaluations"]) for one in found[::3]] == [
        ("R", [{"name": ALIGNMENT, "value": "Varus"}]),
        ("L", [{"name": ALIGNMENT, "value": "Valgus"}]),
    ]


def test_a_calibration_of_the_reader_goes_before_the_file() -> None:
    ds, _ = image()
    instance = str(ds.SOPInstanceUID)
    given = draft(instance) | {"calibrations": [{"instance": instance, "mm_per_pixel": 0.2}]}
    made = published(given=given)
    [length] = [one for one in read_published(as_bytes(made[REPORT]))["measurements"] if one["tracking"] == "length 1"]
    assert (length["value"], length["source"]) == (pytest.approx(10.0), "user")
    assert list(made[STATE].DisplayedAreaSelectionSequence[0].PresentationPixelSpacing) == [0.2, 0.2]


def test_other_viewers_see_the_values_beside_the_drawing() -> None:
    state = published(modality="CR")[STATE]  # 0.15 mm at the detector
    words = {
        text.UnformattedTextValue
        for item in state.GraphicAnnotationSequence
        for text in item.get("TextObjectSequence") or []
    }
    assert "length 1\n7.5 mm\n(at detector)" in words
    assert any("Cardiothoracic ratio: 0.61" in each for each in words)  # (18 + 22) / 66 by hand
    assert "Fracture ?\nœdème 骨折" in words


def test_key_images_of_a_run_name_their_frames() -> None:
    ds, _ = image(modality="XA", frames=3)
    marked = [{"instance": str(ds.SOPInstanceUID), "frame": frame} for frame in (3, 1)]
    given = {"annotations": [], "key_images": marked, "views": [], "calibrations": []}
    found = read_published(as_bytes(published(given=given, modality="XA", frames=3)[NOTE]))
    assert found["references"] == [{"instance": str(ds.SOPInstanceUID), "frames": [1, 3]}]
    assert found["description"] == "Lecture d'été"


def test_a_view_is_read_back_as_it_was() -> None:
    ds, _ = image()
    instance = str(ds.SOPInstanceUID)
    [seen] = read_published(as_bytes(published()[STATE]))["view"]
    assert seen == {
        "instance": instance,
        "frames": [],
        "rotation": 90,
        "flip_h": True,
        "invert": True,
        "area": [8.0, 10.0, 72.0, 90.0],
        "window": {"centre": 2000.5, "width": 1234.0, "function": "LINEAR"},
    }


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip_h", [False, True])
def test_the_area_is_the_same_however_it_is_turned(rotation: int, flip_h: bool) -> None:
    ds, _ = image()
    instance = str(ds.SOPInstanceUID)
    given = draft(instance) | {"views": [view(instance, rotation=rotation, flip_h=flip_h)]}
    [seen] = read_published(as_bytes(published(given=given)[STATE]))["view"]
    assert (seen["area"], seen["rotation"], seen["flip_h"]) == ([8.0, 10.0, 72.0, 90.0], rotation, flip_h)


def test_a_flip_upside_down_is_half_a_turn_and_a_flip() -> None:
    seen = view_given(view("1.2", rotation=0, flip_h=False, flip_v=True))
    assert (seen.rotation, seen.flip_h) == (180, True)


WINDOWS = {"WindowCenter": ["1000", "3000"], "WindowWidth": ["400", "500"]}


@pytest.mark.parametrize(("chosen", "centre"), [(None, 1000.0), ({"voi": 1}, 3000.0)])
def test_the_window_that_was_chosen_of_the_image_is_published(chosen: Any, centre: float) -> None:
    ds, _ = image()
    given = draft(str(ds.SOPInstanceUID)) | {"views": [view(str(ds.SOPInstanceUID), window=chosen)]}
    [seen] = read_published(as_bytes(published(given=given, extra=WINDOWS)[STATE]))["view"]
    assert seen["window"]["centre"] == centre


def test_an_image_without_window_is_published_as_it_was_shown() -> None:
    bare = {"WindowCenter": None, "WindowWidth": None}
    ds, whole = image(default=(700.0, 300.0, "LINEAR_EXACT"), extra=bare)
    instance = str(ds.SOPInstanceUID)
    given = draft(instance) | {"key_images": [], "annotations": [], "views": [view(instance, window=None)]}
    [state] = composed(given, whole, instance)
    [seen] = read_published(state.part10)["view"]
    assert seen["window"] == {"centre": 700.0, "width": 300.0, "function": "LINEAR_EXACT"}


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_an_image_that_was_only_drawn_on_keeps_its_greys(photometric: str) -> None:
    film = {"photometric": photometric, "extra": {"RescaleSlope": "2", "RescaleIntercept": "-100"} | WINDOWS}
    ds, _ = image(**film)
    given = draft(str(ds.SOPInstanceUID)) | {"views": []}
    state, info = published(given=given, **film)[STATE], pixel_info(ds, EXPLICIT_LE)
    stored = decode_frame(ds.PixelData, info)
    own = to_greys(stored, look_of_image(ds, info, 0).chain, info)
    assert np.array_equal(to_greys(stored, look_of_state(state, ds, info, 0).chain, info), own)


def test_pixels_that_are_not_square_stay_so() -> None:
    made = published(modality="OT", extra={"PixelAspectRatio": [2, 1]})
    ratio = made[STATE].DisplayedAreaSelectionSequence[0].PresentationPixelAspectRatio
    assert ratio[0] / ratio[1] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"rotation": "90"},
        {"rotation": float("nan")},
        {"window": {"centre": 1, "width": 0, "function": "LINEAR"}},
        {"window": {"centre": 1, "width": 9, "function": "CUBIC"}},
        {"window": [1, 2]},
        {"window": {"voi": -1}},
        {"area": [1, 2, 3]},
        {"frame": 0},
    ],
    ids=str,
)
def test_a_view_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        view_given(view("1.2", **wrong))


def test_uids_are_of_version_8_and_differ_by_words() -> None:
    one, other = uid_for("seed", "a"), uid_for("seed", "b")
    assert one != other
    number = int(one.removeprefix("2.25."))
    assert (number >> 76 & 0xF, number >> 62 & 0b11) == (8, 0b10)  # RFC 9562 4.1, 4.2


def test_every_kind_that_may_be_drawn_is_tried_here() -> None:
    assert set(POINTS) == set(KINDS)
    assert all(annotation(kind, "1.2.3")["kind"] == kind for kind in KINDS)

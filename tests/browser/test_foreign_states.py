"""Presentation states and key object selections that others wrote, in the viewer: as DCMTK shows them, and as flags."""

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from playwright.sync_api import Page, expect
from pydicom.sr.codedict import codes

from browser.harness import House, axe_findings, shot
from browser.viewing import CHEST, even, flat, opened, seen, whole
from phantoms import part10, phantom
from shared import shared
from states import by_dcmtk, items, state_for, table

needs_dcmtk = pytest.mark.skipif(shutil.which("dcmp2pgm") is None, reason="DCMTK is not installed")

SEEN: dict[str, Any] = {**CHEST, "patient_id": "PH-0300", "patient_name": "Other^Vendor", "study": "foreign"}
FLAGGED: dict[str, Any] = {**CHEST, "patient_id": "PH-0301", "study": "flagged"}

GREYS = {
    "SoftcopyVOILUTSequence": items({"VOILUTSequence": items(table(200, range(0, 65536, 32)))}),
    "PresentationLUTShape": "INVERSE",
}
LINE = {
    "GraphicAnnotationUnits": "PIXEL",
    "GraphicDimensions": 2,
    "NumberOfGraphicPoints": 2,
    "GraphicData": [100.0, 400.0, 200.0, 400.0],
    "GraphicType": "POLYLINE",
    "GraphicFilled": "N",
}
TEXT = {
    "UnformattedTextValue": "Fissure, voir face",
    "BoundingBoxTopLeftHandCorner": [100.0, 410.0],
    "BoundingBoxBottomRightHandCorner": [300.0, 440.0],
    "BoundingBoxAnnotationUnits": "PIXEL",
    "BoundingBoxTextHorizontalJustification": "LEFT",
}
DRAWN = {"GraphicLayer": "A", "GraphicObjectSequence": items(LINE), "TextObjectSequence": items(TEXT)}
LAYER = {"GraphicLayer": "A", "GraphicLayerOrder": 1}


def agrees(page: Page, expected: np.ndarray[Any, Any]) -> None:
    """See that the canvas has these greys, (rows, columns) int, pixel on pixel."""
    even(page)
    page.keyboard.press("0")
    points = flat(expected * 20)  # neighbours that differ by three greys at most
    rows, columns = expected.shape
    on_canvas = np.array(seen(page, points, {"rows": rows, "columns": columns}))
    assert np.abs(on_canvas - [expected[y, x] for x, y in points]).max() <= 2


@needs_dcmtk
def test_a_state_that_others_wrote_is_seen_as_dcmtk_shows_it(reader: Page, house: House, tmp_path: Path) -> None:
    image = phantom(**SEEN)
    drawn = {"GraphicAnnotationSequence": items(DRAWN), "GraphicLayerSequence": items(LAYER)}
    state = state_for(image, **GREYS, **drawn)
    house.keep([image, state], tmp_path / "kept")
    opened(reader, house, SEEN)
    expect(reader.locator(".viewer-layer")).to_contain_text("Fissure, voir face")
    agrees(reader, by_dcmtk(image, state, tmp_path))
    assert axe_findings(reader) == []
    shot(reader, "viewer-foreign-state")


def test_a_selection_that_others_wrote_flags_its_images(reader: Page, house: House, tmp_path: Path) -> None:
    image = phantom(**FLAGGED)
    ds = pydicom.dcmread(io.BytesIO(image))
    content = KeyObjectSelection(codes.DCM.OfInterest, [ds], description="Signe du croissant")
    note = KeyObjectSelectionDocument([ds], content, f"{ds.StudyInstanceUID}.9", 9, f"{ds.StudyInstanceUID}.9.1", 1)
    house.keep([image, part10(note)], tmp_path / "kept")
    opened(reader, house, FLAGGED)
    expect(reader.locator("[data-cell='0']")).to_contain_text("Key image")


@needs_dcmtk
@pytest.mark.filterwarnings("ignore")  # pydicom warns of what is wrong in foreign files
def test_the_three_tables_of_the_shared_state_are_seen_as_dcmtk_shows_them(
    reader: Page, house: House, tmp_path: Path
) -> None:
    paths = [shared("dicom", "pr", name) for name in ("weasis_pr_luts_image.dcm", "weasis_pr_luts.dcm")]
    house.keep(paths, tmp_path / "kept")
    image, state = (path.read_bytes() for path in paths)
    reader.goto(house.page(f"studies/{pydicom.dcmread(paths[0]).StudyInstanceUID}"))
    whole(reader)
    agrees(reader, by_dcmtk(image, state, tmp_path))
    shot(reader, "viewer-shared-state")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("folder", "names", "words"),
    [
        ("pr", ["orthanc_cr_no_pixels.dcm", "orthanc_pr_for_cr.dcm"], "This image cannot be shown."),
        ("ko", ["drimbox_kos.dcm"], "There are no images in this study"),
    ],
    ids=["a state without an image", "a selection without images"],
)
def test_what_has_no_pixels_says_so(
    reader: Page, house: House, tmp_path: Path, folder: str, names: list[str], words: str
) -> None:
    paths = [shared("dicom", folder, name) for name in names]
    house.keep(paths, tmp_path / "kept")
    reader.goto(house.page(f"studies/{pydicom.dcmread(paths[0]).StudyInstanceUID}"))
    expect(reader.get_by_role("main")).to_contain_text(words, timeout=30_000)
    shot(reader, f"viewer-shared-{folder}")

"""How studies hang on the screen: mammograms back to back, priors below at one scale, nothing raw, nobody else's."""

import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from browser.harness import House, shot
from phantoms import part10, phantom_dataset

ROWS, COLUMNS = 400, 300
WALL = 60
"""So many pixels along the chest wall are bright, all others dark."""

VIEWS = (("CC", "R"), ("CC", "L"), ("MLO", "R"), ("MLO", "L"))
LIES = {"CC": {"R": ("P", "L"), "L": ("A", "R")}, "MLO": {"R": ("P", "F"), "L": ("A", "F")}}
"""Patient Orientation of an image that lies as it hangs."""

OPPOSITE = {"A": "P", "P": "A", "L": "R", "R": "L", "H": "F", "F": "H"}


def mammogram(view: str, side: str, *, lie: str = "", **wishes: Any) -> bytes:
    """Give a mammogram with a bright chest wall; `lie`: "mirrored" or "headlong" for one that is stored otherwise."""
    extra = wishes.pop("extra", {})
    row, column = LIES[view][side]
    bright = np.zeros((ROWS, COLUMNS), np.uint16)
    bright[:, slice(-WALL, None) if side == "R" else slice(0, WALL)] = 4000
    if lie == "mirrored":
        bright, row = bright[:, ::-1], OPPOSITE[row]
    if lie == "headlong":
        bright, row, column = bright[::-1, ::-1], OPPOSITE[row], OPPOSITE[column]
    words = {
        "BodyPartExamined": "BREAST",
        "ViewPosition": view,
        "ImageLaterality": side,
        "PatientOrientation": [row, column],
        "WindowCenter": "2000",
        "WindowWidth": "4000",
        "ViewCodeSequence": None,
        **extra,
    }
    name = f"{view}{side}{lie}{extra.get('PresentationIntentType', '')}"
    ds = phantom_dataset(
        modality="MG", rows=ROWS, columns=COLUMNS, series=name, instance=name, series_number=1, extra=words, **wishes
    )
    ds.PixelData = np.ascontiguousarray(bright).tobytes()
    return part10(ds)


BREASTS: dict[str, Any] = {
    "patient_id": "PH-0200",
    "patient_name": "Breast^Bea",
    "study": "breasts",
    "study_date": "20260301",
}
BEFORE: dict[str, Any] = {**BREASTS, "study": "breasts-before", "study_date": "20240301"}
ALONE: dict[str, Any] = {"patient_id": "PH-0201", "patient_name": "Alone^Ada", "study": "breasts-alone"}


@pytest.fixture(scope="module", autouse=True)
def _kept(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    raw = {"PresentationIntentType": "FOR PROCESSING", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2.1"}
    fine = {"ImagerPixelSpacing": [0.074, 0.074]}
    lies = {"CCR": "mirrored", "CCL": "headlong"}
    files = [
        *(mammogram(view, side, lie=lies.get(view + side, ""), **BREASTS) for view, side in VIEWS),
        mammogram("CC", "R", extra=raw, **BREASTS),
        *(mammogram(view, side, extra=fine, **BEFORE) for view, side in VIEWS),
        *(mammogram(view, side, **ALONE) for view, side in VIEWS),
    ]
    house.keep(files, tmp_path_factory.mktemp("hanging"))


def opened(page: Page, house: House, wishes: dict[str, Any], cells: int) -> None:
    page.goto(house.page(f"studies/{phantom_dataset(**wishes).StudyInstanceUID}"))
    for cell in range(cells):
        expect(page.locator(f"[data-cell='{cell}'][data-quality='full']")).to_be_visible(timeout=60_000)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def greys(page: Page, cell: int) -> tuple[float, float]:
    """Give how bright the left and the right edge of a viewport are, half-way down, 0 to 255."""
    box = page.locator(f"[data-cell='{cell}'] canvas").first.bounding_box()
    assert box is not None
    part = {"x": box["x"], "y": box["y"] + box["height"] * 0.6, "width": box["width"], "height": 4}
    picture = np.asarray(Image.open(BytesIO(page.screenshot(clip=part))).convert("L"), np.float64)
    return float(picture[:, 2:6].mean()), float(picture[:, -6:-2].mean())


def letter(page: Page, cell: int, edge: str) -> str:
    return page.locator(f"[data-cell='{cell}'] .viewer-letter[data-edge='{edge}']").inner_text()


def side(page: Page, cell: int) -> str:
    label = page.locator(f"[data-cell='{cell}']").get_attribute("aria-label") or ""
    found = re.search(r"\b(CC|MLO)\b", label)
    return found[1] if found else label


def percent(page: Page, cell: int) -> float:
    words = page.locator(f"[data-cell='{cell}'] .viewer-scale").inner_text()
    found = re.search(r"([\d.]+)\s*%", words)
    assert found is not None, words
    return float(found[1])


def test_four_mammograms_stand_chest_wall_to_chest_wall(reader: Page, house: House) -> None:
    opened(reader, house, ALONE, 4)
    assert [side(reader, cell) for cell in range(4)] == ["CC", "CC", "MLO", "MLO"]
    for right, left in ((0, 1), (2, 3)):
        assert letter(reader, right, "right") == "P"
        assert letter(reader, left, "left") == "P"
        assert greys(reader, right)[1] > 200
        assert greys(reader, left)[0] > 200
    shot(reader, "mammography")


def test_eight_mammograms_hang_in_two_rows_turned_as_their_letters_say_and_raw_ones_do_not(
    reader: Page, house: House
) -> None:
    opened(reader, house, BREASTS, 8)
    assert [side(reader, cell) for cell in range(8)] == ["CC", "CC", "MLO", "MLO"] * 2
    for cell in range(8):
        inner = 1 - cell % 2
        assert letter(reader, cell, ("left", "right")[inner]) == "P", cell
        assert greys(reader, cell)[inner] > 200, cell
        assert letter(reader, cell, "bottom") == ("LR"[cell % 2] if cell % 4 < 2 else "F"), cell
    shot(reader, "mammography-prior")


def test_current_and_prior_show_a_millimetre_equally_long(reader: Page, house: House) -> None:
    opened(reader, house, BREASTS, 8)
    current, prior = percent(reader, 0), percent(reader, 4)
    spacing = float(phantom_dataset(modality="MG").ImagerPixelSpacing[1])
    assert prior / current == pytest.approx(0.074 / spacing, rel=0.02)  # per cent are whole

"""The viewer as a reader meets it: greys, measures that stay, priors beside, and what cannot be shown."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from browser.harness import House, axe_findings, both_modes, shot
from browser.viewing import CHEST, drag, even, flat, middle, opened, scale, seen, uids, whole, windowed
from phantoms import phantom, phantom_pixels

GREY: dict[str, Any] = {
    **CHEST,
    "patient_id": "PH-0100",
    "patient_name": "Grey^Greta",
    "study": "grey",
    "accession": "GREY1",
}
INVERSE: dict[str, Any] = {**GREY, "study": "grey-inverse", "accession": "GREY2", "photometric": "MONOCHROME1"}
NOW: dict[str, Any] = {
    **CHEST,
    "patient_id": "PH-0101",
    "patient_name": "Pair^Paul",
    "study_date": "20260301",
    "study": "now",
}
BEFORE: dict[str, Any] = {**NOW, "study_date": "20240312", "study": "before", "seed": 1}
MEASURED: dict[str, Any] = {
    **CHEST,
    "patient_id": "PH-0102",
    "patient_name": "<script>alert(1)</script>",
    "study": "measured",
}
KEYS: dict[str, Any] = {**CHEST, "patient_id": "PH-0103", "study": "keys"}
BROKEN: dict[str, Any] = {**CHEST, "patient_id": "PH-0104", "study": "broken"}
AWAY: dict[str, Any] = {**CHEST, "patient_id": "PH-0105", "study": "away"}
RUN: dict[str, Any] = {
    "rows": 256,
    "columns": 256,
    "modality": "XA",
    "frames": 6,
    "patient_id": "PH-0106",
    "study": "run",
    "extra": {"WindowCenter": 2048, "WindowWidth": 4096},
}
TORN: dict[str, Any] = {**BROKEN, "instance": "torn", "series": "torn"}

SPACING_MM = 0.148
"""Imager Pixel Spacing of the made radiographs: at the detector, and nothing says how much larger (PS3.3 10.7)."""


@pytest.fixture(scope="module", autouse=True)
def _kept(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    place: Path = tmp_path_factory.mktemp("viewer")
    files = [phantom(**wishes) for wishes in (GREY, INVERSE, NOW, BEFORE, MEASURED, KEYS, BROKEN, AWAY, RUN)]
    house.keep([*files, _torn()], place)


def _torn() -> bytes:
    """Give a radiograph whose encapsulated frame ends in the middle of what a decoder needs."""
    whole = phantom(**TORN, syntax="1.2.840.10008.1.2.4.70")
    start = whole.index(b"\xff\xd8\xff")
    return whole[: start + 40] + bytes(len(whole) - start - 80) + whole[-40:]


@both_modes
@pytest.mark.parametrize("wishes", [GREY, INVERSE], ids=["monochrome2", "monochrome1"])
def test_greys_are_those_of_numpy(reader: Page, house: House, wishes: dict[str, Any], mode: str) -> None:
    opened(reader, house, wishes)
    even(reader)
    reader.keyboard.press("0")
    pixels = phantom_pixels(**wishes)[0]
    points = flat(pixels)
    expected = np.array([windowed(pixels[y, x], 2048, 4096) for x, y in points])
    if wishes is INVERSE:
        expected = 255 - expected
    assert np.abs(np.array(seen(reader, points, wishes)) - expected).max() <= 1.5  # one grey, and half for rounding
    shot(reader, f"viewer-{mode}-{wishes['study']}")


def test_a_drag_sets_the_window_and_undo_takes_it_back(reader: Page, house: House) -> None:
    opened(reader, house, GREY)
    even(reader)
    reader.keyboard.press("0")
    drag(reader, middle(reader), (100, 40))
    # 400 CSS pixels downwards are one width of the window, 200 to the right as well
    expect(reader.locator("[data-cell='0'] .viewer-scale")).to_contain_text("W 6,144 C 2,458")
    pixels = phantom_pixels(**GREY)[0]
    points = flat(pixels)
    expected = [windowed(pixels[y, x], 2048 + 409.6, 6144) for x, y in points]
    assert np.abs(np.array(seen(reader, points, GREY)) - expected).max() <= 1.5
    reader.keyboard.press("Control+z")
    expect(reader.locator("[data-cell='0'] .viewer-scale")).to_contain_text("W 4,096 C 2,048")


def test_a_length_is_in_millimetres_with_their_source_and_is_there_again_after_a_reload(
    reader: Page, house: House
) -> None:
    opened(reader, house, MEASURED)
    expect(reader.get_by_role("heading", level=1)).to_contain_text("<script>alert(1)</script>")
    even(reader)
    reader.keyboard.press("0")
    reader.keyboard.press("m")
    x, y = middle(reader)
    with reader.expect_response(lambda answer: "/annotations/draft" in answer.url and answer.request.method == "PUT"):
        drag(reader, (x - 100, y), (200, 0))
    reader.keyboard.press("Shift+B")
    words = f"{200 * SPACING_MM:.1f} mm (at detector)"  # 29.6 mm
    expect(reader.locator(".viewer-finding")).to_contain_text(words)
    assert axe_findings(reader) == []
    shot(reader, "viewer-length")
    opened(reader, house, MEASURED)
    reader.keyboard.press("Shift+B")
    expect(reader.locator(".viewer-finding")).to_contain_text(words)
    expect(reader.locator("[data-cell='0'] .viewer-scale")).to_contain_text("100 %")


def test_what_is_published_is_seen_by_others_and_is_dicom(reader_of: Callable[..., Page], house: House) -> None:
    lea = reader_of("lea")
    opened(lea, house, MEASURED)
    before = _instances(house, MEASURED)
    lea.keyboard.press("a")
    x, y = middle(lea)
    for point in ((x - 80, y + 40), (x, y + 40), (x, y + 120)):
        lea.mouse.click(*point)
    lea.keyboard.press("*")
    lea.keyboard.press("Control+s")
    dialog = lea.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Chest angles")
    assert axe_findings(lea) == []
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog).to_have_count(0, timeout=60_000)  # a child process starts that writes the objects
    assert _instances(house, MEASURED) > before
    other = reader_of("max")
    opened(other, house, MEASURED)
    other.keyboard.press("Shift+B")
    panel = other.get_by_role("complementary", name="Measurements")
    expect(panel.get_by_role("heading", name="Published")).to_be_visible()
    expect(other.locator(".viewer-layer")).to_contain_text("90.0°")
    expect(other.locator("[data-cell='0']")).to_contain_text("Key image")
    shot(other, "viewer-published")


def _instances(house: House, wishes: dict[str, Any]) -> int:
    with house.running.session() as session:
        answer = session.get(f"{house.running.web}/studies/{uids(wishes)[0]}/instances", timeout=60)
        answer.raise_for_status()
        return len(answer.json())


def test_a_prior_hangs_beside_and_follows_until_the_link_is_off(reader: Page, house: House) -> None:
    opened(reader, house, NOW)
    whole(reader, 1)
    expect(reader.locator("[data-cell='0']")).to_contain_text("01 Mar 2026")
    expect(reader.locator("[data-cell='1']")).to_contain_text("12 Mar 2024")
    shot(reader, "viewer-prior")
    fitted = scale(reader, 1)
    reader.locator("[data-cell='0']").focus()
    reader.keyboard.press("+")
    expect(reader.locator("[data-cell='1'] .viewer-scale")).not_to_have_text(fitted)
    linked = scale(reader, 1)
    reader.keyboard.press("n")
    reader.keyboard.press("+")
    expect(reader.locator("[data-cell='0'] .viewer-scale")).not_to_have_text(linked)
    assert scale(reader, 1) == linked
    assert axe_findings(reader) == []


def test_everything_is_done_by_keys_alone(reader: Page, house: House) -> None:
    opened(reader, house, KEYS)
    reader.keyboard.press("m")
    reader.locator("[data-cell='0']").focus()
    reader.keyboard.press("Tab")
    reader.keyboard.press("Enter")
    line = reader.locator("[data-cell='0'] .viewer-layer [role=button]").first
    expect(line).to_be_focused()
    reader.keyboard.press("Shift+B")
    finding = reader.locator(".viewer-finding")
    expect(finding).to_contain_text("mm (at detector)")
    length = _millimetres(finding.inner_text())
    line.focus()
    reader.keyboard.press("Tab")  # the first end of the line
    reader.keyboard.press("Shift+ArrowLeft")
    expect(finding).not_to_contain_text(f"{length:.1f} mm")
    assert abs(_millimetres(finding.inner_text()) - length - 10 * SPACING_MM) < 0.11  # ten pixels, both rounded
    reader.keyboard.press("Delete")
    expect(finding).to_have_count(0)
    reader.keyboard.press("Control+z")
    expect(finding).to_have_count(1)


def _millimetres(words: str) -> float:
    found = re.search(r"([\d.]+) mm", words)
    assert found is not None, words
    return float(found[1])


def test_letters_follow_a_flip_and_burnt_in_ones_are_warned_about(reader: Page, house: House) -> None:
    opened(reader, house, KEYS)
    left = reader.locator("[data-cell='0'] .viewer-letter[data-edge='left']")
    expect(left).to_have_text("R")
    reader.keyboard.press("x")
    expect(left).to_have_text("L")
    expect(reader.locator("[data-cell='0']")).to_contain_text("Mirrored")
    reader.keyboard.press("r")
    expect(reader.locator("[data-cell='0'] .viewer-letter[data-edge='top']")).to_have_text("L")
    reader.keyboard.press("u")
    expect(left).to_have_text("R")


def test_an_image_that_cannot_be_shown_says_so_and_the_rest_opens(reader: Page, house: House) -> None:
    opened(reader, house, BROKEN)
    problem = reader.locator(".viewer-problem")
    expect(problem).to_be_visible()
    expect(problem.get_by_role("button", name="Try again")).to_be_visible()
    assert axe_findings(reader) == []
    shot(reader, "viewer-problem")


def test_the_viewer_speaks_french(reader_of: Callable[..., Page], house: House) -> None:
    page = reader_of("max", locale="fr-FR")
    opened(page, house, NOW)
    expect(page.locator("[data-cell='0']")).to_contain_text("écran non étalonné")
    expect(page.locator("[data-cell='0']")).to_contain_text("mm au détecteur · 0,148")
    expect(page.locator("[data-cell='0']")).to_contain_text("Thorax · ")
    expect(page.get_by_role("button", name="PA Thorax")).to_be_visible()
    page.get_by_role("button", name="Mesures", exact=True).click()
    expect(page.get_by_role("complementary", name="Mesures")).to_be_visible()
    assert axe_findings(page) == []
    shot(page, "viewer-fr")


def test_a_french_keyboard_reaches_presets_by_the_row_of_digits(reader: Page, house: House) -> None:
    opened(reader, house, KEYS)
    usual = scale(reader)
    drag(reader, middle(reader), (80, 40))
    expect(reader.locator("[data-cell='0'] .viewer-scale")).not_to_have_text(usual)
    reader.evaluate(
        """() => document.body.dispatchEvent(
            new KeyboardEvent("keydown", { key: "&", code: "Digit1", bubbles: true, cancelable: true }))"""
    )
    expect(reader.locator("[data-cell='0'] .viewer-scale")).to_have_text(usual, use_inner_text=True)


def test_whoever_opens_a_study_is_seen_to_read_it_and_may_be_taken_over(
    reader_of: Callable[..., Page], house: House
) -> None:
    lea, max_ = reader_of("lea"), reader_of("max")
    opened(lea, house, KEYS)
    opened(max_, house, KEYS)
    expect(max_.get_by_text("lea is reading this study.")).to_be_visible()
    max_.get_by_role("button", name="Take over").click()
    expect(max_.get_by_text("lea is reading this study.")).to_have_count(0)
    expect(lea.get_by_text("max has taken this study over.")).to_be_visible()


def test_notes_are_kept_while_the_server_is_away_and_saved_when_it_is_back(reader: Page, house: House) -> None:
    opened(reader, house, AWAY)
    reader.route("**/annotations/draft", lambda route: route.abort())
    reader.keyboard.press("m")
    drag(reader, middle(reader), (80, 0))
    said = reader.locator(".viewer-saved")
    expect(said).to_contain_text("Your notes are kept here and sent again.")
    reader.unroute("**/annotations/draft")
    expect(said).to_be_empty(timeout=30_000)
    opened(reader, house, AWAY)
    expect(reader.locator(".viewer-layer [role=button]").first).to_be_visible()


def test_two_windows_of_one_reader_lose_nothing(reader: Page, house: House) -> None:
    opened(reader, house, AWAY)
    other = reader.context.new_page()
    opened(other, house, AWAY)
    before = other.locator(".viewer-layer [data-part=body]").count()
    for page, by in ((reader, (0, 60)), (other, (0, -60))):
        page.bring_to_front()
        page.keyboard.press("m")
        x, y = middle(page)
        if page is other:
            drag(page, (x - 100, y + by[1]), (60, 10))
            continue
        with page.expect_response(lambda answer: "/annotations/draft" in answer.url):
            drag(page, (x - 100, y + by[1]), (60, 10))
    dialog = other.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Your annotations were changed elsewhere", timeout=15_000)
    assert axe_findings(other) == []
    dialog.get_by_role("button", name="Keep both").click()
    expect(dialog).to_have_count(0)
    expect(other.locator(".viewer-layer [data-part=body]")).to_have_count(before + 2)
    other.close()


def test_a_run_of_frames_plays_stops_and_is_subtracted(reader: Page, house: House) -> None:
    opened(reader, house, RUN)
    cell = reader.locator("[data-cell='0']")
    expect(cell).to_have_attribute("data-frame", "1")
    reader.keyboard.press("PageDown")
    expect(cell).to_have_attribute("data-frame", "2")
    reader.keyboard.press("k")
    expect(cell.get_by_role("button", name="Stop")).to_be_visible()
    expect(cell).not_to_have_attribute("data-frame", "2")
    reader.keyboard.press("k")
    expect(cell.get_by_role("button", name="Play", exact=True)).to_be_visible()
    reader.keyboard.press("Shift+D")
    expect(cell).to_contain_text("processed")
    reader.keyboard.press("Shift+D")
    expect(cell).not_to_contain_text("processed")
    shot(reader, "viewer-frames")


def test_the_attributes_of_an_image_can_be_searched(reader: Page, house: House) -> None:
    opened(reader, house, GREY)
    reader.keyboard.press("Shift+I")
    dialog = reader.get_by_role("dialog", name="DICOM attributes")
    dialog.get_by_label("Search by tag, name or value").fill("imager spacing")
    expect(dialog.get_by_role("cell", name="(0018,1164)")).to_be_visible()
    expect(dialog.get_by_text("0.148\\0.148")).to_be_visible()
    assert axe_findings(reader) == []


@pytest.mark.parametrize("size", [(1180, 820), (820, 1180), (360, 740)], ids=["tablet", "tablet-upright", "telephone"])
def test_a_tablet_and_a_telephone_show_the_image(
    reader_of: Callable[..., Page], house: House, size: tuple[int, int]
) -> None:
    page = reader_of("lea", viewport={"width": size[0], "height": size[1]}, has_touch=True)
    opened(page, house, NOW)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size[0]
    assert axe_findings(page) == []
    shot(page, f"viewer-{size[0]}")

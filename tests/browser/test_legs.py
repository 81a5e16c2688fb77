"""The side of one leg: asked for when nobody says it, changed in the list, said beside the drawing."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.harness import House, axe_findings, shot
from browser.viewing import middle, opened
from phantoms import phantom

LEG: dict[str, Any] = {
    "rows": 500,
    "columns": 400,
    "patient_id": "PH-0330",
    "study": "leg",
    "extra": {"BodyPartExamined": "LEG", "ImageLaterality": "U", "Laterality": None},
}
LEFT: dict[str, Any] = {**LEG, "patient_id": "PH-0331", "extra": {"BodyPartExamined": "LEG", "ImageLaterality": "L"}}


@pytest.fixture(scope="module", autouse=True)
def _kept(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    house.keep([phantom(**wishes) for wishes in (LEG, LEFT)], tmp_path_factory.mktemp("legs"))


def draw_leg(page: Page) -> None:
    """Take the tool for leg lengths, put down hip and ankle, and end with one leg."""
    page.keyboard.press("Shift+L")
    x, y = middle(page)
    page.mouse.click(x, y - 100)
    page.mouse.click(x, y + 100)
    page.keyboard.press("Enter")


def test_the_side_of_one_leg_is_asked_for_and_can_be_changed(reader: Page, house: House) -> None:
    opened(reader, house, LEG)
    draw_leg(reader)
    dialog = reader.get_by_role("dialog", name="Which leg is it?")
    expect(dialog).to_be_visible()
    assert axe_findings(reader) == []
    shot(reader, "viewer-side")
    dialog.get_by_role("button", name="Right").click()
    expect(dialog).to_have_count(0)
    expect(reader.locator("[data-cell='0'] .viewer-layer")).to_contain_text("Right leg")
    reader.keyboard.press("Shift+B")
    finding = reader.locator(".viewer-finding")
    expect(finding).to_contain_text("Right leg")
    finding.get_by_role("button", name="Side").click()
    with reader.expect_response(lambda answer: "/annotations/draft" in answer.url and answer.request.method == "PUT"):
        reader.get_by_role("option", name="Left").click()
    expect(finding).to_contain_text("Left leg")
    assert axe_findings(reader) == []
    shot(reader, "viewer-side-list")
    opened(reader, house, LEG)
    expect(reader.locator("[data-cell='0'] .viewer-layer")).to_contain_text("Left leg")


def test_an_image_that_says_its_side_is_not_asked_about(reader: Page, house: House) -> None:
    opened(reader, house, LEFT)
    draw_leg(reader)
    expect(reader.locator("[data-cell='0'] .viewer-layer")).to_contain_text("Left leg")
    expect(reader.get_by_role("dialog")).to_have_count(0)

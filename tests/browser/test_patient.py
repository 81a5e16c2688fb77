"""The patient page: who it is, and all exams in one line."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from browser.harness import House, axe_findings, in_theme, shot


def to_patient(page: Page, house: House, words: str = "NOW1") -> None:
    """Go to the page of the patient whose study is found by `words`."""
    page.goto(house.page(f"?q={words}"))
    page.locator("[role=row][data-key]").first.click()
    page.get_by_role("complementary").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/app/patients/"))


def test_the_exams_of_a_patient_stand_in_one_line_by_year(reader: Page, house: House) -> None:
    to_patient(reader, house)
    heading = reader.get_by_role("heading", level=1)
    expect(heading).to_have_text("Phantom, Paule")
    expect(heading).to_be_focused()
    line = reader.get_by_role("region", name="Timeline")
    expect(line.get_by_role("heading", level=2)).to_have_text([re.compile("2026"), re.compile("2024")])
    expect(line.get_by_role("img").first).to_be_visible()
    expect(reader.get_by_role("definition").filter(has_text="PH-0001")).to_be_visible()
    expect(reader.get_by_text("29 Feb 1960")).to_be_visible()
    for theme in ("dark", "light"):
        in_theme(reader, theme)
        assert axe_findings(reader) == []
        shot(reader, f"patient-{theme}")


def test_an_exam_leads_to_its_images_and_escape_back_to_the_list(reader: Page, house: House) -> None:
    to_patient(reader, house)
    exam = reader.get_by_role("region", name="Timeline").get_by_role("link").first
    expect(exam).to_have_attribute("href", re.compile("/app/studies/"))
    reader.keyboard.press("Escape")
    expect(reader.get_by_role("searchbox")).to_have_value("NOW1")


def test_a_patient_that_is_not_there_is_said(reader: Page, house: House) -> None:
    reader.goto(house.page("patients/999999"))
    expect(reader.get_by_role("alert")).to_contain_text("This is not here, or not yours to see.")
    assert axe_findings(reader) == []


def test_the_page_fits_a_phone(reader_of: Callable[..., Page], house: House) -> None:
    page = reader_of("lea", viewport={"width": 1280, "height": 740})
    to_patient(page, house)
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe_findings(page) == []
    shot(page, "patient-phone")

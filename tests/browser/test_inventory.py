"""Studies that hold nothing to hang: notes on images that are kept elsewhere or nowhere, raw images alone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pydicom import Dataset

from browser.harness import House, axe_findings, shot
from browser.viewing import CHEST, uids, whole
from notes import rejection_note
from phantoms import phantom, phantom_dataset

OF_INTEREST = "113000"
"""A title that rejects nothing (PS3.16 CID 7010)."""

PERSON: dict[str, Any] = {**CHEST, "patient_id": "PH-0310", "patient_name": "Note^Nora"}
KEPT: dict[str, Any] = {**PERSON, "study": "kept", "study_date": "20240312", "study_description": "Chest at work"}
LOST: dict[str, Any] = {**PERSON, "study": "kept", "instance": "lost"}
NOTES: dict[str, Any] = {**PERSON, "study": "notes", "study_date": "20260301"}
RAW: dict[str, Any] = {
    **PERSON,
    "study": "raw",
    "extra": {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1.1",
        "PresentationIntentType": "FOR PROCESSING",
        "BodyPartExamined": "CHEST",
    },
}


@pytest.fixture(scope="module", autouse=True)
def _kept(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = phantom_dataset(**NOTES)
    notes = [rejection_note(_film(wishes), OF_INTEREST, filed_in=place) for wishes in (KEPT, LOST)]
    house.keep([phantom(**KEPT), phantom(**RAW), *notes], tmp_path_factory.mktemp("notes"))


def _film(wishes: dict[str, Any]) -> Dataset:
    return phantom_dataset(**wishes)


def test_a_study_of_notes_alone_says_what_they_speak_of_and_where_that_is(reader: Page, house: House) -> None:
    reader.goto(house.page(f"studies/{uids(NOTES)[0]}"))
    held = reader.get_by_role("region", name="What this study holds")
    expect(held.get_by_role("heading", name="There are no images in this study")).to_be_visible(timeout=30_000)
    expect(held).to_contain_text("It holds 2 objects that are no images:")
    expect(held.get_by_text("1 image in another study: Chest at work, 12 Mar 2024")).to_be_visible()
    expect(held.get_by_text("1 image is not kept here, or not for you to see")).to_be_visible()
    assert axe_findings(reader) == []
    shot(reader, "viewer-notes-alone")
    held.get_by_role("link", name="Chest at work").click()
    whole(reader)
    expect(reader.locator("[data-cell='0']")).to_contain_text("12 Mar 2024")


def test_raw_images_alone_are_shown_at_the_reader_s_wish(reader: Page, house: House) -> None:
    reader.goto(house.page(f"studies/{uids(RAW)[0]}"))
    held = reader.get_by_role("region", name="What this study holds")
    expect(held.get_by_role("heading", name="No image of this study is for reading")).to_be_visible(timeout=30_000)
    held.get_by_role("button", name="Show all the same").click()
    whole(reader)
    expect(reader.locator("[data-cell='0']")).to_contain_text("FOR PROCESSING: not for diagnosis")


def test_a_study_of_notes_alone_speaks_french(reader_of: Callable[..., Page], house: House) -> None:
    page = reader_of("max", locale="fr-FR", viewport={"width": 360, "height": 740})
    page.goto(house.page(f"studies/{uids(NOTES)[0]}"))
    held = page.get_by_role("region", name="Contenu de cet examen")
    expect(held.get_by_text("1 image n’est pas conservée ici, ou ne vous est pas accessible")).to_be_visible(
        timeout=30_000
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    shot(page, "viewer-notes-alone-fr")

"""What must not go wrong while reading: a session that ends, two patients on one screen."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.harness import PASSWORD, House, axe_findings, shot
from browser.viewing import CHEST, drag, middle, opened, scale, uids, whole
from phantoms import phantom

ANNA: dict[str, Any] = {
    **CHEST,
    "patient_id": "PH-0320",
    "patient_name": "First^Anna",
    "study": "anna",
    "study_date": "20260301",
}
CARA: dict[str, Any] = {**ANNA, "patient_id": "PH-0323", "patient_name": "Third^Cara", "study": "cara"}
BELA: dict[str, Any] = {
    **CHEST,
    "patient_id": "PH-0321",
    "patient_name": "Second^Bela",
    "study": "bela",
    "study_date": "20250301",
    "seed": 3,
}
RUN: dict[str, Any] = {
    "rows": 128,
    "columns": 128,
    "modality": "XA",
    "frames": 30,
    "patient_id": "PH-0322",
    "study": "long run",
}


@pytest.fixture(scope="module", autouse=True)
def _kept(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    house.keep([phantom(**wishes) for wishes in (ANNA, BELA, CARA, RUN)], tmp_path_factory.mktemp("safety"))


def ended(page: Page) -> Locator:
    """Give the dialog over a session that ended, once it is there."""
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_text("Your session has ended")).to_be_visible()
    return dialog


def back(dialog: Locator, password: str = PASSWORD) -> None:
    """Sign in again, as whoever was there."""
    dialog.get_by_label("Password").fill(password)
    dialog.get_by_role("button", name="Sign in").click()


def test_what_was_drawn_is_kept_over_a_session_that_ends_and_saved_afterwards(reader: Page, house: House) -> None:
    opened(reader, house, ANNA)
    reader.context.clear_cookies()
    reader.keyboard.press("m")
    drag(reader, middle(reader), (80, 0))
    dialog = ended(reader)
    assert axe_findings(reader) == []
    shot(reader, "viewer-session-ended")
    back(dialog, "not the password")
    expect(dialog.get_by_text("The name or the password is wrong.")).to_be_visible()
    with reader.expect_response(lambda answer: "/annotations/draft" in answer.url and answer.status == 200):
        back(dialog)
    expect(dialog).to_have_count(0)
    expect(reader.locator(".viewer-saved")).to_be_empty()
    expect(reader.locator(".viewer-layer [data-part=body]")).to_have_count(1)
    reader.keyboard.press("i")  # the work goes on where it was
    expect(reader.locator("[data-cell='0']")).to_contain_text("inverted")
    opened(reader, house, ANNA)
    expect(reader.locator(".viewer-layer [data-part=body]")).to_have_count(1)


def test_an_image_that_met_an_ended_session_comes_when_its_reader_is_back(reader: Page, house: House) -> None:
    opened(reader, house, RUN)
    reader.context.clear_cookies()
    reader.get_by_role("slider", name="Image in the stack").fill("25")
    dialog = ended(reader)
    back(dialog)
    expect(dialog).to_have_count(0)
    cell = reader.locator("[data-cell='0']")
    expect(cell).to_have_attribute("data-frame", "25")
    expect(cell).to_have_attribute("data-quality", "full")


def beside_each_other(reader_of: Callable[..., Page], house: House) -> Page:
    """Give a window of one patient's study into which another's was moved, as a browser does that closes no window."""
    second = reader_of("lea")
    second.add_init_script("window.close = () => undefined")
    second.goto(f"{house.page(f'studies/{uids(CARA)[0]}')}?window=2")
    whole(second)
    second.get_by_role("button", name="Layout").click()
    second.get_by_role("menuitem", name="1 × 2").click()
    second.locator("[data-cell='1']").click()
    first = second.context.new_page()
    opened(first, house, BELA)
    with first.expect_popup() as popup:
        first.keyboard.press("Alt+n")
    whole(popup.value)
    popup.value.close()
    second.bring_to_front()  # a page behind another draws nothing
    whole(second, 1)
    return second


def test_two_patients_on_one_screen_are_said_and_never_linked(reader_of: Callable[..., Page], house: House) -> None:
    page = beside_each_other(reader_of, house)
    banner = page.get_by_role("alert").filter(has_text="Two patients are open")
    expect(banner).to_contain_text("Two patients are open: Third, Cara / Second, Bela. They are never linked.")
    assert axe_findings(page) == []
    shot(page, "viewer-two-patients")
    still = scale(page, 1)
    page.locator("[data-cell='0']").focus()
    page.keyboard.press("+")
    page.keyboard.press("i")
    expect(page.locator("[data-cell='0']")).to_contain_text("inverted")
    assert scale(page, 1) == still
    expect(page.locator("[data-cell='1']")).not_to_contain_text("inverted")
    page.locator("[data-cell='0']").focus()
    page.get_by_role("button", name="Layout").click()
    page.get_by_role("menuitem", name="1 × 1").click()
    expect(banner).to_have_count(0)


def test_a_second_window_closes_when_another_patient_is_opened_beside_it(reader: Page, house: House) -> None:
    opened(reader, house, CARA)
    with reader.expect_popup() as popup:
        reader.keyboard.press("Alt+n")
    second = popup.value
    whole(second)
    expect(second).to_have_url(re.compile(r"window=2$"))
    expect(reader.locator("[data-cell='0']")).to_contain_text("Drag an image here")  # it was moved, not copied
    with second.expect_event("close"):
        opened(reader, house, BELA)

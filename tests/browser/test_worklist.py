"""The worklist as its readers use it: found, sorted, filtered, marked, and live."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from playwright.sync_api import Locator, Page, expect
from pydicom import dcmread
from pynetdicom import AE

from browser.harness import House, axe_findings, in_theme, shot
from peers.processes import free_port
from phantoms import phantom

NARROW = {"width": 360, "height": 740}
WIDE = {"width": 2400, "height": 900}
"""Wide enough for every column."""


@pytest.fixture
def listed(reader: Page, house: House) -> Page:
    """The worklist of "lea", loaded."""
    return opened(reader, house)


def opened(page: Page, house: House, place: str = "") -> Page:
    page.goto(house.page(place))
    expect(rows(page).first).to_be_visible()
    return page


def rows(page: Page) -> Locator:
    """The rows of studies, without the head."""
    return page.locator("[role=row][data-key]")


def row(page: Page, text: str) -> Locator:
    """The first row that says `text`."""
    return rows(page).filter(has_text=text).first


@pytest.fixture(scope="module")
def modality(house: House) -> Callable[[bytes], None]:
    """Send one object as a known modality does."""
    house.running.add_peer("MODALITY", free_port())

    def store(data: bytes) -> None:
        dataset = dcmread(BytesIO(data))
        entity = AE(ae_title="MODALITY")
        entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
        association = entity.associate(*house.running.dicom, ae_title=house.running.aet)
        assert association.is_established
        status = association.send_c_store(dataset)
        association.release()
        assert status.Status == 0

    return store


def test_a_reader_finds_a_patient_by_parts_of_a_name_without_accents(listed: Page) -> None:
    listed.keyboard.press("/")
    search = listed.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.fill("ines phantom")
    expect(rows(listed)).to_have_count(1)
    expect(rows(listed)).to_contain_text("Phantom, Inès")
    expect(listed).to_have_url(re.compile(r"q=ines"))
    shot(listed, "worklist-search")


def test_what_was_searched_is_there_again_after_a_reload_and_can_be_cleared(listed: Page) -> None:
    listed.get_by_role("searchbox").fill("NOW1")
    expect(rows(listed)).to_have_count(1)
    listed.reload()
    expect(listed.get_by_role("searchbox")).to_have_value("NOW1")
    expect(rows(listed)).to_have_count(1)
    listed.get_by_role("button", name="Clear the search").click()
    expect(rows(listed).nth(2)).to_be_visible()


def test_nothing_found_says_so_and_leads_back(listed: Page) -> None:
    listed.get_by_role("searchbox").fill("zzzzzz")
    expect(listed.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert axe_findings(listed) == []
    listed.get_by_role("button", name="Drop search and filters").click()
    expect(rows(listed).nth(2)).to_be_visible()


def test_the_whole_list_is_worked_by_keyboard(listed: Page) -> None:
    listed.get_by_role("searchbox").fill("phantom")
    expect(rows(listed)).to_have_count(3)
    listed.keyboard.press("ArrowDown")
    expect(rows(listed).nth(0)).to_be_focused()
    listed.keyboard.press("ArrowDown")
    expect(rows(listed).nth(1)).to_be_focused()
    expect(listed.get_by_role("complementary").get_by_role("img").first).to_be_visible()
    listed.keyboard.press("Shift+ArrowDown")
    expect(listed.get_by_role("toolbar", name="Selected studies")).to_contain_text("2 studies selected")
    shot(listed, "worklist-selected")
    study = rows(listed).nth(2).get_attribute("data-key")
    listed.keyboard.press("Enter")
    expect(listed).to_have_url(re.compile(re.escape(f"/app/studies/{study}")))


def test_the_arrow_down_enters_a_list_that_has_just_opened(listed: Page) -> None:
    listed.keyboard.press("ArrowDown")
    expect(rows(listed).first).to_be_focused()
    expect(listed.get_by_role("complementary").get_by_role("heading")).to_be_visible()


def test_pointing_at_a_row_shows_its_pictures(listed: Page) -> None:
    row(listed, "Phantom, Inès").hover()
    preview = listed.get_by_role("complementary")
    expect(preview.get_by_role("heading")).to_have_text("Phantom, Inès")
    picture = preview.get_by_role("img").first
    expect(picture).to_be_visible()
    listed.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())


def test_coming_back_from_a_study_stands_where_one_left(listed: Page) -> None:
    listed.get_by_role("searchbox").fill("phantom")
    expect(rows(listed)).to_have_count(3)
    left = rows(listed).nth(1)
    study = left.get_attribute("data-key")
    left.focus()
    listed.keyboard.press("Enter")
    expect(listed).to_have_url(re.compile("/app/studies/"))
    listed.go_back()
    expect(listed.get_by_role("searchbox")).to_have_value("phantom")
    expect(listed.locator(f"[role=row][data-key='{study}']")).to_be_focused()


def test_typing_the_first_letters_jumps_to_a_name(listed: Page) -> None:
    rows(listed).first.focus()
    listed.keyboard.type("phantom")
    focused = listed.locator("[role=row]:focus")
    expect(focused).to_contain_text("Phantom")


def test_the_sheet_of_keys_opens_and_closes(listed: Page) -> None:
    rows(listed).first.focus()
    listed.keyboard.press("?")
    sheet = listed.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_contain_text("Mark as read")
    assert axe_findings(listed) == []
    shot(listed, "keys")
    listed.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_head_sorts_both_ways(listed: Page) -> None:
    listed.get_by_role("searchbox").fill("phantom")
    expect(rows(listed)).to_have_count(3)
    head = listed.get_by_role("columnheader", name="Patient")
    head.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(rows(listed).first).to_contain_text("Inès")
    head.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(rows(listed).first).to_contain_text("Paule")


def test_chips_narrow_the_list_and_are_dropped_at_once(listed: Page) -> None:
    listed.get_by_role("button", name="Modality").click()
    listed.get_by_role("menuitemcheckbox", name="CR").click()
    listed.keyboard.press("Escape")
    expect(listed).to_have_url(re.compile("modality=CR"))
    expect(row(listed, "DX")).to_have_count(0)
    listed.get_by_role("button", name="No filters").click()
    expect(row(listed, "DX")).to_be_visible()


def test_status_is_marked_by_key_and_seen_by_others_live(reader_of: Callable[..., Page], house: House) -> None:
    lea, max_ = (opened(reader_of(name), house, "?q=NOW1") for name in ("lea", "max"))
    expect(lea.get_by_text("live", exact=True)).to_be_visible()
    expect(max_.get_by_text("live", exact=True)).to_be_visible()
    rows(lea).first.focus()
    lea.keyboard.press("Alt+r")
    expect(rows(lea).first).to_contain_text("Read")
    expect(rows(max_).first).to_contain_text("Read")
    rows(lea).first.focus()
    lea.keyboard.press("Alt+n")
    expect(rows(max_).first).to_contain_text("New")


def test_two_readers_who_change_the_same_study_are_asked(reader_of: Callable[..., Page], house: House) -> None:
    lea, max_ = (opened(reader_of(name, viewport=WIDE), house, "?q=BEFORE1") for name in ("lea", "max"))
    rows(lea).first.click()
    comment = lea.get_by_label("Comment")
    comment.fill("lea's words")  # begun on this version, not saved yet
    session = max_.context.request.get("/api/session").json()
    seen = max_.context.request.get("/api/worklist?q=BEFORE1").json()["studies"][0]
    saved = max_.context.request.patch(
        f"/api/worklist/{seen['study']}",
        data={"version": seen["version"], "comment": "max's words"},
        headers={"X-CSRF-Token": session["csrf"]},
    )
    assert saved.ok
    comment.press("Control+Enter")
    asked = lea.get_by_role("alertdialog")
    expect(asked).to_contain_text("max's words")
    expect(asked).to_contain_text("lea's words")
    assert axe_findings(lea) == []
    shot(lea, "conflict")
    asked.get_by_role("button", name="Use mine").click()
    expect(row(max_, "lea's words")).to_be_visible()


def test_a_study_that_a_modality_sends_appears_by_itself(listed: Page, modality: Callable[[bytes], None]) -> None:
    expect(listed.get_by_text("live", exact=True)).to_be_visible()
    rows(listed).first.focus()
    held = rows(listed).first.get_attribute("data-key")
    modality(phantom(study="come", patient_id="PH-0100", patient_name="Fresh^Arrival", study_date="20261101"))
    expect(row(listed, "Fresh, Arrival")).to_be_visible()
    assert listed.locator("[role=row]:focus").get_attribute("data-key") == held


def test_a_script_in_a_name_stays_text(listed: Page, modality: Callable[[bytes], None]) -> None:
    name = "<script>ran()</script>^<img src onerror>"
    modality(phantom(study="ill", patient_id="PH-0200", patient_name=name, study_date="20261102"))
    found = row(listed, "<script>ran()</script>, <img src onerror>")
    expect(found).to_be_visible()
    found.click()
    expect(listed.get_by_role("complementary").get_by_role("heading")).to_contain_text("<script>")
    assert listed.locator("main script, main img[onerror]").count() == 0


def test_a_view_is_saved_shown_changed_and_deleted(listed: Page) -> None:
    listed.get_by_role("searchbox").fill("phantom")
    expect(rows(listed)).not_to_have_count(0)
    choose(listed, "Save as a new view…")
    dialog = listed.get_by_role("dialog", name="Save as a new view")
    dialog.get_by_label("Name").fill("Phantoms")
    assert axe_findings(listed) == []
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(listed.get_by_role("button", name="View: Phantoms")).to_be_visible()
    choose(listed, "All studies")
    expect(listed.get_by_role("searchbox")).to_have_value("")
    choose(listed, "Phantoms")
    expect(listed.get_by_role("searchbox")).to_have_value("phantom")
    choose(listed, "Delete this view…")
    listed.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(listed.get_by_role("button", name="View: All studies")).to_be_visible()


def choose(page: Page, item: str) -> None:
    """Choose an item of the menu of views."""
    page.get_by_role("button", name=re.compile("^View:")).click()
    page.locator("[role^=menuitem]").filter(has_text=item).click()


def test_columns_are_chosen_and_kept(reader_of: Callable[..., Page], house: House) -> None:
    page = opened(reader_of("ida"), house)
    page.get_by_role("button", name="Columns").click()
    for column in ("Date", "Station"):
        page.get_by_role("menuitemcheckbox", name=column).click()
    page.keyboard.press("Escape")
    heads = page.get_by_role("columnheader")
    expect(heads).to_have_count(4)
    with page.expect_response(re.compile("/api/preferences")):
        page.reload()
    expect(heads).to_have_count(4)


def test_no_page_of_the_worklist_has_serious_findings_in_either_theme(listed: Page) -> None:
    rows(listed).first.click()
    expect(listed.get_by_role("complementary").get_by_role("heading")).to_be_visible()
    for theme in ("dark", "light"):
        in_theme(listed, theme)
        assert axe_findings(listed) == []
        shot(listed, f"worklist-{theme}")


def test_a_study_that_was_chosen_is_warmed_and_one_that_was_pointed_at_is_not(listed: Page) -> None:
    asked: list[str] = []
    listed.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    pointed, chosen = row(listed, "PH-0002"), row(listed, "PH-0001")
    with listed.expect_response("**/thumbnail*"):
        pointed.hover()
    with listed.expect_request(lambda request: "/frames/1" in request.url) as frame:
        chosen.focus()
        listed.mouse.move(0, 0)
    assert frame.value.headers["range"] == "bytes=0-131071"
    study = chosen.get_attribute("data-key")
    assert study is not None
    models = [line for line in asked if "/render-model" in line]
    assert models
    assert all(study in line for line in models)
    assert not [line for line in asked if "/lease" in line]


def test_a_phone_shows_cards_without_scrolling_sideways(reader_of: Callable[..., Page], house: House) -> None:
    page = opened(reader_of("lea", viewport=NARROW), house)
    expect(page.get_by_role("grid")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert axe_findings(page) == []
    shot(page, "worklist-phone")


def test_a_phone_changes_status_priority_and_comment_in_a_sheet(reader_of: Callable[..., Page], house: House) -> None:
    page = opened(reader_of("lea", viewport=NARROW, has_touch=True), house)
    card = row(page, "PH-0002")
    card.get_by_role("button", name=re.compile("Details: Phantom")).tap()
    sheet = page.get_by_role("dialog", name="Details")
    expect(sheet.get_by_role("button", name="Open")).to_be_visible()
    for field, word in (("Status", "Read"), ("Priority", "Urgent")):
        sheet.get_by_role("button", name=field).tap()
        with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
            page.get_by_role("option", name=word, exact=True).tap()
    sheet.get_by_label("Comment").fill("Call the ward")
    with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
        sheet.get_by_label("Comment").blur()
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    shot(page, "worklist-phone-details")
    sheet.get_by_role("button", name="Close").tap()
    expect(sheet).to_have_count(0)
    expect(card).to_contain_text("Read")
    expect(card).to_contain_text("Urgent")
    page.reload()
    row(page, "PH-0002").get_by_role("button", name=re.compile("Details: Phantom")).tap()
    expect(sheet.get_by_label("Comment")).to_have_value("Call the ward")


def test_the_worklist_is_french_for_those_who_choose_it(reader_of: Callable[..., Page], house: House) -> None:
    page = opened(reader_of("max"), house)
    page.get_by_role("button", name=re.compile("Signed in as max")).click()
    with page.expect_response(
        lambda answer: answer.url.endswith("/api/preferences") and answer.request.method == "PUT"
    ):
        page.get_by_role("menuitemradio", name="Français").click()
    expect(page.get_by_role("columnheader", name="Naissance")).to_be_visible()
    page.reload()
    expect(page.get_by_role("searchbox", name="Chercher des examens")).to_be_visible()
    shot(page, "worklist-fr")
    page.get_by_role("button", name=re.compile("Connecté en tant que max")).click()
    with page.expect_response(
        lambda answer: answer.url.endswith("/api/preferences") and answer.request.method == "PUT"
    ):
        page.get_by_role("menuitemradio", name="English").click()

"""Settings and help: look, keys, mouse, and the size of the screen."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.harness import House, axe_findings, in_theme, shot, sign_in

PARTS = ("look", "keys", "mouse", "screen")


def saved(page: Page, deed: Callable[[], None]) -> None:
    """Do something that changes the preferences, and wait until they are saved."""
    with page.expect_response(
        lambda answer: answer.url.endswith("/api/preferences") and answer.request.method == "PUT"
    ):
        deed()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_without_serious_findings_in_both_themes(reader: Page, house: House, part: str) -> None:
    reader.goto(house.page(f"settings?part={part}"))
    expect(reader.get_by_role("tabpanel")).to_be_visible()
    for theme in ("dark", "light"):
        in_theme(reader, theme)
        assert axe_findings(reader) == []
    shot(reader, f"settings-{part}")


def test_the_theme_holds_on_another_machine(reader_of: Callable[..., Page], house: House) -> None:
    here = reader_of("ida")
    here.goto(house.page("settings"))
    saved(here, here.get_by_text("For the office").click)
    expect(here.locator("html")).to_have_attribute("data-theme", "light")
    there = reader_of("ida")
    there.goto(house.page("settings"))
    expect(there.locator("html")).to_have_attribute("data-theme", "light")


def test_a_key_is_changed_works_and_is_given_back(reader: Page, house: House) -> None:
    reader.goto(house.page("settings?part=keys"))
    change = reader.get_by_role("button", name="Change the key for: Show the keys")
    change.click()
    saved(reader, lambda: reader.keyboard.press("F8"))
    reader.get_by_role("heading", level=1).click()
    reader.keyboard.press("F8")
    expect(reader.get_by_role("dialog", name="Keyboard")).to_be_visible()
    reader.keyboard.press("Escape")
    saved(reader, reader.get_by_role("button", name="As it was: Show the keys").click)
    expect(change).to_contain_text("?")


def test_a_key_that_is_taken_is_not_taken_twice(reader: Page, house: House) -> None:
    reader.goto(house.page("settings?part=keys"))
    reader.get_by_role("button", name="Change the key for: To the settings").click()
    reader.keyboard.press("?")
    expect(reader.get_by_role("alert")).to_contain_text("Show the keys")


def test_the_mouse_is_mapped_and_kept(reader: Page, house: House) -> None:
    reader.goto(house.page("settings?part=mouse"))
    reader.get_by_role("button", name=re.compile("Wheel")).first.click()
    saved(reader, reader.get_by_role("option", name="Zoom").click)
    reader.reload()
    expect(reader.get_by_role("button", name=re.compile("Wheel")).first).to_contain_text("Zoom")
    saved(reader, reader.get_by_role("button", name="All as it was").click)


def test_a_screen_is_calibrated_by_a_card_and_forgotten(reader: Page, house: House) -> None:
    reader.goto(house.page("settings?part=screen"))
    expect(reader.get_by_text("This screen is not calibrated")).to_be_visible()
    card = reader.get_by_role("img", name=re.compile("bank card"))
    # an unmeasured screen begins with CSS's own millimetre, 96/25.4 pixels; ISO/IEC 7810 ID-1 is 85.60 mm wide
    box = card.bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(85.6 * 96 / 25.4, abs=0.6)
    reader.get_by_role("slider").focus()
    for _ in range(5):
        reader.keyboard.press("ArrowRight")
    box = card.bounding_box()
    assert box is not None
    saved(reader, reader.get_by_role("button", name=re.compile("It fits")).click)
    expect(reader.get_by_text("This screen is calibrated", exact=True).first).to_be_visible()
    kept = reader.context.request.get("/api/preferences").json()["screens"]
    [scale] = [one["mm_per_css_px"] for one in kept.values()]
    assert scale == pytest.approx(85.6 / box["width"], rel=0.002)
    shot(reader, "settings-calibrated")
    saved(reader, reader.get_by_role("button", name="Forget").click)
    expect(reader.get_by_text("This screen is not calibrated")).to_be_visible()


def test_help_has_keys_and_the_search_language(reader: Page, house: House) -> None:
    reader.goto(house.page("help"))
    expect(reader.get_by_role("heading", level=1)).to_have_text("Help")
    assert axe_findings(reader) == []
    reader.get_by_role("tab", name="Search").click()
    expect(reader.get_by_role("tabpanel")).to_contain_text("CR thorax")
    assert axe_findings(reader) == []
    shot(reader, "help")


def test_a_page_that_is_not_there_leads_home(reader: Page, house: House) -> None:
    reader.goto(house.page("what/ever"))
    expect(reader.get_by_role("heading", name="There is no such page")).to_be_visible()
    assert axe_findings(reader) == []
    reader.get_by_role("button", name="To the worklist").click()
    expect(reader).to_have_url(house.page())


def test_a_page_that_fails_says_what_was_kept_and_leads_on(browsers: Callable[[str], Browser], house: House) -> None:
    context = browsers("gl").new_context(base_url=house.url, locale="en-GB")
    sign_in(context)
    page = context.new_page()  # not watched: the failure is told in the console, too
    page.route(re.compile("HelpPage"), lambda route: route.abort())
    page.goto(house.page("help"))
    expect(page.get_by_role("alert")).to_contain_text("Everything that was saved is kept on the server")
    assert axe_findings(page) == []
    page.get_by_role("button", name="To the worklist").click()
    expect(page.get_by_role("searchbox")).to_be_visible()
    context.close()

"""Signing in and out, as a person does it."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from browser.harness import PASSWORD, House, Pages, axe_findings, shot, sign_in


def fill_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_signs_in_and_out_again(page: Page, house: House) -> None:
    page.goto(f"{house.url}/")
    expect(page).to_have_url(house.page())
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert axe_findings(page) == []
    shot(page, "sign-in")
    fill_in(page, "lea", PASSWORD)
    expect(page.get_by_role("link", name="Worklist")).to_be_visible()
    assert axe_findings(page) == []
    shot(page, "signed-in")
    page.get_by_role("button", name=re.compile("Signed in as lea")).click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.context.request.get("/api/session").status == 401


def test_a_wrong_password_is_said_and_nobody_is_in(page: Page, house: House) -> None:
    page.goto(house.page())
    fill_in(page, "lea", "something else")
    expect(page.get_by_text("The name or the password is wrong.")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_value("")
    assert axe_findings(page) == []


def test_whoever_prefers_french_is_met_in_french_and_may_choose(pages: Pages, house: House) -> None:
    with pages(locale="fr-FR") as page:
        page.goto(house.page())
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page.get_by_label("Mot de passe")).to_be_visible()
        shot(page, "sign-in-fr")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_label("Password")).to_be_visible()


def test_a_session_that_ended_is_asked_for_above_the_work_and_the_work_goes_on(reader: Page, house: House) -> None:
    reader.goto(house.page("settings"))
    expect(reader.get_by_role("link", name="Worklist")).to_be_visible()
    reader.context.clear_cookies()
    reader.get_by_role("link", name="Worklist").click()
    dialog = reader.get_by_role("alertdialog")
    expect(dialog.get_by_text("Your session has ended")).to_be_visible()
    assert axe_findings(reader) == []
    shot(reader, "session-ended")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    expect(reader).to_have_url(re.compile(r"/app/"))


def test_signing_out_in_one_tab_covers_the_others(reader: Page, house: House) -> None:
    other = reader.context.new_page()
    for page in (reader, other):
        page.goto(house.page("settings"))
        expect(page.get_by_role("link", name="Worklist")).to_be_visible()
    reader.get_by_role("button", name=re.compile("Signed in as lea")).click()
    reader.get_by_role("menuitem", name="Sign out").click()
    expect(other.get_by_role("alertdialog")).to_be_visible()


def test_the_policy_of_the_page_lets_no_script_of_a_name_run(browsers: Callable[[str], Browser], house: House) -> None:
    page = browsers("gl").new_page()  # not watched: the browser tells of what it refused as an error
    page.goto(house.page())
    refused = page.evaluate(
        """() => new Promise((resolve) => {
            addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), { once: true });
            const made = document.createElement("script");
            made.textContent = "window.ran = true";
            document.body.append(made);
        })"""
    )
    assert refused.startswith("script-src")
    assert page.evaluate("window.ran") is None
    page.close()


def test_two_people_on_two_machines_are_two_sessions(reader_of: Callable[..., Page], house: House) -> None:
    lea, max_ = reader_of("lea"), reader_of("max")
    assert lea.context.request.get("/api/session").json()["name"] == "lea"
    assert max_.context.request.get("/api/session").json()["name"] == "max"
    assert sign_in(lea.context, "ida")["name"] == "ida"


def test_the_pages_of_the_api_change_things_by_the_session_of_the_screens(
    reader_of: Callable[..., Page], house: House
) -> None:
    page = reader_of("ida")
    page.goto(f"{house.url}/api/docs")
    page.get_by_role("button", name=re.compile("Make an account")).first.click()
    page.get_by_role("button", name="Try it out").click()
    given = '{"name": "made-by-hand", "password": "a long enough one", "roles": ["monitor"]}'
    page.locator("textarea.body-param__text").fill(given)
    with page.expect_response(lambda answer: answer.request.method == "POST") as made:
        page.get_by_role("button", name="Execute").click()
    assert made.value.status == 201

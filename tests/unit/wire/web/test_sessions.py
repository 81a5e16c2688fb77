"""Sessions at the web door: the cookie, the token against foreign pages, and what is asked of whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from radiotheque.core.caller import Door
from radiotheque.database.engine import open_database
from radiotheque.security import Account, Security, house_caller, open_room
from radiotheque.wire.web.gate import Gate
from radiotheque.wire.web.identify import Shown
from radiotheque.wire.web.services import Taste
from unit.security.held import HeldClock
from unit.wire.web.talk import Answer, Shelf, ask, basic, door

PASSWORD = "correct horse battery"
CSRF = "urn:radiotheque:problem:csrf"


async def who(request: Request) -> Response:
    caller = request.scope["state"]["caller"]
    return JSONResponse([caller.name, caller.via])


PLAIN = [Route("/dicom-web/who", who, methods=["GET", "POST"])]


@contextmanager
def beside(tmp_path: Path, clock: HeldClock) -> Iterator[Security]:
    """Another node on the same database."""
    with open_database(tmp_path / "index.db") as database:
        room = open_room(database, clock)
        yield room
        room.close()


@pytest.fixture
def web(security: Security, shelf: Shelf) -> Gate:
    security.accounts.add("lea", PASSWORD, Account(0, "lea", frozenset({"monitor"})), house_caller(Door.CLI))
    return door(security, shelf, PLAIN)


def sign_in(web: Gate, password: str = PASSWORD, **headers: str) -> Answer:
    return ask(web, "POST", "/api/session", headers, given={"name": "lea", "password": password})


def cookie_of(answer: Answer) -> dict[str, str]:
    cookie = SimpleCookie(answer.headers["set-cookie"])["radiotheque_session"]
    return {"Cookie": f"other=1; radiotheque_session={cookie.value}"}


def test_signing_in_gives_a_session_and_a_cookie_that_no_script_and_no_other_site_sees(web: Gate) -> None:
    answer = sign_in(web)
    assert answer.status == 200
    assert answer.json()["name"] == "lea"
    assert answer.json()["roles"] == ["monitor"]
    assert answer.json()["permissions"] == ["ops.see"]
    assert answer.json()["idle_s"] == 1800
    cookie = SimpleCookie(answer.headers["set-cookie"])["radiotheque_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert cookie.value not in answer.body.decode()
    assert answer.headers["cache-control"] == "no-store"


def test_the_cookie_is_bound_to_https_where_that_is_spoken(security: Security, shelf: Shelf, web: Gate) -> None:
    assert "secure" not in sign_in(web).headers["set-cookie"].lower()
    proxied = door(security, shelf, trusted_proxies=("192.0.2.0/24",))
    assert "secure" in sign_in(proxied, **{"X-Forwarded-Proto": "https"}).headers["set-cookie"].lower()
    assert "secure" not in sign_in(web, **{"X-Forwarded-Proto": "https"}).headers["set-cookie"].lower()


def test_the_cookie_brings_its_person_to_every_route(web: Gate) -> None:
    cookie = cookie_of(sign_in(web))
    assert ask(web, "GET", "/dicom-web/who", cookie).json() == ["lea", "session"]
    assert ask(web, "GET", "/api/me", cookie).json()["via"] == "session"
    assert ask(web, "GET", "/api/session", cookie).json()["name"] == "lea"


def test_a_change_by_cookie_needs_the_token_of_its_session(web: Gate) -> None:
    answer = sign_in(web)
    cookie, token = cookie_of(answer), answer.json()["csrf"]
    other = sign_in(web).json()["csrf"]
    for wrong in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": other}, {"X-CSRF-Token": token + "x"}):
        refused = ask(web, "POST", "/dicom-web/who", cookie | wrong)
        assert (refused.status, refused.json()["type"]) == (403, CSRF)
    assert ask(web, "POST", "/dicom-web/who", cookie | {"X-CSRF-Token": token}).status == 200
    assert ask(web, "GET", "/dicom-web/who", cookie).status == 200


def test_a_token_or_a_password_needs_no_such_token(web: Gate) -> None:
    assert ask(web, "POST", "/dicom-web/who", basic("lea", PASSWORD)).status == 200


def test_a_foreign_page_signs_nobody_in(web: Gate) -> None:
    assert sign_in(web, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert sign_in(web, Origin="https://evil.test").status == 403


def test_a_wrong_password_is_401_without_a_window_of_the_browser_and_in_the_audit_trail(
    web: Gate, security: Security
) -> None:
    answer = sign_in(web, "something else")
    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    assert "Basic" not in answer.headers["www-authenticate"]
    security.audit.flush()
    entry = security.audit.entries()[0]
    assert (entry.kind, entry.outcome, entry.caller, entry.address) == ("sign-in", "refused", "", "192.0.2.1")


def test_too_many_failures_are_told_to_wait(web: Gate) -> None:
    answers = [sign_in(web, "something else") for _ in range(6)]
    assert [answer.status for answer in answers] == [401] * 5 + [503]


@pytest.mark.parametrize(
    "given", [{}, {"name": "DUPONT"}, {"name": "", "password": "x"}, {"name": "a", "password": "b", "more": 1}, [], "x"]
)
def test_what_is_no_sign_in_is_400_and_does_not_repeat_what_was_typed(web: Gate, given: Any) -> None:
    answer = ask(web, "POST", "/api/session", given=given)
    assert answer.status == 400
    assert "DUPONT" not in answer.body.decode()


def test_signing_out_ends_the_session_and_takes_the_cookie_away(web: Gate) -> None:
    signed = sign_in(web)
    cookie = cookie_of(signed)
    answer = ask(web, "DELETE", "/api/session", cookie | {"X-CSRF-Token": signed.json()["csrf"]})
    assert answer.status == 204
    assert SimpleCookie(answer.headers["set-cookie"])["radiotheque_session"]["max-age"] == "0"
    assert ask(web, "GET", "/api/session", cookie).status == 401


def test_signing_in_again_ends_the_session_that_the_cookie_held(web: Gate) -> None:
    first = cookie_of(sign_in(web))
    second = cookie_of(sign_in(web, **first))
    assert ask(web, "GET", "/api/me", first).status == 401
    assert ask(web, "GET", "/api/me", second).status == 200


def test_a_session_that_ended_is_401_without_a_window_of_the_browser(web: Gate, clock: HeldClock) -> None:
    cookie = cookie_of(sign_in(web))
    clock.at += 1800
    answer = ask(web, "GET", "/api/me", cookie)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="Radiotheque"')


@pytest.mark.parametrize(
    ("headers", "asks"),
    [
        ({}, True),
        ({"Sec-Fetch-Mode": "navigate"}, True),
        ({"Sec-Fetch-Mode": "cors"}, False),
        ({"X-Requested-With": "radiotheque"}, False),
        ({"Cookie": "radiotheque_session=gone"}, False),
        ({"Cookie": "other=1"}, True),
    ],
)
def test_the_browser_asks_for_a_password_only_where_no_page_of_ours_can(
    web: Gate, headers: dict[str, str], asks: bool
) -> None:
    answer = ask(web, "GET", "/api/me", headers)
    assert answer.status == 401
    assert ("Basic" in answer.headers["www-authenticate"]) is asks


def test_a_session_goes_before_a_password_that_the_browser_remembers_and_a_token_before_both(
    web: Gate, security: Security
) -> None:
    security.accounts.add("max", PASSWORD, Account(0, "max", frozenset({"monitor"})), house_caller(Door.CLI))
    cookie = cookie_of(sign_in(web))
    assert ask(web, "GET", "/dicom-web/who", cookie | basic("max", PASSWORD)).json() == ["lea", "session"]
    gone = {"Cookie": "radiotheque_session=gone"}
    assert ask(web, "GET", "/dicom-web/who", gone | basic("max", PASSWORD)).status == 401
    assert ask(web, "GET", "/dicom-web/who", cookie | {"Authorization": "Bearer rt_nothing"}).status == 401


def test_a_caller_without_a_session_has_none_to_show(web: Gate) -> None:
    assert ask(web, "GET", "/api/session", basic("lea", PASSWORD)).status == 404
    assert ask(web, "DELETE", "/api/session", basic("lea", PASSWORD)).status == 404


def test_closing_the_account_ends_the_session_on_its_next_request(web: Gate, security: Security) -> None:
    cookie = cookie_of(sign_in(web))
    assert ask(web, "GET", "/api/me", cookie).status == 200
    known = security.accounts.get("lea")
    closed = Account(known.account_id, "lea", known.roles, active=False)
    security.accounts.change("lea", house_caller(Door.CLI), given=closed)
    assert ask(web, "GET", "/api/me", cookie).status == 401


def test_language_and_theme_are_what_the_person_chose_else_what_the_browser_asks_for(
    web: Gate, security: Security, shelf: Shelf
) -> None:
    wanted = {"Accept-Language": "fr-CH, en;q=0.5"}
    shown = sign_in(web, **wanted).json()
    assert (shown["language"], shown["theme"]) == ("fr", "dark")
    chosen = door(security, shelf, tastes=lambda _account: Taste("en", "light"))
    shown = sign_in(chosen, **wanted).json()
    assert (shown["language"], shown["theme"]) == ("en", "light")


def test_a_session_opened_at_one_node_is_known_at_another(web: Gate, tmp_path: Path, clock: HeldClock) -> None:
    cookie = cookie_of(sign_in(web))
    with beside(tmp_path, clock) as other:
        assert ask(door(other, Shelf(), PLAIN), "GET", "/dicom-web/who", cookie).json() == ["lea", "session"]


def test_cookies_that_http_2_sends_in_fields_of_their_own_are_read() -> None:
    shown = Shown.of([(b"cookie", b"other=1"), (b"cookie", b"radiotheque_session=x"), (b"accept", b"*/*")])
    assert (shown.secret, shown.by_session) == ("x", True)


@pytest.mark.parametrize("by_itself", [{"X-Unattended": "1"}, {"Accept": "text/event-stream"}])
def test_a_page_that_asks_by_itself_does_not_keep_its_session(
    web: Gate, clock: HeldClock, by_itself: dict[str, str]
) -> None:
    cookie = cookie_of(sign_in(web))
    clock.at += 1799
    assert ask(web, "GET", "/api/me", cookie | by_itself).status == 200
    clock.at += 1
    assert ask(web, "GET", "/api/me", cookie).status == 401

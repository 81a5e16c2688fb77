"""The gate: who comes in, what is logged, how failures are answered."""

import json
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from radiotheque.core.caller import Door
from radiotheque.core.errors import Damaged
from radiotheque.ops import Check
from radiotheque.security import Account, Security, house_caller
from unit.security.held import HeldClock
from unit.wire.web.conftest import Sign
from unit.wire.web.talk import CutOff, Shelf, ask, basic, bearer, door

PASSWORD = "correct horse battery"


async def who(request: Request) -> Response:
    caller = request.scope["state"]["caller"]
    return JSONResponse([caller.name, caller.door, caller.address, caller.via])


async def defect(_request: Request) -> Response:
    raise ValueError("a detail of the inside")


async def damaged(_request: Request) -> Response:
    raise Damaged("the blob was cut")


async def half(_request: Request) -> Response:
    async def pieces() -> Any:
        yield b"half of it"
        raise Damaged("and no more")

    return StreamingResponse(pieces())


async def own_policy(_request: Request) -> Response:
    return Response(b"", headers={"cache-control": "no-store"})


PLAIN = [
    Route("/dicom-web/who", who, methods=["GET", "POST"]),
    Route("/dicom-web/defect", defect),
    Route("/dicom-web/damaged", damaged),
    Route("/dicom-web/half", half),
    Route("/dicom-web/own", own_policy),
]


def test_nobody_comes_in_without_signing_in(security: Security, shelf: Shelf) -> None:
    answer = ask(door(security, shelf, PLAIN), "GET", "/dicom-web/who")
    assert answer.status == 401
    assert (
        answer.headers["www-authenticate"] == 'Bearer realm="Radiotheque", Basic realm="Radiotheque", charset="UTF-8"'
    )


def test_a_bearer_token_brings_its_caller_to_a_plain_route(security: Security, shelf: Shelf, sign: Sign) -> None:
    answer = ask(door(security, shelf, PLAIN), "GET", "/dicom-web/who", sign("clinician"))
    assert answer.json() == ["clinician", "dicomweb", "192.0.2.1", "token"]


def test_a_name_and_a_password_bring_their_caller_first_and_again(security: Security, shelf: Shelf) -> None:
    security.accounts.add("lea", PASSWORD, Account(0, "lea", frozenset({"clinician"})), house_caller(Door.CLI))
    web = door(security, shelf, PLAIN)
    for _ in range(2):
        assert ask(web, "GET", "/dicom-web/who", basic("lea", PASSWORD)).json()[0] == "lea"


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer rt_nothing",
        "Bearer",
        "Basic !!!",
        "Basic bm8tY29sb24=",  # "no-colon"
        "Basic /////w==",  # not UTF-8
        "Digest username=x",
        "é",
        "",
    ],
)
def test_what_is_no_sign_in_is_answered_401(security: Security, shelf: Shelf, authorization: str) -> None:
    answer = ask(door(security, shelf, PLAIN), "GET", "/dicom-web/who", {"Authorization": authorization})
    assert answer.status == 401


def test_a_failed_sign_in_is_in_the_audit_trail_without_what_was_typed(security: Security, shelf: Shelf) -> None:
    ask(door(security, shelf, PLAIN), "GET", "/dicom-web/who", basic("a-password-typed-as-name", "wrong-password"))
    security.audit.flush()
    entry = security.audit.entries()[0]
    assert (entry.kind, entry.outcome, entry.caller, entry.address) == ("sign-in", "refused", "", "192.0.2.1")


def test_too_many_failed_sign_ins_are_told_to_wait(security: Security, shelf: Shelf, clock: HeldClock) -> None:
    web = door(security, shelf, PLAIN)
    answers = [ask(web, "GET", "/dicom-web/who", basic("lea", "wrong-password")) for _ in range(6)]
    assert [answer.status for answer in answers] == [401] * 5 + [503]
    assert "retry-after" in answers[-1].headers


def test_a_page_of_another_site_changes_nothing_with_a_remembered_password(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    web, signed = door(security, shelf, PLAIN), sign("clinician")
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}, {"Origin": "null"}):
        assert ask(web, "POST", "/dicom-web/who", signed | foreign).status == 403
    for own in ({}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://pacs.test"}):
        assert ask(web, "POST", "/dicom-web/who", signed | own).status == 200


@pytest.mark.parametrize(("path", "status"), [("/dicom-web/defect", 500), ("/dicom-web/damaged", 500), ("/none", 404)])
def test_a_failure_is_answered_as_a_problem(
    security: Security, shelf: Shelf, sign: Sign, path: str, status: int
) -> None:
    with capture_logs():
        answer = ask(door(security, shelf, PLAIN), "GET", path, sign("clinician"))
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"detail of the inside" not in answer.body


def test_an_answer_that_fails_half_way_is_cut_off_not_ended(security: Security, shelf: Shelf, sign: Sign) -> None:
    with pytest.raises(CutOff):
        ask(door(security, shelf, PLAIN), "GET", "/dicom-web/half", sign("clinician"))


def test_every_answer_has_the_security_header_fields_and_may_keep_its_own_caching(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    web, signed = door(security, shelf, PLAIN), sign("clinician")
    answer = ask(web, "GET", "/dicom-web/who", signed)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert ask(web, "GET", "/dicom-web/own", signed).headers["cache-control"] == "no-store"


def test_the_access_log_has_no_query_string_and_no_credential(security: Security, shelf: Shelf, sign: Sign) -> None:
    signed = sign("clinician")
    with capture_logs() as logged:
        answer = ask(door(security, shelf, PLAIN), "GET", "/dicom-web/who?PatientName=DUPONT", signed)
    text = json.dumps(logged)
    assert "/dicom-web/who" in text
    assert "DUPONT" not in text
    assert signed["Authorization"].split()[1] not in text
    assert logged[-1]["status"] == answer.status


def test_a_proxy_we_trust_says_for_whom_it_asks_and_others_are_not_believed(
    security: Security, shelf: Shelf, sign: Sign
) -> None:
    web = door(security, shelf, PLAIN, trusted_proxies=("10.0.0.0/8",))
    headers = sign("clinician") | {"X-Forwarded-For": "203.0.113.9, 10.0.0.2"}
    assert ask(web, "GET", "/dicom-web/who", headers, client="10.0.0.1").json()[2] == "203.0.113.9"
    assert ask(web, "GET", "/dicom-web/who", headers, client="192.0.2.7").json()[2] == "192.0.2.7"


def test_health_is_told_to_anyone_and_says_no_more_than_whether(security: Security, shelf: Shelf) -> None:
    good = ask(door(security, shelf), "GET", "/healthz")
    failing = door(security, shelf, checks=[Check("index", False, "the path of the disk is full")])
    bad = ask(failing, "GET", "/healthz")
    assert (good.status, good.json()) == (200, {"status": "ok"})
    assert (bad.status, bad.json()) == (503, {"status": "failing"})


def test_static_files_need_no_sign_in_and_nothing_beside_them_is_given(security: Security, shelf: Shelf) -> None:
    web = door(security, shelf)
    assert ask(web, "GET", "/static/robots.txt").status == 200
    for path in ("/static/../answers.py", "/static/%2e%2e/answers.py", "/static/"):
        assert ask(web, "GET", path).status in (401, 404)


def test_a_token_revoked_during_a_session_is_refused_on_its_next_request(security: Security, shelf: Shelf) -> None:
    from radiotheque.security import Token

    me = house_caller(Door.CLI)
    secret, made = security.tokens.create("script", Token(0, "", frozenset({"clinician"})), me)
    web = door(security, shelf, PLAIN)
    assert ask(web, "GET", "/dicom-web/who", bearer(secret)).status == 200
    security.tokens.revoke(made.token_id, me)
    assert ask(web, "GET", "/dicom-web/who", bearer(secret)).status == 401

"""Answers without an end of their own, and who may go on listening."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from radiotheque.core.caller import Door
from radiotheque.security import Account, Security, Token, house_caller
from radiotheque.wire.web.streams import welcome, while_welcome
from unit.wire.web.talk import Shelf, ask, basic, bearer, door

PASSWORD = "correct horse battery"
US = house_caller(Door.CLI)
HEARD_OF_THREE = b"one"
"""What is sent when the listener is shut out behind the first of three pieces."""


@pytest.fixture
def lea(security: Security) -> Account:
    return security.accounts.add("lea", PASSWORD, Account(0, "lea", frozenset({"monitor"})), US)


def heard(security: Security, shelf: Shelf, headers: dict[str, str], shut_out: Iterator[None]) -> bytes:
    """Give what a listener hears of three pieces when `shut_out` goes on behind the first."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        next(shut_out, None)
        yield b"two"
        yield b"three"

    async def stream(request: Request) -> Response:
        return StreamingResponse(while_welcome(pieces(), welcome(request, security)))

    return ask(door(security, shelf, [Route("/dicom-web/stream", stream)]), "GET", "/dicom-web/stream", headers).body


def test_a_session_that_was_ended_hears_no_more(security: Security, shelf: Shelf, lea: Account) -> None:
    secret, _ = security.sessions.open("lea", PASSWORD, "")

    def ends() -> Iterator[None]:
        security.sessions.end(secret, US)
        yield

    cookie = {"Cookie": f"radiotheque_session={secret}"}
    assert heard(security, shelf, cookie, ends()) == HEARD_OF_THREE


def test_an_account_that_was_closed_hears_no_more_however_it_came(
    security: Security, shelf: Shelf, lea: Account
) -> None:
    def closes() -> Iterator[None]:
        security.accounts.change("lea", US, given=Account(lea.account_id, "lea", lea.roles, active=False))
        yield

    assert heard(security, shelf, basic("lea", PASSWORD), closes()) == HEARD_OF_THREE


def test_who_stays_welcome_hears_all(security: Security, shelf: Shelf, lea: Account) -> None:
    secret, _ = security.sessions.open("lea", PASSWORD, "")
    token, _ = security.tokens.create("script", Token(0, "", frozenset({"monitor"})), US)
    for headers in ({"Cookie": f"radiotheque_session={secret}"}, basic("lea", PASSWORD), bearer(token)):
        assert heard(security, shelf, headers, iter(())) == b"onetwothree"


def test_what_ends_by_itself_ends() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"

    async def all_of_it() -> list[bytes]:
        return [piece async for piece in while_welcome(pieces(), lambda: True)]

    assert asyncio.run(all_of_it()) == [b"one"]

"""A web door on a real security room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from radiotheque.core.caller import Door
from radiotheque.database.engine import open_database
from radiotheque.security import Security, Token, house_caller, open_room
from unit.security.held import HeldClock
from unit.wire.web.talk import Shelf, bearer

type Sign = Callable[..., dict[str, str]]


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def security(tmp_path: Path, clock: HeldClock) -> Iterator[Security]:
    with open_database(tmp_path / "index.db") as database:
        room = open_room(database, clock)
        yield room
        room.close()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def sign(security: Security) -> Sign:
    """Give the header field of a new token: `sign("clinician")`."""

    def signed(*roles: str, allow: tuple[str, ...] = ()) -> dict[str, str]:
        given = Token(0, "", frozenset(roles), frozenset(allow))
        secret, _ = security.tokens.create("-".join(roles), given, house_caller(Door.CLI))
        return bearer(secret)

    return signed

"""A security room on a real database, at a time that tests hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from radiotheque.core.caller import Caller, Door
from radiotheque.database.engine import Database, open_database
from radiotheque.security import Security, house_caller, open_room
from unit.security.held import HeldClock


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "index.db") as opened:
        yield opened


@pytest.fixture
def security(database: Database, clock: HeldClock) -> Iterator[Security]:
    room = open_room(database, clock)
    yield room
    room.close()


@pytest.fixture
def me() -> Caller:
    return house_caller(Door.CLI, "tester")

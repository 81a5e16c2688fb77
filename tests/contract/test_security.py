"""The whole security room on PostgreSQL: the tests of its rules, run again there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.catalogs import database_on
from radiotheque.core.caller import Caller, Door
from radiotheque.database.engine import Database
from radiotheque.security import Security, house_caller, open_room
from unit.security.held import HeldClock
from unit.security.test_accounts import *  # noqa: F403
from unit.security.test_audit import *  # noqa: F403
from unit.security.test_peers import *  # noqa: F403
from unit.security.test_reidentification import *  # noqa: F403
from unit.security.test_tokens import *  # noqa: F403


@pytest.fixture
def database(postgres_server: str, tmp_path: Path) -> Iterator[Database]:
    with database_on("postgresql", tmp_path, postgres_server) as opened:
        yield opened


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def security(database: Database, clock: HeldClock) -> Iterator[Security]:
    room = open_room(database, clock)
    yield room
    room.close()


@pytest.fixture
def me() -> Caller:
    return house_caller(Door.CLI, "tester")

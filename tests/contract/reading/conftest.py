"""A reading room on a catalog on each engine, and the security room that audits it."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from contract.catalogs import HeldClock, catalog_on
from contract.reading.room import Facts, Line
from radiotheque.catalog import Catalog
from radiotheque.catalog.lists import StudyLists
from radiotheque.database.engine import Database
from radiotheque.reading import Neighbours, Reading, lists_for, open_room
from radiotheque.security import Security
from radiotheque.security import open_room as open_security


@pytest.fixture
def catalog(database: Database, clock: HeldClock) -> Catalog:
    def tokens_for(header: Any, _origin: Any) -> Sequence[str]:
        return ("vip",) if header.identity.patient_id == "VIP" else ()

    return catalog_on(database, clock=clock, lists_for=lists_for, tokens_for=tokens_for)


@pytest.fixture
def security(database: Database, clock: HeldClock) -> Iterator[Security]:
    room = open_security(database, clock)
    yield room
    room.close()


@pytest.fixture
def reading(catalog: Catalog, security: Security, clock: HeldClock) -> Reading:
    house = Neighbours(Line(catalog), Facts(catalog), catalog.feed, StudyLists(), catalog.outbox, security.audit)
    return open_room(catalog.database, clock, house)

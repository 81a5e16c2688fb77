"""What contract tests of the catalog share: one PostgreSQL server a session, a catalog on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.catalogs import ENGINES, HeldClock, catalog_on, database_on
from contract.postgres import running_postgres
from radiotheque.catalog import Catalog
from radiotheque.database.engine import Database


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running PostgreSQL server."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, on each engine in turn."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else ""
    with database_on(request.param, tmp_path, server) as opened:
        yield opened


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def catalog(database: Database, clock: HeldClock) -> Catalog:
    return catalog_on(database, clock=clock)

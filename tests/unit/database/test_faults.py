"""What drivers raise becomes our errors: by code and, where a driver gives none, by its words."""

import psycopg
import pysqlite3.dbapi2
import pytest
import sqlcipher3.dbapi2

from radiotheque.core.errors import Busy, Damaged, OutOfSpace, RadiothequeError, Unavailable
from radiotheque.database.faults import is_collision, is_lost, translated, translating


@pytest.mark.parametrize("module", [pysqlite3.dbapi2, sqlcipher3.dbapi2])
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("database is locked", Busy),
        ("database table is locked", Busy),
        ("database or disk is full", OutOfSpace),
        ("attempt to write a readonly database", Unavailable),
        ("disk I/O error", Unavailable),
        ("database disk image is malformed", Damaged),
        ("unable to open database file", Unavailable),
        ("file is not a database", Damaged),
    ],
)
def test_errors_of_sqlite_are_told_apart(module: object, words: str, kind: type[RadiothequeError]) -> None:
    assert type(translated(module.OperationalError(words))) is kind  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.errors.DiskFull(), OutOfSpace),
        (psycopg.OperationalError("server closed the connection"), Unavailable),
        (psycopg.errors.ReadOnlySqlTransaction(), Unavailable),
        (psycopg.errors.DataCorrupted(), Damaged),
    ],
)
def test_errors_of_postgresql_are_told_apart(error: Exception, kind: type[RadiothequeError]) -> None:
    assert type(translated(error)) is kind


def test_an_error_of_a_statement_stays_what_it_is() -> None:
    error = pysqlite3.dbapi2.OperationalError("no such column: x")
    with pytest.raises(pysqlite3.dbapi2.OperationalError), translating():
        raise error
    assert translated(ValueError("x")).args == ("x",)


def test_a_deadlock_is_a_collision_and_a_closed_connection_is_lost() -> None:
    assert is_collision(psycopg.errors.DeadlockDetected())
    assert not is_collision(psycopg.errors.DiskFull())
    assert is_lost(psycopg.errors.AdminShutdown())

"""What the drivers raise → our tree of errors, at this edge alone."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pysqlite3.dbapi2
import sqlalchemy.exc
import sqlcipher3.dbapi2

from radiotheque.core.errors import Busy, Damaged, OutOfSpace, RadiothequeError, Unavailable

SQLITE_ERRORS = (pysqlite3.dbapi2.DatabaseError, sqlcipher3.dbapi2.DatabaseError, sqlite3.DatabaseError)
_EVERYWHERE: tuple[type[Exception], ...] = (*SQLITE_ERRORS, sqlalchemy.exc.DBAPIError)

_FULL = "the disk of the index is full; nothing was kept, free space and send again"
_BUSY = "the index is locked by another process; nothing was kept, try again"
_AWAY = "the index cannot be read or written now; nothing was kept, try again"
_BROKEN = "the index does not check out; restore it from a backup or run verify"

# primary result codes of SQLite
_BY_CODE: dict[int, tuple[type[RadiothequeError], str]] = {
    5: (Busy, _BUSY),  # SQLITE_BUSY
    6: (Busy, _BUSY),  # SQLITE_LOCKED
    8: (Unavailable, "the index is read-only; nothing was kept, make its folder writable"),  # SQLITE_READONLY
    10: (Unavailable, _AWAY),  # SQLITE_IOERR
    11: (Damaged, _BROKEN),  # SQLITE_CORRUPT
    13: (OutOfSpace, _FULL),  # SQLITE_FULL
    14: (Unavailable, _AWAY),  # SQLITE_CANTOPEN
    26: (Damaged, "the index is not a database, or its key is another one"),  # SQLITE_NOTADB
}

_BY_WORDS = (
    ("database or disk is full", 13),
    ("locked", 5),
    ("readonly", 8),
    ("disk I/O", 10),
    ("malformed", 11),
    ("unable to open", 14),
    ("not a database", 26),
)


def driver_errors() -> tuple[type[Exception], ...]:
    """Give what drivers raise; psycopg is among them once an engine has loaded it."""
    return (*_EVERYWHERE, sys.modules["psycopg"].Error) if "psycopg" in sys.modules else _EVERYWHERE


def _is_postgresql(error: BaseException | None) -> bool:
    return "psycopg" in sys.modules and isinstance(error, sys.modules["psycopg"].Error)


def translated(error: Exception) -> Exception:
    """Give our error for a driver's; one that speaks of a statement and not of the world is given back as it is."""
    origin = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if _is_postgresql(origin):
        return _of_postgresql(origin) or error
    if isinstance(origin, SQLITE_ERRORS):
        return _of_sqlite(origin) or error
    return error


def _of_sqlite(error: Exception) -> RadiothequeError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        code = next((known for words, known in _BY_WORDS if words in str(error)), 0)
    kind, message = _BY_CODE.get(code & 0xFF, (None, ""))
    return kind(message) if kind else None


def _of_postgresql(error: BaseException | None) -> RadiothequeError | None:
    import psycopg

    if isinstance(error, psycopg.errors.DiskFull):
        return OutOfSpace(_FULL)
    if isinstance(error, psycopg.errors.DataCorrupted | psycopg.errors.IndexCorrupted):
        return Damaged(_BROKEN)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.errors.ReadOnlySqlTransaction):
        return Unavailable(_AWAY)
    return None


def is_lost(error: Exception) -> bool:
    """Say whether the connection that raised this is better not used again."""
    origin = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if not _is_postgresql(origin):
        return False
    import psycopg

    return isinstance(origin, psycopg.OperationalError | psycopg.InterfaceError)


def is_collision(error: Exception) -> bool:
    """Say whether the same transaction may succeed when it is run again at once."""
    origin = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if not _is_postgresql(origin):
        return False
    import psycopg

    return isinstance(origin, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected)


@contextmanager
def translating() -> Iterator[None]:
    """Raise our errors for a driver's."""
    try:
        yield
    except driver_errors() as error:
        ours = translated(error)
        if ours is error:
            raise
        raise ours from error

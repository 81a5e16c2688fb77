"""The database of the house: acts that write, sessions that read, one code for SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

import sqlalchemy
from sqlalchemy.engine import URL, make_url

from radiotheque.core.errors import Unsupported
from radiotheque.core.ports import Transaction
from radiotheque.database.faults import translating
from radiotheque.database.pool import Pool
from radiotheque.database.postgresql import Writes, postgresql_engine
from radiotheque.database.session import POSTGRESQL, SQLITE, Session, Words
from radiotheque.database.sqlite import BUSY_S, SameFile, Writer, sqlite_engine
from radiotheque.database.upgrade import upgrade

READERS = {"sqlite": 4, "postgresql": 16}
"""More than a few threads on SQLite only contend for the interpreter."""


class _Writing(Protocol):
    def write(self, act: Callable[[Session], object], durable: bool) -> object: ...
    def close(self) -> None: ...


def session_of(tx: Transaction) -> Session:
    """Give the session of an open transaction, for SQL text."""
    return cast(Session, tx)


def connection(tx: Transaction) -> sqlalchemy.Connection:
    """Give the SQLAlchemy connection of an open transaction, for statements of Core."""
    return session_of(tx).core


class Database:
    """An open database. It is the house's `Transactions`."""

    def __init__(self, engine: sqlalchemy.Engine, words: Words, check: Callable[[], None] = lambda: None) -> None:
        self.words, self._check = words, check
        self._engine = engine
        self._pool = Pool(self._open, READERS[words.engine])
        self._writing: _Writing = Writer(self._open, check) if words is SQLITE else Writes(self._pool)

    @property
    def is_sqlite(self) -> bool:
        return self.words is SQLITE

    def write[T](self, act: Callable[[Transaction], T], *, durable: bool = True) -> T:
        """Run `act` in a transaction and give its answer when that is durable.

        On SQLite one thread writes, acts of many callers share a commit, each in its savepoint; on PostgreSQL each
        has its own transaction and is run again after a collision. So an act does nothing but speak to the
        database. With `durable=False` a power cut may undo it (a kill may not): for what is claimed or done
        anew anyway. Raises `Unavailable`, `OutOfSpace`, and what the act raises.
        """
        with translating():
            return cast(T, self._writing.write(cast(Callable[[Session], object], act), durable))

    @contextmanager
    def read(self) -> Iterator[sqlalchemy.Connection]:
        """Give a connection for reading by SQLAlchemy Core; each statement sees what is committed when it begins."""
        with self.reader() as session:
            yield session.core

    @contextmanager
    def reader(self) -> Iterator[Session]:
        """Give a session for reading by SQL text. Raises `Unavailable`, `Busy`."""
        self._check()
        with translating(), self._pool.session() as session:
            yield session

    def tidy(self) -> None:
        """Bring the planner's statistics up to date; by the clock, and after many rows came at once."""
        statement = "PRAGMA optimize = 0x10002" if self.is_sqlite else "ANALYZE"
        with self.reader() as session:
            session.run(statement)

    def close(self) -> None:
        """Finish what is queued and close all connections."""
        self._writing.close()
        self._pool.close()
        self._engine.dispose()

    def _open(self) -> Session:
        with translating():
            return Session(self._engine.connect(), self.words)

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_database(where: str | Path, *, key: bytes | None = None, busy_s: float = BUSY_S) -> Database:
    """Open, make or upgrade the database at a path (SQLite) or URL (`sqlite:///…`, `postgresql://…`).

    `key` (32 bytes) makes an SQLite file an SQLCipher one; PostgreSQL's own encryption is its operator's duty.
    `busy_s` seconds are waited for the lock of another process. Raises `Unsupported` when it was written by a newer version or the engine is another one, `Unavailable`,
    `Damaged` for a wrong key.
    """
    path = _path_of(where)
    engine = sqlite_engine(path, key, busy_s) if path else _postgresql(make_url(str(where)))
    with translating():
        upgrade(engine)
    return Database(engine, SQLITE, SameFile(path).check) if path else Database(engine, POSTGRESQL)


def _path_of(where: str | Path) -> Path | None:
    """Give the file of an SQLite database, None for another one."""
    if isinstance(where, Path) or "://" not in where:
        return Path(where)
    url: URL = make_url(where)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _postgresql(url: URL) -> sqlalchemy.Engine:
    backend = url.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return postgresql_engine(url)
    raise Unsupported(f"a database of the kind {backend!r} is not spoken here; SQLite and PostgreSQL are")

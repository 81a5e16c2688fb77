"""SQLite: how a connection is opened (plain by pysqlite3, encrypted by sqlcipher3), and its one writer."""

import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
import sqlalchemy
import sqlcipher3.dbapi2
from sqlalchemy.pool import NullPool

from radiotheque.core.errors import Unavailable, Unsupported
from radiotheque.database.faults import DRIVER_ERRORS, translated
from radiotheque.database.session import SQLITE, Session

OLDEST = (3, 51, 3)
"""Older ones can lose a commit when a WAL is reset under a second connection."""

BUSY_S = 10.0
BATCH = 128

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # a commit is durable when it returns
    "foreign_keys = ON",
    "temp_store = MEMORY",
    "mmap_size = 0",  # several processes may write
    "cache_size = -16384",
    "journal_size_limit = 67108864",
)


def sqlite_engine(path: Path, key: bytes | None, busy_s: float = BUSY_S) -> sqlalchemy.Engine:
    """Give an engine on the database file, made when absent, readable by its owner alone.

    `key` is 32 bytes for SQLCipher, None for a plain file; `busy_s` is how long another process's lock is waited for.
    Raises `Unsupported` for an SQLite that is too old.
    """
    module: Any = sqlcipher3.dbapi2 if key else pysqlite3.dbapi2
    if module.sqlite_version_info < OLDEST:
        raise Unsupported(f"SQLite {module.sqlite_version} is too old, {'.'.join(map(str, OLDEST))} is needed")
    if key is not None and len(key) != 32:
        raise Unsupported("the key of the index has 32 bytes")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def connect() -> Any:
        raw = module.connect(
            str(path), timeout=busy_s, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        if key is not None:
            raw.execute(f"""PRAGMA key = "x'{key.hex()}'" """)
        for pragma in _PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
        return raw

    return sqlalchemy.create_engine(
        "sqlite://", module=module, creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )


class _Entry:
    """An act that waits for its turn, and its caller."""

    __slots__ = ("act", "durable", "future", "result")

    def __init__(self, act: Callable[[Session], object], durable: bool) -> None:
        self.act, self.durable = act, durable
        self.future: Future[Any] = Future()
        self.result: object = None


class Writer:
    """One thread that writes: whatever acts have queued up share one commit, each in its own savepoint.

    An fsync costs milliseconds and an act a fraction of one, so many associations share it. A batch of lazy acts
    alone is committed without an fsync (`synchronous = NORMAL`); the next durable one covers it, for they share the WAL.
    """

    def __init__(self, open_session: Callable[[], Session]) -> None:
        self._session = open_session()
        self._synchronous = "FULL"
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="index-writer", daemon=True)
        self._thread.start()

    def write(self, act: Callable[[Session], object], durable: bool) -> Any:
        if threading.current_thread() is self._thread:
            raise RuntimeError("an act that writes may not wait for another one")
        if self._closed:
            raise Unavailable("the index is closed; nothing was kept")
        entry = _Entry(act, durable)
        self._queue.put(entry)
        return entry.future.result()

    def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._session.close()

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            if not self._commit(batch):
                # one act ended the whole transaction, so each is tried by itself
                for entry in batch:
                    self._commit([entry])
            for entry in batch:
                if not entry.future.done():
                    entry.future.set_result(entry.result)

    def _next_batch(self) -> list[_Entry] | None:
        first = self._queue.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH:
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                break
            if entry is None:
                self._queue.put(None)
                break
            batch.append(entry)
        return batch

    def _commit(self, batch: list[_Entry]) -> bool:
        """Run a batch in one transaction. False: nothing of it was written and nobody was told yet."""
        session, alone = self._session, len(batch) == 1
        if not self._begin(batch):
            return True
        try:
            for entry in batch:
                if not self._attempt(entry, alone=alone):
                    self._rollback()
                    return alone
            session.run("COMMIT")
        except DRIVER_ERRORS as error:
            self._rollback()
            if not alone:
                return False
            batch[0].future.set_exception(translated(error))
            return True
        self._do_after()
        return True

    def _begin(self, batch: list[_Entry]) -> bool:
        """Begin a transaction. False: it cannot be begun, so everybody is told at once.

        Another process's lock was waited for already: were each act to wait by itself, the last of many senders
        would hear of it long after it gave up.
        """
        try:
            self._be("FULL" if any(entry.durable for entry in batch) else "NORMAL")
            self._session.run(SQLITE.begin)
        except DRIVER_ERRORS as error:
            self._rollback()
            for entry in batch:
                entry.future.set_exception(translated(error))
            return False
        return True

    def _be(self, synchronous: str) -> None:
        if self._synchronous != synchronous:
            self._session.run(f"PRAGMA synchronous = {synchronous}")
            self._synchronous = synchronous

    def _attempt(self, entry: _Entry, *, alone: bool) -> bool:
        """Run one act. False: it took the whole transaction with it, or was alone in it and failed."""
        session, after = self._session, self._session.count_after()
        if not alone:
            session.run("SAVEPOINT act")
        try:
            entry.result = entry.act(session)
        except BaseException as error:  # noqa: BLE001  carried to the caller's thread and raised there
            session.drop_after(after)
            if alone:
                entry.future.set_exception(translated(error) if isinstance(error, Exception) else error)
                return False
            if not session.raw.in_transaction:
                return False
            session.run("ROLLBACK TO act")
            entry.future.set_exception(translated(error) if isinstance(error, Exception) else error)
        if not alone:
            session.run("RELEASE act")
        return True

    def _rollback(self) -> None:
        self._session.drop_after()
        if self._session.raw.in_transaction:
            self._session.run("ROLLBACK")
        self._session.settle_core()

    def _do_after(self) -> None:
        for do in self._session.take_after():
            do()
        self._session.settle_core()

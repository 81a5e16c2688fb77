"""SQLite: how a connection is opened (plain by pysqlite3, encrypted by sqlcipher3), and its one writer."""

import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
import sqlalchemy
import sqlcipher3.dbapi2
import structlog
from sqlalchemy.pool import NullPool

from radiotheque.core.errors import Unavailable, Unsupported
from radiotheque.database.faults import driver_errors, translated
from radiotheque.database.session import SQLITE, Session

OLDEST = (3, 51, 3)
"""Older ones can lose a commit when a WAL is reset under a second connection."""

PAGE_BYTES = 2048
"""Of an index made now. A commit writes, and seals, about ten whole pages for a hundred bytes in each; smaller ones make
the b-trees deeper (docs/decisions/0010-small-pages.md)."""

BUSY_S = 10.0
BATCH = 128

CHECKPOINT_COMMITS = 200
CHECKPOINT_S = 30.0
LONG_WAL_PAGES = 16384

log = structlog.get_logger(__name__)

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
        raw.execute(f"PRAGMA {'cipher_page_size' if key else 'page_size'} = {PAGE_BYTES}")
        for pragma in _PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
        return raw

    return sqlalchemy.create_engine(
        "sqlite://", module=module, creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )


class SameFile:
    """Watches that the path of the index still names the file that was opened.

    Were it moved away or another put in its place, connections at hand would go on with the old file and new ones take the
    new one: rows would be lost, and a number mean another patient.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, _file_at(path)

    def check(self) -> None:
        """Raise `Unavailable` when it does not; the file being put back, all goes on."""
        if _file_at(self._path) != self._file:
            raise Unavailable(
                "the file of the index was moved or replaced while it is open; nothing was read or kept: put it back, or "
                "stop the server and start it again"
            )


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Entry:
    """An act that waits for its turn, and what became of it."""

    __slots__ = ("act", "done", "durable", "error", "result")

    def __init__(self, act: Callable[[Session], object], durable: bool) -> None:
        self.act, self.durable = act, durable
        self.done = False
        self.result: object = None
        self.error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        self.error = translated(error) if isinstance(error, Exception) else error
        self.done = True


class Writer:
    """One connection that writes: whatever acts have queued up share one commit, each in its own savepoint.

    An fsync costs milliseconds and an act a fraction of one, so many associations share it: who comes while another
    commits waits for the lock, and whoever gets it next commits for all that wait. A lone sender commits in its own thread,
    without waking another. A batch of lazy acts alone is committed without an fsync (`synchronous = NORMAL`); the next
    durable one covers it, for they share the WAL.
    """

    def __init__(self, open_session: Callable[[], Session], check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._session = open_session()
        self._session.run("PRAGMA wal_autocheckpoint = 0")  # the checkpointer's, so that no sender waits for it
        self._synchronous = "FULL"
        self._waiting: deque[_Entry] = deque()
        self._turn = threading.Lock()
        self._owner = 0
        self._closed = False
        self._checkpointer = _Checkpointer(open_session, self._turn)

    def write(self, act: Callable[[Session], object], durable: bool) -> Any:
        me = threading.get_ident()
        if self._owner == me:
            raise RuntimeError("an act that writes may not wait for another one")
        entry = _Entry(act, durable)
        self._waiting.append(entry)
        with self._turn:
            if not entry.done:
                self._owner = me
                try:
                    self._take_turn(entry)
                finally:
                    self._owner = 0
        if entry.error is not None:
            raise entry.error
        return entry.result

    def close(self) -> None:
        self._checkpointer.close()
        with self._turn:
            if not self._closed:
                self._closed = True
                self._session.close()

    def _take_turn(self, own: _Entry) -> None:
        """Commit for everybody who waits until the own act is among them."""
        while not own.done:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
            if self._closed:
                for entry in batch:
                    entry.fail(Unavailable("the index is closed; nothing was kept"))
                continue
            if not self._commit(batch):
                # one act ended the whole transaction, so each is tried by itself
                for entry in batch:
                    entry.error, entry.done = None, False
                    self._commit([entry])
            for entry in batch:
                entry.done = True
            self._checkpointer.committed()

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
        except driver_errors() as error:
            self._rollback()
            if not alone:
                return False
            batch[0].fail(error)
            return True
        self._do_after()
        return True

    def _begin(self, batch: list[_Entry]) -> bool:
        """Begin a transaction. False: it cannot be begun, so everybody is told at once.

        Another process's lock was waited for already: were each act to wait by itself, the last of many senders
        would hear of it long after it gave up.
        """
        try:
            self._check()
        except Unavailable as error:
            return self._fail_all(batch, error)
        try:
            self._be("FULL" if any(entry.durable for entry in batch) else "NORMAL")
            self._session.run(SQLITE.begin)
        except driver_errors() as error:
            self._rollback()
            return self._fail_all(batch, error)
        return True

    def _fail_all(self, batch: list[_Entry], error: BaseException) -> bool:
        for entry in batch:
            entry.fail(error)
        return False

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
                entry.fail(error)
                return False
            if not session.raw.in_transaction:
                return False
            session.run("ROLLBACK TO act")
            entry.fail(error)
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


class _Checkpointer:
    """Carries the WAL over into the database beside the writers (https://sqlite.org/wal.html).

    Hot pages are written to the WAL with every commit and to the database once a checkpoint, so rare ones spare most of
    the writing. A passive one holds nobody up but never ends the WAL while commits go on; once that is long, writers wait for
    the little that is left.
    """

    def __init__(self, open_session: Callable[[], Session], turn: threading.Lock) -> None:
        self._session = open_session()
        self._turn = turn
        self._commits = 0
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="index-checkpoint", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """Note a commit."""
        self._commits += 1
        if self._commits >= CHECKPOINT_COMMITS:
            self._commits = 0
            self._wake.set()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing:
            # a quiet house carries over what it has now and then, so that its WAL does not stay long
            self._wake.wait(CHECKPOINT_S)
            self._wake.clear()
            self._checkpoint()
        self._session.close()

    def _checkpoint(self) -> None:
        try:
            row = self._session.one("PRAGMA wal_checkpoint(PASSIVE)")
            if row is not None and row[1] > LONG_WAL_PAGES:
                with self._turn:
                    self._session.one("PRAGMA wal_checkpoint(RESTART)")
        except driver_errors() as error:
            # nothing is lost: the WAL is longer, and the next one tries again
            log.info("checkpoint put off", error=str(error))

"""One open connection, as statements are run on it: SQL text that is valid on both engines, or SQLAlchemy Core."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import sqlalchemy

type Row = tuple[Any, ...]
"""A driver's row. The reader of a query is where its columns get their types."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words in which the engines differ, as far as SQL text written for both needs them."""

    engine: str
    begin: str
    lock_row: str
    """Appended to a SELECT that reads what its transaction goes on to change."""
    skip_locked: str
    lazy: str
    """Begins a transaction whose commit need not be durable on return; "" where that is said elsewhere."""
    one_writer: bool = False
    """Transactions that write come one after the other, so that what one counts no later one can commit before."""


SQLITE = Words("sqlite", begin="BEGIN IMMEDIATE", lock_row="", skip_locked="", lazy="", one_writer=True)
POSTGRESQL = Words(
    "postgresql",
    begin="BEGIN",
    lock_row=" FOR UPDATE",
    skip_locked=" FOR UPDATE SKIP LOCKED",
    lazy="SET LOCAL synchronous_commit = off",
)


@cache
def _percent(sql: str) -> str:
    """Give `sql` with its question marks as psycopg wants parameters."""
    return sql.replace("%", "%%").replace("?", "%s")


class Session:
    """A connection used by one thread at a time, outside SQLAlchemy's transactions: we begin and commit ourselves.

    SQL text goes straight to the driver (35 µs a point select against 130–260 µs through Core): the hot reads and writes
    of the catalog. `core` is the same connection for statements of SQLAlchemy Core.
    """

    __slots__ = ("_after", "_cursor", "_text", "core", "raw", "words")

    def __init__(self, core: sqlalchemy.Connection, words: Words) -> None:
        self.core, self.words = core, words
        self.raw = cast(Any, core.connection.driver_connection)
        self._cursor: Any = self.raw.cursor()
        self._text: Callable[[str], str] = _percent if words is POSTGRESQL else str
        self._after: list[Callable[[], None]] = []

    @property
    def is_sqlite(self) -> bool:
        return self.words is SQLITE

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Give all rows of a query; `?` marks a parameter."""
        rows: list[Row] = self._cursor.execute(self._text(sql), tuple(parameters)).fetchall()
        return rows

    def one(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """Give the first row of a query, None when there is none."""
        row: Row | None = self._cursor.execute(self._text(sql), tuple(parameters)).fetchone()
        return row

    def run(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement and give how many rows it touched."""
        self._cursor.execute(self._text(sql), tuple(parameters))
        count: int = self._cursor.rowcount
        return count

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of parameters."""
        self._cursor.executemany(self._text(sql), list(rows))

    def after_commit(self, do: Callable[[], None]) -> None:
        """Do this when the transaction that is open has become durable; forgotten when it fails."""
        self._after.append(do)

    def take_after(self) -> list[Callable[[], None]]:
        """Give what is to be done after the commit, and forget it."""
        waiting, self._after = self._after, []
        return waiting

    def drop_after(self, down_to: int = 0) -> None:
        """Forget what was to be done after the commit, but for the first `down_to`."""
        del self._after[down_to:]

    def count_after(self) -> int:
        return len(self._after)

    def settle_core(self) -> None:
        """End the transaction that SQLAlchemy believes in; ours has ended before."""
        if self.core.in_transaction():
            self.core.rollback()

    def close(self) -> None:
        """Close the connection; a broken one is let go of without a word to the server."""
        self.core.invalidate()
        self.core.close()

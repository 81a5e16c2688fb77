"""The change feed: events at positions that grow in the order of their commits, so a reader who goes on from the last misses none."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from radiotheque.catalog.outbox import Outbox, last_position, note_position
from radiotheque.catalog.scope import scope_condition
from radiotheque.core.caller import Scope
from radiotheque.core.ports import Transaction
from radiotheque.database.engine import Database, session_of

MOST = 1000
FORGOTTEN_AT_ONCE = 5000

_FLUSH = """INSERT INTO mark(name, value) VALUES ('feed flush', ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""


@dataclass(frozen=True, slots=True)
class Change:
    """An event at its position; `at` is when the position was given, in seconds since the epoch."""

    position: int
    kind: str
    payload: dict[str, Any]
    at: float


class Feed:
    """The feed of the house."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database, self._outbox = database, outbox
        self._durable = 0
        self._lock = threading.Lock()

    def changes(self, after: int, limit: int, scope: Scope) -> Sequence[Change]:
        """Give up to `limit` (at most 1,000) changes behind position `after` that the scope may see, in order.

        Events without a study are for those alone who see everything. A position that was given out is never
        given to another event, not even after a power cut.
        """
        self._outbox.relay()
        conditions, tokens = scope_condition(scope)
        source = "feed f" if not conditions else "feed f JOIN study s ON s.uid = f.study_uid"
        where = " AND ".join(["f.position > ?", *conditions])
        with self._database.reader() as session:
            rows = session.all(
                f"SELECT f.position, f.kind, f.payload, f.at FROM {source} WHERE {where} ORDER BY f.position LIMIT ?",
                (after, *tokens, min(limit, MOST)),
            )
        if rows and not self._database.words.one_writer:  # there they are of the durable acts that told them
            self._make_durable(rows[-1][0])
        return [Change(row[0], row[1], json.loads(row[2]), row[3]) for row in rows]

    def start(self) -> int:
        """Give the position behind which every change is still kept: of the last one that was forgotten, 0 for none."""
        with self._database.reader() as session:
            row = session.one("SELECT min(position) FROM feed")
        return int(row[0]) - 1 if row and row[0] is not None else self.last_position()

    def forget(self, before: float, *, at_once: int = FORGOTTEN_AT_ONCE) -> int:
        """Forget the changes up to the first that got its position at `before` or later; give how many.

        From the oldest on and `at_once` at a time, so that what is kept has no gaps and nobody who writes waits for long.
        """
        start = self.start()
        with self._database.reader() as session:
            row = session.one("SELECT position FROM feed WHERE at >= ? ORDER BY position LIMIT 1", (before,))
        end = int(row[0]) if row else self.last_position() + 1
        return sum(self._forget(min(at + at_once, end)) for at in range(start + 1, end, at_once))

    def _forget(self, end: int) -> int:
        def act(tx: Transaction) -> int:
            session = session_of(tx)
            if session.words.one_writer:  # elsewhere it is noted with every position that is given
                note_position(session, last_position(session))
            return session.run("DELETE FROM feed WHERE position < ?", (end,))

        return self._database.write(act)

    def last_position(self) -> int:
        """Give the last position that was given, 0 when none was."""
        with self._database.reader() as session:
            return last_position(session)

    def _make_durable(self, position: int) -> None:
        """Positions are given without an fsync; before one is shown, a durable commit covers them all."""
        with self._lock:
            if position <= self._durable:
                return
            last = self.last_position()
            self._database.write(lambda tx: session_of(tx).run(_FLUSH, (last,)))
            self._durable = last

"""The index of configured attributes, brought up to date with what is kept already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

from radiotheque.core.ports import Transaction
from radiotheque.core.query import Level
from radiotheque.database.engine import Database, session_of

_MARK = "indexed attributes"
_DONE = """INSERT INTO mark(name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""


class Batches(Protocol):
    """What reads kept headers again; see `catalog.Catalog.index_extra`."""

    def index_extra(self, *, after: int = 0, batch: int = 200) -> int:
        """Index the next instances behind row `after`; give the last row, 0 at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Reindex:
    """Reads every kept header again when the configuration of indexed attributes has changed."""

    database: Database
    batches: Batches
    extra: Mapping[str, Level]

    def due(self) -> bool:
        """Say whether what is indexed is not what is configured."""
        with self.database.reader() as session:
            row = session.one("SELECT value FROM mark WHERE name = ?", (_MARK,))
        return (row[0] if row else 0) != self._configured()

    def run(self) -> str:
        """Index all that is kept; begun again from the start when it was interrupted, it changes nothing twice."""
        at, rounds = self.batches.index_extra(), 1
        while at:
            at, rounds = self.batches.index_extra(after=at), rounds + 1

        def done(tx: Transaction) -> None:
            session_of(tx).run(_DONE, (_MARK, self._configured()))

        self.database.write(done)
        return f"{len(self.extra)} attributes, {rounds} batches read"

    def _configured(self) -> int:
        text = ",".join(f"{level}.{name}" for name, level in sorted(self.extra.items()))
        return crc32(text.encode())

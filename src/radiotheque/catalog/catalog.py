"""The index of what is kept: one object that joins the verbs of this folder on one database."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from radiotheque.catalog import locate as located
from radiotheque.catalog.extras import Extras
from radiotheque.catalog.keys import claim_key
from radiotheque.catalog.outbox import Outbox
from radiotheque.catalog.record import Raced, Recorder, TokensFor
from radiotheque.catalog.search import AttributesOf, Search
from radiotheque.core.caller import Scope
from radiotheque.core.errors import Unavailable
from radiotheque.core.instance import Arrival, BlobName, Held, Location, Receipt, Selection, Twin
from radiotheque.core.ports import AuditTrail, Clock
from radiotheque.core.query import Found, Level, Page, Query
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database

TRIES = 10


class SystemClock:
    """The time of this machine."""

    def now(self) -> float:
        return time.time()


class Catalog:
    """The `core.ports.Catalog` of the house, and what its chores and screens ask beside it."""

    def __init__(self, database: Database, outbox: Outbox, recorder: Recorder, search: Search) -> None:
        self.database, self.outbox = database, outbox
        self._recorder, self._search = recorder, search

    def record(self, arrival: Arrival) -> Receipt | Twin:
        """Write row and event in one transaction, durable on return. Idempotent for equal content.

        Raises `Unavailable`, `OutOfSpace`.
        """
        for _ in range(TRIES):
            try:
                return self.database.write(lambda tx: self._recorder.record(tx, arrival))
            except Raced:
                continue
        raise Unavailable("the same UIDs arrive many times at once; nothing was kept, send again")

    def find(self, query: Query, scope: Scope) -> Page:
        """Give one page of matches. Raises `Malformed` for a cursor that is not ours."""
        return self._search.find(query, scope)

    def find_each(self, query: Query, scope: Scope) -> Iterator[Found]:
        """Yield every match in the query's order, fetching as it goes; closing it stops the work."""
        return self._search.find_each(query, scope)

    def unsupported(self, query: Query) -> tuple[str, ...]:
        """Give the keys of a query that are not matched on here and so match everything (PS3.4 C.2.2.1.3)."""
        return self._search.unsupported(query)

    def locate(self, selection: Selection, scope: Scope, *, rejected: bool = False) -> Sequence[Location]:
        """Give where the selected instances are. Raises `NotFound`, `Gone`."""
        with self.database.reader() as session:
            return located.locate(session, selection, scope, rejected=rejected)

    def held(self, instances: Sequence[UID]) -> Mapping[UID, Held]:
        """Give what is durably held under these SOP Instance UIDs, quarantined and rejected included."""
        with self.database.reader() as session:
            return located.held(session, instances)

    def named(self, names: Iterable[BlobName]) -> set[BlobName]:
        """Give those of the blob names that a row of any kind names."""
        with self.database.reader() as session:
            return located.named(session, names)

    def adopt_key(self, study: UID, key_id: str) -> None:
        """Make a key the study's own where the study has none yet."""
        self.database.write(lambda tx: claim_key(tx, study, key_id))


def open_catalog(
    database: Database,
    *,
    tokens_for: TokensFor = lambda header, origin: (),
    audit: AuditTrail | None = None,
    clock: Clock | None = None,
    attributes_of: AttributesOf | None = None,
    extra: Mapping[str, Level] | None = None,
    settle_s: float = 5.0,
) -> Catalog:
    """Give the catalog of an open database.

    `tokens_for` gives the access tokens of a new study, `audit` takes acts that write, `attributes_of`
    reads attributes that are no columns, `extra` names attributes to index beside the columns, each with its level, and
    `settle_s` is how many seconds without a new instance settle a study.
    """
    extras = Extras(dict(extra or {}))
    outbox = Outbox(database, clock or SystemClock(), settle_s=settle_s)
    recorder = Recorder(outbox, audit, tokens_for, extras)
    return Catalog(database, outbox, recorder, Search(database, extras, attributes_of))

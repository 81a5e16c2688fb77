"""The index of what is kept: one object that joins the verbs of this folder on one database."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from radiotheque.catalog import locate as located
from radiotheque.catalog.amend import Amender, Amendment, Changes, history, studies_of_patient
from radiotheque.catalog.extras import Extras
from radiotheque.catalog.feed import Feed
from radiotheque.catalog.lists import ListsFor, no_lists
from radiotheque.catalog.outbox import Outbox, PeerHeld
from radiotheque.catalog.quarantine import Case, Ward, case, cases
from radiotheque.catalog.record import Raced, Recorder, TokensFor
from radiotheque.catalog.reject import Rejecter, Rejection, rejections
from radiotheque.catalog.search import AttributesOf, Search
from radiotheque.core.caller import Caller, Scope
from radiotheque.core.errors import NotFound, Unavailable
from radiotheque.core.instance import Arrival, BlobName, Edition, Held, Location, OtherKey, Receipt, Selection, Twin
from radiotheque.core.ports import AuditTrail, Clock, Transaction
from radiotheque.core.query import Found, Level, Page, Query
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database, session_of

TRIES = 10


class SystemClock:
    """The time of this machine."""

    def now(self) -> float:
        return time.time()


@dataclass(frozen=True, slots=True)
class Verbs:
    """What the catalog does in transactions, each verb in a module of its own."""

    recorder: Recorder
    rejecter: Rejecter
    amender: Amender
    ward: Ward
    feed: Feed


class Catalog:
    """The `core.ports.Catalog` of the house, and what its chores and screens ask beside it."""

    def __init__(self, database: Database, verbs: Verbs, search: Search) -> None:
        self.database, self.outbox, self.feed = database, verbs.recorder.outbox, verbs.feed
        self._recorder, self._rejecter, self._amender, self._ward = (
            verbs.recorder,
            verbs.rejecter,
            verbs.amender,
            verbs.ward,
        )
        self._search = search

    def record(self, arrival: Arrival) -> Receipt | Twin | OtherKey:
        """Write row and event in one transaction, durable on return. Idempotent for equal content.

        Raises `Unavailable`, `OutOfSpace`.
        """
        return self._write(lambda tx: self._recorder.record(tx, arrival))

    def _write[T](self, act: Callable[[Transaction], T]) -> T:
        for _ in range(TRIES):
            try:
                return self.database.write(act)
            except Raced:
                continue
        raise Unavailable("the same UIDs arrive many times at once; nothing was changed, try again")

    def find(self, query: Query, scope: Scope) -> Page:
        """Give one page of matches. Raises `Malformed` for a cursor that is not ours."""
        return self._search.find(query, scope)

    def find_each(self, query: Query, scope: Scope) -> Iterator[Found]:
        """Yield every match in the query's order, fetching as it goes; closing it stops the work."""
        return self._search.find_each(query, scope)

    def unsupported(self, query: Query) -> tuple[str, ...]:
        """Give the keys of a query that are not matched on here and so match everything (PS3.4 C.2.2.1.3)."""
        return self._search.unsupported(query)

    def matched_plainly(self, query: Query) -> tuple[str, ...]:
        """Give the names among a query's keys that are matched plainly though it asks for fuzzy matching."""
        return self._search.matched_plainly(query)

    def locate(self, selection: Selection, scope: Scope, *, rejected: bool = False) -> Sequence[Location]:
        """Give where the selected instances are. Raises `NotFound`, `Gone`."""
        with self.database.reader() as session:
            return located.locate(session, selection, scope, rejected=rejected)

    def editions(self, selection: Selection, scope: Scope) -> Sequence[Edition]:
        """Give the shown series of what is selected, each with the revision it is in. Raises `NotFound`, `Gone`."""
        with self.database.reader() as session:
            shown = located.editions(session, selection, scope)
            if not shown:
                located.locate(session, selection, scope)  # says why there is nothing
        return shown

    def held(self, instances: Sequence[UID]) -> Mapping[UID, Held]:
        """Give what is durably held under these SOP Instance UIDs, quarantined and rejected included."""
        with self.database.reader() as session:
            return located.held(session, instances)

    def named(self, names: Iterable[BlobName]) -> set[BlobName]:
        """Give those of the blob names that a row of any kind names."""
        with self.database.reader() as session:
            return located.named(session, names)

    def reject(self, selection: Selection, caller: Caller, *, code: str) -> int:
        """Hide what is selected and in the caller's scope, told and audited; give how many instances.

        Raises `NotFound`, `Gone` when all of it is hidden already.
        """
        return self._write(lambda tx: self._rejecter.reject(tx, selection, caller, code))

    def restore(self, selection: Selection, caller: Caller) -> int:
        """Take a rejection back; give how many instances show again. Raises `NotFound`."""
        return self._write(lambda tx: self._rejecter.restore(tx, selection, caller))

    def rejections(self, scope: Scope, *, before: int = 0, limit: int = 100) -> Sequence[Rejection]:
        """Give rejections, taken back or not, of studies in scope, newest first."""
        with self.database.reader() as session:
            return rejections(session, scope, before=before, limit=limit)

    def amend_study(self, study: UID, changes: Changes, caller: Caller, *, reason: str = "") -> int:
        """Change what a study is shown as; give its amendment version. Raises `NotFound`, `Malformed`."""
        return self._write(lambda tx: self._amender.amend(tx, study, changes, caller=caller, reason=reason))

    def amend_patient(
        self, patient_id: str, changes: Changes, caller: Caller, *, issuer: str = "", reason: str = ""
    ) -> int:
        """Change what all studies of a patient are shown as; give how many there are. Raises `NotFound`, `Malformed`."""

        def act(tx: Transaction) -> int:
            studies = studies_of_patient(session_of(tx), patient_id, issuer)
            if not studies:
                raise NotFound("no study of that patient is kept here")
            for study in studies:
                self._amender.amend(tx, study, changes, caller=caller, reason=reason)
            return len(studies)

        return self._write(act)

    def undo_amendment(self, study: UID, version: int, caller: Caller) -> int:
        """Take an amendment back, as a new one; give its version. Raises `NotFound`."""
        return self._write(lambda tx: self._amender.undo(tx, study, version, caller))

    def amendments(self, study: UID) -> Sequence[Amendment]:
        """Give all amendments of a study with the values from before, oldest first."""
        with self.database.reader() as session:
            return history(session, study)

    def cases(self, *, state: str = "open", before: int = 0, limit: int = 100) -> Sequence[Case]:
        """Give quarantine cases, newest first; state "" gives those of any."""
        with self.database.reader() as session:
            return cases(session, state=state, before=before, limit=limit)

    def case(self, case_id: int) -> Case:
        """Give one quarantine case. Raises `NotFound`."""
        with self.database.reader() as session:
            return case(session, case_id)

    def release(self, case_id: int, caller: Caller) -> None:
        """Show an object that waits in quarantine. Raises `NotFound`, `Conflict`."""
        self._write(lambda tx: self._ward.release(tx, case_id, caller))

    def discard(self, case_id: int, caller: Caller) -> None:
        """Close a case without showing its object. Raises `NotFound`, `Conflict`."""
        self._write(lambda tx: self._ward.discard(tx, case_id, caller))

    def note_orphan(self, name: BlobName, reason: str) -> None:
        """Remember a blob that no row will name, as an open case."""
        self._write(lambda tx: self._ward.note_orphan(tx, name, reason))

    def index_extra(self, *, after: int = 0, batch: int = 200) -> int:
        """Index the configured extra attributes of the next instances behind row `after`; give the last row, 0 at the end.

        For a job that calls it again with what it gave, after the configuration has changed. At the beginning, the values
        of attributes that are no longer configured are forgotten.
        """
        extras = self._recorder.extras
        if after == 0:
            self._write(lambda tx: extras.forget_others(session_of(tx)))
        with self.database.reader() as session:
            found = located.next_instances(session, after, batch)
        read = [(rows, self._search.described(location, tuple(extras.levels))) for rows, location in found]

        def act(tx: Transaction) -> None:
            for rows, attributes in read:
                extras.add(session_of(tx), attributes, rows)

        if read and extras.levels:
            self._write(act)
        return found[-1][0][2] if found else 0


def open_catalog(
    database: Database,
    *,
    tokens_for: TokensFor = lambda header, origin: (),
    lists_for: ListsFor = no_lists,
    audit: AuditTrail | None = None,
    clock: Clock | None = None,
    attributes_of: AttributesOf | None = None,
    extra: Mapping[str, Level] | None = None,
    settle_s: float = 5.0,
    heard: Collection[str] = (),
    held: PeerHeld = lambda _tx, _peer: False,
) -> Catalog:
    """Give the catalog of an open database.

    `tokens_for` gives the access tokens of a new study, `lists_for` the lists that a study comes on, `audit` takes acts that write, `attributes_of`
    reads attributes that are no columns, `extra` names attributes to index beside the columns, each with its level,
    `settle_s` is how many seconds without a new instance settle a study, `heard` names the events that the
    house works on, and `held` which peers wait.
    """
    extras, now = Extras(dict(extra or {})), clock or SystemClock()
    outbox = Outbox(database, now, settle_s=settle_s, heard=heard, held=held)
    recorder = Recorder(outbox, audit, tokens_for, extras, lists_for=lists_for)
    amender = Amender(outbox, audit, now)
    ward = Ward(recorder, amender, audit, now)
    verbs = Verbs(recorder, Rejecter(outbox, audit, now), amender, ward, Feed(database, outbox))
    return Catalog(database, verbs, Search(database, extras, attributes_of))

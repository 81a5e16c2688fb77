"""How the reading of studies stands: leases, status, priority and comment, each change told in its transaction.

A lease runs ten minutes and is renewed by asking again; one that ran out is noted by a chore and whenever a worklist is
asked for by status, and what is shown is right before that too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from radiotheque.core.caller import Caller
from radiotheque.core.events import ReadingChanged
from radiotheque.core.ports import Act, AuditTrail, Clock, Outbox, Transaction
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database, session_of
from radiotheque.database.session import Session
from radiotheque.reading.model import Change, Lease, Lists, Row, owner_of
from radiotheque.reading.rows import Rows, standing_of
from radiotheque.reading.rules import Standing, changed, given_back, leased

_COLUMNS = "status, priority, comment, version, reader, until, changed_by"
_ADD = """INSERT INTO reading_status(study, status, priority, comment, version, reader, until, changed_by, changed_at)
    VALUES (?, 'new', 'routine', '', 0, '', 0, '', 0) ON CONFLICT DO NOTHING"""
_READ = f"SELECT {_COLUMNS} FROM reading_status WHERE study = ?"
_WRITE = """UPDATE reading_status SET status = ?, priority = ?, comment = ?, version = ?, reader = ?, until = ?,
    changed_by = ?, changed_at = ? WHERE study = ?"""
_LAPSED = "SELECT study FROM reading_status WHERE until > 0 AND until <= ? ORDER BY until LIMIT 500"

type Step = Callable[[Standing, float], tuple[Standing, str]]
"""From how a study stands to how it stands then, and whom it was taken from; the time is in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What the room needs of the house to write: events, lists of the catalog, the audit trail."""

    outbox: Outbox
    lists: Lists
    audit: AuditTrail


class Statuses:
    """Who reads what, and how it stands."""

    def __init__(self, database: Database, rows: Rows, telling: Telling, clock: Clock) -> None:
        self._database, self._rows, self._telling, self._clock = database, rows, telling, clock

    def change(self, study: UID, change: Change, caller: Caller) -> Row:
        """Change status, priority or comment; give the row. Raises `NotFound`, `Outdated`, `BeingRead`."""
        self._rows.one(study, caller)
        what = [name for name in ("status", "priority", "comment") if getattr(change, name) is not None]
        words = [str(getattr(change, name)) for name in what if name != "comment"]
        act = Act(
            caller, "reading.change", study=study, detail=", ".join((*words, *("comment",) * ("comment" in what)))
        )
        self._step(study, lambda standing, now: (changed(standing, change, owner_of(caller), now), ""), act)
        return self._rows.row(study, caller)

    def lease(self, study: UID, caller: Caller, *, take_over: bool = False) -> Lease:
        """Take a study to read, or renew that. Raises `NotFound`, `BeingRead` when another has it and is to keep it."""
        self._rows.one(study, caller)
        act = Act(caller, "reading.take-over" if take_over else "reading.begin", study=study)
        after, taken_from = self._step(
            study, lambda standing, now: leased(standing, owner_of(caller), now, take_over=take_over), act
        )
        lease = Lease(reader=after.reader, until=after.until)
        return {**lease, "taken_from": taken_from} if taken_from else lease

    def give_back(self, study: UID, caller: Caller) -> None:
        """Give a study back; without having it, nothing changes. Raises `NotFound`."""
        self._rows.one(study, caller)
        act = Act(caller, "reading.end", study=study)
        self._step(study, lambda standing, _now: (given_back(standing, owner_of(caller)), ""), act)

    def lapse(self) -> int:
        """Note the leases that ran out, and tell of them; give how many. Looks before it writes."""
        now = self._clock.now()
        with self._database.reader() as session:
            studies = [UID(row[0]) for row in session.all(_LAPSED, (now,))]
        for study in studies:
            self._step(study, _lapsed, None)
        return len(studies)

    def _step(self, study: UID, step: Step, act: Act | None) -> tuple[Standing, str]:
        """Change how a study stands, in one transaction with its lists, its event and its audit row."""
        now = self._clock.now()

        def write(tx: Transaction) -> tuple[Standing, str]:
            session = session_of(tx)
            before = _locked(session, study)
            after, taken_from = step(before, now)
            if after != before:
                self._write(tx, study, before, after)
            if _seen(after, now) != _seen(before, now):  # a renewed lease is no news
                self._telling.outbox.tell(tx, ReadingChanged(study, after.reader if after.until else "", taken_from))
                if act is not None:
                    self._telling.audit.wrote(tx, act)
            return after, taken_from

        return self._database.write(write)

    def _write(self, tx: Transaction, study: UID, before: Standing, after: Standing) -> None:
        values = (after.status, after.priority, after.comment, after.version, after.reader, after.until)
        session_of(tx).run(_WRITE, (*values, after.changed_by, self._clock.now(), study))
        old, new = before.lists(), after.lists()
        if old != new:
            self._telling.lists.move(tx, study, on=sorted(new - old), off=sorted(old - new))


def _locked(session: Session, study: UID) -> Standing:
    """Give how a study stands, its row made and locked, so that two who change it are one after the other."""
    session.run(_ADD, (study,))
    row = session.one(_READ + session.words.lock_row, (study,))
    return standing_of(row) if row else Standing()


def _lapsed(standing: Standing, now: float) -> tuple[Standing, str]:
    return (replace(standing, until=0.0), "") if 0 < standing.until <= now else (standing, "")


def _seen(standing: Standing, now: float) -> Standing:
    return replace(standing, until=float((standing.until > 0) + (standing.until > now)))

"""The audit trail: acts that write are in their transaction, reads are in the table within a second."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from sqlalchemy import insert, select
from structlog import get_logger

from radiotheque.core.errors import RadiothequeError, Unavailable
from radiotheque.core.ports import Act, Clock, Transaction
from radiotheque.database.engine import Database, connection, session_of
from radiotheque.security.model import Entry
from radiotheque.security.spill import NoSpill, Row, Spill, kept_elsewhere
from radiotheque.security.tables import audit, to_entry

COMMIT_WITHIN_S = 1.0
MAX_WAITING = 20_000
MAX_SEEN = 50_000
HOUSEKEEPING_S = 60.0
TRY_AGAIN_S = 2.0
"""How long rows of the spill wait for the next try, where no other row comes."""

_log = get_logger("radiotheque.audit")

# text and not Core: it runs once for every study received or changed
_INSERT = "INSERT INTO audit (at, caller, door, address, via, kind, study, detail, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Trail:
    """The `AuditTrail` of the house.

    One row per caller, study, act and minute: what equals a row of the same minute in every column but
    its time is not written again. A read's row is queued at once and committed with others by a thread
    of its own; while the table takes none it goes into the spill, and into the table from there as soon as that
    takes rows again. While neither takes it no read is let through.
    """

    def __init__(self, database: Database, clock: Clock, spill: Spill | None = None) -> None:
        self._database = database
        self._clock = clock
        self._spill: Spill = spill or NoSpill()
        self._seen = _SeenThisMinute()
        self._waiting: list[Row] = []
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._broken = False
        self._closing = False
        self._tidied_at = 0.0
        self._housekeeping: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._write_on, name="audit", daemon=True)
        self._thread.start()

    def wrote(self, tx: Transaction, act: Act) -> None:
        """Add the act's row to its transaction; the same event is seen as written only when that is durable."""
        now = self._clock.now()
        key = _key(act, now)
        if key in self._seen:
            return
        session = session_of(tx)
        row = self._row(act, now)
        session.run(_INSERT, tuple(row.values()))
        session.after_commit(lambda: self._seen.note(key))

    def read(self, act: Act) -> None:
        """Queue a read's row; it is committed within a second. Raises `Unavailable` when it cannot be."""
        now = self._clock.now()
        if self._broken:
            raise Unavailable("the audit trail cannot be written, so nothing is shown; try again later")
        key = _key(act, now)
        if key in self._seen:
            return
        row = self._row(act, now)
        with self._wake:
            if self._closing or len(self._waiting) >= MAX_WAITING:
                raise Unavailable("the audit trail is full, so nothing is shown; try again later")
            self._waiting.append(row)
            self._seen.note(key)
            if len(self._waiting) == 1:
                self._wake.notify()

    def entries(self, *, study: str = "", before: int = 0, limit: int = 100) -> Sequence[Entry]:
        """Give entries, newest first: of one study or of all, and older than the entry `before`."""
        wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if study:
            wanted = wanted.where(audit.c.study == study)
        if before:
            wanted = wanted.where(audit.c.id < before)
        with self._database.read() as reader:
            return [to_entry(dict(row)) for row in reader.execute(wanted).mappings()]

    def also(self, chore: Callable[[], None]) -> None:
        """Let the thread of the trail do this once a minute, and at the end."""
        self._housekeeping.append(chore)

    def flush(self) -> None:
        """Write what waits, now. Raises `Unavailable`; what waits stays, and no read is let through until it is written."""
        with self._writing:
            rows, written = list(self._waiting), False
            try:
                self._keep(rows)
                written = True
            finally:
                self._broken = not written
            with self._wake:
                del self._waiting[: len(rows)]

    def _keep(self, rows: list[Row]) -> None:
        """Write rows, behind those that are in the spill, into the table; into the spill while the table takes none."""
        spilled = self._spill.rows()
        if not rows and not spilled:
            return
        try:
            self._database.write(lambda tx: _add(tx, spilled, rows))
        except RadiothequeError as error:
            kept_elsewhere(self._spill, rows, error)
            _log.warning("audit trail kept beside the index", rows=len(spilled) + len(rows), error=str(error))
        else:
            if spilled:
                self._spill.clear()

    def close(self) -> None:
        """Write what waits and end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._spill.close()

    def _row(self, act: Act, now: float = 0.0) -> Row:
        caller = act.caller
        return {
            "at": now or self._clock.now(),
            "caller": caller.name,
            "door": caller.door.value,
            "address": caller.address,
            "via": caller.via,
            "kind": act.kind,
            "study": act.study,
            "detail": act.detail,
            "outcome": act.outcome,
        }

    def _write_on(self) -> None:
        try:
            while not self._turn():
                pass
        finally:
            self._closing = True  # whatever ended the thread, no read may be queued for nobody

    def _turn(self) -> bool:
        """Wait for work and do it; say whether the trail is closing."""
        with self._wake:
            pause_s = TRY_AGAIN_S if self._spill.rows() else HOUSEKEEPING_S
            self._wake.wait_for(lambda: self._waiting or self._closing, timeout=pause_s)
            if self._waiting:  # let others join the commit; a closing house does not wait
                self._wake.wait_for(lambda: self._closing, timeout=COMMIT_WITHIN_S / 2)
            closing = self._closing
        self._attempt(self.flush)
        if closing or self._clock.now() - self._tidied_at >= HOUSEKEEPING_S:
            self._tidied_at = self._clock.now()
            for chore in self._housekeeping:
                self._attempt(chore)
        return closing

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except RadiothequeError as error:
            _log.error("audit trail not written", waiting=len(self._waiting), error=str(error))


def _add(tx: Transaction, spilled: Sequence[Row], rows: Sequence[Row]) -> None:
    """Add rows. One of the spill may be there: a process may have died between this commit and clearing the spill."""
    link = connection(tx)
    missing = [row for row in spilled if link.execute(select(audit.c.id).filter_by(**row).limit(1)).first() is None]
    if news := [*missing, *rows]:
        link.execute(insert(audit), news)


class _SeenThisMinute:
    """Which events are in the trail or on their way, for the minute they carry; one that is forgotten is written twice."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, key: tuple[object, ...]) -> bool:
        return key in self._keys

    def note(self, key: tuple[object, ...]) -> None:
        """Take the event as written."""
        with self._lock:
            self._keys[key] = None
            if len(self._keys) > MAX_SEEN:
                self._keys.popitem(last=False)


def _key(act: Act, now: float) -> tuple[object, ...]:
    caller = act.caller
    return (int(now // 60), caller.name, caller.door, caller.address, act.kind, act.study, act.detail, act.outcome)

"""Links the rows of the trail in the order of their commits, one process at a time, and signs checkpoints.

A row is in the chain within a second or two of its commit, away from whoever waits for the act. Where transactions write
beside each other a row may become visible behind rows with higher numbers: rows of the last minutes are looked through,
not those behind the last one alone. A killed process leaves the chain as its last commit left it.
"""

import os
import secrets
import socket
import threading
from collections.abc import Callable, Sequence

from structlog import get_logger

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import RadiothequeError
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.database.session import Row, Session
from radiotheque.security.audit_chain import GENESIS, Checkpoint, CheckpointFile, Signer, link
from radiotheque.security.audit_tables import COLUMNS, entry_of
from radiotheque.security.model import Entry

BATCH = 1000
LEASE_S = 15.0
PAUSE_S = 1.0
CHECKPOINT_S = 60.0
CHECKPOINT_LINKS = 10_000
LATE_S = 600.0
"""No transaction lasts so long: a row whose number was given before is there by then, or never will be."""

_TAKE = """INSERT INTO audit_lease(name, owner, until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE
    SET owner = excluded.owner, until = excluded.until WHERE audit_lease.owner = excluded.owner OR audit_lease.until < ?"""
_GIVE_BACK = "UPDATE audit_lease SET until = 0 WHERE name = ? AND owner = ?"
_INHERIT = "UPDATE audit_lease SET until = 0 WHERE name = ?"
_LAST = "SELECT position, sha256, entry FROM audit_link ORDER BY position DESC LIMIT 1"
_ADD = "INSERT INTO audit_link(position, entry, caller, patient_id, issuer, sha256) VALUES (?, ?, ?, ?, ?, ?)"
_LAST_CHECKPOINT = "SELECT position, entry, sha256, at, previous, key, signature FROM audit_checkpoint"
_ADD_CHECKPOINT = """INSERT INTO audit_checkpoint(position, entry, sha256, at, previous, key, signature)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""

_log = get_logger("radiotheque.audit")


class Lease:
    """The right to do what one process alone may do; it runs out, so that another can go on for one that was killed."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name, self._clock = name, clock
        self.held = False
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def take(self, session: Session) -> bool:
        """Take it, or renew it, in the transaction that does the work; tell whether it is ours."""
        now = self._clock.now()
        self.held = session.run(_TAKE, (self.name, self.owner, now + LEASE_S, now)) > 0
        return self.held

    def give_back(self, session: Session) -> None:
        """Let another process have it at once."""
        if self.held:
            session.run(_GIVE_BACK, (self.name, self.owner))

    def inherit(self, session: Session) -> None:
        """Wait for nobody who had it, where only one server can be: who had it was killed."""
        if session.words.one_writer:
            session.run(_INHERIT, (self.name,))


class Chainer:
    """The chain of the house, from the side of who adds to it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: AuditTrail,
        *,
        signer: Signer | None,
        beside: CheckpointFile | None,
    ) -> None:
        self._database, self._clock, self._audit = database, clock, audit
        self.signer, self.beside = signer, beside
        self._lease = Lease("chain", clock)
        self._stop = threading.Event()
        self._turning = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to link, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="audit-chain", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, if there is one, when all is linked and signed that can be."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._attempt(lambda: self.turn(finish=True))
        if self._lease.held:
            self._attempt(lambda: self._database.write(lambda tx: self._lease.give_back(session_of(tx))))

    def turn(self, *, finish: bool = False) -> int:
        """Link what waits, and sign when that is due or at the `finish`; give how many rows were linked.

        Does nothing while another process has the lease. Raises `Unavailable`.
        """
        with self._turning:
            count = 0
            while self.waiting(1):
                linked = self._database.write(self._link, durable=False)
                count += linked
                if linked < BATCH:
                    break
            self._sign(finish=finish)
            return count

    def waiting(self, most: int = 100_000) -> int:
        """Give how many rows have no link yet, up to `most`."""
        with self._database.reader() as session:
            return len(_unlinked(session, self._clock.now(), most))

    def last_checkpoint(self) -> Checkpoint | None:
        """Give the checkpoint that was signed last."""
        with self._database.reader() as session:
            return last_checkpoint(session)

    def sign_now(self) -> Checkpoint | None:
        """Link and sign what is there; give the last checkpoint, None in a house without rows or key."""
        self.turn(finish=True)
        return self.last_checkpoint()

    def _run(self) -> None:
        self._attempt(lambda: self._database.write(lambda tx: self._lease.inherit(session_of(tx))))
        self._attempt(self._look_back)
        while not self._stop.wait(PAUSE_S):
            self._attempt(self.turn)

    def _attempt(self, work: Callable[[], object]) -> None:
        try:
            work()
        except RadiothequeError as error:
            _log.warning("audit trail not linked", error=str(error))

    def _link(self, tx: Transaction) -> int:
        session = session_of(tx)
        if not self._lease.take(session):
            return 0
        entries = _entries(session, _unlinked(session, self._clock.now(), BATCH))
        position, last, _ = session.one(_LAST) or (0, GENESIS, 0)
        last, links = bytes(last), []
        for entry in _with_patients(session, entries):
            position += 1
            last = link(last, entry, position)
            links.append((position, entry.entry_id, entry.caller, entry.patient_id, entry.issuer, last))
        session.many(_ADD, links)
        return len(links)

    def _sign(self, *, finish: bool) -> None:
        """Sign when it is due: first in the database, durably, and with it all links up to there; then beside it."""
        if self.signer is None:
            return
        with self._database.reader() as session:
            last, before = session.one(_LAST), last_checkpoint(session)
        due = finish or before is None or self._clock.now() - before.at >= CHECKPOINT_S
        since = (last[0] if last else 0) - (before.position if before else 0)
        if since > 0 and (due or since >= CHECKPOINT_LINKS):
            made = self._database.write(self._checkpoint)
            if made is not None and self.beside is not None:
                self.beside.keep(made, self._holds)

    def _checkpoint(self, tx: Transaction) -> Checkpoint | None:
        session = session_of(tx)
        if self.signer is None or not self._lease.take(session):
            return None
        last, before = session.one(_LAST), last_checkpoint(session)
        previous = before.position if before else 0
        if last is None or last[0] <= previous:
            return None
        (highest,) = session.one("SELECT max(entry) FROM audit_link WHERE position > ?", (previous,)) or (0,)
        row = max(int(highest), before.row if before else 0)
        made = self.signer.sign(Checkpoint(last[0], row, bytes(last[1]), self._clock.now(), previous))
        values = (made.position, made.row, made.sha256, made.at, made.previous, made.key, made.signature)
        session.run(_ADD_CHECKPOINT, values)
        return made

    def _holds(self, checkpoint: Checkpoint) -> bool:
        with self._database.reader() as session:
            row = session.one("SELECT sha256 FROM audit_link WHERE position = ?", (checkpoint.position,))
        return row is not None and bytes(row[0]) == checkpoint.sha256

    def _look_back(self) -> None:
        """Say it loudly, and in the trail, when the chain is not the one that was signed before."""
        for checkpoint in self.beside.read() if self.beside else ():
            if not self._holds(checkpoint):
                _log.error("the audit trail is not the one that was signed", position=checkpoint.position)
                caller = Caller("radiotheque", Door.HOUSE)
                what = f"position {checkpoint.position} is missing or another; run radiotheque audit verify"
                self._audit.read(Act(caller, "audit.broken", detail=what, outcome="failed"))


def last_checkpoint(session: Session, *, until: int = 1 << 62) -> Checkpoint | None:
    """Give the last checkpoint up to a position."""
    row = session.one(f"{_LAST_CHECKPOINT} WHERE position <= ? ORDER BY position DESC LIMIT 1", (until,))
    return checkpoint_of(row) if row else None


def checkpoints(session: Session, after: int, until: int) -> list[Checkpoint]:
    """Give the checkpoints behind a position and up to another, in order."""
    found = session.all(
        f"{_LAST_CHECKPOINT} WHERE position > ? AND position <= ? ORDER BY position LIMIT {BATCH}", (after, until)
    )
    return [checkpoint_of(row) for row in found]


def checkpoint_of(row: Row) -> Checkpoint:
    """Give the checkpoint of a row."""
    position, entry, digest, at, previous, key, signature = row
    return Checkpoint(position, entry, bytes(digest), at, previous, key=key, signature=bytes(signature))


def _unlinked(session: Session, now: float, limit: int) -> list[Row]:
    """Give the numbers of rows without a link: all behind the last linked one, and where writers run side by side late ones too."""
    if session.words.one_writer:
        last = session.one(_LAST)
        return session.all("SELECT id FROM audit WHERE id > ? ORDER BY id LIMIT ?", (last[2] if last else 0, limit))
    row = session.one(
        "SELECT position, entry FROM audit_checkpoint WHERE at < ? ORDER BY position DESC LIMIT 1", (now - LATE_S,)
    )
    position, entry = row or (0, 0)
    return session.all(
        "SELECT id FROM audit WHERE id > ? EXCEPT SELECT entry FROM audit_link WHERE position > ? ORDER BY 1 LIMIT ?",
        (entry, position, limit),
    )


def _entries(session: Session, numbers: Sequence[Row]) -> list[Entry]:
    """Give rows by their numbers, in order."""
    if not numbers:
        return []
    marks = ", ".join("?" * len(numbers))
    found = session.all(f"SELECT {COLUMNS} FROM audit a WHERE a.id IN ({marks})", [row[0] for row in numbers])
    return sorted((entry_of(row) for row in found), key=lambda entry: entry.entry_id)


def _with_patients(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Give entries with the patients that their studies are of now."""
    studies = sorted({entry.study for entry in entries if entry.study})
    known: dict[str, tuple[str, str]] = {}
    for at in range(0, len(studies), 500):
        some = studies[at : at + 500]
        marks = ", ".join("?" * len(some))
        found = session.all(f"SELECT uid, patient_id, issuer FROM study WHERE uid IN ({marks})", some)
        known |= {uid: (patient_id, issuer) for uid, patient_id, issuer in found}
    return [_with_patient(entry, *known[entry.study]) if entry.study in known else entry for entry in entries]


def _with_patient(entry: Entry, patient_id: str, issuer: str) -> Entry:
    return Entry(
        entry.entry_id, entry.at, entry.caller, entry.door, entry.address, entry.via, entry.kind, entry.study,
        entry.detail, entry.outcome, 0, patient_id, issuer,
    )  # fmt: skip

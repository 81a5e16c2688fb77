"""Events and jobs as rows of the same database: told with the act, leased, retried, dead-lettered visibly.

Positions in the feed grow in the order that readers can see, so that no reader misses a late committer. Where one
transaction writes at a time an event gets its position as it is told; elsewhere when it is first claimed, which is after
its commit, under one lock (docs/decisions/0008-feed-positions.md).
"""

import json
import os
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from radiotheque.core import events
from radiotheque.core.caller import Caller
from radiotheque.core.events import Event
from radiotheque.core.ports import Act, AuditTrail, Clock, Job, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.database.session import Row, Session

EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        events.InstanceKept,
        events.InstanceQuarantined,
        events.StudySettled,
        events.StudyAmended,
        events.StudyRejected,
        events.StudyRestored,
        events.ReadingChanged,
    )
}
SETTLED = events.StudySettled.__name__

_TELL = "INSERT INTO outbox(kind, payload, fed, state, told_at) VALUES (?, ?, ?, ?, ?)"
# `mark` has the last position too, since the feed forgets
_LAST = """SELECT coalesce(max(value), 0) AS last FROM
    (SELECT max(position) AS value FROM feed UNION ALL SELECT value FROM mark WHERE name = 'feed') AS given"""
_FEED = f"INSERT INTO feed(position, kind, payload, study_uid, at) SELECT last + 1, ?, ?, ?, ? FROM ({_LAST}) AS before"
_ENQUEUE = """INSERT INTO outbox(kind, payload, key, not_before, state, told_at, peer) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, key) WHERE key IS NOT NULL DO UPDATE SET payload = excluded.payload, not_before = excluded.not_before,
    state = excluded.state, attempts = 0, leased_until = 0, told_at = excluded.told_at, error = '', peer = excluded.peer"""
_HOLD = "UPDATE outbox SET state = 'held' WHERE peer = ? AND state = 'waiting'"
# what failed before need not wait for its next try any more; what was to wait for its first try still does
_RELEASE = """UPDATE outbox SET state = 'waiting', not_before = CASE WHEN attempts > 0 THEN 0 ELSE not_before END
    WHERE peer = ? AND state = 'held'"""
_WAITING = """SELECT id, kind, payload, attempts, error, told_at, peer, state, not_before, leased_until FROM outbox
    WHERE state IN ('waiting', 'held') AND id > ? AND (? = '' OR kind = ?) AND (? = '' OR peer = ?) ORDER BY id LIMIT ?"""
_DUE = "state = 'waiting' AND not_before <= ? AND leased_until <= ?"

FEED_LOCK = 7_305_801_954_117_302
"""Of PostgreSQL's advisory locks, the one under which positions are given."""

FEED_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Letter:
    """A job as it is shown to a person: one that was given up, to be revived or dropped."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    error: str
    told_at: float


@dataclass(frozen=True, slots=True)
class WaitingJob(Letter):
    """A job that is not done yet. `state` is waiting, running (`next_at`: when its lease ends) or held (`next_at`: 0)."""

    peer: str
    state: str
    next_at: float

    @property
    def studies(self) -> tuple[str, ...]:
        """The Study Instance UIDs that it names."""
        study = self.payload.get("study", "")
        return tuple(self.payload.get("studies", ())) or ((study,) if study else ())


type PeerHeld = Callable[[Transaction, str], bool]
"""Whether a peer is held, which stays so until the end of the transaction."""


def event_of(kind: str, payload: dict[str, Any]) -> Event | None:
    """Give the event of a claimed job, None when it is a job of another kind."""
    known = EVENTS.get(kind)
    return known(**payload) if known else None


class Outbox:
    """The outbox of the house: `core.ports.Outbox` for who tells, `JobQueue` for who works.

    `heard` names the kinds of events that somebody in the house works on; the others are for the feed alone.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        settle_s: float = 5.0,
        heard: Collection[str] = (),
        held: PeerHeld = lambda _tx, _peer: False,
    ) -> None:
        self._database, self._clock, self.settle_s = database, clock, settle_s
        self._heard, self._held = frozenset(heard), held
        self._owner = f"{socket.gethostname()}:{os.getpid()}"

    def tell(self, tx: Transaction, event: Event) -> None:
        """Add an event to the act's transaction; one that nobody hears leaves as soon as it has its position."""
        session, now = session_of(tx), self._clock.now()
        kind, told = type(event).__name__, asdict(event)
        heard = kind in self._heard
        payload = json.dumps(told, separators=(",", ":"))
        fed = session.words.one_writer
        if fed:
            session.run(_FEED, (kind, payload, told.get("study", ""), now))
        if heard or not fed:
            session.run(_TELL, (kind, payload, int(fed), "waiting" if heard else "told", now))

    def enqueue(
        self,
        tx: Transaction,
        kind: str,
        payload: dict[str, Any],
        *,
        not_before: float = 0.0,
        key: str = "",
        peer: str = "",
    ) -> None:
        """Add a job; one of the same kind and `key` that is there already is replaced. One for a held `peer` is held."""
        text = json.dumps(payload, separators=(",", ":"))
        state = "held" if peer and self._held(tx, peer) else "waiting"
        session_of(tx).run(_ENQUEUE, (kind, text, key or None, not_before, state, self._clock.now(), peer))

    def hold(self, tx: Transaction, peer: str, held: bool) -> int:
        """Let what waits for a peer be claimed by nobody, or again; give how many jobs.

        One that a worker has in hand is tried to its end, and held then if that failed.
        """
        return session_of(tx).run(_HOLD if held else _RELEASE, (peer,))

    def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> Sequence[Job]:
        """Lease up to `limit` due jobs of these kinds, oldest first; one whose lease runs out is claimable again.

        Looks before it writes, so an idle house writes nothing.
        """
        if not kinds or not self.due(kinds):
            return ()

        def act(tx: Transaction) -> list[Job]:
            session = session_of(tx)
            feed_positions(session, self._clock.now())
            if SETTLED in kinds:
                self._postpone_unsettled(session)
            return self._lease(session, kinds, limit, lease_s)

        return self._database.write(act, durable=False)

    def relay(self) -> int:
        """Give events their positions in the feed; say how many. Looks before it writes."""
        with self._database.reader() as session:
            if session.one("SELECT 1 FROM outbox WHERE fed = 0 LIMIT 1") is None:
                return 0
        now = self._clock.now()
        return self._database.write(lambda tx: feed_positions(session_of(tx), now), durable=False)

    def due(self, kinds: Sequence[str]) -> Sequence[str]:
        """Give those of the kinds that have jobs to claim now."""
        now = self._clock.now()
        some = "EXISTS (SELECT 1 FROM outbox WHERE kind = ? AND state = 'waiting' AND not_before <= ? AND leased_until <= ?)"
        with self._database.reader() as session:
            row = session.one(
                f"SELECT {', '.join([some] * len(kinds))}", [each for kind in kinds for each in (kind, now, now)]
            )
        return [kind for kind, found in zip(kinds, row or (), strict=False) if found]

    def _lease(self, session: Session, kinds: Sequence[str], limit: int, lease_s: float) -> list[Job]:
        now = self._clock.now()
        rows = session.all(
            f"""UPDATE outbox SET leased_until = ?, owner = ?, attempts = attempts + 1 WHERE id IN (
                SELECT id FROM outbox WHERE {_DUE} AND fed = 1 AND kind IN ({_marks(kinds)})
                ORDER BY id LIMIT {int(limit)}{session.words.skip_locked})
            RETURNING id, kind, payload, attempts""",
            (now + lease_s, self._owner, now, now, *kinds),
        )
        self._settle(session, [row for row in rows if row[1] == SETTLED])
        return [_job(row) for row in sorted(rows)]

    def _postpone_unsettled(self, session: Session) -> None:
        """Move the settling of studies that instances still come for: recording them wrote nothing about it."""
        now = self._clock.now()
        due = session.all(
            f"SELECT o.id, s.changed_at FROM outbox o JOIN study s ON s.uid = o.key WHERE o.kind = ? AND {_DUE}"
            f" AND s.changed_at > ?{' FOR UPDATE OF o SKIP LOCKED' if not session.is_sqlite else ''}",
            (SETTLED, now, now, now - self.settle_s),
        )
        session.many(
            "UPDATE outbox SET not_before = ? WHERE id = ?",
            [(changed_at + self.settle_s, row_id) for row_id, changed_at in due],
        )

    def _settle(self, session: Session, rows: list[Row]) -> None:
        """Let the next instance of a study that is about to settle ask for it again."""
        now = self._clock.now()
        for _, _, payload, _ in rows:
            session.run(
                "UPDATE study SET settling = 0, settled_at = ? WHERE uid = ?", (now, json.loads(payload)["study"])
            )

    def done(self, ids: Sequence[int]) -> None:
        """Forget jobs that were done; one that was asked for again meanwhile stays."""
        rows = [(job_id, self._owner) for job_id in ids]

        def act(tx: Transaction) -> None:
            session_of(tx).many("DELETE FROM outbox WHERE id = ? AND owner = ? AND leased_until > 0", rows)

        self._database.write(act, durable=False)

    def failed(self, job_id: int, error: str, retry_at: float | None) -> None:
        """Put a job back until `retry_at`, or among the dead letters when None; one held meanwhile stays held."""
        state = "dead" if retry_at is None else "waiting"

        def act(tx: Transaction) -> None:
            session_of(tx).run(
                "UPDATE outbox SET leased_until = 0, state = CASE WHEN state = 'held' THEN state ELSE ? END,"
                " not_before = ?, error = ? WHERE id = ? AND owner = ?",
                (state, retry_at or 0.0, error[:2000], job_id, self._owner),
            )

        self._database.write(act)

    def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[Letter]:
        """Give jobs that were given up, oldest first."""
        with self._database.reader() as session:
            rows = session.all(
                "SELECT id, kind, payload, attempts, error, told_at FROM outbox WHERE state = 'dead' AND id > ?"
                " ORDER BY id LIMIT ?",
                (after, limit),
            )
        return [Letter(row[0], row[1], json.loads(row[2]), *row[3:]) for row in rows]

    def revive(self, ids: Sequence[int]) -> int:
        """Let jobs that were given up be tried again, from the first try; give how many."""

        def act(tx: Transaction) -> int:
            session, these = session_of(tx), f"state = 'dead' AND id IN ({_marks(ids)})"
            peers = session.all(f"SELECT DISTINCT peer FROM outbox WHERE peer <> '' AND {these}", ids)
            held = [peer for (peer,) in peers if self._held(tx, peer)]
            revived = session.run(
                f"UPDATE outbox SET state = 'waiting', attempts = 0, not_before = 0, leased_until = 0 WHERE {these}",
                ids,
            )
            for peer in held:
                self.hold(tx, peer, held=True)
            return revived

        return self._database.write(act) if ids else 0

    def drop(self, ids: Sequence[int], caller: Caller, audit: AuditTrail) -> int:
        """Forget jobs that were given up, audited; give how many."""

        def act(tx: Transaction) -> int:
            count = session_of(tx).run(f"DELETE FROM outbox WHERE state = 'dead' AND id IN ({_marks(ids)})", ids)
            audit.wrote(tx, Act(caller, "outbox.drop", detail=f"{count} jobs"))
            return count

        return self._database.write(act) if ids else 0

    def waiting_jobs(self, limit: int = 100, after: int = 0, *, kind: str = "", peer: str = "") -> Sequence[WaitingJob]:
        """Give jobs that are not done yet, of a kind and for a peer ("" for any), oldest first."""
        with self._database.reader() as session:
            rows = session.all(_WAITING, (after, kind, kind, peer, peer, limit))
        now = self._clock.now()
        return [_waiting_job(row, now) for row in rows]

    def waiting(self) -> dict[str, int]:
        """Give how many jobs of each kind wait or are being done, and how many events wait for their position."""
        with self._database.reader() as session:
            return dict(session.all("SELECT kind, count(*) FROM outbox WHERE state <> 'dead' GROUP BY kind"))


def feed_positions(session: Session, now: float) -> int:
    """Give positions to events that have none yet; say how many. In a transaction of its own or the claim's."""
    if not session.is_sqlite:
        session.all(f"SELECT pg_advisory_xact_lock({FEED_LOCK})")
    unfed = session.all(f"SELECT id, kind, payload, state FROM outbox WHERE fed = 0 ORDER BY id LIMIT {FEED_BATCH}")
    if not unfed:
        return 0
    position = last_position(session)
    news = [
        (at, kind, payload, json.loads(payload).get("study", ""), now)
        for at, (_, kind, payload, _) in enumerate(unfed, position + 1)
    ]
    session.many("INSERT INTO feed(position, kind, payload, study_uid, at) VALUES (?, ?, ?, ?, ?)", news)
    note_position(session, position + len(unfed))
    session.many("DELETE FROM outbox WHERE id = ?", [(row[0],) for row in unfed if row[3] == "told"])
    session.many("UPDATE outbox SET fed = 1 WHERE id = ?", [(row[0],) for row in unfed if row[3] != "told"])
    return len(unfed)


def last_position(session: Session) -> int:
    """Give the last position in the feed that was given, 0 when none was."""
    row = session.one(_LAST)
    return int(row[0]) if row else 0


def note_position(session: Session, position: int) -> None:
    """Let the last position be known without its row."""
    session.run(
        "INSERT INTO mark(name, value) VALUES ('feed', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (position,),
    )


def _job(row: Row) -> Job:
    return Job(row[0], row[1], json.loads(row[2]), row[3] - 1)


def _waiting_job(row: Row, now: float) -> WaitingJob:
    state, not_before, leased_until = row[7:]
    if leased_until > now:
        state, next_at = "running", leased_until
    else:
        next_at = 0.0 if state == "held" else not_before
    job_id, kind, payload, attempts, error, told_at, peer = row[:7]
    return WaitingJob(job_id, kind, json.loads(payload), attempts, error, told_at, peer, state, next_at)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))

"""Work by the clock, visible and to be run now: a chore is a keyed job of the outbox that asks for itself again.

So one node at a time runs it, and a node that is killed in the middle loses nothing: its lease runs out, and another
node, or the same one later, begins again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from radiotheque.core.caller import Caller
from radiotheque.core.errors import NotFound, RadiothequeError
from radiotheque.core.ports import Act, AuditTrail, Clock, Job, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.room import Chore

log = structlog.get_logger(__name__)

KIND = "chore"
LEASE_S = 3600.0
SOON_S = 600.0
"""A chore that failed is tried again after this, or its own period when that is shorter."""

_ADD = """INSERT INTO outbox(kind, payload, key, not_before, state, told_at) VALUES (?, ?, ?, ?, 'waiting', ?)
    ON CONFLICT DO NOTHING"""
_AGAIN = """UPDATE outbox SET payload = ?, not_before = ?, attempts = 0, leased_until = 0, state = 'waiting', error = ?
    WHERE kind = ? AND key = ?"""
_NOW = "UPDATE outbox SET not_before = 0, state = 'waiting' WHERE kind = ? AND key = ?"
_STATES = "SELECT key, payload, not_before, leased_until, error FROM outbox WHERE kind = ?"


@dataclass(frozen=True, slots=True)
class ChoreState:
    """How a chore stands. Moments are seconds since the epoch, 0.0 for never; `outcome` is what came of it last."""

    name: str
    every_s: float
    next_at: float
    running: bool
    last_at: float = 0.0
    outcome: str = ""
    error: str = ""


class Chores:
    """The chores of the house."""

    def __init__(self, chores: Sequence[Chore], database: Database, audit: AuditTrail, clock: Clock) -> None:
        self._chores = {chore.name: chore for chore in chores}
        self._database, self._audit, self._clock = database, audit, clock

    def schedule(self) -> None:
        """Put chores into the outbox that are not there yet, each after its period; called at every start."""
        now = self._clock.now()
        rows = [(KIND, "{}", chore.name, now + chore.every_s, now) for chore in self._chores.values()]
        self._database.write(lambda tx: session_of(tx).many(_ADD, rows))

    def run_now(self, name: str, caller: Caller) -> None:
        """Let a chore be run at once by whoever works on the outbox; audited. Raises `NotFound`."""
        if name not in self._chores:
            raise NotFound(
                "there is no chore {name}; there are {chores}", name=f"{name[:64]!r}", chores=", ".join(self._chores)
            )
        self.schedule()

        def act(tx: Transaction) -> None:
            session_of(tx).run(_NOW, (KIND, name))
            self._audit.wrote(tx, Act(caller, "chore.run", detail=name))

        self._database.write(act)

    def states(self) -> list[ChoreState]:
        """Give how every chore stands, by name."""
        with self._database.reader() as session:
            rows = {row[0]: row for row in session.all(_STATES, (KIND,))}
        return [self._state(chore, rows.get(chore.name)) for _, chore in sorted(self._chores.items())]

    def _state(self, chore: Chore, row: Sequence[Any] | None) -> ChoreState:
        if row is None:
            return ChoreState(chore.name, chore.every_s, 0.0, running=False)
        _, payload, next_at, leased_until, error = row
        last = json.loads(payload)
        return ChoreState(
            chore.name,
            chore.every_s,
            next_at,
            leased_until > self._clock.now(),
            last.get("last_at", 0.0),
            last.get("outcome", ""),
            error,
        )

    def work(self, jobs: Sequence[Job]) -> None:
        """Run claimed chores and ask for each again; one that failed sooner. For the dispatcher."""
        with self._database.reader() as session:
            keys = {row[0]: row[1] for row in session.all("SELECT id, key FROM outbox WHERE kind = ?", (KIND,))}
        for job in jobs:
            chore = self._chores.get(keys.get(job.id, ""))
            if chore is None:
                log.warning("chore of another version forgotten", chore=keys.get(job.id, ""))
                continue
            self._run(chore, job.payload)

    def _run(self, chore: Chore, last: dict[str, Any]) -> None:
        try:
            outcome, error, pause_s = chore.do(), "", chore.every_s
        except RadiothequeError as failed:
            log.warning("chore failed", chore=chore.name, error=f"{type(failed).__name__}: {failed}")
            outcome, error = last.get("outcome", ""), f"{type(failed).__name__}: {failed}"
            pause_s = min(chore.every_s, SOON_S)
        now = self._clock.now()
        payload = json.dumps({"last_at": now, "outcome": outcome})
        row = (payload, now + pause_s, error[:2000], KIND, chore.name)
        # it is no longer leased then, so that the dispatcher's "done" leaves the row be
        self._database.write(lambda tx: session_of(tx).run(_AGAIN, row))

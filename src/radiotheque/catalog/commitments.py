"""What we asked peers to commit to: kept before the request goes out, so that a report always finds its transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from radiotheque.catalog.outbox import Outbox
from radiotheque.core.aetitle import AETitle, parse_aetitle
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Conflict, NotFound
from radiotheque.core.instance import Location
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.core.uid import UID, fresh_uid
from radiotheque.database.engine import Database, session_of

KIND = "commitment.ask"
WAITING, ASKED, COMMITTED, FAILED, REFUSED = "waiting", "asked", "committed", "failed", "refused"
OVERDUE, REPLACED = "overdue", "replaced"
FORGOTTEN_AT_ONCE = 500
ASKED_IN_VAIN = (OVERDUE, FAILED, REFUSED)
"""States from which a peer can be asked again, in a transaction of its own."""

type Reference = tuple[UID, UID]
"""SOP Class and SOP Instance."""

_ADD = """INSERT INTO commitment(transaction_uid, peer, direction, state, payload, asked_at, answered_at)
    VALUES (?, ?, 'asked', ?, ?, ?, 0)"""
_ONE = "SELECT peer, state, payload FROM commitment WHERE transaction_uid = ? AND direction = 'asked'"
_OPEN = "'waiting', 'asked', 'overdue'"
_ASKED = f"UPDATE commitment SET state = 'asked', asked_at = ? WHERE transaction_uid = ? AND state IN ({_OPEN})"
_OVERDUE = """UPDATE commitment SET state = 'overdue' WHERE direction = 'asked' AND asked_at <= ? AND (state = 'asked'
    OR state = 'waiting' AND NOT EXISTS (SELECT 1 FROM outbox
        WHERE kind = 'commitment.ask' AND key = commitment.transaction_uid AND outbox.state IN ('waiting', 'held')))"""
_REPLACED = """UPDATE commitment SET state = 'replaced', payload = ? WHERE transaction_uid = ?
    AND state IN ('overdue', 'failed', 'refused')"""
_COUNT = "SELECT count(*) FROM commitment WHERE direction = 'asked' AND state = ?"
_ANSWERED_BEFORE = """SELECT id FROM commitment WHERE direction = 'asked'
    AND state IN ('committed', 'failed', 'refused', 'replaced') AND asked_at < ? AND answered_at < ? ORDER BY id LIMIT ?"""
_ANSWERED = "UPDATE commitment SET state = ?, payload = ?, answered_at = ? WHERE transaction_uid = ?"
_ALL = """SELECT id, transaction_uid, peer, state, payload, asked_at, answered_at FROM commitment
    WHERE direction = 'asked' AND (? = 0 OR id < ?) AND (? = '' OR state = ?) ORDER BY id DESC LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A transaction: `failed` are SOP Instance UIDs with their Failure Reason (PS3.3 C.14.1.1).

    `asked_at` is when the peer took the request, while it waits when it was made; seconds since the epoch.
    """

    id: int
    transaction: UID
    peer: AETitle
    state: str
    study: str
    instances: int
    failed: tuple[tuple[UID, int], ...]
    reason: str
    asked_at: float
    answered_at: float


@dataclass(frozen=True, slots=True)
class Commitments:
    """Requests of ours for storage commitment (PS3.4 J), and what became of them."""

    database: Database
    outbox: Outbox
    audit: AuditTrail
    clock: Clock

    def ask(self, locations: Sequence[Location], peer: AETitle, caller: Caller) -> UID:
        """Remember that `peer` is to commit to these instances, and let the outbox ask it; give the Transaction UID."""
        identities = [location.identity for location in locations]
        payload = {
            "study": identities[0].study if identities else "",
            "references": [(identity.sop_class, identity.sop_instance) for identity in identities],
        }
        return self.database.write(lambda tx: self._ask(tx, peer, payload, caller))

    def ask_again(self, transaction: UID, caller: Caller) -> UID:
        """Ask the peer of a transaction that came to nothing again, in a new one; give its UID.

        Raises `NotFound`, and `Conflict` for one that is still open, was committed to, or was asked again already.
        """
        peer, _, payload = self._one(transaction)
        wanted = {name: payload[name] for name in ("study", "references")}

        def act(tx: Transaction) -> UID:
            fresh = self._ask(tx, parse_aetitle(peer), wanted, caller)
            said = json.dumps(payload | {"reason": f"asked again as {fresh}"})
            if not session_of(tx).run(_REPLACED, (said, transaction)):
                raise Conflict(
                    "only what is {known} is asked for again; nothing was changed", known=", ".join(ASKED_IN_VAIN)
                )
            return fresh

        return self.database.write(act)

    def _ask(self, tx: Transaction, peer: AETitle, payload: dict[str, Any], caller: Caller) -> UID:
        transaction = fresh_uid()
        session_of(tx).run(_ADD, (transaction, peer, WAITING, json.dumps(payload), self.clock.now()))
        told = {"transaction": transaction, "study": payload["study"]}
        self.outbox.enqueue(tx, KIND, told, key=transaction, peer=peer)
        self.audit.wrote(tx, Act(caller, "commitment.ask", study=payload["study"], detail=peer))
        return transaction

    def note_overdue(self, after_s: float) -> str:
        """Let what a peer took and did not report on within `after_s` seconds count as overdue; say how many are.

        So does what no peer took, when the job that was to ask is among the dead letters or dropped. A report that
        comes after all is taken still.
        """
        limit = self.clock.now() - after_s
        fresh = self.database.write(lambda tx: session_of(tx).run(_OVERDUE, (limit,)))
        return f"{self.overdue()} overdue, {fresh} of them new"

    def forget(self, before: float, *, at_once: int = FORGOTTEN_AT_ONCE) -> int:
        """Forget transactions that came to an end before a moment; give how many. What is open or overdue stays.

        `at_once` at a time, so that nobody who writes waits for long.
        """
        count = 0
        while ids := self._ended(before, at_once):
            count += self._forget(ids)
        return count

    def _ended(self, before: float, most: int) -> list[int]:
        with self.database.reader() as session:
            return [row[0] for row in session.all(_ANSWERED_BEFORE, (before, before, most))]

    def _forget(self, ids: Sequence[int]) -> int:
        sql = f"DELETE FROM commitment WHERE id IN ({', '.join('?' * len(ids))})"
        return self.database.write(lambda tx: session_of(tx).run(sql, ids))

    def overdue(self) -> int:
        """Give how many transactions are overdue."""
        with self.database.reader() as session:
            row = session.one(_COUNT, (OVERDUE,))
        return int(row[0]) if row else 0

    def open(self, transaction: UID) -> tuple[AETitle, list[Reference]] | None:
        """Give peer and instances of a transaction that has no answer yet, None when it has. Raises `NotFound`."""
        peer, state, payload = self._one(transaction)
        if state not in (WAITING, ASKED, OVERDUE):
            return None
        return parse_aetitle(peer), [(UID(one), UID(other)) for one, other in payload["references"]]

    def asked(self, transaction: UID) -> None:
        """Note that the peer has taken the request now; its report may have come already."""
        now = self.clock.now()
        self.database.write(lambda tx: session_of(tx).run(_ASKED, (now, transaction)))

    def refused(self, transaction: UID, reason: str) -> None:
        """Note that the peer does not commit at all."""
        _, _, payload = self._one(transaction)
        row = (REFUSED, json.dumps(payload | {"reason": reason[:500]}), self.clock.now(), transaction)
        self.database.write(lambda tx: session_of(tx).run(_ANSWERED, row))

    def heard(self, peer: str, transaction: UID, failed: Sequence[tuple[UID, int]]) -> None:
        """Note a peer's report; a repeated one changes nothing. Raises `NotFound` for a transaction not asked of it."""
        whose, _, payload = self._one(transaction)
        if whose != peer:
            raise NotFound("transaction {transaction} was not requested of {peer}", transaction=transaction, peer=peer)
        row = (FAILED if failed else COMMITTED, json.dumps(payload | {"failed": list(failed)}))
        self.database.write(lambda tx: session_of(tx).run(_ANSWERED, (*row, self.clock.now(), transaction)))

    def all(self, *, before: int = 0, limit: int = 100, state: str = "") -> Sequence[Asked]:
        """Give transactions in a state ("" for any), newest first, older than the one numbered `before`."""
        with self.database.reader() as session:
            rows = session.all(_ALL, (before, before, state, state, limit))
        return [_shown(row) for row in rows]

    def _one(self, transaction: UID) -> tuple[str, str, dict[str, Any]]:
        with self.database.reader() as session:
            row = session.one(_ONE, (transaction,))
        if row is None:
            raise NotFound("transaction {transaction} was not requested here", transaction=transaction)
        return row[0], row[1], json.loads(row[2])


def _shown(row: Sequence[Any]) -> Asked:
    payload = json.loads(row[4])
    return Asked(
        row[0],
        UID(row[1]),
        AETitle(row[2]),
        row[3],
        payload["study"],
        len(payload["references"]),
        tuple((UID(instance), reason) for instance, reason in payload.get("failed", ())),
        payload.get("reason", ""),
        row[5],
        row[6],
    )

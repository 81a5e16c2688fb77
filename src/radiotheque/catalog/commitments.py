"""What we asked peers to commit to: kept before the request goes out, so that a report always finds its transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from radiotheque.catalog.outbox import Outbox
from radiotheque.core.aetitle import AETitle, parse_aetitle
from radiotheque.core.caller import Caller
from radiotheque.core.errors import NotFound
from radiotheque.core.instance import Location
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.core.uid import UID, fresh_uid
from radiotheque.database.engine import Database, session_of

KIND = "commitment.ask"
WAITING, ASKED, COMMITTED, FAILED, REFUSED = "waiting", "asked", "committed", "failed", "refused"

type Reference = tuple[UID, UID]
"""SOP Class and SOP Instance."""

_ADD = """INSERT INTO commitment(transaction_uid, peer, direction, state, payload, asked_at, answered_at)
    VALUES (?, ?, 'asked', ?, ?, ?, 0)"""
_ONE = "SELECT peer, state, payload FROM commitment WHERE transaction_uid = ? AND direction = 'asked'"
_STATE = "UPDATE commitment SET state = ? WHERE transaction_uid = ? AND state IN ('waiting', 'asked')"
_ANSWERED = "UPDATE commitment SET state = ?, payload = ?, answered_at = ? WHERE transaction_uid = ?"
_ALL = """SELECT id, transaction_uid, peer, state, payload, asked_at, answered_at FROM commitment
    WHERE direction = 'asked' AND (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A transaction: `failed` are SOP Instance UIDs with their Failure Reason (PS3.3 C.14.1.1)."""

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
        transaction = fresh_uid()
        identities = [location.identity for location in locations]
        study = identities[0].study if identities else ""
        payload = {
            "study": study,
            "references": [(identity.sop_class, identity.sop_instance) for identity in identities],
        }

        def act(tx: Transaction) -> None:
            session_of(tx).run(_ADD, (transaction, peer, WAITING, json.dumps(payload), self.clock.now()))
            self.outbox.enqueue(tx, KIND, {"transaction": transaction}, key=transaction)
            self.audit.wrote(tx, Act(caller, "commitment.ask", study=study, detail=peer))

        self.database.write(act)
        return transaction

    def open(self, transaction: UID) -> tuple[AETitle, list[Reference]] | None:
        """Give peer and instances of a transaction that has no answer yet, None when it has. Raises `NotFound`."""
        peer, state, payload = self._one(transaction)
        if state not in (WAITING, ASKED):
            return None
        return parse_aetitle(peer), [(UID(one), UID(other)) for one, other in payload["references"]]

    def asked(self, transaction: UID) -> None:
        """Note that the peer has taken the request; its report may have come already."""
        self.database.write(lambda tx: session_of(tx).run(_STATE, (ASKED, transaction)))

    def refused(self, transaction: UID, reason: str) -> None:
        """Note that the peer does not commit at all."""
        _, _, payload = self._one(transaction)
        row = (REFUSED, json.dumps(payload | {"reason": reason[:500]}), self.clock.now(), transaction)
        self.database.write(lambda tx: session_of(tx).run(_ANSWERED, row))

    def heard(self, peer: str, transaction: UID, failed: Sequence[tuple[UID, int]]) -> None:
        """Note a peer's report; a repeated one changes nothing. Raises `NotFound` for a transaction not asked of it."""
        whose, _, payload = self._one(transaction)
        if whose != peer:
            raise NotFound(f"transaction {transaction} was not requested of {peer}")
        row = (FAILED if failed else COMMITTED, json.dumps(payload | {"failed": list(failed)}))
        self.database.write(lambda tx: session_of(tx).run(_ANSWERED, (*row, self.clock.now(), transaction)))

    def all(self, *, before: int = 0, limit: int = 100) -> Sequence[Asked]:
        """Give transactions, newest first, older than the one numbered `before`."""
        with self.database.reader() as session:
            rows = session.all(_ALL, (before, before, limit))
        return [_shown(row) for row in rows]

    def _one(self, transaction: UID) -> tuple[str, str, dict[str, Any]]:
        with self.database.reader() as session:
            row = session.one(_ONE, (transaction,))
        if row is None:
            raise NotFound(f"transaction {transaction} was not requested here")
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

"""The review queue of the data-protection officer: what the detectors found, and what came of each."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from radiotheque.core.caller import Caller
from radiotheque.core.errors import Conflict, Malformed, NotFound
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.database.session import Row, Session
from radiotheque.security.audit_chainer import last_checkpoint
from radiotheque.security.audit_detect import Facts, Patient, Suspicion, is_person, sample, suspicions, words_of
from radiotheque.security.audit_tables import LINKED, NOTE, entry_of
from radiotheque.security.model import Entry

OUTCOMES = frozenset({"justified", "unjustified", "unclear"})
AT_ONCE = 20_000
VIP = "vip"
"""The access token of studies of somebody known."""

_NEW = f"""SELECT {LINKED} FROM audit_link l JOIN audit a ON a.id = l.entry WHERE l.position > ?
    ORDER BY l.position LIMIT {AT_ONCE}"""
_BEFORE = f"""SELECT {LINKED} FROM audit_link l JOIN audit a ON a.id = l.entry WHERE l.position <= ? AND a.at >= ?
    AND l.patient_id <> '' ORDER BY l.position DESC LIMIT {AT_ONCE}"""
_MONTH = f"""SELECT {LINKED} FROM audit_link l JOIN audit a ON a.id = l.entry WHERE a.at >= ? AND a.at < ?
    AND l.patient_id <> '' AND a.via IN ('session', 'basic') ORDER BY l.position"""
_SEEN = """INSERT INTO audit_address(caller, address, seen_at) VALUES (?, ?, ?)
    ON CONFLICT (caller, address) DO UPDATE SET seen_at = excluded.seen_at"""
_ADD = """INSERT INTO audit_review(key, detector, found_at, position, caller, study, patient_id, issuer, detail, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open') ON CONFLICT (key) DO NOTHING"""
_COLUMNS = "id, detector, found_at, position, caller, study, patient_id, issuer, detail, state, outcome, note, closed_by, closed_at"
_CLOSE = "UPDATE audit_review SET state = 'closed', outcome = ?, note = ?, closed_by = ?, closed_at = ? WHERE id = ?"

type Related = Callable[[str, str], bool | None]


@dataclass(frozen=True, slots=True)
class Review:
    """One case of the queue. `outcome` is "" while it is open; else justified, unjustified or unclear."""

    id: int
    detector: str
    found_at: float
    position: int
    caller: str
    study: str
    patient_id: str
    issuer: str
    detail: str
    state: str
    outcome: str
    note: str
    closed_by: str
    closed_at: float


class Reviews:
    """The queue, and the chore that fills it. `related` tells of care relations; without it, what the images say does."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail, related: Related | None = None) -> None:
        self._database, self._clock, self._audit, self._related = database, clock, audit, related

    def page(self, *, state: str = "open", detector: str = "", before: int = 0, limit: int = 100) -> Sequence[Review]:
        """Give cases in a state and of a detector ("" for any), newest first, older than the case `before`."""
        with self._database.reader() as session:
            rows = session.all(
                f"SELECT {_COLUMNS} FROM audit_review WHERE (? = '' OR state = ?) AND (? = '' OR detector = ?)"
                " AND id < ? ORDER BY id DESC LIMIT ?",
                (state, state, detector, detector, before or 1 << 62, limit),
            )
        return [Review(*row) for row in rows]

    def close(self, number: int, outcome: str, note: str, caller: Caller) -> Review:
        """Record what came of a case. Raises `Malformed`, `NotFound`, and `Conflict` for one that has an outcome."""
        if outcome not in OUTCOMES:
            raise Malformed(f"an outcome is one of {', '.join(sorted(OUTCOMES))}")
        if outcome != "justified" and not note.strip():
            raise Malformed("say in a note why, or what is to follow")

        def act(tx: Transaction) -> Review:
            session = session_of(tx)
            case = self._one(session, number, lock=session.words.lock_row)
            if case.state != "open":
                raise Conflict(f"case {number} was closed by {case.closed_by} already; that stays")
            session.run(_CLOSE, (outcome, note.strip(), caller.name, self._clock.now(), number))
            self._audit.wrote(tx, Act(caller, "audit.review", detail=f"case {number}: {outcome}"))
            return self._one(session, number)

        return self._database.write(act)

    def run(self) -> str:
        """Look at what is new, and once a month draw the sample; for the clock."""
        count = 0
        while True:
            found, seen, last = self._look()
            count += len(found)
            if seen < AT_ONCE:
                return f"{count} to look at, {len(self._draw())} drawn, up to line {last}"

    def _look(self) -> tuple[list[Suspicion], int, int]:
        """Look at the next lines; give what was found, how many they were, and which the last one was."""
        with self._database.reader() as session:
            last = int(_state(session, "review", "0"))
            new = [entry_of(row) for row in session.all(_NEW, (last,))]
            if not new:
                return [], 0, last
            before = [entry_of(row) for row in session.all(_BEFORE, (last, new[0].at - 86_400.0))][::-1]
            facts = self._facts(session, [*before, *new])
        found = suspicions([*before, *new], facts, after=last)
        self._database.write(lambda tx: self._noted(tx, new, found))
        return found, len(new), new[-1].position

    def _noted(self, tx: Transaction, new: Sequence[Entry], found: Sequence[Suspicion]) -> None:
        """Note how far it is in the transaction that keeps what was found: a kill loses neither."""
        session = session_of(tx)
        session.run(NOTE, ("review", str(new[-1].position)))
        seen = {(entry.caller, entry.address): entry.at for entry in new if is_person(entry) and entry.address}
        session.many(_SEEN, [(*pair, at) for pair, at in seen.items()])
        self._keep(tx, found)

    def _keep(self, tx: Transaction, found: Iterable[Suspicion]) -> None:
        now = self._clock.now()
        rows = [
            (each.key, each.detector, now, each.entry.position, each.entry.caller, each.entry.study,
             each.entry.patient_id, each.entry.issuer, each.detail)
            for each in found
        ]  # fmt: skip
        session_of(tx).many(_ADD, rows)

    def _draw(self) -> list[Suspicion]:
        """Draw the sample of the month that is over; seeded by the last checkpoint, which nobody knew beforehand."""
        first = datetime.fromtimestamp(self._clock.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        start = (first - timedelta(days=1)).replace(day=1)
        month = start.strftime("%Y-%m")
        with self._database.reader() as session:
            checkpoint = last_checkpoint(session)
            if checkpoint is None or _state(session, "sample", "") == month:
                return []
            rows = [entry_of(row) for row in session.all(_MONTH, (start.timestamp(), first.timestamp()))]
        drawn = sample(rows, checkpoint.signature, month, Facts().limits.sample)
        self._database.write(lambda tx: self._drawn(tx, month, drawn))
        return drawn

    def _drawn(self, tx: Transaction, month: str, drawn: Sequence[Suspicion]) -> None:
        session_of(tx).run(NOTE, ("sample", month))
        self._keep(tx, drawn)

    def _facts(self, session: Session, rows: Sequence[Entry]) -> Facts:
        studies = sorted({row.study for row in rows if row.study and row.patient_id})
        names: dict[Patient, tuple[str, ...]] = {}
        vips: set[Patient] = set()
        doctors: dict[str, frozenset[str]] = {}
        for uid, patient_id, issuer, name, referring, vip in _studies(session, studies):
            names[patient_id, issuer] = words_of(name.partition("=")[0])
            doctors[uid] = frozenset(words_of(referring))
            if vip:
                vips.add((patient_id, issuer))
        accounts = {row[0]: frozenset(json.loads(row[1])) for row in session.all("SELECT name, roles FROM account")}
        logins = {name: frozenset(words_of(name)) for name in accounts}
        related = self._related or _by_images(accounts, logins, doctors)
        return Facts(names, logins, frozenset(vips), _addresses(session), related)

    def _one(self, session: Session, number: int, *, lock: str = "") -> Review:
        row = session.one(f"SELECT {_COLUMNS} FROM audit_review WHERE id = ?{lock}", (number,))
        if row is None:
            raise NotFound(f"there is no case {number}")
        return Review(*row)


def _by_images(
    accounts: dict[str, frozenset[str]], logins: dict[str, frozenset[str]], doctors: dict[str, frozenset[str]]
) -> Related:
    """Give what the images say of care relations: a clinician who did not refer the patient has none that is known."""

    def related(caller: str, study: str) -> bool | None:
        if "clinician" not in accounts.get(caller, frozenset()) or not doctors.get(study):
            return None
        return bool(logins[caller] & doctors[study])

    return related


def _studies(session: Session, uids: Sequence[str]) -> list[Row]:
    """Give of studies: UID, Patient ID, issuer, names of patient and referring physician, whether of somebody known."""
    rows: list[Row] = []
    for at in range(0, len(uids), 500):
        some = uids[at : at + 500]
        rows += session.all(
            "SELECT s.uid, s.patient_id, s.issuer, s.patient_name, s.referring,"
            " EXISTS (SELECT 1 FROM study_access t WHERE t.study_id = s.id AND t.token = ?)"
            f" FROM study s WHERE s.uid IN ({', '.join('?' * len(some))})",
            (VIP, *some),
        )
    return rows


def _addresses(session: Session) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for caller, address in session.all("SELECT caller, address FROM audit_address"):
        found.setdefault(caller, set()).add(address)
    return {caller: frozenset(addresses) for caller, addresses in found.items()}


def _state(session: Session, name: str, default: str) -> str:
    row = session.one("SELECT value FROM audit_state WHERE name = ?", (name,))
    return str(row[0]) if row else default

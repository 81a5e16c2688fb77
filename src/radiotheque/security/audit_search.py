"""Looking in the trail: who did what, when, to whose study, from where, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from radiotheque.core.errors import NotFound
from radiotheque.database.engine import Database
from radiotheque.database.session import Session
from radiotheque.security.audit_tables import LINKED, entry_of
from radiotheque.security.model import Entry

MOST = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; "" and 0 are for anything. `kinds` may end in "*"; moments are seconds since the epoch.

    A page is the newest first and before position `before`, or with `after` the oldest first and behind it.
    """

    caller: str = ""
    kinds: tuple[str, ...] = ()
    study: str = ""
    patient_id: str = ""
    issuer: str | None = None
    outcome: str = ""
    door: str = ""
    address: str = ""
    since: float = 0.0
    until: float = 0.0
    before: int = 0
    after: int | None = None
    limit: int = 100

    def said(self) -> str:
        """Give what is looked for in words for the trail, without the patient's identifier."""
        given = {name: value for name, value in asdict(self).items() if value and name not in _PAGE}
        hidden = {"patient_id": "given", "issuer": "given"}
        return ", ".join(f"{name} {hidden.get(name, value)}" for name, value in given.items())[:500]


_PAGE = ("before", "after", "limit")


@dataclass(frozen=True, slots=True)
class PatientFound:
    """A patient as the index knows them: number, identifier with its issuer, name, and studies."""

    number: int
    patient_id: str
    issuer: str
    name: str
    birth_date: str
    studies: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    """What each study is called: its date and description."""


class AuditSearch:
    """Searches of the rows that have their link."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, wanted: Wanted) -> Sequence[Entry]:
        """Give one page."""
        conditions, values = _conditions(wanted)
        forward = wanted.after is not None
        if forward:
            conditions, values = [*conditions, "l.position > ?"], [*values, wanted.after or 0]
        elif wanted.before:
            conditions, values = [*conditions, "l.position < ?"], [*values, wanted.before]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        order = "ASC" if forward else "DESC"
        with self._database.reader() as session:
            rows = session.all(
                f"SELECT {LINKED} FROM audit_link l JOIN audit a ON a.id = l.entry{where} ORDER BY l.position {order} LIMIT ?",
                (*values, min(wanted.limit, MOST)),
            )
        return [entry_of(row) for row in rows]

    def patient(self, number: int) -> PatientFound:
        """Give a patient by their number here. Raises `NotFound`."""
        with self._database.reader() as session:
            row = session.one("SELECT patient_id, issuer FROM patient WHERE id = ?", (number,))
            studies = session.all(
                "SELECT uid, patient_name, birth_date, date, description FROM study WHERE patient = ? ORDER BY received_at DESC", (number,)
            ) if row else []  # fmt: skip
        if row is None:
            raise NotFound("there is no such patient")
        name, birth = (studies[0][1], studies[0][2]) if studies else ("", "")
        labels = {study[0]: f"{_date(study[3])} {study[4]}".strip() for study in studies}
        return PatientFound(number, row[0], row[1], name, birth, tuple(labels), labels)

    def accesses(self, patient: PatientFound, wanted: Wanted) -> Sequence[Entry]:
        """Give who did what with a patient's studies: those linked under their identifier, and those of their studies now.

        The newest first.
        """
        conditions, values = _conditions(wanted)
        if wanted.before:
            conditions, values = [*conditions, "l.position < ?"], [*values, wanted.before]
        limit = min(wanted.limit, MOST)
        with self._database.reader() as session:
            found = {entry.position: entry for entry in self._of(session, patient, (conditions, values), limit)}
        return [found[position] for position in sorted(found, reverse=True)][:limit]

    def _of(
        self, session: Session, patient: PatientFound, narrowed: tuple[list[str], list[object]], limit: int
    ) -> list[Entry]:
        conditions, values = narrowed
        rows = []
        ways: list[tuple[str, tuple[object, ...]]] = []
        if patient.patient_id:
            ways.append(("l.patient_id = ? AND l.issuer = ?", (patient.patient_id, patient.issuer)))
        for at in range(0, len(patient.studies), 200):
            some = patient.studies[at : at + 200]
            ways.append((f"a.study IN ({', '.join('?' * len(some))})", some))
        for way, given in ways:
            where = " AND ".join([way, *conditions])
            rows += session.all(
                f"SELECT {LINKED} FROM audit_link l JOIN audit a ON a.id = l.entry WHERE {where}"
                " ORDER BY l.position DESC LIMIT ?",
                (*given, *values, limit),
            )
        return [entry_of(row) for row in rows]

    def totals(self, caller: str, since: float, until: float) -> list[tuple[str, str, int, float]]:
        """Give what somebody did in a time: (kind, outcome, how often, when last), the most frequent first."""
        with self._database.reader() as session:
            rows = session.all(
                "SELECT a.kind, a.outcome, count(*), max(a.at) FROM audit_link l JOIN audit a ON a.id = l.entry"
                " WHERE l.caller = ? AND a.at >= ? AND a.at < ? GROUP BY a.kind, a.outcome ORDER BY 3 DESC, 1, 2",
                (caller, since, until),
            )
        return [(row[0], row[1], int(row[2]), float(row[3])) for row in rows]

    def places(self, caller: str, since: float, until: float) -> list[tuple[str, str, int, float]]:
        """Give from where somebody came in a time: (address, door, how often, when last)."""
        with self._database.reader() as session:
            rows = session.all(
                "SELECT a.address, a.door, count(*), max(a.at) FROM audit_link l JOIN audit a ON a.id = l.entry"
                " WHERE l.caller = ? AND a.at >= ? AND a.at < ? GROUP BY a.address, a.door ORDER BY 3 DESC, 1, 2",
                (caller, since, until),
            )
        return [(row[0], row[1], int(row[2]), float(row[3])) for row in rows]


def _conditions(wanted: Wanted) -> tuple[list[str], list[object]]:
    pairs: list[tuple[str, object]] = []
    if wanted.caller:
        pairs.append(("l.caller = ?", wanted.caller))
    if wanted.patient_id:
        pairs.append(("l.patient_id = ?", wanted.patient_id))
    if wanted.issuer is not None:
        pairs.append(("l.issuer = ?", wanted.issuer))
    for column in ("study", "outcome", "door", "address"):
        if value := getattr(wanted, column):
            pairs.append((f"a.{column} = ?", value))
    if wanted.since:
        pairs.append(("a.at >= ?", wanted.since))
    if wanted.until:
        pairs.append(("a.at < ?", wanted.until))
    conditions, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if wanted.kinds:
        conditions.append("(" + " OR ".join(_kind(kind) for kind in wanted.kinds) + ")")
        values += [
            kind.rstrip("*").replace("%", "").replace("_", "") + ("%" if kind.endswith("*") else "")
            for kind in wanted.kinds
        ]
    return conditions, values


def _date(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 else text


def _kind(kind: str) -> str:
    return "a.kind LIKE ?" if kind.endswith("*") else "a.kind = ?"

"""What a study is shown as may be corrected; the bytes as received stay, and every old value is kept."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from radiotheque.catalog import values
from radiotheque.catalog.placing import patient_key
from radiotheque.catalog.record import add_words, patient_row
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Malformed, NotFound
from radiotheque.core.events import StudyAmended
from radiotheque.core.instance import Identity
from radiotheque.core.ports import Act, AuditTrail, Clock, Outbox, Transaction
from radiotheque.core.uid import UID
from radiotheque.database.engine import session_of
from radiotheque.database.session import Row, Session

type Values = tuple[str, ...]
type Changes = Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class Amendment:
    """One attribute's change, as kept."""

    version: int
    keyword: str
    was: Values
    value: Values
    by: str
    reason: str
    at: float


def _plain(column: str) -> Callable[[Values], dict[str, object]]:
    return lambda given: {column: given[0] if given else ""}


def _name(given: Values) -> dict[str, object]:
    name = given[0] if given else ""
    columns = ("name_fold", "name_ideographic", "name_phonetic")
    groups = values.fold_groups(name)
    return {"patient_name": name, **dict(zip(columns, groups, strict=True)), "name_all": "=".join(groups).rstrip("=")}


def _referring(given: Values) -> dict[str, object]:
    name = given[0] if given else ""
    return {"referring": name, "referring_fold": values.fold_groups(name)[0]}


AMENDABLE: Mapping[str, Callable[[Values], dict[str, object]]] = {
    "PatientName": _name,
    "PatientID": _plain("patient_id"),
    "IssuerOfPatientID": _plain("issuer"),
    "PatientBirthDate": lambda given: {"birth_date": values.as_date(given[0]) if given else ""},
    "PatientBirthTime": _plain("birth_time"),
    "PatientSex": _plain("sex"),
    "PatientComments": _plain("patient_comments"),
    "OtherPatientIDs": lambda given: {"other_ids": values.as_list(given)},
    "AccessionNumber": _plain("accession"),
    "StudyID": _plain("study_id"),
    "StudyDescription": _plain("description"),
    "ReferringPhysicianName": _referring,
}
"""Keywords that may be amended, each with the columns that its values fill."""

_SHOWN = {
    "PatientName": "patient_name",
    "PatientID": "patient_id",
    "IssuerOfPatientID": "issuer",
    "PatientBirthDate": "birth_date",
    "PatientBirthTime": "birth_time",
    "PatientSex": "sex",
    "PatientComments": "patient_comments",
    "OtherPatientIDs": "other_ids",
    "AccessionNumber": "accession",
    "StudyID": "study_id",
    "StudyDescription": "description",
    "ReferringPhysicianName": "referring",
}
IDENTIFYING = ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex")
"""What a released object of another patient is given out with instead of its own."""


@dataclass(frozen=True, slots=True)
class Amender:
    """Amends studies; what it needs of the house."""

    outbox: Outbox
    audit: AuditTrail | None
    clock: Clock

    def amend(self, tx: Transaction, study: UID, changes: Changes, *, caller: Caller, reason: str) -> int:
        """Change what a study is shown as and give its new version; values that are shown already change nothing.

        Raises `NotFound`, `Malformed` for an attribute that is not amendable.
        """
        session = session_of(tx)
        row_id, version, overlay, shown = _study(session, study)
        changed = {keyword: tuple(given) for keyword, given in changes.items() if shown_of(keyword, shown) != given}
        if not changed:
            return version
        return self._write(tx, (row_id, study, version + 1), changed, (shown, overlay, caller, reason))

    def pin(self, tx: Transaction, study: UID, caller: Caller, reason: str) -> int:
        """Let every object of a study be given out with the identity that the study is shown under."""
        row_id, version, overlay, shown = _study(session_of(tx), study)
        pinned = {keyword: shown_of(keyword, shown) for keyword in IDENTIFYING}
        return self._write(tx, (row_id, study, version + 1), pinned, (shown, overlay, caller, reason))

    def _write(
        self,
        tx: Transaction,
        target: tuple[int, UID, int],
        changed: Changes,
        context: tuple[Mapping[str, object], dict[str, Values], Caller, str],
    ) -> int:
        session, at = session_of(tx), self.clock.now()
        row_id, study, version = target
        shown, overlay, caller, reason = context
        columns: dict[str, object] = {}
        for keyword, given in changed.items():
            columns |= AMENDABLE[keyword](given)
        if "PatientID" in changed or "IssuerOfPatientID" in changed:
            columns["patient"] = _patient(session, study, shown, columns)
        columns["amended"] = json.dumps({"values": {**overlay, **changed}, "at": at}, ensure_ascii=False)
        columns["version"] = version
        assignments = ", ".join(f"{column} = ?" for column in columns)
        session.run(
            f"UPDATE study SET {assignments}, revision = revision + 1 WHERE id = ?", (*columns.values(), row_id)
        )
        session.many(
            'INSERT INTO amendment(study_id, version, keyword, was, value, "by", reason, at)'
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (row_id, version, keyword, _json(shown_of(keyword, shown)), _json(given), caller.name, reason, at)
                for keyword, given in changed.items()
            ],
        )
        if "PatientName" in changed:
            session.run("DELETE FROM study_word WHERE study_id = ?", (row_id,))
            add_words(session, row_id, str(columns["patient_name"]))
        self.outbox.tell(tx, StudyAmended(study, version))
        if self.audit:
            self.audit.wrote(tx, Act(caller, "amend", study=study, detail=f"version {version}: {', '.join(changed)}"))
        return version

    def undo(self, tx: Transaction, study: UID, version: int, caller: Caller) -> int:
        """Take one amendment back: what it changed gets the values from before it, as a new amendment."""
        rows = [one for one in history(session_of(tx), study) if one.version == version]
        if not rows:
            raise NotFound("the study has no amendment {version}", version=version)
        return self.amend(
            tx, study, {one.keyword: one.was for one in rows}, caller=caller, reason=f"amendment {version} taken back"
        )


def studies_of_patient(session: Session, patient_id: str, issuer: str) -> list[UID]:
    """Give the studies shown under a patient."""
    rows = session.all("SELECT uid FROM study WHERE patient_id = ? AND issuer = ? ORDER BY id", (patient_id, issuer))
    return [UID(row[0]) for row in rows]


def history(session: Session, study: UID) -> Sequence[Amendment]:
    """Give all amendments of a study, oldest first."""
    rows = session.all(
        """SELECT a.version, a.keyword, a.was, a.value, a."by", a.reason, a.at FROM amendment a
        JOIN study s ON s.id = a.study_id WHERE s.uid = ? ORDER BY a.id""",
        (study,),
    )
    return [Amendment(row[0], row[1], tuple(json.loads(row[2])), tuple(json.loads(row[3])), *row[4:]) for row in rows]


def _study(session: Session, study: UID) -> tuple[int, int, dict[str, Values], Mapping[str, object]]:
    columns = ", ".join(_SHOWN.values())
    row: Row | None = session.one(
        f"SELECT id, version, amended, {columns} FROM study WHERE uid = ?{session.words.lock_row}", (study,)
    )
    if row is None:
        raise NotFound("no study by that UID is kept here")
    overlay = json.loads(row[2])["values"] if row[2] else {}
    return (
        row[0],
        row[1],
        {key: tuple(given) for key, given in overlay.items()},
        dict(zip(_SHOWN, row[3:], strict=True)),
    )


def shown_of(keyword: str, shown: Mapping[str, object]) -> Values:
    """Give the values that a study shows now. Raises `Malformed` for what is not amendable."""
    if keyword not in AMENDABLE:
        raise Malformed(
            "{keyword} cannot be amended; these can: {known}", keyword=keyword[:64], known=", ".join(AMENDABLE)
        )
    text = str(shown[keyword])
    if keyword == "OtherPatientIDs":
        return values.from_list(text)
    return (text,) if text else ()


def _patient(session: Session, study: UID, shown: Mapping[str, object], columns: Mapping[str, object]) -> int:
    patient_id = str(columns.get("patient_id", shown["PatientID"]))
    issuer = str(columns.get("issuer", shown["IssuerOfPatientID"]))
    identity = Identity(UID(""), UID(""), study, UID(""), patient_id, issuer)
    return patient_row(session, patient_key(identity), identity)


def _json(given: Values) -> str:
    return json.dumps(list(given), ensure_ascii=False)

"""Rejecting hides instances with a reason code and restoring shows them again; both recount what is above them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched

from radiotheque.catalog import values
from radiotheque.catalog.locate import selection_condition
from radiotheque.catalog.outbox import Outbox
from radiotheque.catalog.scope import scope_condition
from radiotheque.core.caller import Caller, Scope
from radiotheque.core.errors import Gone, NotFound
from radiotheque.core.events import StudyRejected, StudyRestored
from radiotheque.core.instance import Selection
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.database.engine import session_of
from radiotheque.database.session import Row, Session

type Target = tuple[str, str, str]
"""Study, Series and SOP Instance UID of what was named; "" below its level."""

_FOUND = """SELECT s.id, s.uid, e.uid, i.id, i.uid, i.visible FROM study s JOIN series e ON e.study_id = s.id
    JOIN instance i ON i.series_id = e.id WHERE {where} ORDER BY s.id, e.id, i.id"""
_REJECTION = 'INSERT INTO rejection(study_uid, series_uid, instance_uid, code, "by", at) VALUES (?, ?, ?, ?, ?, ?)'


@dataclass(frozen=True, slots=True)
class Rejecter:
    """Rejects and restores; what it needs of the house."""

    outbox: Outbox
    audit: AuditTrail | None
    clock: Clock

    def reject(self, tx: Transaction, selection: Selection, caller: Caller, code: str) -> int:
        """Hide what is selected and in the caller's scope; give how many instances.

        Raises `NotFound`, and `Gone` when all of it is hidden already.
        """
        session, at = session_of(tx), self.clock.now()
        rows = _found(session, selection, caller)
        shown = [row for row in rows if row[5]]
        if not shown:
            raise Gone("what these UIDs name was rejected before; it stays so")
        _set_visible(session, shown, 0)
        for target in _targets(shown, selection.level):
            session.run(_REJECTION, (*target, code, caller.name, at))
            self.outbox.tell(tx, StudyRejected(UID(target[0]), target[1], target[2], code))
        self._audited(tx, caller, "reject", shown, code=code)
        return len(shown)

    def restore(self, tx: Transaction, selection: Selection, caller: Caller) -> int:
        """Show again what is selected, with all below it; give how many instances. Raises `NotFound`."""
        session, at = session_of(tx), self.clock.now()
        hidden = [row for row in _found(session, selection, caller) if not row[5]]
        if not hidden:
            raise NotFound("nothing of what these UIDs name is rejected")
        _set_visible(session, hidden, 1)
        for study, series, instance in _targets(hidden, selection.level):
            sql, parameters = _at_or_below(study, series, instance)
            session.run(
                f"UPDATE rejection SET restored_by = ?, restored_at = ? WHERE {sql}", (caller.name, at, *parameters)
            )
            self.outbox.tell(tx, StudyRestored(UID(study), series, instance))
        self._audited(tx, caller, "restore", hidden)
        return len(hidden)

    def _audited(self, tx: Transaction, caller: Caller, kind: str, rows: Sequence[Row], *, code: str = "") -> None:
        if self.audit is None:
            return
        for study in dict.fromkeys(row[1] for row in rows):
            count = sum(row[1] == study for row in rows)
            self.audit.wrote(tx, Act(caller, kind, study=study, detail=f"{count} instances {code}".strip()))


def _found(session: Session, selection: Selection, caller: Caller) -> list[Row]:
    where, parameters = selection_condition(selection, caller.scope)
    rows = session.all(_FOUND.format(where=where) + session.words.lock_row.replace("UPDATE", "UPDATE OF s"), parameters)
    if not rows:
        raise NotFound("nothing by these UIDs is kept here, or this caller may not see it")
    return rows


def _targets(rows: Sequence[Row], level: Level) -> list[Target]:
    """Give what was named, once each: studies, series or instances."""
    deep_series, deep_instance = level in (Level.SERIES, Level.IMAGE), level is Level.IMAGE
    named = ((row[1], row[2] if deep_series else "", row[4] if deep_instance else "") for row in rows)
    return list(dict.fromkeys(named))


def _at_or_below(study: str, series: str, instance: str) -> tuple[str, list[object]]:
    sql, parameters = "study_uid = ? AND restored_at = 0", list[object]([study])
    for column, uid in (("series_uid", series), ("instance_uid", instance)):
        if uid:
            sql += f" AND {column} = ?"
            parameters.append(uid)
    return sql, parameters


@dataclass(frozen=True, slots=True)
class Rejection:
    """One rejection as kept: `series` and `instance` are "" below its level. Moments are seconds since the epoch."""

    id: int
    study: UID
    series: str
    instance: str
    code: str
    by: str
    at: float
    restored_by: str
    restored_at: float


def rejections(session: Session, scope: Scope, *, before: int = 0, limit: int = 100) -> list[Rejection]:
    """Give rejections of studies in scope, newest first, older than the one numbered `before`."""
    seen, parameters = scope_condition(scope)
    where = " AND ".join(["(? = 0 OR r.id < ?)", *seen])
    rows = session.all(
        f"""SELECT r.id, r.study_uid, r.series_uid, r.instance_uid, r.code, r."by", r.at, r.restored_by, r.restored_at
        FROM rejection r JOIN study s ON s.uid = r.study_uid WHERE {where}
        ORDER BY r.id DESC LIMIT ?""",
        (before, before, *parameters, limit),
    )
    return [Rejection(row[0], UID(row[1]), *row[2:]) for row in rows]


def _set_visible(session: Session, rows: Sequence[Row], visible: int) -> None:
    for batch in batched([row[3] for row in rows], 500):
        session.run(f"UPDATE instance SET visible = {visible} WHERE id IN ({', '.join('?' * len(batch))})", batch)
    for study in dict.fromkeys(row[0] for row in rows):
        recount(session, study)


def recount(session: Session, study: int) -> None:
    """Bring the counts, lists and visibility of a study and its series in line with the instances that show."""
    session.run(
        """UPDATE series SET n_instances = (SELECT count(*) FROM instance i WHERE i.series_id = series.id AND i.visible = 1)
        WHERE study_id = ?""",
        (study,),
    )
    session.run("UPDATE series SET visible = CASE WHEN n_instances > 0 THEN 1 ELSE 0 END WHERE study_id = ?", (study,))
    series = session.all("SELECT modality, n_instances FROM series WHERE study_id = ? AND visible = 1", (study,))
    classes = session.all(
        """SELECT DISTINCT i.sop_class FROM instance i JOIN series e ON e.id = i.series_id
        WHERE e.study_id = ? AND i.visible = 1""",
        (study,),
    )
    count = sum(row[1] for row in series)
    modalities = sorted({row[0] for row in series if row[0]})
    session.run(
        """UPDATE study SET n_series = ?, n_instances = ?, visible = ?, modalities = ?, sop_classes = ?,
        revision = revision + 1 WHERE id = ?""",
        (
            len(series),
            count,
            int(count > 0),
            values.as_list(modalities),
            values.as_list(sorted(r[0] for r in classes)),
            study,
        ),
    )
    session.run("DELETE FROM study_modality WHERE study_id = ?", (study,))
    session.many(
        "INSERT INTO study_modality(modality, date, time, study_id) SELECT ?, date, time, id FROM study WHERE id = ?",
        [(modality, study) for modality in modalities],
    )

"""Rows of the worklist, read for one page: what the catalog shows of a study, and how its reading stands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from radiotheque.core.caller import Caller
from radiotheque.core.errors import NotFound
from radiotheque.core.ports import Clock
from radiotheque.core.query import Key, Level, Page, Query, Single
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database
from radiotheque.database.session import Row as Values
from radiotheque.database.session import Session
from radiotheque.reading.model import Line, PatientBrief, Row
from radiotheque.reading.rules import Standing, age_of

_STUDIES = """SELECT s.uid, s.id, s.patient, s.patient_id, s.issuer, s.patient_name, s.birth_date, s.sex, s.accession,
    s.description, s.modalities, s.date, s.time, s.n_series, s.n_instances, s.received_at, s.amended, s.other_ids,
    r.status, r.priority, r.comment, r.version, r.reader, r.until, r.changed_by
    FROM study s LEFT JOIN reading_status r ON r.study = s.uid WHERE s.uid IN ({marks}) AND s.visible = 1"""
_SERIES = """SELECT study_id, body_part, station FROM series WHERE study_id IN ({marks}) AND visible = 1
    ORDER BY study_id, ord, id"""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Study:
    """A study's own columns, and how its reading stands; body parts and stations are of its series."""

    uid: UID
    row_id: int
    patient: PatientBrief
    accession: str
    description: str
    modalities: tuple[str, ...]
    date: str
    time: str
    n_series: int
    n_instances: int
    received_at: float
    amended: bool
    other_ids: tuple[str, ...]
    standing: Standing
    body_parts: list[str] = field(default_factory=list)
    stations: list[str] = field(default_factory=list)

    def row(self, now: float) -> Row:
        """Give it as the API shows it at a moment."""
        return Row(
            study=self.uid,
            patient=self.patient,
            age=age_of(self.patient["birth_date"], self.date),
            accession=self.accession,
            description=self.description,
            body_parts=self.body_parts,
            modalities=list(self.modalities),
            date=self.date,
            time=self.time,
            stations=self.stations,
            n_series=self.n_series,
            n_instances=self.n_instances,
            status=self.standing.status_at(now),
            reader=self.standing.reader_at(now),
            priority=self.standing.shown_priority,
            comment=self.standing.comment,
            version=self.standing.version,
            received_at=self.received_at,
        )


class Rows:
    """Finds studies within a caller's Scope, and reads what is shown of them."""

    def __init__(self, database: Database, line: Line, clock: Clock) -> None:
        self.database, self._line, self.clock = database, line, clock

    def find(self, query: Query, caller: Caller) -> Page:
        """Give a page of matches, audited. Raises `NotPermitted`, `Malformed`."""
        return self._line.find(query, caller)

    def one(self, study: UID, caller: Caller) -> Study:
        """Give one study. Raises `NotFound` when there is none that the caller may see."""
        key = Key("StudyInstanceUID", Single(study))
        page = self.find(Query(Level.STUDY, (key,), own=False, limit=1), caller)
        found = self.whole(uids_of(page))
        if not found:
            raise NotFound("there is no such study, or you may not see it")
        return found[0]

    def row(self, study: UID, caller: Caller) -> Row:
        """Give one row of the worklist. Raises `NotFound`."""
        return self.one(study, caller).row(self.clock.now())

    def brief(self, uids: Sequence[UID]) -> list[Study]:
        """Give studies in the order asked for, without what is of their series; one that is gone is left out."""
        with self.database.reader() as session:
            return _brief(session, uids)

    def whole(self, uids: Sequence[UID]) -> list[Study]:
        """Give studies with what is of their series."""
        with self.database.reader() as session:
            studies = _brief(session, uids)
            _add_series(session, studies)
        return studies

    def completed(self, studies: Sequence[Study]) -> Sequence[Study]:
        """Give these studies with what is of their series."""
        with self.database.reader() as session:
            _add_series(session, studies)
        return studies


def uids_of(page: Page) -> list[UID]:
    """Give the Study Instance UIDs of a page, in order."""
    return [UID(match.attributes["StudyInstanceUID"][0]) for match in page.matches]


def _brief(session: Session, uids: Sequence[UID]) -> list[Study]:
    found: dict[str, Study] = {}
    for batch in _batches(uids):
        for values in session.all(_STUDIES.format(marks=_marks(batch)), batch):
            found[values[0]] = _study(values)
    return [found[uid] for uid in uids if uid in found]


def _add_series(session: Session, studies: Sequence[Study]) -> None:
    by_row: Mapping[int, Study] = {study.row_id: study for study in studies}
    for batch in _batches(list(by_row)):
        for row_id, body_part, station in session.all(_SERIES.format(marks=_marks(batch)), batch):
            _add_once(by_row[row_id].body_parts, body_part)
            _add_once(by_row[row_id].stations, station)


def _add_once(values: list[str], value: str) -> None:
    if value and value not in values:
        values.append(value)


def _study(values: Values) -> Study:
    number, patient_id, issuer, name, birth_date, sex = values[2:8]
    brief = PatientBrief(number=number, id=patient_id, issuer=issuer, name=name, birth_date=birth_date, sex=sex)
    return Study(
        uid=UID(values[0]),
        row_id=values[1],
        patient=brief,
        accession=values[8],
        description=values[9],
        modalities=_list(values[10]),
        date=values[11],
        time=values[12].partition(".")[0],
        n_series=values[13],
        n_instances=values[14],
        received_at=values[15],
        amended=bool(values[16]),
        other_ids=_list(values[17]),
        standing=standing_of(values[18:]),
    )


def standing_of(values: Values) -> Standing:
    """Give how a study stands by its row's columns, which are None when it has none."""
    return Standing() if values[0] is None else Standing(*values)


def _list(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()


def _batches[T](values: Sequence[T]) -> list[Sequence[T]]:
    return [values[at : at + BATCH] for at in range(0, len(values), BATCH)]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))

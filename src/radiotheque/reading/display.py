"""A study ready to be hung: its instances with what their headers say, and what to compare it with.

Opening it is the audited "view". The facts of instances are kept by series and revision, so a study of a thousand
instances is one small read a series.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from radiotheque.core.caller import Caller
from radiotheque.core.errors import NotFound
from radiotheque.core.instance import Edition, Selection
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.reading.model import Facts, Item, ItemPatient, Line, Prior, Series, StudyDisplay
from radiotheque.reading.patients import PatientDesk
from radiotheque.reading.priors import Sight, ranked, score
from radiotheque.reading.regions import regions_of
from radiotheque.reading.rows import Rows, Study

_SERIES = """SELECT e.uid, e.modality, e.number, e.description, e.body_part, e.laterality, e.date, e.time, e.station
    FROM study s JOIN series e ON e.study_id = s.id WHERE s.uid = ? AND e.visible = 1 ORDER BY e.ord, e.id"""
LOOKED_INTO = 20
"""Of so many priors, the newest, the views and sides count too."""
MOST_PRIORS = 50


class DisplayDesk:
    """Opens studies for display."""

    def __init__(self, rows: Rows, patients: PatientDesk, line: Line, facts: Facts) -> None:
        self._rows, self._patients, self._line, self._facts = rows, patients, line, facts

    def open(self, study: UID, caller: Caller) -> StudyDisplay:
        """Give a study for display, audited as viewed. Raises `NotPermitted`, `NotFound`, `Gone`."""
        editions = self._line.editions(Selection(Level.STUDY, studies=(study,)), caller)
        held = self._rows.one(study, caller)
        facts = {edition.series: self._facts.of(edition) for edition in editions}
        return StudyDisplay(
            study=held.row(self._rows.clock.now()),
            series=self._series(held, facts),
            priors=self._priors(held, [fact for each in facts.values() for fact in each], caller),
        )

    def _series(self, study: Study, facts: Mapping[UID, Sequence[Mapping[str, Any]]]) -> list[Series]:
        with self._rows.database.reader() as session:
            rows = session.all(_SERIES, (study.uid,))
        patient = _patient(study)
        return [
            Series(
                series=uid,
                modality=modality,
                number=_number(number),
                description=description,
                body_part=body_part,
                laterality=laterality,
                date=date,
                time=time.partition(".")[0],
                station=station,
                instances=[cast(Item, {**fact, "series": uid, "patient": patient}) for fact in facts[UID(uid)]],
            )
            for uid, modality, number, description, body_part, laterality, date, time, station in rows
            if UID(uid) in facts
        ]

    def _priors(self, study: Study, facts: Sequence[Mapping[str, Any]], caller: Caller) -> list[Prior]:
        """Give the earlier studies of the patient that are worth a look, the best first."""
        moment = study.date + study.time
        others = [
            other
            for other in self._patients.of_study(study, caller)
            if other.uid != study.uid and (not study.date or other.date + other.time <= moment)
        ]
        looked = self._at_hand([other.uid for other in others[:LOOKED_INTO]], caller)
        current, now = sight_of(study, facts), self._rows.clock.now()
        scored = [
            (other, score(current, sight_of(other, looked.get(other.uid, ()))), other.date + other.time)
            for other in others
        ]
        return [Prior(study=other.row(now), score=points) for other, points in ranked(scored)[:MOST_PRIORS]]

    def _at_hand(self, studies: Sequence[UID], caller: Caller) -> Mapping[UID, list[Mapping[str, Any]]]:
        """Give what is kept of the headers of these studies: none is read for it."""
        found: dict[UID, list[Mapping[str, Any]]] = {}
        for edition in self._editions(studies, caller):
            found.setdefault(edition.study, []).extend(self._facts.at_hand(edition) or ())
        return found

    def _editions(self, studies: Sequence[UID], caller: Caller) -> Sequence[Edition]:
        if studies:
            with suppress(NotFound):  # rejected meanwhile
                return self._facts.editions(Selection(Level.STUDY, studies=tuple(studies)), caller.scope)
        return ()


def sight_of(study: Study, facts: Sequence[Mapping[str, Any]]) -> Sight:
    """Give what a study shows, as far as its rows and these facts tell."""
    images = [fact for fact in facts if fact["kind"] == "image"]
    parts = [*study.body_parts, *(fact["body_part"] for fact in images)]
    return Sight(
        regions=regions_of(parts, (study.description,)),
        modalities=frozenset(study.modalities),
        date=study.date,
        views=frozenset(fact["view"] for fact in images if fact["view"]),
        sides=frozenset(fact["laterality"] for fact in images if fact["laterality"]),
    )


def _patient(study: Study) -> ItemPatient:
    of = study.patient
    return ItemPatient(id=of["id"], issuer=of["issuer"], name=of["name"], birth_date=of["birth_date"], sex=of["sex"])


def _number(text: str) -> int | None:
    with suppress(ValueError):
        return int(text)
    return None

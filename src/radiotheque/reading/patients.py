"""A patient's page: who they are, by which study that is known, and everything of them in one line of time."""

from collections.abc import Sequence

from radiotheque.core.caller import Caller
from radiotheque.core.errors import NotFound
from radiotheque.core.query import Empty, Key, Level, Query, Single
from radiotheque.database.engine import Database
from radiotheque.reading.model import OtherId, Patient, Source, TimelineEntry
from radiotheque.reading.rows import Rows, Study, uids_of

MOST = 1000
"""So many studies of one patient are shown, the newest."""

UNIDENTIFIED = "\x1f\x1f"
"""How the key of a patient without a Patient ID begins; the Study Instance UID follows."""
_PATIENT = "SELECT key, patient_id, issuer FROM patient WHERE id = ?"


class PatientDesk:
    """Gives patients with their studies, within the caller's Scope."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self._database, self._rows = database, rows

    def page(self, number: int, caller: Caller) -> Patient:
        """Give a patient by their number here. Raises `NotFound` when the caller may see no study of them."""
        with self._database.reader() as session:
            row = session.one(_PATIENT, (number,))
        studies = self.studies(number, _keys(*row), caller) if row else ()
        if not studies:
            raise NotFound("there is no such patient, or you may see no study of them")
        now = self._rows.clock.now()
        newest = studies[0]
        return Patient(
            **newest.patient,
            source=Source(study=newest.uid, received_at=newest.received_at, amended=newest.amended),
            other_ids=_other_ids(studies),
            timeline=[
                TimelineEntry(kind="study", at=study.date + study.time if study.date else "", study=study.row(now))
                for study in studies
            ],
        )

    def of_study(self, study: Study, caller: Caller) -> Sequence[Study]:
        """Give all studies of the patient of a study, the newest first."""
        if not study.patient["id"]:
            return (study,)  # who is not known by an identifier is not known in another study
        keys = _keys("", study.patient["id"], study.patient["issuer"])
        return self.studies(study.patient["number"], keys, caller)

    def studies(self, number: int, keys: tuple[Key, ...], caller: Caller) -> Sequence[Study]:
        """Give the studies of the patient of this number among those that keys find, the newest first."""
        page = self._rows.find(Query(Level.STUDY, keys, own=False, limit=MOST), caller)
        return [study for study in self._rows.whole(uids_of(page)) if study.patient["number"] == number]


def _keys(key: str, patient_id: str, issuer: str) -> tuple[Key, ...]:
    if key.startswith(UNIDENTIFIED):
        return (Key("StudyInstanceUID", Single(key.removeprefix(UNIDENTIFIED))),)
    return (
        Key("PatientID", Single(patient_id)),
        Key("IssuerOfPatientID", Single(issuer) if issuer else Empty()),
    )


def _other_ids(studies: Sequence[Study]) -> list[OtherId]:
    """Give all other identifiers that any study of the patient names, each once."""
    own = studies[0].patient["id"]
    texts = dict.fromkeys(text for study in studies for text in study.other_ids if text != own)
    return [OtherId(id=text, issuer="", type="") for text in texts]

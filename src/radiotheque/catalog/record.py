"""An arrival → its rows, its counts and its event, in one transaction."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

from radiotheque.catalog import placing, values
from radiotheque.catalog.coerced import with_coercion
from radiotheque.catalog.columns import REQUEST_COLUMNS
from radiotheque.catalog.extras import Extras
from radiotheque.catalog.keys import claim_key
from radiotheque.catalog.lists import ADD as _ADD_LIST
from radiotheque.catalog.lists import ListsFor, no_lists
from radiotheque.catalog.outbox import SETTLED, Outbox
from radiotheque.core.events import InstanceKept, InstanceQuarantined
from radiotheque.core.instance import (
    Arrival,
    BlobName,
    Header,
    Identity,
    Keep,
    Origin,
    OtherKey,
    Outcome,
    Quarantine,
    Receipt,
    Twin,
)
from radiotheque.core.note import NOTE, note_payload
from radiotheque.core.ports import Act, AuditTrail, Transaction
from radiotheque.core.uid import UID
from radiotheque.database.engine import session_of
from radiotheque.database.session import Row, Session
from radiotheque.dicom.rejection import KEY_OBJECT_SELECTION

type TokensFor = Callable[[Header, Origin], Iterable[str]]
"""Gives the access tokens that a new study bears."""


@cache
def insert(table: str, columns: tuple[str, ...], ending: str = "") -> str:
    """Give an INSERT with a parameter for each column."""
    return f"INSERT INTO {table}({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) {ending}"


_STUDY = """SELECT s.id, s.received_key, p.key, s.modalities, s.sop_classes, s.settling, s.date, s.time, s.visible,
    s.amended, k.key_id FROM study s JOIN patient p ON p.id = s.patient LEFT JOIN study_key k ON k.study_uid = s.uid
    WHERE s.uid = ?"""
_SERIES = "SELECT e.id, e.visible, s.uid FROM series e JOIN study s ON s.id = e.study_id WHERE e.uid = ?"
# What is held under the other UIDs of an arrival, in one round trip: its series, its instance, the open case of an equal one.
_HELD = """SELECT e.id, e.visible, s.uid, i.blob_name, i.syntax, i.dataset_sha256, i.visible, q.id, q.blob_name, q.reason
    FROM (SELECT 1) arrival
    LEFT JOIN series e ON e.uid = ? LEFT JOIN study s ON s.id = e.study_id
    LEFT JOIN instance i ON i.uid = ?
    LEFT JOIN quarantine q ON q.instance_uid = ? AND q.dataset_sha256 = ? AND q.syntax = ? AND q.state = 'open'"""

_ADD_PATIENT = insert("patient", ("key", "patient_id", "issuer"), "ON CONFLICT (key) DO NOTHING RETURNING id")
_ADD_STUDY = insert("study", values.STUDY_COLUMNS, "ON CONFLICT (uid) DO NOTHING RETURNING id")
_ADD_SERIES = insert("series", values.SERIES_COLUMNS, "ON CONFLICT (uid) DO NOTHING RETURNING id")
_ADD_INSTANCE = insert("instance", values.INSTANCE_COLUMNS, "ON CONFLICT (uid) DO NOTHING RETURNING id")
_ADD_MODALITY = insert("study_modality", ("modality", "date", "time", "study_id"), "ON CONFLICT DO NOTHING")
_ADD_ACCESS = insert("study_access", ("token", "date", "time", "study_id"), "ON CONFLICT DO NOTHING")
_ADD_WORD = insert("name_word", ("word",), "ON CONFLICT (word) DO NOTHING")
_ADD_CASE = insert(
    "quarantine",
    (
        "state", "reason", "detail", "blob_name", "size_bytes", "dataset_sha256", "meta_sha256", "syntax", "sop_class",
        "instance_uid", "series_uid", "study_uid", "patient_id", "issuer", "patient_name", "header", "origin", "channel",
        "received_at",
    ),
    "ON CONFLICT DO NOTHING RETURNING id",
)  # fmt: skip
_COUNT_SERIES = "UPDATE series SET n_instances = n_instances + 1, visible = 1 WHERE id = ?"
# No indexed column is set, nor one in an index's condition: SQLite would write all those indexes anew for every instance.
_COUNT_STUDY = """UPDATE study SET n_instances = n_instances + 1, n_series = n_series + ?, settling = 1,
    revision = revision + 1, changed_at = ?, modalities = ?, sop_classes = ? WHERE id = ?"""
_SHOW_STUDY = "UPDATE study SET visible = 1 WHERE id = ?"


class Raced(Exception):
    """Another transaction took the name that this one looked for in vain: it is run again. Never seen by callers."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A study's row, held or just made. `fresh`: its row counts this instance already."""

    row: int
    fresh: bool
    modalities: str
    sop_classes: str
    settling: bool
    date: str
    time: str
    visible: bool = True


@dataclass(frozen=True, slots=True)
class _Held:
    """What is held under an arrival's other UIDs: rows of its series and of an equal object's open case."""

    series: Row | None = None
    instance: placing.HeldInstance | None = None
    case: Row | None = None


class Audited:
    """Which acts have a row of this minute already, known only after their commit."""

    def __init__(self) -> None:
        self._minute, self._keys = 0, set[tuple[str, ...]]()

    def has(self, minute: int, key: tuple[str, ...]) -> bool:
        return minute == self._minute and key in self._keys

    def add(self, minute: int, key: tuple[str, ...]) -> None:
        if minute != self._minute:
            self._minute, self._keys = minute, set()
        self._keys.add(key)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes arrivals; what it needs of the house."""

    outbox: Outbox
    audit: AuditTrail | None
    tokens_for: TokensFor
    extras: Extras
    audited: Audited = field(default_factory=Audited)
    lists_for: ListsFor = no_lists

    def record(self, tx: Transaction, arrival: Arrival) -> Receipt | Twin | OtherKey:
        """Write what became of an arrival. Equal content changes nothing. Raises `Raced`."""
        session = session_of(tx)
        study = _study(session, arrival)
        under = arrival.blob.name.partition("/")[0]
        own = (study and study[10]) or claim_key(tx, arrival.header.identity.study, under)
        if own != under:
            return OtherKey(own)
        answer = self._record(tx, arrival, study, _held(session, arrival))
        return with_coercion(study[9], arrival, answer) if study and isinstance(answer, Receipt) else answer

    def _record(self, tx: Transaction, arrival: Arrival, study: Row | None, held: _Held) -> Receipt | Twin:
        identity = arrival.header.identity
        if held.instance and held.instance.blob == arrival.blob.name:
            return Receipt(Outcome.KEPT, identity)
        if held.case:  # of an equal object: no second one is opened for it
            case, blob, reason = held.case
            return Receipt(
                Outcome.QUARANTINED, identity, case=case, reason=reason, names_blob=blob == arrival.blob.name
            )
        same = placing.same_instance(held.instance, arrival) if held.instance else None
        if isinstance(same, Twin):
            return same
        if isinstance(same, Outcome):
            return Receipt(same, identity, names_blob=False)
        verdict = same or self._verdict(arrival, study, held.series)
        if isinstance(verdict, Quarantine):
            return self._quarantine(tx, arrival, verdict)
        return self._keep(tx, arrival, study, held.series)

    def keep(self, tx: Transaction, arrival: Arrival) -> Receipt:
        """Index an instance where its UIDs say, for a person decided so. Its own UID is free. Raises `Raced`."""
        session = session_of(tx)
        study = _study(session, arrival)
        return self._keep(tx, arrival, study, session.one(_SERIES, (arrival.header.identity.series,)))

    def _verdict(self, arrival: Arrival, study: Row | None, series: Row | None) -> Keep | Quarantine:
        if isinstance(arrival.verdict, Quarantine):
            return arrival.verdict
        places = placing.HeldPlaces(
            received_key=study[1] if study else "",
            current_key=study[2] if study else "",
            study_of_series=series[2] if series else "",
        )
        return placing.place(places, arrival.header.identity)

    def _quarantine(self, tx: Transaction, arrival: Arrival, verdict: Quarantine) -> Receipt:
        row = session_of(tx).one(_ADD_CASE, _case_values(arrival, verdict))
        if row is None:
            raise Raced
        self.outbox.tell(tx, InstanceQuarantined(row[0], verdict.reason))
        self._audited(tx, arrival, "quarantine", f"case {row[0]}: {verdict.reason}")
        return Receipt(Outcome.QUARANTINED, arrival.header.identity, case=row[0], reason=verdict.detail)

    def _keep(self, tx: Transaction, arrival: Arrival, study: Row | None, series: Row | None) -> Receipt:
        session, identity = session_of(tx), arrival.header.identity
        place = _held_place(study) if study else self._new_study(session, arrival)
        if series is None:
            series_row = session.one(_ADD_SERIES, values.series_values(arrival, place.row))
            lists = sorted(set(self.lists_for(arrival.header, place.fresh)))
            session.many(_ADD_LIST, [(name, place.date, place.time, place.row) for name in lists])
            _add_requests(session, arrival, series_row)
        else:
            series_row = (series[0],)
            session.run(_COUNT_SERIES, series_row)
        if series_row is None:
            raise Raced
        instance_row = session.one(_ADD_INSTANCE, values.instance_values(arrival, series_row[0]))
        if instance_row is None:
            raise Raced
        if not place.fresh:
            self._count(session, arrival, place, shows_series=series is None or not series[1])
        self.extras.add(session, arrival.header.attributes, (place.row, series_row[0], instance_row[0]))
        self.outbox.tell(tx, InstanceKept(identity.study, identity.series, identity.sop_instance, identity.sop_class))
        if identity.sop_class == KEY_OBJECT_SELECTION:
            payload = note_payload(identity.study, identity.sop_instance, arrival.origin.caller)
            self.outbox.enqueue(tx, NOTE, payload)
        self._ask_to_settle(tx, arrival, place)
        self._audited(tx, arrival, "store", "")
        return Receipt(Outcome.KEPT, identity)

    def _new_study(self, session: Session, arrival: Arrival) -> _Place:
        identity, attributes = arrival.header.identity, arrival.header.attributes
        key = placing.patient_key(identity)
        row = session.one(_ADD_STUDY, values.study_values(arrival, patient_row(session, key, identity), key))
        if row is None:
            raise Raced
        date, time = values.as_date(values.first(attributes, "StudyDate")), values.first(attributes, "StudyTime")
        place = _Place(row[0], True, "", "", False, date, values.as_time(time))
        if modality := values.first(attributes, "Modality"):
            session.run(_ADD_MODALITY, (modality, place.date, place.time, place.row))
        tokens = sorted(set(self.tokens_for(arrival.header, arrival.origin)))
        session.many(_ADD_ACCESS, [(token, place.date, place.time, place.row) for token in tokens])
        add_words(session, place.row, values.first(attributes, "PatientName"))
        return place

    def _count(self, session: Session, arrival: Arrival, place: _Place, *, shows_series: bool) -> None:
        """Count an instance of a study that was there, and what it brings to the study's lists.

        `shows_series`: its series is new, or shows again after all of it was rejected.
        """
        modality = values.first(arrival.header.attributes, "Modality")
        modalities = _with(place.modalities, modality)
        if modalities != place.modalities:
            session.run(_ADD_MODALITY, (modality, place.date, place.time, place.row))
        sop_classes = _with(place.sop_classes, arrival.header.identity.sop_class)
        session.run(_COUNT_STUDY, (int(shows_series), arrival.origin.received_at, modalities, sop_classes, place.row))
        if not place.visible:
            session.run(_SHOW_STUDY, (place.row,))

    def _ask_to_settle(self, tx: Transaction, arrival: Arrival, place: _Place) -> None:
        """Enqueue the settling of a study once, not once an instance: who claims it looks at `changed_at`."""
        if not place.settling:
            study, at = arrival.header.identity.study, arrival.origin.received_at
            self.outbox.enqueue(tx, SETTLED, {"study": study}, not_before=at + self.outbox.settle_s, key=study)

    def _audited(self, tx: Transaction, arrival: Arrival, kind: str, detail: str) -> None:
        """Write one row per caller, study, act and minute, not one per instance."""
        if self.audit is None:
            return
        caller, study = arrival.origin.caller, arrival.header.identity.study
        act = Act(caller, kind, study=study, detail=detail)
        minute, key = int(arrival.origin.received_at // 60), (caller.name, caller.address, study, kind, detail)
        if self.audited.has(minute, key):
            return
        self.audit.wrote(tx, act)
        session_of(tx).after_commit(lambda: self.audited.add(minute, key))


def _study(session: Session, arrival: Arrival) -> Row | None:
    """Give the row of `_STUDY`, locked on PostgreSQL, so that arrivals of one study are one after the other."""
    return session.one(
        _STUDY + session.words.lock_row.replace("UPDATE", "UPDATE OF s"), (arrival.header.identity.study,)
    )


def _held(session: Session, arrival: Arrival) -> _Held:
    identity, header = arrival.header.identity, arrival.header
    row = session.one(
        _HELD,
        (
            identity.series,
            identity.sop_instance,
            identity.sop_instance,
            arrival.blob.dataset_sha256,
            header.transfer_syntax,
        ),
    )
    if row is None:
        return _Held()
    return _Held(
        series=row[:3] if row[0] is not None else None,
        instance=placing.HeldInstance(BlobName(row[3]), UID(row[4]), bytes(row[5]), bool(row[6])) if row[3] else None,
        case=row[7:] if row[7] is not None else None,
    )


def _held_place(row: Row) -> _Place:
    return _Place(row[0], False, row[3], row[4], bool(row[5]), row[6], row[7], bool(row[8]))


def patient_row(session: Session, key: str, identity: Identity) -> int:
    """Give the row of a patient, made when there is none. Raises `Raced`."""
    row = session.one("SELECT id FROM patient WHERE key = ?", (key,)) or session.one(
        _ADD_PATIENT, (key, identity.patient_id, identity.issuer)
    )
    if row is None:
        raise Raced
    return int(row[0])


def add_words(session: Session, study_row: int, name: str) -> None:
    """Let a study be found by the words of its patient's name."""
    words = sorted(values.name_words(name))
    if not words:
        return
    session.many(_ADD_WORD, [(word,) for word in words])
    marks = ", ".join("?" * len(words))
    session.run(
        f"INSERT INTO study_word(word_id, study_id) SELECT id, ? FROM name_word WHERE word IN ({marks})"
        " ON CONFLICT DO NOTHING"
        if session.is_sqlite
        else f"INSERT INTO study_word(word_id, study_id) SELECT id, CAST(? AS bigint) FROM name_word"
        f" WHERE word IN ({marks}) ON CONFLICT DO NOTHING",
        (study_row, *words),
    )


def _add_requests(session: Session, arrival: Arrival, series_row: Row | None) -> None:
    items = values.request_items(arrival.header.attributes)
    if series_row is None or not items:
        return
    session.many(
        insert("series_request", ("series_id", "item", *REQUEST_COLUMNS.values())),
        [
            (series_row[0], number, *(item.get(keyword, "") for keyword in REQUEST_COLUMNS))
            for number, item in enumerate(items)
        ],
    )


def _with(listed: str, value: str) -> str:
    """Give a sorted JSON list with one more value."""
    if not value or json.dumps(value, ensure_ascii=False) in listed:
        return listed
    return values.as_list(sorted({*values.from_list(listed), value}))


def quarantine_columns() -> str:
    """Give what a case keeps of an instance that was shown, as columns of `study s`, `series e` and `instance i`."""
    return """i.blob_name, i.size_bytes, i.dataset_sha256, i.meta_sha256, i.syntax, i.sop_class, i.uid, e.uid, s.uid,
        s.patient_id, s.issuer, s.patient_name, i.origin, i.channel, i.received_at, i.dataset_offset, i.pixel_offset"""


def _case_values(arrival: Arrival, verdict: Quarantine) -> tuple[object, ...]:
    header, blob, origin = arrival.header, arrival.blob, arrival.origin
    identity = header.identity
    return (
        "open",
        verdict.reason,
        verdict.detail,
        blob.name,
        blob.size_bytes,
        blob.dataset_sha256,
        blob.meta_sha256,
        header.transfer_syntax,
        identity.sop_class,
        identity.sop_instance,
        identity.series,
        identity.study,
        identity.patient_id,
        identity.issuer,
        values.first(header.attributes, "PatientName"),
        header_text(header),
        origin.caller.name,
        origin.channel,
        origin.received_at,
    )


def header_text(header: Header) -> str:
    """Give what a release will index, as JSON."""
    kept = {
        "attributes": header.attributes,
        "charset": header.charset,
        "dataset_offset": header.dataset_offset,
        "pixel_offset": header.pixel_offset,
    }
    return json.dumps(kept, ensure_ascii=False).replace("\\u0000", "")

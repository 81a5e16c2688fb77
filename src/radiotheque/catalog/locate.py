"""A selection → where its instances are, within a Scope."""

import json
from collections.abc import Iterable, Mapping, Sequence

from radiotheque.catalog.scope import scope_condition
from radiotheque.core.caller import Scope
from radiotheque.core.errors import Gone, NotFound
from radiotheque.core.instance import Blob, BlobName, Edition, Held, Identity, Location, Selection
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.database.session import Row, Session

_SQL = """SELECT s.uid, s.patient_id, s.issuer, s.version, s.amended, e.uid, e.number, e.modality, i.uid, i.sop_class,
    i.syntax, i.number, i.rows, i.frames, i.blob_name, i.size_bytes, i.dataset_sha256, i.meta_sha256, i.dataset_offset,
    i.pixel_offset, i.visible, i.received_at
    FROM {source} WHERE {where} ORDER BY s.date DESC, s.time DESC, s.id DESC, e.ord, e.id, i.ord, i.id"""
_FROM_STUDY = "study s JOIN series e ON e.study_id = s.id JOIN instance i ON i.series_id = e.id"


def locate(session: Session, selection: Selection, scope: Scope, *, rejected: bool = False) -> Sequence[Location]:
    """Give the selected instances by study, series number, instance number.

    `rejected` includes those that are hidden. Raises `NotFound` when nothing in scope matches, `Gone` when all that
    matched is rejected.
    """
    rows = session.all(*_statement(selection, scope))
    if not rows:
        raise NotFound("nothing by these UIDs is kept here, or this caller may not see it")
    shown = rows if rejected else [row for row in rows if row[20]]
    if not shown:
        raise Gone("what these UIDs name was rejected; an authorised person can restore it")
    return [_location(row) for row in shown]


def editions(session: Session, selection: Selection, scope: Scope) -> Sequence[Edition]:
    """Give the shown series of what is selected, by study and series number; nothing when there are none."""
    where, parameters = selection_condition(selection, scope)
    rows = session.all(
        "SELECT s.uid, e.uid, s.revision, e.n_instances FROM study s JOIN series e ON e.study_id = s.id"
        f" WHERE {where} AND e.visible = 1 ORDER BY s.date DESC, s.time DESC, s.id DESC, e.ord, e.id",
        parameters,
    )
    return [Edition(UID(row[0]), UID(row[1]), row[2], row[3]) for row in rows]


def _statement(selection: Selection, scope: Scope) -> tuple[str, list[object]]:
    where, parameters = selection_condition(selection, scope)
    return _SQL.format(source=_FROM_STUDY, where=where), parameters


def selection_condition(selection: Selection, scope: Scope) -> tuple[str, list[object]]:
    """Give the condition for a selection within a Scope. Raises `NotFound` when nothing is selected."""
    conditions: list[str] = []
    parameters: list[object] = []
    for column, wanted in (
        ("i.uid", selection.instances),
        ("e.uid", selection.series),
        ("s.uid", selection.studies),
        ("s.patient_id", (selection.patient_id,) if selection.patient_id else ()),
    ):
        if wanted:
            conditions.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            parameters.extend(wanted)
    if not conditions:
        raise NotFound("nothing was selected")
    allowed, tokens = scope_condition(scope)
    return " AND ".join([*conditions, *allowed]), [*parameters, *tokens]


def _location(row: Row) -> Location:
    identity = Identity(UID(row[9]), UID(row[8]), UID(row[0]), UID(row[5]), row[1], row[2])
    amended = json.loads(row[4]) if row[4] else {}
    return Location(
        identity=identity,
        blob=Blob(BlobName(row[14]), row[15], bytes(row[16]), bytes(row[17])),
        transfer_syntax=UID(row[10]),
        dataset_offset=row[18],
        pixel_offset=row[19],
        frames=min(row[13], row[15]) or int(row[12] > 0),  # no more than one in each byte, whatever is claimed
        version=row[3],
        amendments={keyword: tuple(values) for keyword, values in amended.get("values", {}).items()},
        amended_at=amended.get("at", 0.0),
        series_number=row[6],
        instance_number=row[11],
        modality=row[7],
        rejected=not row[20],
        received_at=row[21],
    )


def held(session: Session, instances: Sequence[UID]) -> Mapping[UID, Held]:
    """Give what is held under these SOP Instance UIDs: shown, rejected or in quarantine."""
    found: dict[UID, Held] = {}
    for batch in _batches(instances):
        marks = ", ".join("?" * len(batch))
        for table, uid, sort in (("quarantine", "instance_uid", " AND state = 'open'"), ("instance", "uid", "")):
            offset = "dataset_offset" if table == "instance" else "header"
            rows = session.all(
                f"SELECT {uid}, sop_class, blob_name, size_bytes, dataset_sha256, meta_sha256, {offset}"
                f" FROM {table} WHERE {uid} IN ({marks}){sort}",
                batch,
            )
            for row in rows:  # what is shown goes before what waits under the same UID
                offset_bytes = row[6] if table == "instance" else json.loads(row[6])["dataset_offset"]
                blob = Blob(BlobName(row[2]), row[3], bytes(row[4]), bytes(row[5]))
                found[UID(row[0])] = Held(UID(row[1]), blob, offset_bytes)
    return found


def named(session: Session, names: Iterable[BlobName]) -> set[BlobName]:
    """Give those of the blob names that a row of any kind names."""
    known: set[BlobName] = set()
    for batch in _batches(list(names)):
        marks = ", ".join("?" * len(batch))
        for table in ("instance", "quarantine"):
            rows = session.all(f"SELECT blob_name FROM {table} WHERE blob_name IN ({marks})", batch)
            known.update(BlobName(row[0]) for row in rows)
    return known


def _batches[T](values: Sequence[T], size: int = 500) -> Iterable[Sequence[T]]:
    return (values[at : at + size] for at in range(0, len(values), size))


_REPRESENTED = {Level.PATIENT: "s.id", Level.STUDY: "s.id", Level.SERIES: "e.id", Level.IMAGE: "i.id"}


def representative(session: Session, level: Level, row_id: int) -> Location:
    """Give the first shown instance of a study, series or instance by its row. Raises `NotFound`."""
    where = f"{_REPRESENTED[level]} = ? AND i.visible = 1"
    row = session.one(_SQL.format(source=_FROM_STUDY, where=where) + " LIMIT 1", (row_id,))
    if row is None:
        raise NotFound("it was rejected meanwhile")
    return _location(row)


def next_instances(session: Session, after: int, limit: int) -> list[tuple[tuple[int, int, int], Location]]:
    """Give the instances behind row `after` in order of rows, hidden ones too, each with its study's, series' and own row."""
    rows = session.all(
        f"""SELECT s.id, e.id, i.id FROM {_FROM_STUDY} WHERE i.id > ? ORDER BY i.id LIMIT ?""", (after, limit)
    )
    found = []
    for ids in rows:
        row = session.one(_SQL.format(source=_FROM_STUDY, where="i.id = ?"), (ids[2],))
        if row is not None:
            found.append(((ids[0], ids[1], ids[2]), _location(row)))
    return found

"""Objects that are durable but hidden, each an open case that a person decides on: release it or discard it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from radiotheque.catalog.amend import Amender
from radiotheque.catalog.record import Recorder, quarantine_columns
from radiotheque.catalog.reject import recount
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Conflict, NotFound
from radiotheque.core.instance import Arrival, Blob, BlobName, Header, Identity, Keep, Origin, Reason
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.core.uid import UID
from radiotheque.database.engine import session_of
from radiotheque.database.session import Row, Session

OPEN, RELEASED, DISCARDED, SUPERSEDED = "open", "released", "discarded", "superseded"


@dataclass(frozen=True, slots=True)
class Case:
    """An object in quarantine. `received_at` and `closed_at` are seconds since the epoch."""

    id: int
    state: str
    reason: str
    detail: str
    blob: Blob
    transfer_syntax: UID
    identity: Identity
    patient_name: str
    origin: str
    channel: str
    received_at: float
    closed_by: str
    closed_at: float


_COLUMNS = """id, state, reason, detail, blob_name, size_bytes, dataset_sha256, meta_sha256, syntax, sop_class,
    instance_uid, study_uid, series_uid, patient_id, issuer, patient_name, origin, channel, received_at, closed_by, closed_at"""


def cases(session: Session, *, state: str = OPEN, before: int = 0, limit: int = 100) -> Sequence[Case]:
    """Give cases, newest first, older than the case `before`; state "" gives those of any."""
    rows = session.all(
        f"SELECT {_COLUMNS} FROM quarantine WHERE (state = ? OR ? = '') AND (id < ? OR ? = 0) ORDER BY id DESC LIMIT ?",
        (state, state, before, before, limit),
    )
    return [_case(row) for row in rows]


def case(session: Session, case_id: int) -> Case:
    """Give one case. Raises `NotFound`."""
    row = session.one(f"SELECT {_COLUMNS} FROM quarantine WHERE id = ?", (case_id,))
    if row is None:
        raise NotFound("there is no case {case_id}", case_id=case_id)
    return _case(row)


def _case(row: Row) -> Case:
    identity = Identity(UID(row[9]), UID(row[10]), UID(row[11]), UID(row[12]), row[13], row[14])
    blob = Blob(BlobName(row[4]), row[5], bytes(row[6]), bytes(row[7]))
    return Case(
        id=row[0],
        state=row[1],
        reason=row[2],
        detail=row[3],
        blob=blob,
        transfer_syntax=UID(row[8]),
        identity=identity,
        patient_name=row[15],
        origin=row[16],
        channel=row[17],
        received_at=row[18],
        closed_by=row[19],
        closed_at=row[20],
    )


@dataclass(frozen=True, slots=True)
class Ward:
    """Keeps the quarantine; what it needs of the house."""

    recorder: Recorder
    amender: Amender
    audit: AuditTrail | None
    clock: Clock

    def release(self, tx: Transaction, case_id: int, caller: Caller) -> None:
        """Index an object of an open case and show it.

        Where it carries the UID of an instance that is shown, it takes its place and that one becomes a
        superseded case. In a study of another patient it is given out with that patient's identity from now on.
        Raises `NotFound`, `Conflict` when its Series is held in another study, or nothing of it can be indexed.
        """
        session = session_of(tx)
        found = self._open(session, case_id)
        arrival = self._arrival(session, found, caller)
        series = session.one(
            "SELECT s.uid FROM series e JOIN study s ON s.id = e.study_id WHERE e.uid = ?", (found.identity.series,)
        )
        if series and series[0] != found.identity.study:
            raise Conflict("its Series is held in another study; reject that one first, or discard this object")
        self._close(session, case_id, RELEASED, caller)
        supersedes = self._supersede(session, found, caller)
        self.recorder.keep(tx, arrival)
        if supersedes:
            recount(session, supersedes)
        if found.reason == Reason.STUDY_OF_OTHER_PATIENT:
            self.amender.pin(tx, found.identity.study, caller, f"released from quarantine, case {case_id}")
        self._audited(tx, caller, "quarantine.release", found)

    def discard(self, tx: Transaction, case_id: int, caller: Caller) -> None:
        """Close a case without showing its object; its bytes stay until the archive's rules dispose of them."""
        session = session_of(tx)
        found = self._open(session, case_id)
        self._close(session, case_id, DISCARDED, caller)
        self._audited(tx, caller, "quarantine.discard", found)

    def note_orphan(self, tx: Transaction, name: BlobName, reason: str) -> None:
        """Open a case for a blob that cannot be indexed; once, however often it is noted."""
        empty = {"attributes": {}, "charset": [], "dataset_offset": 0, "pixel_offset": -1}
        values = {
            "state": OPEN,
            "reason": Reason.UNINDEXABLE,
            "detail": reason[:500],
            "blob_name": name,
            "size_bytes": 0,
            # the blob's own name keeps its case apart from others without UIDs
            "dataset_sha256": name.encode(),
            "meta_sha256": b"",
            "header": json.dumps(empty),
            "channel": "sweep",
            "received_at": self.clock.now(),
        }
        marks = ", ".join("?" * len(values))
        session_of(tx).run(
            f"INSERT INTO quarantine({', '.join(values)}) VALUES ({marks}) ON CONFLICT DO NOTHING",
            tuple(values.values()),
        )

    def _open(self, session: Session, case_id: int) -> Case:
        if not session.is_sqlite:
            session.all("SELECT id FROM quarantine WHERE id = ? FOR UPDATE", (case_id,))
        found = case(session, case_id)
        if found.state != OPEN:
            raise Conflict("case {case_id} is {state} already", case_id=case_id, state=found.state)
        return found

    def _close(self, session: Session, case_id: int, state: str, caller: Caller) -> None:
        session.run(
            "UPDATE quarantine SET state = ?, closed_by = ?, closed_at = ? WHERE id = ?",
            (state, caller.name, self.clock.now(), case_id),
        )

    def _arrival(self, session: Session, found: Case, caller: Caller) -> Arrival:
        row = session.one("SELECT header FROM quarantine WHERE id = ?", (found.id,))
        kept = json.loads(row[0]) if row and row[0] else {"attributes": {}}
        if not found.identity.sop_instance or not found.identity.study or not found.identity.series:
            raise Conflict("nothing of this object can be indexed; export it, or discard it")
        attributes = {keyword: tuple(given) for keyword, given in kept["attributes"].items()}
        header = Header(
            found.identity,
            found.transfer_syntax,
            attributes,
            tuple(kept.get("charset", ())),
            kept.get("dataset_offset", 0),
            kept.get("pixel_offset", -1),
        )
        return Arrival(header, found.blob, Origin(caller, found.channel, found.received_at), Keep())

    def _supersede(self, session: Session, found: Case, caller: Caller) -> int:
        """Move the instance shown under the same UID into quarantine; give its study's row, 0 when there is none."""
        row = session.one(
            f"""SELECT s.id, i.id, {quarantine_columns()} FROM instance i JOIN series e ON e.id = i.series_id
            JOIN study s ON s.id = e.study_id WHERE i.uid = ?""",
            (found.identity.sop_instance,),
        )
        if row is None:
            return 0
        at = self.clock.now()
        session.run(
            """INSERT INTO quarantine(state, reason, detail, closed_by, closed_at, blob_name, size_bytes, dataset_sha256,
            meta_sha256, syntax, sop_class, instance_uid, series_uid, study_uid, patient_id, issuer, patient_name, origin,
            channel, received_at, header) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (SUPERSEDED, Reason.SAME_UID_OTHER_CONTENT, f"case {found.id} took its place", caller.name, at, *row[2:-2],
             json.dumps({"attributes": {}, "dataset_offset": row[-2], "pixel_offset": row[-1]})),
        )  # fmt: skip
        session.run("DELETE FROM extra_value WHERE level = 'IMAGE' AND row = ?", (row[1],))
        session.run("DELETE FROM instance WHERE id = ?", (row[1],))
        return int(row[0])

    def _audited(self, tx: Transaction, caller: Caller, kind: str, found: Case) -> None:
        if self.audit:
            self.audit.wrote(
                tx, Act(caller, kind, study=found.identity.study, detail=f"case {found.id}: {found.reason}")
            )

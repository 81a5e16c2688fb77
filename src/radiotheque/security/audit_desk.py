"""The audit trail from the side of who reads it: every look into it is itself in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from radiotheque.core.caller import Caller
from radiotheque.core.errors import Unavailable
from radiotheque.core.ports import Act, Clock, Remote, Transaction, Workbench
from radiotheque.database.engine import Database, session_of
from radiotheque.security.audit import Trail
from radiotheque.security.audit_chain import Checkpoint, CheckpointFile, Signer, file_seed, to_json
from radiotheque.security.audit_chainer import Chainer
from radiotheque.security.audit_fhir import Json, fhir_of
from radiotheque.security.audit_message import Source, message_of
from radiotheque.security.audit_report import Page, page_of
from radiotheque.security.audit_review import Related, Review, Reviews
from radiotheque.security.audit_search import AuditSearch, PatientFound, Wanted
from radiotheque.security.audit_tables import NOTE
from radiotheque.security.audit_verify import Progress, Verdict, Verifier
from radiotheque.security.model import Entry

SET_LIST = Remote[bytes]("radiotheque.dicom.accesslist:set_access_list")
MOST_ROWS = 2000
"""Of a page for a patient."""


@dataclass(frozen=True, slots=True)
class AuditPlace:
    """Where the trail is kept beside the database, by which key it is signed, and under which name it is told to others.

    Without a folder nothing is kept beside the database; without `seed` a key is made in the folder.
    """

    source: Source = field(default_factory=lambda: Source("localhost"))
    folder: Path | None = None
    seed: bytes = field(default=b"", repr=False)

    def signer(self) -> Signer | None:
        """Give what signs checkpoints, None without a key and a place for one."""
        if not self.seed and self.folder is None:
            return None
        return Signer(self.seed or file_seed((self.folder or Path()) / "signing.key"))


@dataclass(frozen=True, slots=True)
class UserActs:
    """What somebody did in a time: how often which kind, from where, and the newest entries."""

    caller: str
    totals: Sequence[tuple[str, str, int, float]]
    places: Sequence[tuple[str, str, int, float]]
    entries: Sequence[Entry]


class AuditDesk:
    """Searches, reports, the review queue, checkpoints and verification."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        trail: Trail,
        place: AuditPlace,
        *,
        related: Related | None = None,
        workbench: Workbench | None = None,
    ) -> None:
        self._database, self._clock, self._trail, self._place = database, clock, trail, place
        self._workbench, self._durable = workbench, 0
        signer = place.signer()
        beside = CheckpointFile(place.folder / "checkpoints.json", signer.public) if place.folder and signer else None
        self.source = place.source
        self.chain = Chainer(database, clock, trail, signer=signer, beside=beside)
        self.search = AuditSearch(database)
        self.reviews = Reviews(database, clock, trail, related)

    def page(self, wanted: Wanted, caller: Caller) -> Sequence[Entry]:
        """Give a page of entries; audited."""
        self._note(caller, "audit.search", wanted.said())
        return self.search.entries(wanted)

    def events(self, wanted: Wanted, caller: Caller) -> list[Json]:
        """Give a page of entries as FHIR AuditEvents; audited."""
        self._note(caller, "audit.feed", wanted.said())
        entries = self.search.entries(wanted)
        self._make_durable(max((entry.position for entry in entries), default=0))
        return [fhir_of(message_of(entry, self.source)) for entry in entries]

    def of_patient(self, number: int, wanted: Wanted, caller: Caller) -> tuple[PatientFound, Sequence[Entry]]:
        """Give who did what with a patient's studies; audited. Raises `NotFound`."""
        patient = self.search.patient(number)
        self._note(caller, "audit.patient", f"patient number {number}")
        return patient, self.search.accesses(patient, wanted)

    def sheet_of_patient(self, number: int, wanted: Wanted, caller: Caller, language: str) -> bytes:
        """Give the same as a PDF for the patient; audited. Raises `NotFound`, `Damaged`, `TooLarge`."""
        patient = self.search.patient(number)
        self._note(caller, "audit.patient", f"patient number {number}, as PDF")
        entries = self.search.accesses(patient, wanted)
        page: Page = page_of(
            patient,
            entries,
            language=language,
            made=(self._clock.now(), caller.name),
            since=wanted.since,
            until=wanted.until,
            more=len(entries) >= wanted.limit,
        )
        return self._workbench.run(SET_LIST, dict(page)) if self._workbench else SET_LIST(dict(page))

    def of_user(self, name: str, wanted: Wanted, caller: Caller) -> UserActs:
        """Give what somebody did; audited."""
        self._note(caller, "audit.user", name)
        until = wanted.until or self._clock.now() + 1
        totals = self.search.totals(name, wanted.since, until)
        return UserActs(name, totals, self.search.places(name, wanted.since, until), self.search.entries(wanted))

    def cases(self, caller: Caller, *, state: str, detector: str, before: int, limit: int) -> Sequence[Review]:
        """Give cases of the review queue; audited."""
        self._note(caller, "audit.reviews", f"{state or 'all'} {detector}".strip())
        return self.reviews.page(state=state, detector=detector, before=before, limit=limit)

    def checkpoint(self, caller: Caller) -> dict[str, Any]:
        """Give a checkpoint of now, to be kept elsewhere; audited. Raises `Unavailable` when nothing was ever signed."""
        self._note(caller, "audit.checkpoint", "")
        self._trail.flush()
        made, signer = self.chain.sign_now(), self.chain.signer
        if made is None or signer is None:
            raise Unavailable(
                "no checkpoint was signed yet: the trail is empty, or another process signs within a minute"
            )
        return to_json(made, signer.public)

    def verify(
        self, caller: Caller, *, outside: Sequence[Checkpoint] = (), start: Checkpoint | None = None, progress: Progress
    ) -> Verdict:
        """Verify the chain against all checkpoints that are known; audited. Raises `Unavailable`, `Damaged`."""
        self._note(caller, "audit.verify", f"from line {start.position}" if start else "whole")
        beside = self.chain.beside.read() if self.chain.beside else ()
        return Verifier(self._database, self._clock, self.chain.signer, (*beside, *outside)).verify(start, progress)

    def tell_of_settings(self, now: Mapping[str, str], caller: Caller) -> list[str]:
        """Put into the trail which settings are other than last time, by name; give the names. None is kept as it is."""
        digests = {name: sha256(value.encode()).hexdigest()[:16] for name, value in now.items()}

        def act(tx: Transaction) -> list[str]:
            session = session_of(tx)
            key = f"settings {self.source.name}"  # each node has its own
            row = session.one("SELECT value FROM audit_state WHERE name = ?", (key,))
            before = json.loads(row[0]) if row else digests
            changed = sorted(name for name in {*before, *digests} if before.get(name) != digests.get(name))
            session.run(NOTE, (key, json.dumps(digests)))
            if changed:
                self._trail.wrote(tx, Act(caller, "configuration.change", detail=", ".join(changed)[:1000]))
            return changed

        return self._database.write(act)

    def resting_place(self) -> CheckpointFile | None:
        """Give the file that says how far a verification came, None without a folder."""
        signer, folder = self.chain.signer, self._place.folder
        return CheckpointFile(folder / "verified.json", signer.public) if folder and signer else None

    def rest(self, until: Checkpoint) -> None:
        """Keep how far a verification came without a fault, signed, so that the next may go on from there."""
        place, signer = self.resting_place(), self.chain.signer
        if place is not None and signer is not None and until.position:
            place.write([signer.sign(until)])

    def _make_durable(self, position: int) -> None:
        """Links are added without an fsync; before who follows them sees one, a durable commit covers them all."""
        if position > self._durable:
            self._database.write(lambda tx: session_of(tx).run(NOTE, ("shown", str(position))))
            self._durable = position

    def _note(self, caller: Caller, kind: str, detail: str) -> None:
        self._trail.read(Act(caller, kind, detail=detail))
        self.chain.turn()

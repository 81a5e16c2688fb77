"""The composition root: Settings in, House out. The one module that knows everyone."""

import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from radiotheque.archive import admission, tasks
from radiotheque.archive.ahead import Ahead
from radiotheque.archive.archive import Archive
from radiotheque.archive.deidentifying import Deidentification
from radiotheque.archive.described import attributes_of
from radiotheque.archive.dispatch import Dispatcher, Task
from radiotheque.archive.facts import SeriesFacts, open_facts
from radiotheque.archive.forward import Give
from radiotheque.archive.heed import Notes
from radiotheque.archive.importing import Journal, Report, import_paths
from radiotheque.archive.printing import Printer
from radiotheque.archive.publication import Publication
from radiotheque.archive.receive import Intake
from radiotheque.archive.renditions import Renditions
from radiotheque.archive.retrieve import Outgoing
from radiotheque.archive.same import same_elements
from radiotheque.archive.sweep import Sweep
from radiotheque.blobs.derived import FileDerived, SealedDerived
from radiotheque.blobs.heap import keep_freed_pieces
from radiotheque.blobs.space import refuse_network_file_system
from radiotheque.catalog.catalog import Catalog, open_catalog
from radiotheque.catalog.commitments import Commitments
from radiotheque.catalog.keys import StudyKeys
from radiotheque.catalog.lists import StudyLists
from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller, Door
from radiotheque.core.instance import BlobName, Location, Origin, Selection
from radiotheque.core.peer import Peer, Service
from radiotheque.core.ports import Act, AuditTrail, BlobStore, Derived, KeyRing, Observer, Sender, Unobserved
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database
from radiotheque.dicom.dictionary import keyword_of, tag_of
from radiotheque.keys import FileKeyRing, NullKeyRing
from radiotheque.ops import Chores, Fixity, Reindex
from radiotheque.reading import Neighbours, Reading, lists_for
from radiotheque.reading import open_room as open_reading
from radiotheque.room import Chore
from radiotheque.security import (
    AuditPlace,
    Deidentified,
    Security,
    SessionLimits,
    Source,
    house_caller,
    open_room,
    open_spill,
)
from radiotheque.settings import Settings
from radiotheque.stores import blobs_of, database_of, make_lasting, ring_of
from radiotheque.wire.dimse.echo import echo
from radiotheque.wire.dimse.requestor import Calling
from radiotheque.wire.dimse.sender import DimseSender
from radiotheque.wire.dimse.upperlayer import Timers
from radiotheque.workbench import ChildWorkbench

HOUSE = "radiotheque"
DAY_S = 86_400.0


class SystemClock:
    """The time of this machine."""

    def now(self) -> float:
        return time.time()


@dataclass(frozen=True, slots=True)
class House:
    """Everything put together, without listeners: what a command works with, and what `running` serves."""

    settings: Settings
    clock: SystemClock
    database: Database
    ring: KeyRing
    blobs: BlobStore
    originals: BlobStore
    derived: Derived
    workbench: ChildWorkbench
    security: Security
    catalog: Catalog
    archive: Archive
    sender: Sender
    calling: Calling
    sweep: Sweep
    tasks: dict[str, Task]
    commitments: Commitments
    chores: Chores
    reading: Reading
    wake: "Wake"
    deidentification: Deidentification

    def importer(
        self, paths: Sequence[Path], report: Report, caller: Caller, progress: Callable[[Report], None]
    ) -> None:
        """Import files and folders, going on where an interrupted import of the same paths stopped."""
        journal = Journal(self.settings.data / "imports", paths)
        try:
            import_paths(
                paths,
                report,
                receive=self.archive.receive,
                origin=self.origin(caller, "import"),
                journal=journal,
                progress=progress,
            )
        finally:
            journal.close()

    def origin(self, caller: Caller, channel: str) -> Origin:
        """Give where an object comes from that no peer sent."""
        return Origin(
            caller,
            channel,
            self.clock.now(),
            default_issuer=self.settings.default_issuer,
            default_charset=self.settings.default_charset,
        )

    def send(self, selection: Selection, aet: str, caller: Caller) -> int:
        """Put what is selected into the outbox for a peer; give how many instances. Raises `NotFound`, `NotPermitted`."""
        peer = self.security.peers.get(AETitle(aet))
        locations = self.archive.locate(selection, caller, act="send", to=peer.aet)
        payload = tasks.payload_of(selection, peer.aet)
        self.database.write(lambda tx: self.catalog.outbox.enqueue(tx, "send", payload, peer=peer.aet))
        self.wake()
        return len(locations)

    def hold(self, aet: str, caller: Caller, *, held: bool = True) -> int:
        """Hold what is for a peer, or release it to go on at once; give how many jobs waited. Raises `NotFound`."""
        count = self.security.peers.hold(AETitle(aet), caller, self.catalog.outbox.hold, held=held)
        if not held:
            self.wake()
        return count

    def ask_commitment(self, selection: Selection, aet: str, caller: Caller) -> UID:
        """Let a peer be asked to commit to what is selected; give the Transaction UID. Raises `NotFound`, `NotPermitted`."""
        peer = self.security.peers.get(AETitle(aet))
        locations = self.archive.locate(selection, caller, act="send")
        transaction = self.commitments.ask(locations, peer.aet, caller)
        self.wake()
        return transaction

    def echo(self, peer: Peer) -> float:
        """Ask a peer whether it is there; give the milliseconds it took. Raises `Unavailable`, `Refused`."""
        began = time.perf_counter()
        echo(peer, self.calling)
        return (time.perf_counter() - began) * 1000

    def schedule_chores(self) -> None:
        """Put the chores on the clock, and at once what a change of settings asks for."""
        self.chores.schedule()
        if Reindex(self.database, self.catalog, extra_of(self.settings)).due():
            self.chores.run_now("attributes", house_caller(Door.HOUSE, HOUSE))

    def close(self) -> None:
        """Close all, in the reverse order of opening."""
        self.workbench.close()
        self.security.close()
        self.database.close()
        self.blobs.close()
        if isinstance(self.ring, FileKeyRing):
            self.ring.close()


class Wake:
    """Wakes whoever works on the outbox in this process, once there is somebody."""

    def __init__(self) -> None:
        self.dispatchers: Sequence[Dispatcher] = ()

    def __call__(self) -> None:
        for dispatcher in self.dispatchers:
            dispatcher.wake()


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the rest of the house stands on: stores, database, workbench and security."""

    ring: FileKeyRing | NullKeyRing
    blobs: BlobStore
    originals: BlobStore
    database: Database
    security: Security
    workbench: ChildWorkbench
    plain_derived: FileDerived
    derived: Derived
    catalog: Catalog
    same: Callable[[BlobName, BlobName], bool]


def build(settings: Settings, observer: Observer | None = None) -> House:
    """Open the house. Raises `Malformed` for settings that contradict what is kept, `Unavailable`, `Refused`, `Damaged`."""
    keep_freed_pieces()
    make_lasting(settings.data)
    refuse_network_file_system(settings.data)
    clock, wake = SystemClock(), Wake()
    seen = observer or Unobserved()
    ground = _ground(settings, clock, seen)
    archive = _archive(settings, ground, wake, seen)
    timers = Timers(artim_s=settings.send_timeout_s, idle_s=settings.send_timeout_s)
    calling = Calling(AETitle(settings.aets[0]), timers, tls=partial(client_tls, settings))
    sender = DimseSender(calling)
    us = house_caller(Door.HOUSE, HOUSE)
    commitments = Commitments(ground.database, ground.catalog.outbox, ground.security.audit, clock)
    facts = open_facts(ground.derived, archive.renditions, ground.catalog, us.scope)
    line = tasks.Line(
        ground.catalog,
        sender,
        ground.security.peers,
        _giver(archive),
        Notes(ground.catalog, ground.blobs, ground.security.audit, ground.security.policy.anew, us),
        us,
        Ahead(facts, ground.catalog, archive.renditions, us.scope, settings.viewer_frames_ahead, clock.now).read,
        send_tries=settings.send_attempts,
        sent=_told_of_sent(ground.security.audit, commitments, us),
    )
    reading = _reading(ground, archive, facts, clock)
    origin = Origin(us, "sweep", clock.now(), settings.default_issuer, settings.default_charset)
    sweep = Sweep(ground.blobs, ground.catalog, ground.same, origin, ground.security.peers)
    return House(
        settings=settings,
        clock=clock,
        database=ground.database,
        ring=ground.ring,
        blobs=ground.blobs,
        originals=ground.originals,
        derived=ground.derived,
        workbench=ground.workbench,
        security=ground.security,
        catalog=ground.catalog,
        archive=archive,
        sender=sender,
        calling=calling,
        sweep=sweep,
        tasks=dict(tasks.tasks(line)),
        commitments=commitments,
        chores=Chores(
            (*_chores(settings, ground, sweep, commitments), *reading.chores()),
            ground.database,
            ground.security.audit,
            clock,
        ),
        reading=reading,
        wake=wake,
        deidentification=_deidentification(ground, archive, clock),
    )


def _reading(ground: _Ground, archive: Archive, facts: SeriesFacts, clock: SystemClock) -> Reading:
    catalog = ground.catalog
    publication = Publication(archive, ground.derived, clock, version(HOUSE))
    house = Neighbours(
        archive,
        facts,
        catalog.feed,
        StudyLists(),
        catalog.outbox,
        ground.security.audit,
        publish=publication.publish,
        published=publication.published,
        print=Printer(publication, clock).print,
    )
    return open_reading(ground.database, clock, house)


def _deidentification(ground: _Ground, archive: Archive, clock: SystemClock) -> Deidentification:
    ledger = Deidentified(ground.database, clock, ground.security.audit, ground.ring.purpose_key)
    return Deidentification(archive, ledger, clock)


def _ground(settings: Settings, clock: SystemClock, observer: Observer) -> _Ground:
    ring = ring_of(settings)
    blobs, originals = blobs_of(settings, ring, observer)
    database = database_of(settings, ring)
    spill = open_spill(
        settings.data / "audit", size_bytes=settings.audit_reserve_bytes, key=ring.purpose_key("audit reserve")
    )
    limits = SessionLimits(settings.session_idle_s, settings.session_lifetime_s)
    workbench = ChildWorkbench(
        size=settings.workbench_processes,
        memory_bytes=settings.workbench_memory_bytes,
        time_s=settings.workbench_timeout_s,
    )
    place = audit_place(settings, ring)
    security = open_room(database, clock, spill, limits=limits, place=place, workbench=workbench)
    plain_derived = FileDerived(settings.data / "derived", limit_bytes=settings.renditions_max_bytes)
    catalog = open_catalog(
        database,
        lists_for=lists_for,
        audit=security.audit,
        clock=clock,
        attributes_of=partial(attributes_of, blobs=blobs),
        extra=extra_of(settings),
        settle_s=settings.settle_s,
        held=security.peers.held,
    )
    return _Ground(
        ring=ring,
        blobs=blobs,
        originals=originals,
        database=database,
        security=security,
        workbench=workbench,
        plain_derived=plain_derived,
        derived=SealedDerived(plain_derived, ring.purpose_key("derived")) if settings.sealing else plain_derived,
        catalog=catalog,
        same=partial(same_elements, blobs=blobs, workbench=workbench),
    )


def audit_place(settings: Settings, ring: FileKeyRing | NullKeyRing) -> AuditPlace:
    """Give where the audit trail is kept beside the index, what signs it, and under which names it is told to others."""
    source = Source(settings.audit_source or socket.gethostname(), settings.aets, settings.audit_site)
    return AuditPlace(source, settings.data / "audit", ring.purpose_key("audit checkpoints"))


def _archive(settings: Settings, ground: _Ground, wake: Wake, observer: Observer) -> Archive:
    rules = admission.Rules(
        settings.max_object_bytes, settings.accept_unknown_sop_classes, indexed=tuple(extra_of(settings))
    )
    keys = StudyKeys(ground.database, ground.ring)
    return Archive(
        intake=Intake(rules, keys, ground.ring, ground.blobs, ground.catalog, ground.same, observer),
        catalog=ground.catalog,
        blobs=ground.blobs,
        originals=ground.originals,
        renditions=Renditions(ground.blobs, ground.derived, ground.workbench),
        workbench=ground.workbench,
        audit=ground.security.audit,
        told=wake,
    )


def extra_of(settings: Settings) -> dict[str, Level]:
    """Give the attributes that are indexed beside the columns, each with its level. Raises `Malformed`."""
    parts = [text.partition(".") for text in settings.indexed_attributes]
    return {keyword_of(tag_of(name)): Level(level) for level, _, name in parts}


def client_tls(settings: Settings, _peer: Peer) -> ssl.SSLContext:
    """Give the context in which peers are called over TLS (PS3.15 B.12): 1.2 and later, their certificates checked.

    Certificates of devices seldom name the address they are called by, so the signing authority is what is believed.
    """
    context = ssl.create_default_context(cafile=settings.dicom_client_ca)
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.dicom_certificate is not None and settings.dicom_key is not None:
        context.load_cert_chain(settings.dicom_certificate, settings.dicom_key)
    return context


def _chores(settings: Settings, ground: _Ground, sweep: Sweep, commitments: Commitments) -> Sequence[Chore]:
    clock = commitments.clock

    def swept() -> str:
        found = sweep.run(clock.now())
        return f"{found.seen} blobs, {found.found_again} found again, {found.orphans} orphans"

    def tidied() -> str:
        ground.database.tidy()
        return "statistics are fresh"

    def trimmed() -> str:
        ground.plain_derived.tidy()
        return "within its limit"

    def forgotten() -> str:
        before = clock.now() - settings.feed_days * DAY_S
        return f"{ground.catalog.feed.forget(before)} changes forgotten"

    def followed() -> str:
        count = commitments.forget(clock.now() - settings.commitment_days * DAY_S)
        return f"{commitments.note_overdue(settings.commitment_overdue_s)}; {count} forgotten"

    reindex = Reindex(ground.database, ground.catalog, extra_of(settings))
    return (
        Chore("sweep", DAY_S, swept),
        Chore("index", DAY_S, tidied),
        Chore("derived", DAY_S / 24, trimmed),
        Chore("attributes", 30 * DAY_S, reindex.run),
        Chore("commitments", DAY_S / 24, followed),
        Chore("feed", DAY_S, forgotten),
        Chore("fixity", DAY_S / 24, Fixity(ground.database, ground.originals).run),
        Chore("reviews", DAY_S / 24, ground.security.desk.reviews.run),
    )


def _told_of_sent(
    audit: AuditTrail, commitments: Commitments, us: Caller
) -> Callable[[Sequence[Location], Peer], None]:
    """Give what is done when a peer has taken all that was sent to it: audited by study, and commitment asked for."""

    def sent(locations: Sequence[Location], peer: Peer) -> None:
        for study, count in Counter(location.identity.study for location in locations).items():
            audit.read(Act(us, "sent", study=study, detail=f"{count} instances to {peer.aet}"))
        if locations and Service.COMMIT in peer.may:
            commitments.ask(locations, peer.aet, us)

    return sent


def _giver(archive: Archive) -> Give:
    def give(location: Location, syntax: UID | None) -> Outgoing:
        return archive.outgoing(location, syntax=syntax)

    return give

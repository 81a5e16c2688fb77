"""A DICOM server on loopback over an archive of dictionaries, for tests of the wire alone."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller, Door, Permission, Scope
from radiotheque.core.errors import NotFound, NotPermitted, RadiothequeError, Unsupported
from radiotheque.core.instance import (
    Blob,
    BlobName,
    Identity,
    Incoming,
    Location,
    Outcome,
    Receipt,
    Selection,
)
from radiotheque.core.peer import Peer, Service
from radiotheque.core.query import Found, Level, Query
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.commitment import CommitmentReports, Report
from radiotheque.wire.dimse.requestor import Calling
from radiotheque.wire.dimse.seats import Seats
from radiotheque.wire.dimse.sender import DimseSender
from radiotheque.wire.dimse.server import DimseServer, DimseSettings
from radiotheque.wire.dimse.services import Neighbours, commitment_reports, open_dimse

PEER = AETitle("PEER")


def peer(aet: str = "PEER", port: int = 104, **wishes: Any) -> Peer:
    """Give a configured peer on loopback."""
    return Peer(AETitle(aet), "127.0.0.1", port, **wishes)


def caller(name: str = "PEER", permissions: frozenset[Permission] = frozenset(Permission)) -> Caller:
    """Give a caller who may do everything unless told otherwise."""
    return Caller(name, Door.DIMSE, permissions=permissions, scope=Scope(everything=True))


class Directory:
    """Configured peers, in a dictionary."""

    def __init__(self, *peers: Peer) -> None:
        self.peers = {each.aet: each for each in peers}

    def get(self, aet: AETitle) -> Peer:
        if aet not in self.peers:
            raise NotFound(f"no peer {aet}")
        return self.peers[aet]

    def all(self) -> Sequence[Peer]:
        return list(self.peers.values())


class Guard:
    """A policy that knows one account, one token and every peer of a directory."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.permissions = frozenset(Permission)

    def for_peer(self, aet: AETitle, *, address: str, certificate: str = "") -> Caller:
        return caller(aet, self.permissions)

    def for_password(self, name: str, password: str, *, door: Door, address: str) -> Caller:
        if (name, password) != ("marie", "secret"):
            raise NotPermitted("wrong name or password")
        return caller(name, self.permissions)

    def for_token(self, token: str, *, door: Door, address: str) -> Caller:
        if token != "good-token":
            raise NotPermitted("wrong token")
        return caller("integrator", self.permissions)


@dataclass(frozen=True, slots=True)
class Stored:
    """What came in by one C-STORE."""

    sop_class: str
    sop_instance: str
    syntax: str
    dataset: bytes
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class Given:
    """A kept object on its way out, framed as the archive frames it."""

    transfer_syntax: UID
    data: bytes
    dataset_offset: int

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = len(self.data) if stop is None else stop
        for at in range(start, end, 1 << 20):
            yield self.data[at : min(at + (1 << 20), end)]

    def message(self) -> Iterator[bytes]:
        return self.chunks(self.dataset_offset)


@dataclass
class Shelf:
    """An archive in memory. `refusal` is raised on receipt, before or after the object was read."""

    kept: dict[str, Stored] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    found: Sequence[Found] = ()
    queries: list[Query] = field(default_factory=list)
    selections: list[Selection] = field(default_factory=list)
    transcoded: Mapping[UID, bytes] = field(default_factory=dict)
    unsupported: Sequence[str] = ()
    holding: Mapping[str, int] = field(default_factory=dict)
    refusal: RadiothequeError | None = None
    refuse_at: str = "start"
    callers: list[Caller] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def receive(self, incoming: Incoming) -> Receipt:
        self.callers.append(incoming.origin.caller)
        if self.refusal and self.refuse_at == "start":
            raise self.refusal
        head = incoming.peek(4096)
        if self.refusal and self.refuse_at == "peek":
            raise self.refusal
        pieces = []
        for piece in incoming.chunks():
            pieces.append(bytes(piece))
            if self.refusal and self.refuse_at == "middle" and len(pieces) == 2:
                raise self.refusal
        dataset = b"".join(pieces)
        assert dataset.startswith(head)
        name = incoming.sop_instance
        with self.changed:
            self.kept[name] = Stored(incoming.sop_class, name, incoming.transfer_syntax, dataset, incoming)
            self.changed.notify_all()
        identity = Identity(UID(incoming.sop_class), UID(name), UID("1.2"), UID("1.3"), "P", "")
        return Receipt(Outcome.KEPT, self.identities.setdefault(name, identity))

    def find_each(self, query: Query, caller: Caller) -> Iterator[Found]:
        self.queries.append(query)
        yield from self.found

    def locate(self, selection: Selection, caller: Caller, *, act: str, to: str = "") -> Sequence[Location]:
        self.selections.append(selection)
        wanted = set(selection.instances)
        found = [self._location(name) for name in self.kept if not wanted or name in wanted]
        if not found:
            raise NotFound("nothing matches")
        return found

    def _location(self, name: str) -> Location:
        stored = self.kept[name]
        identity = replace(self.identities[name], sop_class=UID(stored.sop_class))
        blob = Blob(BlobName(f"k/{name}"), len(stored.dataset) + 200)
        return Location(identity, blob, UID(stored.syntax), 200, -1, 1, 0)

    def outgoing(self, location: Location, *, syntax: UID | None = None) -> Given:
        if syntax is not None and syntax != location.transfer_syntax:
            if syntax not in self.transcoded:
                raise Unsupported(f"no transcoding to {syntax} on this shelf")
            return Given(syntax, b"\0" * 200 + self.transcoded[syntax], 200)
        stored = self.kept[location.identity.sop_instance]
        return Given(UID(stored.syntax), b"\0" * 200 + stored.dataset, 200)

    def holds(self, wanted: Sequence[tuple[UID, UID]], caller: Caller) -> Sequence[int]:
        return [self.holding.get(instance, 0 if instance in self.kept else 0x0112) for _, instance in wanted]

    def await_kept(self, count: int, timeout_s: float = 30.0) -> None:
        """Return when `count` objects are kept."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.kept) >= count, timeout_s)


@dataclass(frozen=True, slots=True)
class House:
    """A running server and what is behind it."""

    server: DimseServer
    shelf: Shelf
    directory: Directory
    guard: Guard
    jobs: list[dict[str, Any]]
    reports: CommitmentReports
    heard: list[tuple[str, Report]]

    @property
    def port(self) -> int:
        return self.server.port


@contextmanager
def dimse_house(
    *peers: Peer,
    shelf: Shelf | None = None,
    verifiers: Mapping[int, Any] | None = None,
    enqueue: Any = None,
    on_report: Callable[[], None] = lambda: None,
    seats: Seats | None = None,
    **settings: Any,
) -> Iterator[House]:
    """Run a DICOM server that knows `peers` (PEER by default) until the block ends."""
    shelf = shelf or Shelf()
    directory = Directory(*(peers or (peer(),)))
    guard = Guard(directory)
    chosen = DimseSettings(**{"port": 0, "idle_s": 20.0, "artim_s": 10.0, **settings})
    calling = Calling(AETitle(chosen.aets[0]))
    jobs: list[dict[str, Any]] = []
    heard: list[tuple[str, Report]] = []

    def hear(aet: str, report: Report) -> None:
        heard.append((aet, report))
        on_report()

    neighbours = Neighbours(
        policy=guard,
        directory=directory,
        sender=DimseSender(calling),
        enqueue=enqueue or (lambda payload, delay_s, key: jobs.append(payload)),
        heard=hear,
        unsupported=lambda query: shelf.unsupported,
        verifiers=verifiers or {},
        seats=seats,
    )
    server = open_dimse(chosen, shelf, neighbours)
    server.start()
    try:
        reports = commitment_reports(chosen, shelf, neighbours, calling)
        yield House(server, shelf, directory, guard, jobs, reports, heard)
    finally:
        server.stop(grace_s=2.0)


ALL_SERVICES = frozenset(Service)
EVERY_LEVEL = tuple(Level)

"""All DIMSE services of the archive, put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from radiotheque.core.errors import NotFound, Unavailable
from radiotheque.core.peer import Service
from radiotheque.core.ports import AuditTrail, Observer, PeerDirectory, Policy, Sender, Unobserved
from radiotheque.core.query import Query
from radiotheque.dicom.sopclasses import STORAGE
from radiotheque.wire.dimse.acceptor import Verifier
from radiotheque.wire.dimse.association import Handler
from radiotheque.wire.dimse.commitment import (
    PUSH_MODEL,
    CommitmentReports,
    CommitmentService,
    Enqueue,
    Heard,
    Report,
    Transactions,
)
from radiotheque.wire.dimse.line import Line
from radiotheque.wire.dimse.query import PATIENT_ROOT_FIND, STUDY_ROOT_FIND, QueryService
from radiotheque.wire.dimse.requestor import Calling
from radiotheque.wire.dimse.retrieve import (
    PATIENT_ROOT_GET,
    PATIENT_ROOT_MOVE,
    STUDY_ROOT_GET,
    STUDY_ROOT_MOVE,
    GetService,
    MoveService,
)
from radiotheque.wire.dimse.seats import Seats
from radiotheque.wire.dimse.server import DimseServer, DimseSettings, Offered
from radiotheque.wire.dimse.storage import Defaults, Storage
from radiotheque.wire.dimse.verification import VERIFICATION, Verification

type Services = Mapping[str, tuple[Service, Handler]]


def nowhere(payload: object, delay_s: float, key: str) -> None:
    """Stand in for an outbox where there is none. Raises `Unavailable`, so that no commitment is promised."""
    raise Unavailable("storage commitment needs the outbox, which is not running")


def unasked(aet: str, report: Report) -> None:
    """Stand in for who hears commitment reports: nobody asked for one. Raises `NotFound`."""
    raise NotFound(f"transaction {report.transaction} was not requested here")


def everything_matched(query: Query) -> Sequence[str]:
    """Stand in for a catalog that matches on every key."""
    return ()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the services need beside the archive.

    `unsupported` names the keys of a query that are not matched on as asked. `more` are services of other rooms, by
    abstract syntax. Servers that are given the same `seats` count their associations together.
    """

    policy: Policy
    directory: PeerDirectory
    sender: Sender
    enqueue: Enqueue = nowhere
    heard: Heard = unasked
    transactions: Transactions = field(default_factory=Transactions)
    unsupported: Callable[[Query], Sequence[str]] = everything_matched
    verifiers: Mapping[int, Verifier] = field(default_factory=dict)
    more: Services = field(default_factory=dict)
    observer: Observer = field(default_factory=Unobserved)
    seats: Seats | None = None
    audit: AuditTrail | None = None


def open_dimse(settings: DimseSettings, archive: Line, neighbours: Neighbours) -> DimseServer:
    """Give the DICOM server of the archive, not yet started."""
    return DimseServer(
        settings,
        offered(settings, archive, neighbours),
        policy=neighbours.policy,
        directory=neighbours.directory,
        verifiers=neighbours.verifiers,
        observer=neighbours.observer,
        seats=neighbours.seats,
        audit=neighbours.audit,
    )


def commitment_reports(
    settings: DimseSettings, archive: Line, neighbours: Neighbours, calling: Calling
) -> CommitmentReports:
    """Give the job that reports commitments which were not reported on the association of their request."""
    return CommitmentReports(
        archive,
        directory=neighbours.directory,
        policy=neighbours.policy,
        calling=calling,
        transactions=neighbours.transactions,
        supported=lambda uid: _supported(settings, uid),
    )


def offered(settings: DimseSettings, archive: Line, neighbours: Neighbours) -> Offered:
    """Give every service by the abstract syntaxes it answers."""
    query, get = QueryService(archive, neighbours.unsupported), GetService(archive)
    move = MoveService(archive, neighbours.directory, neighbours.sender)
    commitment = CommitmentService(
        archive,
        enqueue=neighbours.enqueue,
        heard=neighbours.heard,
        transactions=neighbours.transactions,
        supported=lambda uid: _supported(settings, uid),
    )
    services: Services = {
        VERIFICATION: (Service.ECHO, Verification()),
        PATIENT_ROOT_FIND: (Service.FIND, query),
        STUDY_ROOT_FIND: (Service.FIND, query),
        PATIENT_ROOT_MOVE: (Service.MOVE, move),
        STUDY_ROOT_MOVE: (Service.MOVE, move),
        PATIENT_ROOT_GET: (Service.GET, get),
        STUDY_ROOT_GET: (Service.GET, get),
        PUSH_MODEL: (Service.COMMIT, commitment),
        **neighbours.more,
    }
    return Offered(
        storage=Storage(archive.receive, Defaults(settings.default_issuer, settings.default_charset)), services=services
    )


def _supported(settings: DimseSettings, sop_class: str) -> bool:
    return settings.accept_unknown_sop_classes or sop_class in STORAGE

"""Retrieve Service Class, SCP: C-MOVE and C-GET of the Patient Root and Study Root models (PS3.4 C.4.2, C.4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from radiotheque.core.aetitle import parse_aetitle
from radiotheque.core.errors import (
    Damaged,
    Malformed,
    NotFound,
    NotPermitted,
    Refused,
    Unavailable,
    Unsupported,
)
from radiotheque.core.instance import Location
from radiotheque.core.peer import Peer
from radiotheque.core.ports import PeerDirectory, Sender, Sending
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.answers import (
    CANCELLED,
    DESTINATION_UNKNOWN,
    NO_SUBOPERATIONS,
    PENDING,
    SUBOPERATIONS_FAILED,
    SUCCESS,
    UNRECOGNISED_OPERATION,
    Tongue,
)
from radiotheque.wire.dimse.association import Association, Message
from radiotheque.wire.dimse.command import MOVE_DESTINATION, Field, Value
from radiotheque.wire.dimse.dataset import element
from radiotheque.wire.dimse.getting import GetSending
from radiotheque.wire.dimse.identifier import PATIENT_ROOT, STUDY_ROOT, read_selection
from radiotheque.wire.dimse.line import Line
from radiotheque.wire.dimse.negotiation import EXPLICIT_LE, IMPLICIT_LE, Options
from radiotheque.wire.dimse.requestor import MAX_CONTEXTS

log = structlog.get_logger(__name__)

PATIENT_ROOT_MOVE, PATIENT_ROOT_GET = "1.2.840.10008.5.1.4.1.2.1.2", "1.2.840.10008.5.1.4.1.2.1.3"
STUDY_ROOT_MOVE, STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3"
_ROOTS = {
    PATIENT_ROOT_MOVE: PATIENT_ROOT,
    PATIENT_ROOT_GET: PATIENT_ROOT,
    STUDY_ROOT_MOVE: STUDY_ROOT,
    STUDY_ROOT_GET: STUDY_ROOT,
}
FAILED_UID_LIST = 0x00080058
_MAX_IDENTIFIER_BYTES = 1 << 20
_MAX_LISTED_BYTES = 0xFFFE
NOT_SENT = -1

type Proposals = list[tuple[UID, Sequence[UID]]]


@dataclass(slots=True)
class Tally:
    """The sub-operations of one retrieval so far (PS3.4 C.4.2.1.6 to 9)."""

    remaining: int
    completed: int = 0
    warning: int = 0
    failed: list[str] = field(default_factory=list)

    def count(self, location: Location, status: int) -> None:
        """Take in the status of one C-STORE; `NOT_SENT` is one that never went out."""
        self.remaining -= 1
        if status == SUCCESS:
            self.completed += 1
        elif status >> 12 == 0xB:
            self.warning += 1
        else:
            self.failed.append(location.identity.sop_instance)

    def elements(self, *, remaining: bool) -> dict[str, Value]:
        """Give the counts as command elements; what remains is said in Pending and Cancel only (PS3.4 C.4.2.1.6)."""
        counts: dict[str, Value] = {"completed": self.completed, "failed": len(self.failed), "warning": self.warning}
        return {**counts, "remaining": self.remaining} if remaining else counts

    def final(self) -> int:
        """Give the status of a retrieval that was not cancelled (PS3.4 table C.4-2)."""
        if self.failed and not self.completed and not self.warning:
            return NO_SUBOPERATIONS
        return SUBOPERATIONS_FAILED if self.failed or self.warning else SUCCESS


class MoveService:
    """C-MOVE: sends what is selected to a third party, over associations of our own."""

    tongue = Tongue.RETRIEVE

    def __init__(self, archive: Line, directory: PeerDirectory, sender: Sender) -> None:
        self._archive, self._directory, self._sender = archive, directory, sender

    def handle(self, association: Association, message: Message) -> None:
        """Answer Pending after each sub-operation, then how all went."""
        if message.command.field != Field.C_MOVE_RQ:
            association.drain()
            association.reply(message, UNRECOGNISED_OPERATION)
            return
        identifier = association.dataset(_MAX_IDENTIFIER_BYTES)
        destination = self._destination(association, message)
        if destination is None:
            comment = f"{message.command.text(MOVE_DESTINATION)} is not a configured peer"
            association.reply(message, DESTINATION_UNKNOWN, error_comment=comment)
            return
        locations = _located(self._archive, association, message, identifier=identifier, act="send", to=destination.aet)
        originator = (association.session.peer.aet, message.command.message_id)
        run = _Retrieval(association, message, self._archive, Tally(len(locations)), originator)
        if destination.held:
            run.fail(locations, f"{destination.aet} is held: nothing is sent to it until released")
        for batch in batches(run.not_done(locations)):
            if not self._send(run, batch, destination):
                return
        run.end()

    def _destination(self, association: Association, message: Message) -> Peer | None:
        """Give where to send to, None when it is not known. Raises `NotPermitted` when this peer may not."""
        asking = association.session.peer
        try:
            aet = parse_aetitle(message.command.text(MOVE_DESTINATION))
            destination = self._directory.get(aet)
        except (NotFound, Malformed):
            return None
        if aet != asking.aet and aet not in asking.destinations:
            raise NotPermitted(f"{asking.aet} may not move to {aet}; add it to the destinations of the peer")
        return destination

    def _send(self, run: "_Retrieval", batch: Sequence[Location], destination: Peer) -> bool:
        """Send one association's worth; False when the retrieval was cancelled and answered."""
        while left := run.not_done(batch):
            try:
                with self._sender.open(destination, proposals(left)) as sending:
                    return run.send(left, sending)
            except Damaged as unreadable:  # in the middle of a data set: that association is spent, not the others
                run.fail([run.current or left[0]], str(unreadable))
            except (Unavailable, Refused) as away:
                if run.association.lost:
                    raise
                run.fail(left, str(away))
        return True


class GetService:
    """C-GET: sends what is selected back on the association that asked."""

    tongue = Tongue.RETRIEVE

    def __init__(self, archive: Line) -> None:
        self._archive = archive

    def handle(self, association: Association, message: Message) -> None:
        """Answer Pending after each sub-operation, then how all went."""
        if message.command.field != Field.C_GET_RQ:
            association.drain()
            association.reply(message, UNRECOGNISED_OPERATION)
            return
        identifier = association.dataset(_MAX_IDENTIFIER_BYTES)
        locations = _located(self._archive, association, message, identifier=identifier, act="retrieve")
        run = _Retrieval(association, message, self._archive, Tally(len(locations)), None)
        if run.send(locations, GetSending(association, message.command.message_id)):
            run.end()


@dataclass(slots=True)
class _Retrieval:
    """One C-MOVE or C-GET while it runs."""

    association: Association
    message: Message
    archive: Line
    tally: Tally
    originator: tuple[str, int] | None
    reason: str = ""
    current: Location | None = None
    done: set[str] = field(default_factory=set)

    def send(self, locations: Sequence[Location], sending: Sending) -> bool:
        """Send each instance; False when a cancel came, which is then answered (PS3.4 C.4.2.3.1)."""
        for location in locations:
            if self.association.cancelled(self.message.command.message_id):
                self._answer(CANCELLED, remaining=True)
                return False
            self.current = location
            self._end(location, self._send_one(location, sending))
            if self.tally.remaining:
                counts = self.tally.elements(remaining=True)
                self.association.reply(self.message, PENDING, None, **counts)
        return True

    def not_done(self, locations: Sequence[Location]) -> list[Location]:
        """Give those of `locations` whose sub-operation has not ended."""
        return [location for location in locations if location.identity.sop_instance not in self.done]

    def fail(self, locations: Sequence[Location], reason: str) -> None:
        """Count what of `locations` was not sent as failed."""
        self.reason = self.reason or reason
        log.warning("sub-operations failed", count=len(locations), why=reason)
        for location in self.not_done(locations):
            self._end(location, NOT_SENT)

    def end(self) -> None:
        """Answer how it all went."""
        self._answer(self.tally.final(), remaining=False)

    def _end(self, location: Location, status: int) -> None:
        self.tally.count(location, status)
        self.done.add(location.identity.sop_instance)

    def _send_one(self, location: Location, sending: Sending) -> int:
        try:
            syntax = choose(location, sending.accepted(location.identity.sop_class))
            outgoing = self.archive.outgoing(location, syntax=syntax)
            dataset = outgoing.message()
        except (Unsupported, Damaged, NotFound) as unable:
            self.reason = self.reason or str(unable)
            log.warning("sub-operation failed", instance=location.identity.sop_instance, why=str(unable))
            return NOT_SENT
        return sending.store(
            location.identity.sop_class,
            location.identity.sop_instance,
            outgoing.transfer_syntax,
            dataset,
            move_originator=self.originator,
        )

    def _answer(self, status: int, *, remaining: bool) -> None:
        counts = self.tally.elements(remaining=remaining)
        if status != SUCCESS and self.reason:
            counts["error_comment"] = self.reason
        context = self.message.context
        failed = failed_list(self.tally.failed, implicit=context.transfer_syntax == IMPLICIT_LE)
        self.association.reply(self.message, status, failed if self.tally.failed else None, **counts)


def _located(
    archive: Line, association: Association, message: Message, *, identifier: bytes, act: str, to: str = ""
) -> Sequence[Location]:
    """Give what the identifier selects; () when nothing matches, which is a Success without sub-operations."""
    context = message.context
    agreed = association.session.options.get(context.abstract_syntax, Options())
    selection = read_selection(identifier, context.transfer_syntax, _ROOTS[context.abstract_syntax], agreed)
    try:
        return archive.locate(selection, association.session.caller, act=act, to=to)
    except NotFound:
        return ()


def choose(location: Location, accepted: frozenset[UID]) -> UID | None:
    """Give the syntax to send in: None for the stored one where the peer takes it. Raises `Unsupported`."""
    if location.transfer_syntax in accepted:
        return None
    for syntax in (EXPLICIT_LE, IMPLICIT_LE, *sorted(accepted)):
        if syntax in accepted:
            return syntax
    raise Unsupported(f"no presentation context for SOP Class {location.identity.sop_class}")


def proposals(locations: Sequence[Location]) -> Proposals:
    """Give the contexts to propose: each stored syntax alone, so no choice hides another, and the uncompressed ones."""
    wanted: dict[tuple[UID, tuple[UID, ...]], None] = {}
    for location in locations:
        wanted[location.identity.sop_class, (location.transfer_syntax,)] = None
        wanted[location.identity.sop_class, (EXPLICIT_LE, IMPLICIT_LE)] = None
    return [(sop_class, list(syntaxes)) for sop_class, syntaxes in wanted]


def batches(locations: Sequence[Location]) -> list[list[Location]]:
    """Give the locations in runs whose proposals fit into one association (PS3.8 9.3.2: 128 contexts)."""
    runs: list[list[Location]] = []
    needed: set[tuple[str, str]] = set()
    for location in locations:
        own = {(location.identity.sop_class, location.transfer_syntax), (location.identity.sop_class, "")}
        if not runs or len(needed | own) > MAX_CONTEXTS:
            runs.append([])
            needed = set()
        runs[-1].append(location)
        needed |= own
    return runs


def failed_list(instances: Sequence[str], *, implicit: bool) -> bytes:
    """Give the identifier with Failed SOP Instance UID List (0008,0058), as many as a UI of 64 KiB holds."""
    value = "\\".join(instances).encode("ascii")
    if len(value) > _MAX_LISTED_BYTES:
        value = value[: value.rindex(b"\\", 0, _MAX_LISTED_BYTES)]
    return element(FAILED_UID_LIST, "UI", value, implicit=implicit)

"""Storage Commitment Push Model, SCP, and the reports that come to us as SCU (PS3.4 J)."""

import struct
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from radiotheque.core.aetitle import parse_aetitle
from radiotheque.core.caller import Caller
from radiotheque.core.errors import Malformed, Mismatch, NotPermitted, RadiothequeError, Unavailable
from radiotheque.core.peer import Service
from radiotheque.core.ports import PeerDirectory, Policy
from radiotheque.core.uid import UID, parse_uid
from radiotheque.wire.dimse.answers import (
    DUPLICATE_TRANSACTION,
    NO_SUCH_ACTION,
    SUCCESS,
    UNRECOGNISED_OPERATION,
    Tongue,
)
from radiotheque.wire.dimse.association import Association, Message, Notice
from radiotheque.wire.dimse.command import (
    ACTION_TYPE,
    AFFECTED_SOP_INSTANCE,
    EVENT_TYPE,
    REQUESTED_SOP_INSTANCE,
    RESPONSE,
    Field,
    request,
)
from radiotheque.wire.dimse.dataset import Element, Elements, element, read_dataset, sequence
from radiotheque.wire.dimse.identifier import RETRIEVE_AET
from radiotheque.wire.dimse.items import Role
from radiotheque.wire.dimse.line import Line
from radiotheque.wire.dimse.negotiation import IMPLICIT_LE, MESSAGE_SYNTAXES, Context
from radiotheque.wire.dimse.requestor import Calling, open_association

log = structlog.get_logger(__name__)

PUSH_MODEL = "1.2.840.10008.1.20.1"
PUSH_MODEL_INSTANCE = "1.2.840.10008.1.20.1.1"
REQUEST_COMMITMENT = 1  # Action Type ID (PS3.4 J.3.2.1.1)
ALL_COMMITTED, FAILURES_EXIST = 1, 2  # Event Type ID (PS3.4 J.3.3.1.1)

TRANSACTION, REFERENCED, FAILED_SEQUENCE = 0x00081195, 0x00081199, 0x00081198
REFERENCED_CLASS, REFERENCED_INSTANCE, FAILURE_REASON = 0x00081150, 0x00081155, 0x00081197
NO_SUCH_INSTANCE, CLASS_NOT_SUPPORTED = 0x0112, 0x0122  # Failure Reason (PS3.3 C.14.1.1)

MAX_REQUEST_BYTES = 16 << 20
_REMEMBERED = 4096
NOT_ANSWERED = -1
_GRACE_S = 1.0
_OWN_ASSOCIATION_DELAY_S = 20.0

type Reference = tuple[UID, UID]
"""SOP Class and SOP Instance."""

type Enqueue = Callable[[dict[str, Any], float, str], None]
"""Makes a job durable: its payload, seconds to wait before the first try, a key that replaces an equal one."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one transaction: what is committed, and what is not with its Failure Reason."""

    transaction: UID
    committed: tuple[Reference, ...]
    failed: tuple[tuple[UID, UID, int], ...] = ()


type Heard = Callable[[str, Report], None]
"""Told of a report that a peer (its AE title) sent on a request of ours. Raises `NotFound` for an unknown transaction."""


class Transactions:
    """Transactions lately asked for, so that one UID is not used for two things, and what was reported already."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], frozenset[Reference]] = OrderedDict()
        self._reported: OrderedDict[tuple[str, str], None] = OrderedDict()

    def claim(self, aet: str, transaction: str, references: Sequence[Reference]) -> bool:
        """Remember a transaction; False when its UID is in use for other instances. A repeated request is none."""
        with self._lock:
            same = self._known.setdefault((aet, transaction), frozenset(references)) == frozenset(references)
            self._reported.pop((aet, transaction), None)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            return same

    def reported(self, aet: str, transaction: str) -> None:
        """Remember that the report went out."""
        with self._lock:
            self._reported[aet, transaction] = None
            while len(self._reported) > _REMEMBERED:
                self._reported.popitem(last=False)

    def was_reported(self, aet: str, transaction: str) -> bool:
        """Say whether the report went out already, on the association of the request."""
        with self._lock:
            return (aet, transaction) in self._reported


class CommitmentService:
    """Takes requests for commitment, and reports on our own requests.

    A request is answered with Success only when the job that will report on it is durable. The report goes out on
    the same association while that stays open, else by the job, on one of our own.
    """

    tongue = Tongue.NORMALISED

    def __init__(
        self,
        archive: Line,
        *,
        enqueue: Enqueue,
        heard: Heard,
        transactions: Transactions,
        supported: Callable[[str], bool],
    ) -> None:
        self._archive, self._enqueue, self._heard = archive, enqueue, heard
        self._transactions, self._supported = transactions, supported

    def handle(self, association: Association, message: Message) -> None:
        """Answer an N-ACTION or an N-EVENT-REPORT."""
        if message.command.field == Field.N_ACTION_RQ:
            self._requested(association, message)
        elif message.command.field == Field.N_EVENT_REPORT_RQ:
            self._reported(association, message)
        else:
            association.drain()
            association.reply(message, UNRECOGNISED_OPERATION)

    def _requested(self, association: Association, message: Message) -> None:
        session, command = association.session, message.command
        if Service.COMMIT not in session.peer.may:
            raise NotPermitted(f"{session.peer.aet} may not request storage commitment")
        if command.number(ACTION_TYPE, 0) != REQUEST_COMMITMENT:
            association.drain()
            association.reply(message, NO_SUCH_ACTION)
            return
        if command.text(REQUESTED_SOP_INSTANCE) != PUSH_MODEL_INSTANCE:
            raise Mismatch("Requested SOP Instance UID is not that of the Storage Commitment Push Model")
        transaction, references = read_request(association.dataset(MAX_REQUEST_BYTES), message.context.transfer_syntax)
        aet = session.peer.aet
        fresh = self._transactions.claim(aet, transaction, references)
        payload = {
            "aet": aet,
            "called": session.called,
            "transaction": transaction,
            "references": references,
            "fresh": fresh,
        }
        self._enqueue(payload, _OWN_ASSOCIATION_DELAY_S, f"commitment {aet} {transaction}")
        association.reply(message, SUCCESS, action_type=REQUEST_COMMITMENT)
        log.info("commitment requested", transaction=transaction, instances=len(references))
        try:
            report = check(
                self._archive, session.caller, transaction, references, fresh=fresh, supported=self._supported
            )
            self._report_here(association, message.context, report)
        except RadiothequeError as failed:  # answered already: what is left to do, the job does
            if association.lost or not association.layer.established:
                raise
            log.warning("commitment not reported yet", transaction=transaction, why=str(failed))

    def _report_here(self, association: Association, context: Context, report: Report) -> None:
        """Report on the association of the request, unless the peer ends it within a moment (PS3.4 J.3.3)."""
        if not association.awaits_answer and association.layer.channel.has_input(_GRACE_S):
            return  # a release, most likely; the job reports on an association of our own
        aet = association.session.peer.aet

        def answered(status: int) -> None:
            if status == SUCCESS:
                self._transactions.reported(aet, report.transaction)

        message_id = association.next_id()
        association.notify(Notice(message_id, context, *_event(association, context, message_id, report), answered))

    def _reported(self, association: Association, message: Message) -> None:
        if message.command.text(AFFECTED_SOP_INSTANCE) != PUSH_MODEL_INSTANCE:
            raise Mismatch("Affected SOP Instance UID is not that of the Storage Commitment Push Model")
        event = message.command.number(EVENT_TYPE, 0)
        report = read_report(association.dataset(MAX_REQUEST_BYTES), message.context.transfer_syntax)
        self._heard(association.session.peer.aet, report)
        association.reply(message, SUCCESS, event_type=event)


class CommitmentReports:
    """The job that reports on an association of our own. Idempotent: a report may arrive twice, never not at all."""

    def __init__(
        self,
        archive: Line,
        *,
        directory: PeerDirectory,
        policy: Policy,
        calling: Calling,
        transactions: Transactions,
        supported: Callable[[str], bool],
    ) -> None:
        self._archive, self._directory, self._policy = archive, directory, policy
        self._calling, self._transactions, self._supported = calling, transactions, supported

    def run(self, payload: dict[str, Any]) -> None:
        """Report on one transaction. Raises `Unavailable`, `Refused`, `NotFound` when it is to be tried again."""
        transaction = parse_uid(payload["transaction"])
        peer = self._directory.get(parse_aetitle(payload["aet"]))
        if self._transactions.was_reported(peer.aet, transaction):
            return
        references = [(UID(sop_class), UID(instance)) for sop_class, instance in payload["references"]]
        caller = self._policy.for_peer(peer.aet, address=peer.host)
        report = check(
            self._archive, caller, transaction, references, fresh=payload.get("fresh", True), supported=self._supported
        )
        # we ask for the association, and are the SCP on it (PS3.7 D.3.3.4)
        roles = (Role(PUSH_MODEL, scu=False, scp=True),)
        association = open_association(peer, [(PUSH_MODEL, MESSAGE_SYNTAXES)], self._calling, roles=roles)
        try:
            context = next(iter(association.session.contexts.values()))
            status = send_report(association, context, report)
        finally:
            association.layer.release()
        if status != SUCCESS:
            raise Unavailable(f"{peer.aet} did not take the commitment report: status {status:#06x}")
        self._transactions.reported(peer.aet, transaction)
        log.info("commitment reported", transaction=transaction, peer=peer.aet, failed=len(report.failed))


def check(
    archive: Line,
    caller: Caller,
    transaction: UID,
    references: Sequence[Reference],
    *,
    fresh: bool,
    supported: Callable[[str], bool],
) -> Report:
    """Give what is committed of `references`: bytes that were read and hashed just now."""
    if not fresh:
        return Report(transaction, (), tuple((*each, DUPLICATE_TRANSACTION) for each in references))
    reasons = [
        CLASS_NOT_SUPPORTED if reason == NO_SUCH_INSTANCE and not supported(sop_class) else reason
        for (sop_class, _), reason in zip(references, archive.holds(references, caller), strict=True)
    ]
    pairs = list(zip(references, reasons, strict=True))
    committed = tuple(reference for reference, reason in pairs if not reason)
    return Report(transaction, committed, tuple((*reference, reason) for reference, reason in pairs if reason))


def send_report(association: Association, context: Context, report: Report) -> int:
    """Send an N-EVENT-REPORT and give the status of its answer (PS3.4 J.3.3), `NOT_ANSWERED` for a release instead.

    Raises `Unavailable` when the association is lost.
    """
    message_id = association.next_id()
    association.send(context, *_event(association, context, message_id, report))
    answer = association.next_message()
    if answer is None:
        return NOT_ANSWERED
    if answer.command.field != Field.N_EVENT_REPORT_RQ | RESPONSE or answer.command.responded_to != message_id:
        raise association.layer.violation("an answer to something that was not asked", 6)
    association.drain()
    return answer.command.status


def _event(association: Association, context: Context, message_id: int, report: Report) -> tuple[bytes, bytes]:
    """Give the command and the event information of an N-EVENT-REPORT."""
    command = request(
        Field.N_EVENT_REPORT_RQ,
        message_id,
        dataset=True,
        affected_sop_class=PUSH_MODEL,
        affected_sop_instance=PUSH_MODEL_INSTANCE,
        event_type=FAILURES_EXIST if report.failed else ALL_COMMITTED,
    )
    return command, encode_report(report, association.session.called, implicit=context.transfer_syntax == IMPLICIT_LE)


def read_request(data: bytes, syntax: str) -> tuple[UID, list[Reference]]:
    """Give the Transaction UID and references of an N-ACTION (PS3.4 table J.3-1). Raises `Malformed`."""
    elements = read_dataset(data, syntax)
    references = [
        (_uid(each, REFERENCED_CLASS), _uid(each, REFERENCED_INSTANCE)) for each in _items(elements, REFERENCED)
    ]
    if not references:
        raise Malformed("a commitment request without Referenced SOP Sequence")
    return _uid(elements, TRANSACTION), references


def read_report(data: bytes, syntax: str) -> Report:
    """Give the report of an N-EVENT-REPORT (PS3.4 table J.3-2). Raises `Malformed`."""
    elements = read_dataset(data, syntax)
    committed = tuple(
        (_uid(each, REFERENCED_CLASS), _uid(each, REFERENCED_INSTANCE)) for each in _items(elements, REFERENCED)
    )
    failed = tuple(
        (_uid(each, REFERENCED_CLASS), _uid(each, REFERENCED_INSTANCE), _reason(each))
        for each in _items(elements, FAILED_SEQUENCE)
    )
    return Report(_uid(elements, TRANSACTION), committed, failed)


def encode_report(report: Report, retrieve_aet: str, *, implicit: bool) -> bytes:
    """Give the event information of a report (PS3.4 table J.3-2); sequences without items are left out."""
    parts = [
        element(RETRIEVE_AET, "AE", retrieve_aet.encode("ascii", "replace"), implicit=implicit),
        element(TRANSACTION, "UI", report.transaction.encode("ascii"), implicit=implicit),
    ]
    failed = [encode_reference(*each, implicit=implicit) for each in report.failed]
    committed = [encode_reference(*each, 0, implicit=implicit) for each in report.committed]
    parts += [sequence(FAILED_SEQUENCE, failed, implicit=implicit)] if failed else []
    parts += [sequence(REFERENCED, committed, implicit=implicit)] if committed else []
    return b"".join(parts)


def encode_reference(sop_class: str, instance: str, reason: int, *, implicit: bool) -> bytes:
    """Give an item of a Referenced or Failed SOP Sequence; a Failure Reason of 0 is left out."""
    parts = [
        element(REFERENCED_CLASS, "UI", sop_class.encode("ascii"), implicit=implicit),
        element(REFERENCED_INSTANCE, "UI", instance.encode("ascii"), implicit=implicit),
    ]
    if reason:
        parts.append(element(FAILURE_REASON, "US", struct.pack("<H", reason), implicit=implicit))
    return b"".join(parts)


def _items(elements: Elements, tag: int) -> tuple[Elements, ...]:
    return elements[tag].items if tag in elements else ()


def _uid(elements: Elements, tag: int) -> UID:
    return parse_uid(elements.get(tag, Element("UI")).raw.decode("latin-1"))


def _reason(elements: Elements) -> int:
    raw = elements.get(FAILURE_REASON, Element("US")).raw
    return int.from_bytes(raw[:2], "little") if len(raw) >= 2 else 0x0110

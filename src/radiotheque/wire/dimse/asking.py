"""Storage Commitment Push Model, SCU: the request, and a report that comes on the same association (PS3.4 J.3)."""

import time
from collections.abc import Sequence

from radiotheque.core.errors import Refused, Unavailable
from radiotheque.core.peer import Peer
from radiotheque.core.uid import UID
from radiotheque.wire.dimse.answers import SUCCESS
from radiotheque.wire.dimse.association import Association, Message
from radiotheque.wire.dimse.command import EVENT_TYPE, RESPONSE, Field, request
from radiotheque.wire.dimse.commitment import (
    MAX_REQUEST_BYTES,
    PUSH_MODEL,
    PUSH_MODEL_INSTANCE,
    REFERENCED,
    REQUEST_COMMITMENT,
    TRANSACTION,
    Heard,
    Reference,
    encode_reference,
    read_report,
)
from radiotheque.wire.dimse.dataset import element, sequence
from radiotheque.wire.dimse.negotiation import IMPLICIT_LE, MESSAGE_SYNTAXES
from radiotheque.wire.dimse.requestor import Calling, open_association


def request_commitment(
    peer: Peer,
    calling: Calling,
    transaction: UID,
    references: Sequence[Reference],
    *,
    heard: Heard,
    wait_s: float = 5.0,
) -> bool:
    """Ask `peer` to commit to instances; True when its report came within `wait_s` on the same association.

    Else the report comes on an association of the peer's own, to `CommitmentService`. Raises `Unavailable`,
    `Refused`.
    """
    association = open_association(peer, [(PUSH_MODEL, MESSAGE_SYNTAXES)], calling)
    try:
        send_request(association, transaction, references)
        came = _answered(association, heard)
        until = time.monotonic() + wait_s
        while not came and association.layer.channel.has_input(max(0.0, until - time.monotonic())):
            message = association.next_message()
            if message is None:
                break
            came = _hear(association, message, heard)
    finally:
        association.layer.release()
    return came


def send_request(association: Association, transaction: UID, references: Sequence[Reference]) -> None:
    """Send the N-ACTION that asks for commitment (PS3.4 J.3.2)."""
    context = next(iter(association.session.contexts.values()))
    command = request(
        Field.N_ACTION_RQ,
        association.next_id(),
        dataset=True,
        requested_sop_class=PUSH_MODEL,
        requested_sop_instance=PUSH_MODEL_INSTANCE,
        action_type=REQUEST_COMMITMENT,
    )
    body = encode_request(transaction, references, implicit=context.transfer_syntax == IMPLICIT_LE)
    association.send(context, command, body)


def _answered(association: Association, heard: Heard) -> bool:
    """Await the answer to the request; True when the report came before it. Raises `Refused`, `Unavailable`."""
    came, peer = False, association.session.peer
    while (message := association.next_message()) is not None:
        if message.command.field == Field.N_ACTION_RQ | RESPONSE:
            association.drain()
            status = message.command.status
            if status != SUCCESS:
                raise Refused(f"{peer.aet} answered the commitment request with status {status:#06x}")
            return came
        came = _hear(association, message, heard) or came
    raise Unavailable(f"{peer.aet} did not answer the commitment request")


def _hear(association: Association, message: Message, heard: Heard) -> bool:
    """Take a report and answer it; False for what is none."""
    if message.command.field != Field.N_EVENT_REPORT_RQ:
        association.drain()
        return False
    report = read_report(association.dataset(MAX_REQUEST_BYTES), message.context.transfer_syntax)
    heard(association.session.peer.aet, report)
    association.reply(message, SUCCESS, event_type=message.command.number(EVENT_TYPE, 0))
    return True


def encode_request(transaction: UID, references: Sequence[Reference], *, implicit: bool) -> bytes:
    """Give the action information of a request (PS3.4 table J.3-1)."""
    items = [encode_reference(*each, 0, implicit=implicit) for each in references]
    return element(TRANSACTION, "UI", transaction.encode("ascii"), implicit=implicit) + sequence(
        REFERENCED, items, implicit=implicit
    )

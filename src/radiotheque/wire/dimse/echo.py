"""Verification Service Class, SCU: is a peer there, and does it let us in? (PS3.4 A)"""

from radiotheque.core.errors import Malformed, Refused, Unavailable
from radiotheque.core.peer import Peer
from radiotheque.wire.dimse.answers import SUCCESS
from radiotheque.wire.dimse.command import RESPONSE, Field, request
from radiotheque.wire.dimse.negotiation import MESSAGE_SYNTAXES
from radiotheque.wire.dimse.requestor import Calling, open_association
from radiotheque.wire.dimse.verification import VERIFICATION


def echo(peer: Peer, calling: Calling) -> None:
    """Return when `peer` answered a C-ECHO with Success (PS3.7 9.1.5).

    Raises `Unavailable` when it cannot be reached or does not answer, `Refused` when it turns us down.
    """
    association = open_association(peer, [(VERIFICATION, MESSAGE_SYNTAXES)], calling)
    context = next(iter(association.session.contexts.values()))
    try:
        association.send(
            context, request(Field.C_ECHO_RQ, association.next_id(), dataset=False, affected_sop_class=VERIFICATION)
        )
        answer = association.next_message()
    except Malformed as wrong:
        raise Unavailable(f"{peer.aet} answered what is not DICOM: {wrong}") from wrong
    finally:
        association.layer.release()
    if answer is None or answer.command.field != Field.C_ECHO_RQ | RESPONSE:
        raise Unavailable(f"{peer.aet} did not answer the C-ECHO")
    if answer.command.status != SUCCESS:
        raise Refused(f"{peer.aet} answered the C-ECHO with status {answer.command.status:#06x}")

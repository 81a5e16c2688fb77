"""Opening associations to peers (PS3.8 7.1): what the C-STORE sender and commitment reports stand on."""

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import Malformed, Refused, Unavailable
from radiotheque.core.peer import Peer
from radiotheque.dicom.filemeta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from radiotheque.wire.dimse.association import Association, Session
from radiotheque.wire.dimse.channel import Channel
from radiotheque.wire.dimse.items import Role, UserInformation
from radiotheque.wire.dimse.negotiation import agreed
from radiotheque.wire.dimse.pdu import AssociateRequest, ProposedContext
from radiotheque.wire.dimse.upperlayer import Timers, UpperLayer

MAX_CONTEXTS = 128
_CONNECT_S = 10.0

type ClientTLS = Callable[[Peer], ssl.SSLContext]


@dataclass(frozen=True, slots=True)
class Calling:
    """Who we are when we call. `tls` gives the context for peers that want TLS."""

    aet: AETitle
    timers: Timers = field(default_factory=lambda: Timers(idle_s=60.0))
    max_pdu: int = 131072
    tls: ClientTLS | None = None


def open_association(
    peer: Peer, wanted: Sequence[tuple[str, Sequence[str]]], calling: Calling, *, roles: Sequence[Role] = ()
) -> Association:
    """Give an association to `peer` with a context for each (abstract syntax, transfer syntaxes) wanted.

    Raises `Unavailable` when the peer cannot be reached, `Refused` when it rejects the association or all contexts.
    """
    if not wanted or len(wanted) > MAX_CONTEXTS:
        raise Refused(f"{len(wanted)} presentation contexts: an association has 1 to {MAX_CONTEXTS}")
    channel = Channel(_connect(peer, calling), calling.timers.artim_s, address=peer.host)
    layer = UpperLayer(channel, timers=calling.timers, max_pdu=calling.max_pdu, requestor=True)
    request = _request(peer, wanted, calling, roles)
    try:
        accept = layer.request(request)
        contexts = agreed(request, accept.contexts)
    except Malformed as wrong:
        raise Unavailable(f"{peer.aet} answered what is not DICOM: {wrong}") from wrong
    except Unavailable:
        channel.close()
        raise
    caller = Caller(calling.aet, Door.HOUSE)
    session = Session(
        peer, caller, AETitle(peer.aet), contexts, roles={role.sop_class: role for role in accept.user.roles}
    )
    if not contexts:
        layer.release()
        raise Refused(f"{peer.aet} accepted none of the {len(wanted)} presentation contexts")
    return Association(layer, session)


def _request(
    peer: Peer, wanted: Sequence[tuple[str, Sequence[str]]], calling: Calling, roles: Sequence[Role]
) -> AssociateRequest:
    contexts = tuple(
        ProposedContext(2 * number + 1, abstract, tuple(syntaxes)) for number, (abstract, syntaxes) in enumerate(wanted)
    )
    user = UserInformation(
        max_length=calling.max_pdu,
        implementation_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version=IMPLEMENTATION_VERSION_NAME,
        roles=tuple(roles),
    )
    return AssociateRequest(called=peer.aet, calling=calling.aet, contexts=contexts, user=user)


def _connect(peer: Peer, calling: Calling) -> socket.socket:
    try:
        sock = socket.create_connection((peer.host, peer.port), timeout=_CONNECT_S)
    except OSError as away:
        raise Unavailable(f"{peer.aet} cannot be reached at {peer.host}:{peer.port}: {away.strerror or away}") from away
    if not peer.tls:
        return sock
    if calling.tls is None:
        sock.close()
        raise Refused(f"{peer.aet} wants TLS, and no certificate is configured for calling out")
    try:
        return calling.tls(peer).wrap_socket(sock, server_hostname=peer.host)
    except (ssl.SSLError, OSError) as wrong:
        sock.close()
        raise Unavailable(f"no TLS with {peer.aet}: {getattr(wrong, 'reason', None) or wrong}") from wrong

"""One association from connection to close: who calls, what is agreed, one message after another."""

import contextlib
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from radiotheque.core.aetitle import AETitle, parse_aetitle
from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import Malformed, NotFound, NotPermitted, RadiothequeError, Unavailable
from radiotheque.core.peer import Peer
from radiotheque.core.ports import Act, AuditTrail, Observer, PeerDirectory, Policy, Unobserved
from radiotheque.wire.dimse.answers import PROCESSING_FAILURE, Answer, answer_for
from radiotheque.wire.dimse.association import Association, Handler, Message, Session
from radiotheque.wire.dimse.command import RESPONSE, Field
from radiotheque.wire.dimse.items import UserIdentity
from radiotheque.wire.dimse.negotiation import (
    CALLING_AET_NOT_RECOGNISED,
    LOCAL_LIMIT_EXCEEDED,
    NO_REASON,
    Spoken,
    agreed,
    answer_contexts,
    answer_user,
    options,
    refuse,
)
from radiotheque.wire.dimse.pdu import AssociateAccept, AssociateReject, AssociateRequest
from radiotheque.wire.dimse.seats import Seats
from radiotheque.wire.dimse.upperlayer import UpperLayer

log = structlog.get_logger(__name__)

USERNAME_PASSCODE, JSON_WEB_TOKEN = 2, 5  # PS3.7 table D.3-14
_USERNAME = 1

type Verifier = Callable[[UserIdentity, str], Caller]
"""Gives the caller of a Kerberos ticket or SAML assertion presented at an address. Raises `NotPermitted`."""


@dataclass(frozen=True, slots=True)
class House:
    """What an association needs of the house."""

    spoken: Spoken
    policy: Policy
    directory: PeerDirectory
    seats: Seats
    handlers: Mapping[str, Handler]
    storage: Handler
    verifiers: Mapping[int, Verifier]
    observer: Observer = field(default_factory=Unobserved)
    audit: AuditTrail | None = None

    def note(self, act: Act) -> None:
        """Put an association into the trail. While that takes nothing, each operation is refused by itself."""
        if self.audit is not None:
            try:
                self.audit.read(act)
            except Unavailable as error:
                log.warning("association not audited", why=str(error))

    def handler(self, abstract_syntax: str) -> Handler:
        """Give the service of an accepted abstract syntax; all that are not named are storage."""
        return self.handlers.get(abstract_syntax, self.storage)


class _Rejected(Exception):
    """Carries the rejection out of the checks to where it is sent."""

    def __init__(self, answer: AssociateReject, why: str) -> None:
        super().__init__(why)
        self.answer = answer


def serve(layer: UpperLayer, house: House, *, certificate: str = "") -> None:
    """Serve one connection until it ends. Never raises: what goes wrong is answered, logged and closed."""
    address = layer.channel.peer_address
    try:
        request = layer.await_request()
        with structlog.contextvars.bound_contextvars(calling=request.calling[:16], address=address):
            _serve_request(layer, request, house, certificate)
    except RadiothequeError as ended:
        log.info("association ended", address=address, why=str(ended))
        layer.abort()
    except Exception:  # the wire's answer guard
        log.exception("association failed", address=address)
        layer.abort()


def _serve_request(layer: UpperLayer, request: AssociateRequest, house: House, certificate: str) -> None:
    with contextlib.ExitStack() as seat:
        try:
            session, accept = _admit(request, house, layer.channel.peer_address, certificate)
            if not house.seats.take(request.calling, session.peer.max_associations):
                raise _Rejected(LOCAL_LIMIT_EXCEEDED, "too many associations")
            seat.callback(house.seats.leave, request.calling)
        except _Rejected as no:
            answer = no.answer
            log.warning("association rejected", why=str(no), reason=(answer.result, answer.source, answer.reason))
            house.observer.association("rejected")
            caller = Caller(request.calling[:16].strip(), Door.DIMSE, layer.channel.peer_address, "aet")
            house.note(Act(caller, "association.begin", detail=str(no)[:200], outcome="refused"))
            layer.reject(answer)
            return
        house.observer.association("accepted")
        house.note(Act(session.caller, "association.begin", detail=f"to {session.called}"))
        layer.accept(accept, request.user.max_length)
        _serve_association(Association(layer, session), house)


def _serve_association(association: Association, house: House) -> None:
    """Answer until the end, and put into the trail how it ended and what was asked: a line an association, none an operation."""
    began, ended = time.monotonic(), "failed"
    try:
        converse(association, house.handler)
        ended = "success"
    finally:
        asked = ", ".join(f"{_name(field)} {count}" for field, count in sorted(association.operations.items()))
        detail = f"after {time.monotonic() - began:.3f} s: {asked or 'nothing asked'}"
        house.note(Act(association.session.caller, "association.end", detail=detail, outcome=ended))


def _name(command_field: int) -> str:
    """Give a request as the standard names it: C-STORE."""
    known = {each.value: each.name for each in Field}
    return known.get(command_field, f"{command_field:#06x}").removesuffix("_RQ").replace("_", "-")


def converse(association: Association, handler: Callable[[str], Handler]) -> None:
    """Answer messages until the peer releases. Raises `Unavailable` and `Malformed` when the association is lost."""
    channel = association.layer.channel
    while (message := association.next_message()) is not None:
        channel.busy = True
        if not message.command.field & RESPONSE:
            association.operations[message.command.field] += 1
        _answer(association, message, handler(message.context.abstract_syntax))
        channel.busy = False
        if association.released:
            break
        if channel.retired:
            raise Unavailable("the server is stopping")
    association.layer.answer_release()


def _answer(association: Association, message: Message, handler: Handler) -> None:
    """Let a service answer one message; what it raises becomes a status, and the association goes on."""
    if message.command.field == Field.C_CANCEL_RQ:
        association.drain()  # a cancel that came after its last answer is let pass (PS3.7 9.3.2.3)
        return
    if message.command.field & RESPONSE:
        association.settle(message)
        return
    try:
        handler.handle(association, message)
    except RadiothequeError as error:
        if association.lost or not association.layer.established:
            raise
        answer = answer_for(error, handler.tongue)
        log.warning("refused", status=f"{answer.status:#06x}", why=answer.comment)
        _refuse(association, message, answer)
    except Exception:  # the wire's answer guard
        if association.lost or not association.layer.established:
            raise
        log.exception("a service failed", field=message.command.field)
        _refuse(association, message, Answer(PROCESSING_FAILURE, "internal failure, nothing was kept; see the log"))


def _refuse(association: Association, message: Message, answer: Answer) -> None:
    association.drain()
    offending = {"offending_element": struct.pack("<HH", answer.tag >> 16, answer.tag & 0xFFFF)} if answer.tag else {}
    association.reply(message, answer.status, None, error_comment=answer.comment, **offending)


def _admit(request: AssociateRequest, house: House, address: str, certificate: str) -> tuple[Session, AssociateAccept]:
    """Give the session and the accept of a request that may come in. Raises `_Rejected`."""
    wrong = refuse(request, house.spoken)
    if wrong is not None:
        raise _Rejected(wrong, f"protocol, application context or called AE title {request.called[:16]!r}")
    peer, caller = _identify(request, house, address, certificate)
    caller, identity_answer = _verify_user(request.user.identity, caller, house, address)
    answers = answer_contexts(request, peer, house.spoken)
    contexts = agreed(request, answers)
    user = replace(answer_user(request, contexts, house.spoken), identity_answer=identity_answer)
    session = Session(
        peer=peer,
        caller=caller,
        called=AETitle(request.called),
        contexts=contexts,
        options=options(user.extended),
        roles={role.sop_class: role for role in user.roles},
        implementation_uid=request.user.implementation_uid,
    )
    return session, AssociateAccept(request.called, request.calling, answers, user)


def _identify(request: AssociateRequest, house: House, address: str, certificate: str) -> tuple[Peer, Caller]:
    """Give the configured peer that calls. Raises `_Rejected` with calling AE title not recognised."""
    try:
        aet = parse_aetitle(request.calling)
        peer = house.directory.get(aet)
        return peer, house.policy.for_peer(aet, address=address, certificate=certificate)
    except (NotFound, NotPermitted, Malformed) as unknown:
        raise _Rejected(CALLING_AET_NOT_RECOGNISED, str(unknown)) from unknown
    except Unavailable as busy:
        raise _Rejected(LOCAL_LIMIT_EXCEEDED, str(busy)) from busy


def _verify_user(
    identity: UserIdentity | None, caller: Caller, house: House, address: str
) -> tuple[Caller, bytes | None]:
    """Give who acts, and the answer to the identity that was presented (PS3.7 D.3.3.7). Raises `_Rejected`.

    A user name alone proves nothing: it grants nothing and gets no positive response. A credential that does
    not check out is a rejection, never a silent fall back to the peer's own rights.
    """
    if identity is None or identity.kind == _USERNAME:
        return caller, None
    try:
        verified = _verified(identity, house, address)
    except (NotPermitted, Malformed) as wrong:
        raise _Rejected(NO_REASON, f"user identity of type {identity.kind}: {wrong}") from wrong
    except Unavailable as busy:
        raise _Rejected(LOCAL_LIMIT_EXCEEDED, str(busy)) from busy
    return verified, b"" if identity.wants_answer else None


def _verified(identity: UserIdentity, house: House, address: str) -> Caller:
    if identity.kind in house.verifiers:
        return house.verifiers[identity.kind](identity, address)
    try:
        primary, secondary = identity.primary.decode("utf-8"), identity.secondary.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Malformed("it is not UTF-8") from wrong
    if identity.kind == USERNAME_PASSCODE:
        return house.policy.for_password(primary, secondary, door=Door.DIMSE, address=address)
    if identity.kind == JSON_WEB_TOKEN:
        return house.policy.for_token(primary, door=Door.DIMSE, address=address)
    raise NotPermitted("no verifier is configured for it")

"""What is accepted of an association: pure rules over a request, a peer and what is spoken here (PS3.7 D.3, PS3.8 7.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from radiotheque.core.peer import Peer, Service
from radiotheque.core.uid import UID
from radiotheque.dicom.filemeta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from radiotheque.wire.dimse.items import Extended, Role, UserInformation
from radiotheque.wire.dimse.pdu import (
    APPLICATION_CONTEXT,
    AnsweredContext,
    AssociateReject,
    AssociateRequest,
    ProposedContext,
    Result,
)

STORAGE_SERVICE_CLASS = "1.2.840.10008.4.2"
IMPLICIT_LE, EXPLICIT_LE = UID("1.2.840.10008.1.2"), UID("1.2.840.10008.1.2.1")
MESSAGE_SYNTAXES: tuple[UID, ...] = (EXPLICIT_LE, IMPLICIT_LE)
"""What identifiers are read and written in; every requestor proposes Implicit LE at least (PS3.5 10.1)."""

# PS3.8 table 9-21: result, source, reason
APPLICATION_CONTEXT_NOT_SUPPORTED = AssociateReject(1, 1, 2)
CALLING_AET_NOT_RECOGNISED = AssociateReject(1, 1, 3)
CALLED_AET_NOT_RECOGNISED = AssociateReject(1, 1, 7)
PROTOCOL_VERSION_NOT_SUPPORTED = AssociateReject(1, 2, 2)
LOCAL_LIMIT_EXCEEDED = AssociateReject(2, 3, 2)
NO_REASON = AssociateReject(1, 1, 1)

_FIND_OPTIONS = bytes((1, 1, 1, 1, 0))
_RETRIEVE_OPTIONS = bytes((1, 0))
_STORE_LEVELS = bytes((2, 0, 3, 0, 0, 0))
_DICOM_ROOT, _STORAGE_ROOT = "1.2.840.10008.", "1.2.840.10008.5.1.4.1.1."


@dataclass(frozen=True, slots=True)
class Spoken:
    """What this application entity speaks. `services` maps the abstract syntaxes of everything but storage.

    `preference` orders all transfer syntaxes for storage, `lossless` are those that never lose.
    `unknown`: private and future storage SOP Classes are taken as well.
    """

    aets: frozenset[str]
    services: Mapping[str, Service]
    storage: frozenset[str]
    preference: tuple[UID, ...]
    lossless: frozenset[UID]
    unknown: bool = True
    max_pdu: int = 131072


@dataclass(frozen=True, slots=True)
class Context:
    """An accepted presentation context."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Options:
    """What extended negotiation agreed on for one SOP Class (PS3.4 C.5.1.1, C.5.2.1, C.5.3.1)."""

    relational: bool = False
    combined_datetime: bool = False
    fuzzy: bool = False
    timezone: bool = False


def refuse(request: AssociateRequest, spoken: Spoken) -> AssociateReject | None:
    """Give the rejection of a request that is wrong by itself, None for one to look at further (PS3.8 9.3.4)."""
    if not request.protocol_version & 1:  # PS3.8 9.3.2: only bit 0 is to be tested
        return PROTOCOL_VERSION_NOT_SUPPORTED
    if request.application_context != APPLICATION_CONTEXT:
        return APPLICATION_CONTEXT_NOT_SUPPORTED
    return None if request.called in spoken.aets else CALLED_AET_NOT_RECOGNISED


def answer_contexts(request: AssociateRequest, peer: Peer, spoken: Spoken) -> tuple[AnsweredContext, ...]:
    """Give the answer to each proposed context, in their order (PS3.8 9.3.3.2)."""
    roles = {role.sop_class: role for role in request.user.roles}
    # a private class that says which storage class it specialises is treated as that one (PS3.7 D.3.3.6)
    declared = {
        each.sop_class
        for each in request.user.common
        if each.service_class == STORAGE_SERVICE_CLASS and spoken.storage.intersection(each.related)
    }
    return tuple(
        _answer(
            context,
            peer,
            spoken,
            role=roles.get(context.abstract_syntax),
            declared_storage=context.abstract_syntax in declared,
        )
        for context in request.contexts
    )


def answer_user(request: AssociateRequest, contexts: Mapping[int, Context], spoken: Spoken) -> UserInformation:
    """Give our User Information: limits, roles and options for what was accepted. The identity's answer is not in it."""
    accepted = {context.abstract_syntax for context in contexts.values()}
    roles = tuple(_answer_role(role, spoken) for role in request.user.roles if role.sop_class in accepted)
    extended = tuple(_answer_extended(each, spoken) for each in request.user.extended if each.sop_class in accepted)
    return UserInformation(
        max_length=spoken.max_pdu,
        implementation_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version=IMPLEMENTATION_VERSION_NAME,
        # PS3.7 D.3.3.3: asked for a window, the answer is ours: one operation at a time, both ways
        async_window=None if request.user.async_window is None else (1, 1),
        roles=roles,
        extended=tuple(each for each in extended if each is not None),
    )


def agreed(request: AssociateRequest, answers: tuple[AnsweredContext, ...]) -> dict[int, Context]:
    """Give the accepted contexts by identifier: what was proposed joined with what was answered."""
    abstract = {context.context_id: context.abstract_syntax for context in request.contexts}
    return {
        answer.context_id: Context(answer.context_id, abstract[answer.context_id], answer.transfer_syntax)
        for answer in answers
        if answer.result == Result.ACCEPTANCE and answer.context_id in abstract
    }


def options(extended: tuple[Extended, ...]) -> dict[str, Options]:
    """Give the agreed options by SOP Class; a byte that is not there is 0."""
    agreed_on = {}
    for each in extended:
        bits = [bool(byte == 1) for byte in each.info[:4].ljust(4, b"\0")]
        agreed_on[each.sop_class] = Options(*bits)
    return agreed_on


def choose_syntax(offered: tuple[str, ...], peer: Peer, spoken: Spoken) -> UID | None:
    """Give the transfer syntax to take objects in: the peer's own order, then the house's.

    A lossy one is never taken where the context offers a lossless one, whatever the order says.
    """
    order = (*peer.syntaxes, *spoken.preference)
    known = [syntax for syntax in order if syntax in offered and syntax in spoken.preference]
    return next((syntax for syntax in known if syntax in spoken.lossless), known[0] if known else None)


def is_storage(uid: str, spoken: Spoken) -> bool:
    """Say whether objects of a SOP Class are taken: known, or unknown and let in by policy."""
    if uid in spoken.storage:
        return True
    if not spoken.unknown or not uid or uid in spoken.services:
        return False
    # every storage class of the standard's future lies under this root; other UIDs of its root are other services
    return uid.startswith(_STORAGE_ROOT) if uid.startswith(_DICOM_ROOT) else True


def _answer(
    context: ProposedContext, peer: Peer, spoken: Spoken, *, role: Role | None, declared_storage: bool
) -> AnsweredContext:
    uid = context.abstract_syntax
    storage = uid not in spoken.services and (declared_storage or is_storage(uid, spoken))
    if not storage and uid not in spoken.services:
        return _no(context, Result.ABSTRACT_SYNTAX_NOT_SUPPORTED)
    if not _may(peer, spoken.services.get(uid), role):
        return _no(context, Result.USER_REJECTION)
    if storage:
        syntax = choose_syntax(context.transfer_syntaxes, peer, spoken)
    else:
        syntax = next((each for each in MESSAGE_SYNTAXES if each in context.transfer_syntaxes), None)
    if syntax is None:
        return _no(context, Result.TRANSFER_SYNTAXES_NOT_SUPPORTED)
    return AnsweredContext(context.context_id, Result.ACCEPTANCE, syntax)


def _may(peer: Peer, service: Service | None, role: Role | None) -> bool:
    """Say whether the peer may use a service (None: storage) in the role that it asks for."""
    as_scp = role is not None and role.scp
    if service is None:
        # a C-GET requestor offers storage contexts in the SCP role (PS3.4 C.4.3.1.1)
        return Service.STORE in peer.may or (as_scp and Service.GET in peer.may)
    # a commitment SCP brings its report in the SCP role (PS3.4 J.3.3)
    return service in peer.may or (as_scp and service is Service.COMMIT)


def _no(context: ProposedContext, result: Result) -> AnsweredContext:
    # PS3.8 table 9-18: the syntax of a rejected context is not significant; one is named for parsers that want it
    syntax = context.transfer_syntaxes[0] if context.transfer_syntaxes else IMPLICIT_LE
    return AnsweredContext(context.context_id, result, syntax)


def _answer_role(role: Role, spoken: Spoken) -> Role:
    """Give the roles accepted: a proposed role may be taken or turned down, never added (PS3.7 D.3.3.4.2)."""
    both = role.sop_class not in spoken.services or spoken.services[role.sop_class] is Service.COMMIT
    return role if both else replace(role, scp=False)


def _answer_extended(each: Extended, spoken: Spoken) -> Extended | None:
    service = spoken.services.get(each.sop_class)
    if service is Service.FIND:
        return Extended(each.sop_class, _meet(each.info, _FIND_OPTIONS))
    if service in (Service.MOVE, Service.GET):
        return Extended(each.sop_class, _meet(each.info, _RETRIEVE_OPTIONS))
    if service is None:
        # PS3.4 B.3.1: full storage (level 2), bit preserving signatures (level 3), no coercion
        return Extended(each.sop_class, _STORE_LEVELS)
    return None


def _meet(asked: bytes, able: bytes) -> bytes:
    return bytes(1 if one == 1 and other else 0 for one, other in zip(asked, able, strict=False))

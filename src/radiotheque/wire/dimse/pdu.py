"""Protocol Data Units of the DICOM Upper Layer, sans I/O (PS3.8 9.3).

Association PDUs come whole, their length capped before anything is read; P-DATA-TF is streamed by `upperlayer`,
so only its headers are here. Everything that comes in is parsed with bounds checked: `Malformed` or a value.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from radiotheque.core.errors import Malformed
from radiotheque.wire.dimse.items import (
    UserInformation,
    decode_user_information,
    encode_user_information,
    item,
    split_items,
    uid_text,
)

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
"""The DICOM Application Context Name (PS3.7 A.2.1)."""

PDU_HEADER = struct.Struct(">BxI")
PDV_HEADER = struct.Struct(">IBB")
PDATA_HEADER = struct.Struct(">BBIIBB")
_FIXED = struct.Struct(">H2x16s16s32x")
_MAX_CONTEXTS = 128


class PduType(IntEnum):
    """PDU-type field (PS3.8 9.3.1)."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    P_DATA_TF = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


class Result(IntEnum):
    """Result of one presentation context (PS3.8 table 9-18)."""

    ACCEPTANCE = 0
    USER_REJECTION = 1
    NO_REASON = 2
    ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
    TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """One presentation context of an A-ASSOCIATE-RQ (PS3.8 9.3.2.2)."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnsweredContext:
    """One presentation context of an A-ASSOCIATE-AC (PS3.8 9.3.3.2)."""

    context_id: int
    result: int
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """A-ASSOCIATE-RQ (PS3.8 9.3.2)."""

    called: str
    calling: str
    contexts: tuple[ProposedContext, ...]
    user: UserInformation
    application_context: str = APPLICATION_CONTEXT
    protocol_version: int = 1


@dataclass(frozen=True, slots=True)
class AssociateAccept:
    """A-ASSOCIATE-AC (PS3.8 9.3.3). `called` and `calling` are sent back as received, and not to be tested."""

    called: str
    calling: str
    contexts: tuple[AnsweredContext, ...]
    user: UserInformation
    application_context: str = APPLICATION_CONTEXT
    protocol_version: int = 1


@dataclass(frozen=True, slots=True)
class AssociateReject:
    """A-ASSOCIATE-RJ: result, source and reason (PS3.8 table 9-21)."""

    result: int
    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class Abort:
    """A-ABORT (PS3.8 table 9-26): source 0 is the service-user, 2 the service-provider with a reason."""

    source: int
    reason: int = 0


RELEASE_RQ = bytes((PduType.RELEASE_RQ, 0, 0, 0, 0, 4, 0, 0, 0, 0))
RELEASE_RP = bytes((PduType.RELEASE_RP, 0, 0, 0, 0, 4, 0, 0, 0, 0))


def pdata_header(context_id: int, length: int, *, command: bool, last: bool) -> bytes:
    """Give the header of a P-DATA-TF PDU holding one fragment of `length` bytes (PS3.8 9.3.5, E.2)."""
    return PDATA_HEADER.pack(
        PduType.P_DATA_TF, 0, length + 6, length + 2, context_id, (1 if command else 0) | (2 if last else 0)
    )


def encode_abort(abort: Abort) -> bytes:
    """Give an A-ABORT PDU (PS3.8 9.3.8)."""
    return bytes((PduType.ABORT, 0, 0, 0, 0, 4, 0, 0, abort.source, abort.reason))


def encode_reject(reject: AssociateReject) -> bytes:
    """Give an A-ASSOCIATE-RJ PDU (PS3.8 9.3.4)."""
    return bytes((PduType.ASSOCIATE_RJ, 0, 0, 0, 0, 4, 0, reject.result, reject.source, reject.reason))


def encode_request(request: AssociateRequest) -> bytes:
    """Give an A-ASSOCIATE-RQ PDU (PS3.8 9.3.2)."""
    contexts = b"".join(_encode_proposed(context) for context in request.contexts)
    return _encode_associate(PduType.ASSOCIATE_RQ, request, contexts)


def encode_accept(accept: AssociateAccept) -> bytes:
    """Give an A-ASSOCIATE-AC PDU (PS3.8 9.3.3)."""
    contexts = b"".join(_encode_answered(context) for context in accept.contexts)
    return _encode_associate(PduType.ASSOCIATE_AC, accept, contexts)


def decode_request(body: bytes) -> AssociateRequest:
    """Give the A-ASSOCIATE-RQ whose body, without the 6 bytes of header, is `body`. Raises `Malformed`."""
    version, called, calling = _decode_fixed(body)
    contexts, application, user = _decode_variable(body, 0x20)
    proposed = tuple(_decode_proposed(each) for each in contexts)
    if len(proposed) > _MAX_CONTEXTS or len({context.context_id for context in proposed}) != len(proposed):
        raise Malformed("more than 128 presentation contexts, or two with the same identifier")
    return AssociateRequest(called, calling, proposed, user, application, version)


def decode_accept(body: bytes) -> AssociateAccept:
    """Give the A-ASSOCIATE-AC whose body is `body`. Raises `Malformed`."""
    version, called, calling = _decode_fixed(body)
    contexts, application, user = _decode_variable(body, 0x21)
    return AssociateAccept(
        called, calling, tuple(_decode_answered(each) for each in contexts), user, application, version
    )


def decode_reject(body: bytes) -> AssociateReject:
    """Give the A-ASSOCIATE-RJ whose body is `body`. Raises `Malformed`."""
    if len(body) != 4:
        raise Malformed(f"A-ASSOCIATE-RJ of {len(body)} bytes, not 4")
    return AssociateReject(body[1], body[2], body[3])


def decode_abort(body: bytes) -> Abort:
    """Give the A-ABORT whose body is `body`. Raises `Malformed`."""
    if len(body) != 4:
        raise Malformed(f"A-ABORT of {len(body)} bytes, not 4")
    return Abort(body[2], body[3])


def _encode_associate(kind: PduType, pdu: AssociateRequest | AssociateAccept, contexts: bytes) -> bytes:
    fixed = _FIXED.pack(pdu.protocol_version, _aet(pdu.called), _aet(pdu.calling))
    application = item(0x10, pdu.application_context.encode("ascii"))
    body = fixed + application + contexts + encode_user_information(pdu.user)
    return PDU_HEADER.pack(kind, len(body)) + body


def _aet(title: str) -> bytes:
    return title.encode("latin-1", "replace")[:16].ljust(16)


def _encode_proposed(context: ProposedContext) -> bytes:
    syntaxes = b"".join(item(0x40, syntax.encode("ascii")) for syntax in context.transfer_syntaxes)
    return item(
        0x20, bytes((context.context_id, 0, 0, 0)) + item(0x30, context.abstract_syntax.encode("ascii")) + syntaxes
    )


def _encode_answered(context: AnsweredContext) -> bytes:
    return item(
        0x21, bytes((context.context_id, 0, context.result, 0)) + item(0x40, context.transfer_syntax.encode("ascii"))
    )


def _decode_fixed(body: bytes) -> tuple[int, str, str]:
    if len(body) < _FIXED.size:
        raise Malformed(f"association PDU of {len(body)} bytes, shorter than its fixed fields")
    version, called, calling = _FIXED.unpack_from(body)
    return version, called.decode("latin-1").strip(" \0"), calling.decode("latin-1").strip(" \0")


def _decode_variable(body: bytes, context_type: int) -> tuple[list[bytes], str, UserInformation]:
    contexts: list[bytes] = []
    application, user = "", UserInformation()
    for kind, value in split_items(body[_FIXED.size :]):
        if kind == 0x10:
            application = uid_text(value)
        elif kind == context_type:
            contexts.append(value)
        elif kind == 0x50:
            user = decode_user_information(value)
        # PS3.8 9.3.1: items that are not recognised are ignored
    return contexts, application, user


def _decode_proposed(value: bytes) -> ProposedContext:
    context_id, abstract, syntaxes = _context_id(value), "", []
    for kind, name in split_items(value[4:]):
        if kind == 0x30:
            abstract = uid_text(name)
        elif kind == 0x40:
            syntaxes.append(uid_text(name))
    return ProposedContext(context_id, abstract, tuple(syntaxes))


def _decode_answered(value: bytes) -> AnsweredContext:
    context_id, result = _context_id(value), value[2]
    # PS3.8 9.3.3.2: the transfer syntax is not significant unless accepted, and some peers leave it out
    names = [uid_text(name) for kind, name in split_items(value[4:]) if kind == 0x40]
    if result == Result.ACCEPTANCE and len(names) != 1:
        raise Malformed(f"presentation context {context_id} accepted with {len(names)} transfer syntaxes")
    return AnsweredContext(context_id, result, names[0] if names else "")


def _context_id(value: bytes) -> int:
    if len(value) < 4:
        raise Malformed("presentation context item shorter than 4 bytes")
    if value[0] % 2 == 0:  # PS3.8 9.3.2.2: odd integers between 1 and 255
        raise Malformed(f"presentation context identifier {value[0]} is not odd")
    return value[0]

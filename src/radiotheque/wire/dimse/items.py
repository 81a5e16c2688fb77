"""User Information and its sub-items (PS3.8 9.3.1 and D, PS3.7 D.3.3), sans I/O."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from radiotheque.core.errors import Malformed

_ITEM = struct.Struct(">BxH")
_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Role:
    """SCP/SCU Role Selection of one SOP Class (PS3.7 D.3.3.4)."""

    sop_class: str
    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class Extended:
    """SOP Class Extended Negotiation: bytes that the service class defines (PS3.7 D.3.3.5)."""

    sop_class: str
    info: bytes


@dataclass(frozen=True, slots=True)
class CommonExtended:
    """SOP Class Common Extended Negotiation: what a class specialises (PS3.7 D.3.3.6)."""

    sop_class: str
    service_class: str
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """User Identity Negotiation of a requestor (PS3.7 D.3.3.7.1).

    `kind` 1 is a name, 2 name and passcode, 3 a Kerberos ticket, 4 a SAML assertion, 5 a JSON web token.
    """

    kind: int
    wants_answer: bool
    primary: bytes
    secondary: bytes = b""


@dataclass(frozen=True, slots=True)
class UserInformation:
    """What both sides say of themselves. `max_length` 0 is no limit (PS3.8 D.1)."""

    max_length: int = 0
    implementation_uid: str = ""
    implementation_version: str = ""
    async_window: tuple[int, int] | None = None
    roles: tuple[Role, ...] = ()
    extended: tuple[Extended, ...] = ()
    common: tuple[CommonExtended, ...] = ()
    identity: UserIdentity | None = None
    identity_answer: bytes | None = None


def item(kind: int, value: bytes) -> bytes:
    """Give one item: type, reserved byte, 16-bit length, value (PS3.8 9.3.1)."""
    return _ITEM.pack(kind, len(value)) + value


def split_items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (type, value) of the items that fill `data`. Raises `Malformed` when one runs over the end."""
    at, end = 0, len(data)
    while at < end:
        if at + 4 > end:
            raise Malformed("an item of an association PDU is cut in its header")
        kind, length = _ITEM.unpack_from(data, at)
        if at + 4 + length > end:
            raise Malformed(f"item {kind:#04x} of an association PDU claims {length} bytes, {end - at - 4} are there")
        yield kind, data[at + 4 : at + 4 + length]
        at += 4 + length


def uid_text(value: bytes) -> str:
    """Give a UID of an item, padding removed. PS3.8 F forbids padding, many peers pad. Raises `Malformed`."""
    text = value.rstrip(b"\0 ")
    if len(text) > 64 or not text.isascii():
        raise Malformed("an item of an association PDU holds something that is not a UID")
    return text.decode("ascii")


def encode_user_information(user: UserInformation) -> bytes:
    """Give the User Information item, sub-items in the order of their types where PS3.7 asks for none."""
    parts = [item(0x51, _U32.pack(user.max_length)), item(0x52, user.implementation_uid.encode("ascii"))]
    if user.async_window is not None:
        parts.append(item(0x53, struct.pack(">HH", *user.async_window)))
    parts += [item(0x54, _counted(role.sop_class) + bytes((role.scu, role.scp))) for role in user.roles]
    if user.implementation_version:
        parts.append(item(0x55, user.implementation_version.encode("ascii")[:16]))
    parts += [item(0x56, _counted(each.sop_class) + each.info) for each in user.extended]
    parts += [item(0x57, _encode_common(each)) for each in user.common]
    if user.identity is not None:
        parts.append(item(0x58, _encode_identity(user.identity)))
    if user.identity_answer is not None:
        parts.append(item(0x59, _U16.pack(len(user.identity_answer)) + user.identity_answer))
    return item(0x50, b"".join(parts))


def decode_user_information(data: bytes) -> UserInformation:
    """Give what the sub-items in `data` say; unknown ones are ignored (PS3.8 9.3.1). Raises `Malformed`."""
    single: dict[int, bytes] = {}
    roles, extended, common = [], [], []
    for kind, value in split_items(data):
        if kind == 0x54:
            roles.append(_decode_role(value))
        elif kind == 0x56:
            extended.append(_decode_extended(value))
        elif kind == 0x57:
            common.append(_decode_common(value))
        else:
            single[kind] = value
    return UserInformation(
        max_length=_fixed(single.get(0x51, bytes(4)), _U32)[0],
        implementation_uid=uid_text(single.get(0x52, b"")),
        implementation_version=single.get(0x55, b"")[:16].decode("latin-1").strip(" \0"),
        async_window=_decode_window(single.get(0x53)),
        roles=tuple(roles),
        extended=tuple(extended),
        common=tuple(common),
        identity=_decode_identity(single.get(0x58)),
        identity_answer=_decode_identity_answer(single.get(0x59)),
    )


def _counted(text: str) -> bytes:
    return _U16.pack(len(text)) + text.encode("ascii")


def _fixed(value: bytes, layout: struct.Struct) -> tuple[int, ...]:
    if len(value) != layout.size:
        raise Malformed(f"a user information sub-item of {len(value)} bytes, not {layout.size}")
    return layout.unpack(value)


def _take(value: bytes, at: int) -> tuple[bytes, int]:
    """Give the bytes behind a 16-bit count at `at`, and the position after them."""
    if at + 2 > len(value):
        raise Malformed("a user information sub-item is cut")
    end = at + 2 + _U16.unpack_from(value, at)[0]
    if end > len(value):
        raise Malformed("a user information sub-item claims more bytes than it has")
    return value[at + 2 : end], end


def _decode_window(value: bytes | None) -> tuple[int, int] | None:
    if value is None:
        return None
    invoked, performed = _fixed(value, struct.Struct(">HH"))
    return invoked, performed


def _decode_role(value: bytes) -> Role:
    uid, at = _take(value, 0)
    if len(value) != at + 2:
        raise Malformed("a role selection sub-item does not hold two roles")
    return Role(uid_text(uid), bool(value[at]), bool(value[at + 1]))


def _decode_extended(value: bytes) -> Extended:
    uid, at = _take(value, 0)
    return Extended(uid_text(uid), value[at:])


def _encode_common(each: CommonExtended) -> bytes:
    related = b"".join(_counted(uid) for uid in each.related)
    return _counted(each.sop_class) + _counted(each.service_class) + _U16.pack(len(related)) + related


def _decode_common(value: bytes) -> CommonExtended:
    sop_class, at = _take(value, 0)
    service_class, at = _take(value, at)
    names, related = _take(value, at)[0] if at < len(value) else b"", []
    at = 0
    while at < len(names):
        uid, at = _take(names, at)
        related.append(uid_text(uid))
    return CommonExtended(uid_text(sop_class), uid_text(service_class), tuple(related))


def _encode_identity(identity: UserIdentity) -> bytes:
    head = bytes((identity.kind, identity.wants_answer))
    return head + b"".join(_U16.pack(len(field)) + field for field in (identity.primary, identity.secondary))


def _decode_identity(value: bytes | None) -> UserIdentity | None:
    if value is None:
        return None
    if len(value) < 2:
        raise Malformed("a user identity sub-item is cut")
    primary, at = _take(value, 2)
    secondary = _take(value, at)[0] if at < len(value) else b""
    return UserIdentity(value[0], bool(value[1]), primary, secondary)


def _decode_identity_answer(value: bytes | None) -> bytes | None:
    return None if value is None else _take(value, 0)[0]

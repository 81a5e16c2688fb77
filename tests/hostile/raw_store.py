"""A C-STORE that sends any bytes under any UIDs and reads the whole answer: written from PS3.7 and PS3.8 alone."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

APPLICATION = b"1.2.840.10008.3.1.1.1"
AFFECTED_CLASS, COMMAND, MESSAGE_ID, PRIORITY, DATASET_TYPE = 0x0002, 0x0100, 0x0110, 0x0700, 0x0800
STATUS, OFFENDING, COMMENT, AFFECTED_INSTANCE = 0x0900, 0x0901, 0x0902, 0x1000
PDV_BYTES = 16000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: status (-1: it took no context, -2: it ended the association), Error Comment, Offending Elements."""

    status: int
    comment: str = ""
    offending: tuple[bytes, ...] = ()


def store(address: tuple[str, int], named: tuple[str, str, str], dataset: bytes, *, calling: str = "HOSTILE") -> Answer:
    """Send `dataset` as (SOP Class, SOP Instance, Transfer Syntax) `named` in an association of its own.

    An answer that does not come within 5 seconds fails the test.
    """
    sop_class, instance, syntax = named
    with socket.create_connection(address, timeout=5.0) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = line.makefile("rb")
        line.sendall(_associate(calling, sop_class, syntax))
        kind, accept = _pdu(stream)
        if kind != 2 or not _accepted(accept):
            return Answer(-1, f"PDU type {kind}")
        try:
            line.sendall(b"".join(_message(sop_class, instance, dataset)))
            kind, reply = _pdu(stream)
        except ConnectionError as lost:
            return Answer(-2, str(lost))
        if kind != 4:
            return Answer(-2, f"PDU type {kind}")
        line.sendall(struct.pack(">BBI", 5, 0, 4) + bytes(4))
        return _answer(reply)


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def _associate(calling: str, sop_class: str, syntax: str) -> bytes:
    context = bytes([1, 0, 0, 0]) + _item(0x30, sop_class.encode()) + _item(0x40, syntax.encode())
    user = _item(0x51, struct.pack(">I", 16384)) + _item(0x52, b"2.25.1")
    body = struct.pack(">HH16s16s32x", 1, 0, b"RADIOTHEQUE".ljust(16), calling.encode().ljust(16))
    body += _item(0x10, APPLICATION) + _item(0x20, context) + _item(0x50, user)
    return struct.pack(">BBI", 1, 0, len(body)) + body


def _accepted(accept: bytes) -> bool:
    """Say whether the one presentation context was taken (PS3.8 9.3.3.2: result 0)."""
    at = 68
    while at + 4 <= len(accept):
        kind, size = accept[at], int.from_bytes(accept[at + 2 : at + 4], "big")
        if kind == 0x21:
            return accept[at + 6] == 0
        at += 4 + size
    return False


def _element(number: int, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", 0, number, len(value)) + value


def _message(sop_class: str, instance: str, dataset: bytes) -> Iterator[bytes]:
    words = ((COMMAND, 1), (MESSAGE_ID, 1), (PRIORITY, 0), (DATASET_TYPE, 1))
    body = _element(AFFECTED_CLASS, sop_class.encode())
    body += b"".join(_element(number, struct.pack("<H", value)) for number, value in words)
    body += _element(AFFECTED_INSTANCE, instance.encode())
    command = _element(0, struct.pack("<I", len(body))) + body
    yield _data(command, 3)
    last = max(0, len(dataset) - 1) // PDV_BYTES * PDV_BYTES
    for at in range(0, last + 1, PDV_BYTES):
        yield _data(dataset[at : at + PDV_BYTES], 2 if at == last else 0)


def _data(piece: bytes, control: int) -> bytes:
    return struct.pack(">BBIIBB", 4, 0, len(piece) + 6, len(piece) + 2, 1, control) + piece


def _pdu(stream: object) -> tuple[int, bytes]:
    head = stream.read(6)  # type: ignore[attr-defined]
    if len(head) < 6:
        raise ConnectionError("the server closed the connection")
    return head[0], stream.read(int.from_bytes(head[2:], "big"))  # type: ignore[attr-defined]


def _answer(reply: bytes) -> Answer:
    command, at, found = reply[6:], 0, {}
    while at + 8 <= len(command):
        _, number, size = struct.unpack_from("<HHI", command, at)
        found[number] = command[at + 8 : at + 8 + size]
        at += 8 + size
    named = found.get(OFFENDING, b"")
    return Answer(
        int.from_bytes(found[STATUS], "little"),
        found.get(COMMENT, b"").decode("ascii").strip(),
        tuple(named[at : at + 4] for at in range(0, len(named), 4)),
    )

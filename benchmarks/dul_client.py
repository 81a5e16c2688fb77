"""A DICOM upper-layer client as small as it can be, so that the server under test gets the CPU (PS3.8 9.3).

It sends data sets from memory without looking at them, one association a socket, no state machine: a load
generator, not an implementation to learn from.
"""

import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.3"
PDU_BYTES = 131072
NO_DATA_SET = b"\x01\x01"  # Command Data Set Type 0101H (PS3.7 E.1)
PENDING = (0xFF00, 0xFF01)

type Command = dict[int, bytes]


def element(group: int, number: int, value: bytes, pad: bytes = b" ") -> bytes:
    """Give an Implicit VR Little Endian element, its value padded to even length (PS3.5 7.1.3)."""
    even = value + pad if len(value) & 1 else value
    return struct.pack("<HHI", group, number, len(even)) + even


def uid_element(group: int, number: int, uid: str) -> bytes:
    """Give a UI element, padded with NUL (PS3.5 6.2)."""
    return element(group, number, uid.encode(), b"\0")


def short(value: int) -> bytes:
    return struct.pack("<H", value)


def dataset_offset(file: bytes | bytearray) -> int:
    """Give where the data set of a Part 10 file begins (PS3.10 7.1)."""
    return 144 + int(struct.unpack_from("<I", file, 140)[0])


@dataclass(frozen=True, slots=True)
class Answer:
    """One DIMSE message: the presentation context, the command elements of group 0000 and the data set."""

    context: int
    command: Command
    data: bytes

    @property
    def status(self) -> int:
        return int(struct.unpack("<H", self.command[0x0900])[0])


class Association:
    """An open association; raises `ConnectionError` when it is not accepted or is lost."""

    def __init__(
        self,
        address: tuple[str, int],
        called: str,
        contexts: Sequence[tuple[str, str]],
        *,
        calling: str = "BENCH",
        scp_roles: Sequence[str] = (),
    ) -> None:
        self._socket = socket.create_connection(address, timeout=300)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", buffering=1 << 18)
        proposed = {2 * number + 1: abstract for number, (abstract, _) in enumerate(contexts)}
        self._request(called, calling, contexts, scp_roles)
        kind, body = self._pdu()
        if kind != 2:
            raise ConnectionError(f"association not accepted: PDU type {kind} {body[:4].hex()}")
        self.accepted: dict[str, int] = {}
        self._send_max = PDU_BYTES
        for item, value in _items(body[68:]):
            if item == 0x21 and value[2] == 0:
                self.accepted.setdefault(proposed[value[0]], value[0])
            elif item == 0x50:
                self._take_user_information(value)
        self._message = 0

    def _take_user_information(self, value: bytes) -> None:
        for item, content in _items(value):
            limit = struct.unpack(">I", content)[0] if item == 0x51 else 0
            self._send_max = min(limit or self._send_max, self._send_max)

    def _request(
        self, called: str, calling: str, contexts: Sequence[tuple[str, str]], scp_roles: Sequence[str]
    ) -> None:
        body = _item(0x10, APPLICATION_CONTEXT)
        for number, (abstract, syntax) in enumerate(contexts):
            inside = _item(0x30, abstract.encode()) + _item(0x40, syntax.encode())
            body += _item(0x20, bytes([2 * number + 1, 0, 0, 0]) + inside)
        user = _item(0x51, struct.pack(">I", PDU_BYTES)) + _item(0x52, b"1.2.826.0.1.3680043.10.9999.1")
        for uid in scp_roles:
            user += _item(0x54, struct.pack(">H", len(uid)) + uid.encode() + b"\0\1")
        body += _item(0x50, user)
        head = struct.pack(">HH16s16s32x", 1, 0, called.encode().ljust(16), calling.encode().ljust(16))
        self._socket.sendall(struct.pack(">BBI", 1, 0, len(head) + len(body)) + head + body)

    def _pdu(self) -> tuple[int, bytes]:
        head = self._file.read(6)
        if len(head) < 6:
            raise ConnectionError("the peer closed the connection")
        # DCMTK, so Orthanc, writes a PDU in two pieces with Nagle on and holds the second until our delayed ACK,
        # 40 ms later. Acknowledging at once leaves that timer out: the server is measured.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return head[0], self._file.read(struct.unpack(">I", head[2:])[0])

    def _send(self, context: int, command: bytes, data: bytes | bytearray | memoryview | None = None) -> None:
        pieces: list[bytes | memoryview] = [_pdv(context, 3, len(command)), command]
        view, step = memoryview(data or b""), self._send_max - 6
        for start in range(0, len(view), step):
            part = view[start : start + step]
            pieces += (_pdv(context, 2 if start + step >= len(view) else 0, len(part)), part)
            if len(pieces) >= 64:
                self._flush(pieces)
                pieces = []
        if pieces:
            self._flush(pieces)

    def _flush(self, pieces: Sequence[bytes | memoryview]) -> None:
        sent = self._socket.sendmsg(pieces)
        if sent < sum(map(len, pieces)):
            self._socket.sendall(b"".join(pieces)[sent:])

    def _fragments(self) -> Iterator[tuple[int, int, memoryview]]:
        while True:
            kind, body = self._pdu()
            if kind != 4:
                raise ConnectionError(f"unexpected PDU type {kind} {body[:4].hex()}")
            view, at = memoryview(body), 0
            while at < len(view):
                size, context, control = struct.unpack_from(">IBB", view, at)
                yield context, control, view[at + 6 : at + 4 + size]
                at += 4 + size

    def answers(self) -> Iterator[Answer]:
        """Yield the messages that come in."""
        command, data = b"", bytearray()
        for context, control, fragment in self._fragments():
            if control & 1:
                command += fragment
            else:
                data += fragment
            if not control & 2:
                continue
            parsed = _parse(command)
            if not control & 1 or parsed.get(0x0800) == NO_DATA_SET:
                yield Answer(context, parsed, bytes(data))
                command, data = b"", bytearray()

    def store(self, sop_class: str, instance: str, data: memoryview) -> int:
        """Send one data set (C-STORE, PS3.7 9.1.1) and give the status."""
        request = self._command(sop_class, 0x0001, uid_element(0, 0x1000, instance))
        self._send(self.accepted[sop_class], request, data)
        return next(self.answers()).status

    def find(self, identifier: bytes, limit: int = 0) -> tuple[int, int]:
        """Query (C-FIND), cancel after `limit` answers, and give (answers, final status)."""
        self._send(self.accepted[STUDY_FIND], self._command(STUDY_FIND, 0x0020), identifier)
        hits = 0
        for answer in self.answers():
            if answer.status not in PENDING:
                return hits, answer.status
            hits += 1
            if hits == limit:
                self.cancel()
        return hits, -1

    def first_answer(self, identifier: bytes) -> Iterator[Answer]:
        """Query (C-FIND) and yield what comes, for whoever wants to time the first answer."""
        self._send(self.accepted[STUDY_FIND], self._command(STUDY_FIND, 0x0020), identifier)
        return self.answers()

    def cancel(self) -> None:
        """Cancel the running query (C-CANCEL, PS3.7 9.3.2.3)."""
        body = element(0, 0x0100, short(0x0FFF)) + element(0, 0x0120, short(self._message))
        self._send(self.accepted[STUDY_FIND], _grouped(body + element(0, 0x0800, short(0x0101))))

    def move(self, identifier: bytes, destination: str) -> int:
        """Have the server send elsewhere (C-MOVE) and give the final status."""
        target = element(0, 0x0600, destination.encode())
        self._send(self.accepted[STUDY_MOVE], self._command(STUDY_MOVE, 0x0021, target), identifier)
        return next(answer.status for answer in self.answers() if answer.status not in PENDING)

    def get(self, identifier: bytes) -> tuple[int, int]:
        """Retrieve on this association (C-GET) and give (bytes received, final status)."""
        self._send(self.accepted[STUDY_GET], self._command(STUDY_GET, 0x0010), identifier)
        size = 0
        for answer in self.answers():
            if answer.command[0x0100] == short(0x0001):
                size += len(answer.data)
                self._send(answer.context, _stored(answer.command))
            elif answer.status not in PENDING:
                return size, answer.status
        return size, -1

    def _command(self, sop_class: str, field: int, more: bytes = b"") -> bytes:
        self._message = self._message % 65535 + 1
        body = uid_element(0, 0x0002, sop_class) + element(0, 0x0100, short(field))
        body += element(0, 0x0110, short(self._message))
        middle = element(0, 0x0700, short(0)) + element(0, 0x0800, short(1))
        return _grouped(body + more + middle if field == 0x0021 else body + middle + more)

    def release(self) -> None:
        """Release the association (PS3.8 9.3.6) and close the socket."""
        self._socket.sendall(struct.pack(">BBII", 5, 0, 4, 0))
        self._file.read(10)
        self._file.close()
        self._socket.close()


def _stored(request: Command) -> bytes:
    body = element(0, 0x0002, request[0x0002]) + element(0, 0x0100, short(0x8001))
    body += element(0, 0x0120, request[0x0110]) + element(0, 0x0800, short(0x0101)) + element(0, 0x0900, short(0))
    return _grouped(body + element(0, 0x1000, request[0x1000]))


def _grouped(body: bytes) -> bytes:
    return element(0, 0, struct.pack("<I", len(body))) + body


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def _items(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(body):
        kind, size = body[at], struct.unpack_from(">H", body, at + 2)[0]
        yield kind, body[at + 4 : at + 4 + size]
        at += 4 + size


def _pdv(context: int, control: int, size: int) -> bytes:
    return struct.pack(">BBIIBB", 4, 0, size + 6, size + 2, context, control)


def _parse(command: bytes) -> Command:
    found: Command = {}
    at = 0
    while at + 8 <= len(command):
        _, number, size = struct.unpack_from("<HHI", command, at)
        found[number] = command[at + 8 : at + 8 + size]
        at += 8 + size
    return found


def identity(file: bytes | bytearray) -> tuple[str, str]:
    """Give (SOP Class UID, SOP Instance UID) of a Part 10 file's meta information (PS3.10 7.1)."""
    end, at, found = dataset_offset(file), 144, {}
    while at < end:
        _, number, vr, size = struct.unpack_from("<HH2sH", file, at)
        head = 12 if vr in (b"OB", b"UN") else 8
        size = struct.unpack_from("<I", file, at + 8)[0] if head == 12 else size
        found[number] = bytes(file[at + head : at + head + size]).rstrip(b"\0").decode("ascii", "replace")
        at += head + size
    return found[0x0002], found[0x0003]

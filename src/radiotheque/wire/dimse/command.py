"""DIMSE command sets: Implicit VR Little Endian, group 0000 (PS3.7 6.3, E.1)."""

import struct
from collections.abc import Mapping
from enum import IntEnum

from radiotheque.core.errors import Malformed

MAX_COMMAND_BYTES = 64 * 1024
NO_DATASET = 0x0101  # PS3.7 E.1, (0000,0800)
_HAS_DATASET = 0x0001
_ELEMENT = struct.Struct("<HHI")
_GROUP_LENGTH = struct.Struct("<HHII")
_SHORT = struct.Struct("<HHIH")
_MAX_COMMENT = 64


class Field(IntEnum):
    """Command Field (0000,0100); a response is its request with the high bit (PS3.7 E.1)."""

    C_STORE_RQ = 0x0001
    C_GET_RQ = 0x0010
    C_FIND_RQ = 0x0020
    C_MOVE_RQ = 0x0021
    C_ECHO_RQ = 0x0030
    N_EVENT_REPORT_RQ = 0x0100
    N_GET_RQ = 0x0110
    N_SET_RQ = 0x0120
    N_ACTION_RQ = 0x0130
    N_CREATE_RQ = 0x0140
    N_DELETE_RQ = 0x0150
    C_CANCEL_RQ = 0x0FFF


RESPONSE = 0x8000
# element numbers of group 0000 (PS3.7 E.1)
AFFECTED_SOP_CLASS, REQUESTED_SOP_CLASS = 0x0002, 0x0003
COMMAND_FIELD, MESSAGE_ID, RESPONDED_TO = 0x0100, 0x0110, 0x0120
MOVE_DESTINATION, PRIORITY, DATASET_TYPE = 0x0600, 0x0700, 0x0800
STATUS, OFFENDING_ELEMENT, ERROR_COMMENT, ERROR_ID = 0x0900, 0x0901, 0x0902, 0x0903
AFFECTED_SOP_INSTANCE, REQUESTED_SOP_INSTANCE = 0x1000, 0x1001
EVENT_TYPE, ACTION_TYPE = 0x1002, 0x1008
REMAINING, COMPLETED, FAILED, WARNING = 0x1020, 0x1021, 0x1022, 0x1023
ORIGINATOR_AET, ORIGINATOR_ID = 0x1030, 0x1031

type Value = int | str | bytes
"""US, text that is padded (UI by a null, others by a space), or the raw bytes of a value."""

_UIDS = {AFFECTED_SOP_CLASS, REQUESTED_SOP_CLASS, AFFECTED_SOP_INSTANCE, REQUESTED_SOP_INSTANCE}


class Command:
    """A received command set: raw values by element number, read by name where services need them."""

    __slots__ = ("elements", "field", "has_dataset", "message_id")

    def __init__(self, elements: dict[int, bytes]) -> None:
        self.elements = elements
        self.field = self.number(COMMAND_FIELD, -1)
        self.has_dataset = self.number(DATASET_TYPE, NO_DATASET) != NO_DATASET
        self.message_id = self.number(MESSAGE_ID, 0)

    def number(self, element: int, default: int) -> int:
        """Give the US value of `element`, `default` when it is absent. Raises `Malformed`."""
        value = self.elements.get(element)
        if value is None or not value:
            return default
        if len(value) != 2:
            raise Malformed(f"command element (0000,{element:04X}) is {len(value)} bytes long, not 2")
        return int.from_bytes(value, "little")

    def text(self, element: int) -> str:
        """Give the text of `element` without padding, "" when it is absent."""
        return self.elements.get(element, b"").decode("latin-1").strip(" \0")

    @property
    def responded_to(self) -> int:
        """Message ID Being Responded To."""
        return self.number(RESPONDED_TO, 0)

    @property
    def status(self) -> int:
        """Status of a response. Raises `Malformed` when there is none."""
        status = self.number(STATUS, -1)
        if status < 0:
            raise Malformed("a response without a status")
        return status


def decode_command(data: bytes | bytearray) -> Command:
    """Give the command set in `data`. Raises `Malformed`."""
    elements: dict[int, bytes] = {}
    at, end = 0, len(data)
    while at < end:
        if at + 8 > end:
            raise Malformed("a command set is cut in an element's header")
        group, element, length = _ELEMENT.unpack_from(data, at)
        at += 8
        if group != 0 or length > end - at:
            raise Malformed(f"a command set holds ({group:04X},{element:04X}) of {length} bytes, {end - at} are left")
        elements[element] = bytes(data[at : at + length])
        at += length
    command = Command(elements)
    if command.field < 0:
        raise Malformed("a command set without a Command Field")
    return command


def encode_command(elements: Mapping[int, Value]) -> bytes:
    """Give the command set of `elements`, in the order of their numbers, its group length first (PS3.7 6.3.1)."""
    body = b"".join([_encode(number, elements[number]) for number in sorted(elements)])
    return _GROUP_LENGTH.pack(0, 0, 4, len(body)) + body


def response(request: Command, status: int, *, dataset: bool = False, **extra: Value) -> bytes:
    """Give the response to `request` with its SOP Class and Instance as they were sent.

    `extra` are elements by the names of this module in lower case (`error_comment="…"`, `completed=3`).
    """
    asked = request.elements
    elements: dict[int, Value] = {
        COMMAND_FIELD: request.field | RESPONSE,
        RESPONDED_TO: request.message_id,
        DATASET_TYPE: _HAS_DATASET if dataset else NO_DATASET,
        STATUS: status,
    }
    sop_class = asked.get(AFFECTED_SOP_CLASS) or asked.get(REQUESTED_SOP_CLASS)
    if sop_class:
        elements[AFFECTED_SOP_CLASS] = sop_class
    instance = asked.get(AFFECTED_SOP_INSTANCE) or asked.get(REQUESTED_SOP_INSTANCE)
    if instance:
        elements[AFFECTED_SOP_INSTANCE] = instance
    for name, value in extra.items():
        elements[_BY_NAME[name]] = comment(value) if name == "error_comment" and isinstance(value, str) else value
    return encode_command(elements)


def request(field: Field, message_id: int, *, dataset: bool, **extra: Value) -> bytes:
    """Give a request command set. `extra` are elements by the names of this module in lower case."""
    elements: dict[int, Value] = {COMMAND_FIELD: field, DATASET_TYPE: _HAS_DATASET if dataset else NO_DATASET}
    if field != Field.C_CANCEL_RQ:
        elements[MESSAGE_ID] = message_id
    for name, value in extra.items():
        elements[_BY_NAME[name]] = value
    return encode_command(elements)


def comment(text: str) -> str:
    """Give `text` as an Error Comment: LO of at most 64 characters of the default repertoire (PS3.7 C)."""
    plain = "".join(letter if " " <= letter <= "~" and letter != "\\" else " " for letter in text)
    return " ".join(plain.split())[:_MAX_COMMENT]


def _encode(number: int, value: Value) -> bytes:
    if isinstance(value, int):
        return _SHORT.pack(0, number, 2, value)
    if isinstance(value, str):
        value = value.encode("ascii", "replace")
    if len(value) & 1:
        value += b"\0" if number in _UIDS else b" "
    return _ELEMENT.pack(0, number, len(value)) + value


_BY_NAME = {
    name.lower(): number for name, number in list(globals().items()) if name.isupper() and isinstance(number, int)
}

"""Small data sets on the wire: identifiers and event information, in Implicit and Explicit VR Little Endian (PS3.5 7).

Queries are answered in fractions of a millisecond, so this reads and writes them by hand. Lengths are checked
against what is there; depth and count are bounded.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from radiotheque.core.errors import Malformed
from radiotheque.dicom.charsets import Charset
from radiotheque.dicom.dictionary import BINARY, ITEM, ITEM_END, LONG_FORM, SEQUENCE_END, TEXT, vr_of
from radiotheque.wire.dimse.negotiation import IMPLICIT_LE

_UNDEFINED = 0xFFFFFFFF
_NUL_PADDED = frozenset(("UI", "OB", "UN"))
_MAX_DEPTH = 16
_MAX_ELEMENTS = 20_000
_TAG_LENGTH = struct.Struct("<HHI")
_SHORT_FORM = struct.Struct("<HH2sH")
_LONG_FORM = struct.Struct("<HH2sxxI")
_NUMBERS = {
    "US": "H",
    "SS": "h",
    "UL": "I",
    "SL": "i",
    "UV": "Q",
    "SV": "q",
    "FL": "f",
    "FD": "d",
}


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its VR and raw value, or its items when it is a sequence."""

    vr: str
    raw: bytes = b""
    items: "tuple[Elements, ...]" = ()


type Elements = Mapping[int, Element]


def read_dataset(data: bytes, transfer_syntax: str) -> dict[int, Element]:
    """Give the elements of a small data set by tag. Raises `Malformed`."""
    reader = _Reader(data, implicit=transfer_syntax == IMPLICIT_LE)
    return reader.elements(len(data), 0)


class _Reader:
    def __init__(self, data: bytes, *, implicit: bool) -> None:
        self._data, self._implicit = data, implicit
        self._at = 0
        self._count = 0

    def elements(self, end: int, depth: int) -> dict[int, Element]:
        """Give the elements up to `end`, or up to an item's delimiter."""
        found: dict[int, Element] = {}
        while self._at < end:
            header = self._header(end)
            if header[0] == ITEM_END:
                break
            found[header[0]] = self._element(header, end, depth)
        return found

    def _header(self, end: int) -> tuple[int, str, int]:
        if end - self._at < 8:
            raise Malformed("an identifier is cut in an element's header")
        group, number, length = _TAG_LENGTH.unpack_from(self._data, self._at)
        tag = group << 16 | number
        self._count += 1
        if self._count > _MAX_ELEMENTS:
            raise Malformed(f"an identifier of more than {_MAX_ELEMENTS} elements")
        if group == 0xFFFE or self._implicit:
            self._at += 8
            return tag, "" if group == 0xFFFE else first_vr(tag), length
        vr = self._data[self._at + 4 : self._at + 6].decode("latin-1")
        if vr not in LONG_FORM:
            self._at += 8
            return tag, vr, length >> 16
        if end - self._at < 12:
            raise Malformed("an identifier is cut in an element's header")
        long_length = int.from_bytes(self._data[self._at + 8 : self._at + 12], "little")
        self._at += 12
        return tag, vr, long_length

    def _element(self, header: tuple[int, str, int], end: int, depth: int) -> Element:
        tag, vr, length = header
        if vr == "SQ" or length == _UNDEFINED:
            return Element("SQ", items=self._items(length, end, depth))
        if length > end - self._at:
            raise Malformed(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) claims {length} bytes, {end - self._at} are left")
        raw = self._data[self._at : self._at + length]
        self._at += length
        return Element(vr, raw)

    def _items(self, length: int, end: int, depth: int) -> tuple[dict[int, Element], ...]:
        if depth >= _MAX_DEPTH:
            raise Malformed(f"an identifier with sequences more than {_MAX_DEPTH} deep")
        if length != _UNDEFINED:
            if length > end - self._at:
                raise Malformed(f"a sequence claims {length} bytes, {end - self._at} are left")
            end = self._at + length
        items = []
        while self._at < end:
            tag, _, size = self._header(end)
            if tag == SEQUENCE_END and length == _UNDEFINED:
                break
            if tag != ITEM or (size != _UNDEFINED and size > end - self._at):
                raise Malformed("a sequence of an identifier holds something that is not an item")
            items.append(self.elements(end if size == _UNDEFINED else self._at + size, depth + 1))
        return tuple(items)


@lru_cache(maxsize=16384)
def first_vr(tag: int) -> str:
    """Give the VR of a tag, the first where the dictionary offers several."""
    return vr_of(tag).split(" ")[0]


def element(tag: int, vr: str, value: bytes, *, implicit: bool) -> bytes:
    """Give one element, padded to even length (PS3.5 6.2, 7.1)."""
    if len(value) & 1:
        value += b"\0" if vr in _NUL_PADDED else b" "
    group, number = tag >> 16, tag & 0xFFFF
    if implicit:
        return _TAG_LENGTH.pack(group, number, len(value)) + value
    if vr in LONG_FORM:
        return _LONG_FORM.pack(group, number, vr.encode("ascii"), len(value)) + value
    if len(value) > 0xFFFE:
        # PS3.5 6.2.2 note: a value too long for a 16-bit length goes as UN
        return _LONG_FORM.pack(group, number, b"UN", len(value)) + value
    return _SHORT_FORM.pack(group, number, vr.encode("ascii"), len(value)) + value


def element_writer(tag: int, vr: str, *, implicit: bool) -> Callable[[bytes], bytes]:
    """Give a function that gives one element, for one that is written many times: `element` with its choices made."""
    if not implicit:
        return lambda value: element(tag, vr, value, implicit=False)
    pack, group, number = _TAG_LENGTH.pack, tag >> 16, tag & 0xFFFF
    pad = b"\0" if vr in _NUL_PADDED else b" "

    def write(value: bytes) -> bytes:
        if len(value) & 1:
            value += pad
        return pack(group, number, len(value)) + value

    return write


def sequence(tag: int, items: Sequence[bytes], *, implicit: bool) -> bytes:
    """Give a sequence of defined length whose items are encoded data sets."""
    body = b"".join([_TAG_LENGTH.pack(0xFFFE, 0xE000, len(item)) + item for item in items])
    return element(tag, "SQ", body, implicit=implicit)


def encode_values(vr: str, values: Sequence[str], repertoire: Charset) -> bytes | None:
    """Give the raw value of text values; None when `repertoire` cannot hold them.

    Numbers that are not numbers are left out: a query's answer is worth more than its flaw.
    """
    if not values:
        return b""
    if vr in TEXT:
        return repertoire.encode("\\".join(values))
    if vr in _NUMBERS:
        return b"".join(packed for value in values if (packed := _number(_NUMBERS[vr], value)) is not None)
    if vr == "AT":
        return b"".join(struct.pack("<HH", int(v[:4], 16), int(v[4:], 16)) for v in values if _is_tag(v))
    if vr in BINARY:
        return b""
    return "\\".join(values).encode("ascii", "replace")


def _number(code: str, value: str) -> bytes | None:
    try:
        return struct.pack(f"<{code}", float(value) if code in "fd" else int(value))
    except (ValueError, struct.error):
        return None


def _is_tag(value: str) -> bool:
    return len(value) == 8 and all(digit in "0123456789abcdefABCDEF" for digit in value)

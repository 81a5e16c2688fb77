"""A Part 10 file out of DICOM JSON metadata and bulk data, as STOW-RS brings them (PS3.18 10.5.1, F.2)."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any

from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.core.uid import parse_uid
from radiotheque.dicom.charsets import UTF_8, charset
from radiotheque.dicom.dictionary import BINARY, PIXEL_DATA, SPECIFIC_CHARACTER_SET, VRS, settled_vr, vr_of
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.syntaxes import EXPLICIT_LE, syntax
from radiotheque.dicom.values import NUMERIC
from radiotheque.dicom.walker import EXPLICIT, LIMITS, UNDEFINED
from radiotheque.dicom.writer import delimiter, element, header, item, sequence, values

type BulkParts = Mapping[str, bytes | Sequence[bytes]]

_UTF_8_SET = charset((UTF_8,))
_SOP_CLASS, _SOP_INSTANCE = "00080016", "00080018"
_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD


def compose(
    metadata: Mapping[str, Any],
    bulk: BulkParts | None = None,
    *,
    transfer_syntax: str = EXPLICIT_LE,
    calling_aet: str = "",
) -> bytes:
    """Give a Part 10 file of one data set in DICOM JSON; text is written in ISO_IR 192.

    `bulk` maps a BulkDataURI, as it stands in the metadata, to its bytes; for Pixel Data in an encapsulated
    `transfer_syntax`, to the bytes of each frame. Explicit VR Little Endian is written whatever the pixels are in; group 0002
    and group lengths of the metadata are made anew. Raises `Malformed` naming the element, `TooLarge`.
    """
    row = syntax(transfer_syntax)
    if row.implicit or row.big_endian or row.deflated:
        raise Malformed("metadata can be stored with Explicit VR Little Endian or encapsulated pixels only")
    writer = _Writer(bulk or {}, encapsulated=row.encapsulated)
    dataset = writer.dataset(metadata, 0)
    sop_class, sop_instance = (parse_uid(_only(metadata, name)) for name in (_SOP_CLASS, _SOP_INSTANCE))
    return file_meta(sop_class, sop_instance, transfer_syntax, calling_aet=calling_aet) + dataset


def _only(metadata: Mapping[str, Any], name: str) -> str:
    found = metadata.get(name)
    value = found.get("Value") if isinstance(found, Mapping) else None
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], str):
        raise Malformed(f"the metadata have no single value of {name}; nothing was kept")
    return value[0]


@dataclass(slots=True)
class _Writer:
    bulk: BulkParts
    encapsulated: bool
    count: int = 0

    def dataset(self, attributes: Any, depth: int) -> bytes:
        if not isinstance(attributes, Mapping):
            raise Malformed("an item of the metadata is no JSON object")
        if depth > LIMITS.depth:
            raise TooLarge(f"sequences are nested more than {LIMITS.depth} levels deep")
        made: dict[int, bytes] = {}
        for name, given in attributes.items():
            self.count += 1
            if self.count > LIMITS.elements:
                raise TooLarge(f"more than {LIMITS.elements} elements in one data set")
            tag = _tag(name)
            if tag >> 16 > 0x0007 and tag & 0xFFFF and tag != SPECIFIC_CHARACTER_SET:
                made[tag] = self._element(tag, given, depth)
        raw = b"".join(made[tag] for tag in sorted(made))
        if (raw.isascii() and SPECIFIC_CHARACTER_SET not in map(_tag, attributes)) or depth:
            return raw
        made[SPECIFIC_CHARACTER_SET] = element(SPECIFIC_CHARACTER_SET, "CS", UTF_8.encode(), EXPLICIT)
        return b"".join(made[tag] for tag in sorted(made))

    def _element(self, tag: int, given: Any, depth: int) -> bytes:
        if not isinstance(given, Mapping):
            raise Malformed(f"{tag:08X} is no JSON object")
        vr = given.get("vr") or settled_vr(vr_of(tag), signed=False)
        if vr not in VRS:
            raise Malformed(f"{tag:08X} has the VR {str(vr)[:8]!r}, which does not exist")
        if "BulkDataURI" in given:
            return self._from_bulk(tag, vr, given["BulkDataURI"])
        if "InlineBinary" in given:
            return element(tag, vr, _binary(tag, given["InlineBinary"]), EXPLICIT)
        value = given.get("Value", [])
        if not isinstance(value, list):
            raise Malformed(f"the Value of {tag:08X} is no array")
        if vr == "SQ":
            return sequence(tag, [self.dataset(inner, depth + 1) for inner in value], EXPLICIT)
        if vr in BINARY:
            if value:
                raise Malformed(f"{tag:08X} is binary, so its value must be InlineBinary or BulkDataURI")
            return element(tag, vr, b"", EXPLICIT)
        texts = [_text(tag, vr, one) for one in value]
        raw = values(vr, texts, _UTF_8_SET, EXPLICIT) if texts else b""
        return element(tag, vr, raw or b"", EXPLICIT)

    def _from_bulk(self, tag: int, vr: str, uri: Any) -> bytes:
        found = self.bulk.get(uri) if isinstance(uri, str) else None
        if found is None:
            raise Malformed(f"no part came with the BulkDataURI of {tag:08X}; nothing was kept")
        if tag == PIXEL_DATA and self.encapsulated:
            return encapsulated([found] if isinstance(found, bytes) else found)
        return element(tag, vr, found if isinstance(found, bytes) else b"".join(found), EXPLICIT)


def encapsulated(frames: Sequence[bytes]) -> bytes:
    """Give a Pixel Data element of one fragment a frame, behind a Basic Offset Table (PS3.5 A.4)."""
    padded = [frame + b"\0" if len(frame) % 2 else frame for frame in frames]
    offsets, at = [], 0
    for frame in padded:
        offsets.append(at)
        at += 8 + len(frame)
    table = pack(f"<{len(offsets)}I", *offsets) if len(offsets) > 1 and at < UNDEFINED else b""
    body = b"".join(item(piece, EXPLICIT) for piece in (table, *padded))
    return header(PIXEL_DATA, "OB", UNDEFINED, EXPLICIT) + body + delimiter(_SEQUENCE_END, 0, EXPLICIT)


def _tag(name: Any) -> int:
    if isinstance(name, str) and len(name) == 8:
        try:
            return int(name, 16)
        except ValueError as error:
            raise Malformed(f"{name!r} is no tag of 8 hexadecimal digits") from error
    raise Malformed(f"{str(name)[:64]!r} is no tag of 8 hexadecimal digits")


def _binary(tag: int, text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise Malformed(f"the InlineBinary of {tag:08X} is not base64") from error


def _text(tag: int, vr: str, one: Any) -> str:
    """Give one value of a Value array as the text or number it stands for (PS3.18 F.2.3)."""
    if one is None:
        return ""
    if vr == "PN" and isinstance(one, Mapping):
        groups = [str(one.get(group) or "") for group in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(groups).rstrip("=")
    if isinstance(one, bool) or not isinstance(one, str | int | float):
        raise Malformed(f"a value of {tag:08X} is neither text nor number")
    if vr == "DS" and isinstance(one, float):
        return decimal_string(one)
    if isinstance(one, float) and (vr == "IS" or (vr in NUMERIC and vr[0] != "F")) and one.is_integer():
        return str(int(one))
    return str(one)


def decimal_string(number: float) -> str:
    """Give a number in the 16 characters of a DS, with as many digits as they hold (PS3.5 6.2)."""
    for digits in range(17, 0, -1):
        text = f"{number:.{digits}g}"
        if len(text) <= 16:
            shortest = repr(number)
            return shortest if len(shortest) <= 16 else text
    raise Malformed("a number cannot be written as a decimal string")

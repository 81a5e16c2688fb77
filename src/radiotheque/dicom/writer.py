"""Data elements into bytes (PS3.5 7.1, 7.5)."""

import struct
from collections.abc import Iterable, Sequence
from struct import pack

from radiotheque.core.errors import Malformed
from radiotheque.dicom.charsets import Charset
from radiotheque.dicom.dictionary import BINARY, ITEM, LONG_FORM, TEXT, settled_vr, vr_of
from radiotheque.dicom.values import CODES, NUMERIC
from radiotheque.dicom.walker import Encoding

_MAX_SHORT = 0xFFFE


def element(tag: int, vr: str, raw: bytes, encoding: Encoding) -> bytes:
    """Give one element, its value padded to an even length (PS3.5 6.2).

    In Explicit VR a value too long for the 16-bit length of its VR is written as UN (PS3.5 6.2.2).
    """
    if len(raw) % 2:
        raw += b"\0" if vr == "UI" or vr in BINARY or vr in NUMERIC else b" "
    return header(tag, vr, len(raw), encoding) + raw


def header(tag: int, vr: str, length: int, encoding: Encoding) -> bytes:
    """Give tag, VR and length as they stand before a value."""
    order = ">" if encoding.big_endian else "<"
    group, number = tag >> 16, tag & 0xFFFF
    if encoding.implicit:
        return pack(f"{order}HHI", group, number, length)
    if vr not in LONG_FORM and length > _MAX_SHORT:
        vr = "UN"
    if vr in LONG_FORM:
        return pack(f"{order}HH2sHI", group, number, vr.encode(), 0, length)
    return pack(f"{order}HH2sH", group, number, vr.encode(), length)


def delimiter(tag: int, length: int, encoding: Encoding) -> bytes:
    """Give a tag of group FFFE, which has no VR in any encoding (PS3.5 7.5)."""
    return pack(">HHI" if encoding.big_endian else "<HHI", tag >> 16, tag & 0xFFFF, length)


def item(content: bytes, encoding: Encoding) -> bytes:
    """Give one sequence item of defined length (PS3.5 7.5.1)."""
    return delimiter(ITEM, len(content), encoding) + content


def sequence(tag: int, items: Iterable[bytes], encoding: Encoding) -> bytes:
    """Give a sequence of defined length; `items` are the contents of its items."""
    body = b"".join(item(content, encoding) for content in items)
    return header(tag, "SQ", len(body), encoding) + body


def vr_for(tag: int) -> str:
    """Give the VR to write a new element with. Raises `Malformed` when the dictionary does not know it."""
    vr = settled_vr(vr_of(tag), signed=False)
    if vr in ("UN", "NONE"):
        raise Malformed(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is not in the data dictionary, so its VR is not known")
    return vr


def values(vr: str, given: Sequence[str], repertoire: Charset, encoding: Encoding) -> bytes | None:
    """Give the bytes of a value from strings, None when the character set cannot hold them.

    Raises `Malformed` for a number that is none, or does not fit.
    """
    order = ">" if encoding.big_endian else "<"
    try:
        if vr in NUMERIC:
            number = float if vr[0] == "F" else int
            return b"".join(pack(order + CODES[vr], number(value)) for value in given)
        if vr == "AT":
            return b"".join(pack(f"{order}HH", int(value[:4], 16), int(value[4:8], 16)) for value in given)
    except (ValueError, OverflowError, struct.error) as error:
        raise Malformed(f"a value does not fit its VR {vr}") from error
    whole = "\\".join(given)
    if vr in TEXT:
        return repertoire.encode(whole)
    return whole.encode("ascii", "replace")

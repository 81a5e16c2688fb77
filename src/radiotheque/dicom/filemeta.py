"""File Meta Information: the preamble and group 0002 that stand before a data set (PS3.10 7.1)."""

from collections.abc import Mapping
from struct import pack, unpack_from

from radiotheque.core.errors import Malformed

IMPLEMENTATION_CLASS_UID = "2.25.134457466615020943145660372503287740447"
"""Ours, UUID-derived (PS3.5 B.2)."""
IMPLEMENTATION_VERSION_NAME = "RADIOTHEQUE_0_1"

PREAMBLE_BYTES = 128
MAGIC = b"DICM"
_TIFF = (b"II*\0", b"MM\0*")
_LONG_FORM = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_MAX_META_BYTES = 64 << 10

TRANSFER_SYNTAX = 0x00020010
MEDIA_SOP_CLASS = 0x00020002
MEDIA_SOP_INSTANCE = 0x00020003
IMPLEMENTATION_CLASS = 0x00020012
SOURCE_AET = 0x00020016


def _element(element: int, vr: bytes, value: bytes) -> bytes:
    if len(value) % 2:
        value += b" " if vr in (b"AE", b"SH") else b"\0"  # PS3.5 6.2
    if vr == b"OB":
        return pack("<HH2sHI", 2, element, vr, 0, len(value)) + value
    return pack("<HH2sH", 2, element, vr, len(value)) + value


def file_meta(sop_class: str, sop_instance: str, syntax: str, *, calling_aet: str = "", called_aet: str = "") -> bytes:
    """Give preamble, `DICM` and group 0002 for a data set received from `calling_aet` by `called_aet` (PS3.10 7.1).

    The preamble is all zeros. The data set begins right behind what is returned.
    """
    elements = [
        _element(0x0001, b"OB", b"\0\1"),
        _element(0x0002, b"UI", sop_class.encode("ascii", "replace")),
        _element(0x0003, b"UI", sop_instance.encode("ascii", "replace")),
        _element(0x0010, b"UI", syntax.encode("ascii", "replace")),
        _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID.encode()),
        _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode()),
    ]
    if calling_aet:
        elements.append(_element(0x0016, b"AE", calling_aet.encode("ascii", "replace")[:16]))
        elements.append(_element(0x0017, b"AE", calling_aet.encode("ascii", "replace")[:16]))
    if called_aet:
        elements.append(_element(0x0018, b"AE", called_aet.encode("ascii", "replace")[:16]))
    body = b"".join(elements)
    return bytes(PREAMBLE_BYTES) + MAGIC + _element(0x0000, b"UL", pack("<I", len(body))) + body


def clean_preamble(preamble: bytes) -> bytes:
    """Give the 128 bytes to hand out in the place of `preamble`.

    Zeros, so that no program or page rides in front of an image; a TIFF header is left, for it makes
    a dual-personality file and is what the preamble is for (PS3.10 7.1).
    """
    if len(preamble) == PREAMBLE_BYTES and preamble.startswith(_TIFF):
        return preamble
    return bytes(PREAMBLE_BYTES)


def split(data: bytes) -> tuple[Mapping[int, bytes], int]:
    """Give the raw values of group 0002 by tag, and the offset of the first byte of the data set.

    Takes what is found in the field: no preamble, no group 0002, a wrong group length (it is not
    looked at; the group ends where it ends), group 0002 in Implicit VR. Without `DICM` at 128 the
    data are taken to begin with group 0002 or the data set itself. Raises `Malformed` when group 0002 is cut.
    """
    start = _behind_magic(data)
    meta: dict[int, bytes] = {}
    position = start
    while data[position : position + 2] == b"\2\0":
        tag, value, length = _meta_element(data, position)
        if value + length > len(data) or value + length - start > _MAX_META_BYTES:
            raise Malformed("the File Meta Information is cut short or longer than 64 KiB; nothing was kept")
        meta[tag] = data[value : value + length]
        position = value + length
    return meta, position


def _behind_magic(data: bytes) -> int:
    if data[:4] == MAGIC:
        return 4
    start = PREAMBLE_BYTES + 4
    if data[PREAMBLE_BYTES:start] != MAGIC:
        return 0
    # a bare data set may hold these four letters in a value
    bare = data[:2] in (b"\2\0", b"\x08\0") and data[4:6].isalpha() and data[start : start + 2] != b"\2\0"
    return 0 if bare else start


def _meta_element(data: bytes, position: int) -> tuple[int, int, int]:
    """Give tag, offset of the value, and length of the group 0002 element at `position`."""
    if len(data) < position + 8:
        raise Malformed("the File Meta Information is cut short; nothing was kept")
    element, vr, length = unpack_from("<H2sH", data, position + 2)
    tag = 0x00020000 | element
    if vr in _LONG_FORM:
        if len(data) < position + 12:
            raise Malformed("the File Meta Information is cut short; nothing was kept")
        return tag, position + 12, unpack_from("<I", data, position + 8)[0]
    if vr.isalpha() and vr.isupper():
        return tag, position + 8, length
    return tag, position + 8, unpack_from("<I", data, position + 4)[0]


def text(meta: Mapping[int, bytes], tag: int) -> str:
    """Give a value of group 0002 as text, "" when it is not there."""
    return meta.get(tag, b"").decode("ascii", "replace").strip("\0 ")

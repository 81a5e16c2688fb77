"""What is believed of an object from its head: identity, and every attribute that is indexed."""

from collections.abc import Mapping

from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.core.instance import Form, Header, Identity
from radiotheque.core.uid import parse_uid
from radiotheque.dicom import filemeta
from radiotheque.dicom.charsets import Charset, charset
from radiotheque.dicom.dictionary import vr_of
from radiotheque.dicom.framing import framing, inflate
from radiotheque.dicom.indexed import INDEXED, LAST_INDEXED_TAG
from radiotheque.dicom.scan import Found, scan
from radiotheque.dicom.values import strings
from radiotheque.dicom.walker import Truncated

__all__ = ["HEAD_BYTES", "INDEXED", "Truncated", "read_head"]

HEAD_BYTES = 256 << 10
"""How much of an object is looked at first: as many bytes may be a part of it, fewer are the whole object."""
_INFLATED_HEAD_BYTES = 1 << 20
_INFLATED_LONG_HEAD_BYTES = 64 << 20

_REQUIRED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


def read_head(
    data: bytes,
    *,
    form: Form,
    transfer_syntax: str = "",
    sop_class: str = "",
    sop_instance: str = "",
    default_issuer: str = "",
    default_charset: str = "",
    extra: tuple[str, ...] = (),
    complete: bool = False,
    glance: bool = False,
) -> Header:
    """Give what is believed of an object from its first bytes.

    `data` are the first `HEAD_BYTES` of it, or all it has, or, on a second try, as much more as can be afforded;
    `complete` says that there will be no further try, and `glance` that this one counts only if it came to Pixel Data:
    else it raises `Truncated`. `transfer_syntax`, `sop_class` and `sop_instance` stand in where
    the object does not say them itself. `default_issuer` and `default_charset` are the sender's; `extra` are more
    attributes to take, by keyword, dotted path or tag. Offsets are in `data`; of a bare data set, `dataset_offset`
    is 0. Text is in Unicode, whatever it came in; of an element that is there twice the last counts.

    Raises `Malformed` naming what is missing; its kin `Truncated`, of exactly `HEAD_BYTES` only, when more bytes may
    hold it; `Unsupported` for the Transfer Syntax; `TooLarge` for nesting, or a head without end.
    """
    meta, offset = filemeta.split(data) if form is Form.PART10 else ({}, 0)
    declared = filemeta.text(meta, filemeta.TRANSFER_SYNTAX) or transfer_syntax
    how = framing(data[offset : offset + 12], declared)
    body, start, limit = data, offset, 0
    if how.deflated:
        limit = _INFLATED_HEAD_BYTES if len(data) <= HEAD_BYTES else _INFLATED_LONG_HEAD_BYTES
        body, start = inflate(data[offset:], limit), 0
    found = scan(body, start, how.encoding, extra)
    if how.deflated and len(body) == limit:
        found.overrun = 0  # it is we who stopped inflating
    if glance and found.cut:
        raise Truncated("the header is longer than what was glanced at; read more")
    attributes = _decoded(found, default_charset, big=how.encoding.big_endian)
    named = (filemeta.text(meta, filemeta.MEDIA_SOP_CLASS), filemeta.text(meta, filemeta.MEDIA_SOP_INSTANCE))
    fallback = {"SOPClassUID": sop_class or named[0], "SOPInstanceUID": sop_instance or named[1]}
    _complete(attributes, fallback, found, seen_bytes=len(data), final=complete or len(data) != HEAD_BYTES)
    return Header(
        identity=_identity(attributes, default_issuer),
        transfer_syntax=how.transfer_syntax,
        attributes=attributes,
        charset=found.charset,
        dataset_offset=offset,
        pixel_offset=-1 if how.deflated else found.pixel_offset,
        declared=named,
    )


def _complete(
    attributes: dict[str, tuple[str, ...]],
    fallback: Mapping[str, str],
    found: Found,
    *,
    seen_bytes: int,
    final: bool,
) -> None:
    """Take the SOP UIDs from command or meta where the data set has none; complain of what is missing."""
    for name, value in fallback.items():
        if value and not attributes.get(name):
            attributes[name] = (value,)
    missing = [name for name in _REQUIRED if not attributes.get(name)]
    if not final and found.cut and (missing or found.last_tag < LAST_INDEXED_TAG):
        raise Truncated("the header is longer than what was read of it; read more")
    if missing and found.overrun and seen_bytes >= HEAD_BYTES:
        raise TooLarge(f"no {', '.join(missing)} in the first {seen_bytes} bytes; nothing was kept")
    if found.overrun and seen_bytes < HEAD_BYTES and (vr_of(found.overrun) != "UN" or found.overrun >> 16 & 1):
        where = f"({found.overrun >> 16:04X},{found.overrun & 0xFFFF:04X})"
        raise Malformed(f"the object ends inside its element {where}; nothing was kept")
    if missing:
        raise Malformed(f"the data set has no {', '.join(missing)}; nothing was kept")


def _identity(attributes: Mapping[str, tuple[str, ...]], default_issuer: str) -> Identity:
    uids = [parse_uid(attributes[name][0]) for name in _REQUIRED]
    patient_id = _first(attributes, "PatientID")
    issuer = (
        _first(attributes, "IssuerOfPatientID")
        or _first(attributes, "IssuerOfPatientIDQualifiersSequence.UniversalEntityID")
        or default_issuer
    )
    return Identity(uids[0], uids[1], uids[2], uids[3], patient_id, issuer if patient_id else "")


def _first(attributes: Mapping[str, tuple[str, ...]], name: str) -> str:
    values = attributes.get(name)
    return values[0] if values else ""


def _decoded(found: Found, default_charset: str, *, big: bool) -> dict[str, tuple[str, ...]]:
    repertoire = charset(found.charset, default_charset)
    attributes = _words(found.words, repertoire)
    for name, (vr, raw) in found.others.items():
        attributes[name] = strings(vr, raw, repertoire, big=big)
    for name, pieces in found.nested.items():
        values: list[str] = []
        for vr, raw, own in pieces:
            values += strings(vr, raw, repertoire if own is None else charset(own, default_charset), big=big)
        attributes[name] = tuple(values)
    return attributes


def _words(raw: Mapping[str, bytes], repertoire: Charset) -> dict[str, tuple[str, ...]]:
    """Decode values of `WORDS`: all at once, behind separators that no value may hold; those apart that are not ASCII."""
    joined = b"\x1f".join(raw.values())
    texts = joined.decode("latin-1").split("\x1f")
    if len(texts) != len(raw):
        return {name: strings("LO", value, repertoire) for name, value in raw.items()}
    made = {}
    plain = joined.isascii() and b"\x1b" not in joined
    for name, padded in zip(raw, texts, strict=True):
        text = padded.strip(" \0")
        if "\\" in text or "\0" in text or not (plain or (text.isascii() and "\x1b" not in text)):
            made[name] = strings("LO", raw[name], repertoire)
        else:
            made[name] = (text,) if text else ()
    return made

"""The head of a kept object with other identity in it, and the record of what it was (PS3.3 C.12.1.1.9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from radiotheque.core.errors import Malformed
from radiotheque.dicom.charsets import UTF_8, Charset, charset, terms_of
from radiotheque.dicom.dictionary import (
    ITEM,
    ITEM_END,
    PIXELS,
    SEQUENCE_END,
    SPECIFIC_CHARACTER_SET,
    TEXT,
    tag_of,
    vr_of,
)
from radiotheque.dicom.framing import deflate, framing, inflate_all
from radiotheque.dicom.walker import (
    CLOSE_ITEM,
    ELEMENT,
    FRAGMENT,
    FRAGMENTS,
    OPEN_ITEM,
    SEQUENCE,
    UNDEFINED,
    Encoding,
    Source,
    Walk,
)
from radiotheque.dicom.writer import delimiter, element, header, item, sequence, values, vr_for

ORIGINAL_ATTRIBUTES = 0x04000561
_MODIFIED_ATTRIBUTES = 0x04000550
_MODIFIED_AT, _MODIFYING_SYSTEM, _SOURCE, _REASON = 0x04000562, 0x04000563, 0x04000564, 0x04000565
REASONS = ("COERCE", "CORRECT")


def amend_head(
    head: bytes,
    *,
    dataset_offset: int,
    transfer_syntax: str,
    changes: Mapping[str, tuple[str, ...]],
    when: float,
    system: str,
    reason: str = "COERCE",
    source: str = "",
) -> bytes:
    """Give `head` with `changes` in it and an Original Attributes Sequence item saying what they replaced.

    `head` is the kept file up to its Pixel Data tag, which then follow as they are; all of the file when it has
    none or is deflated. What stands before `dataset_offset` is given back untouched. `changes` maps keywords or 8-digit tags
    to values, () for an empty one; a dotted path sets an attribute in the only item of a sequence. Transfer Syntax and
    character set stay, but for ISO_IR 192 where the set cannot hold a new value: then all text is re-encoded. `when` is
    seconds since the epoch, `system` what changed them, `source` where the previous values came from. The same
    input gives the same bytes. Raises `Malformed`.
    """
    if not changes:
        return head
    body = head[dataset_offset:]
    how = framing(body[:12], transfer_syntax)
    if how.deflated:
        body = inflate_all(body)
    record = _Record(when, system, reason, source)
    amended = _amended(body, how.encoding, changes, record)
    return head[:dataset_offset] + (deflate(amended) if how.deflated else amended)


@dataclass(frozen=True, slots=True)
class _Record:
    when: float
    system: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """One element of the data set's first level, with its bytes. `content` is the items of a sequence."""

    tag: int
    vr: str
    raw: bytes
    content: bytes


def _amended(body: bytes, encoding: Encoding, changes: Mapping[str, tuple[str, ...]], record: _Record) -> bytes:
    pieces = _pieces(body, encoding)
    repertoire = _repertoire(pieces)
    made = _changed(changes, pieces, repertoire, encoding)
    if made is None or not repertoire.can_hold(record.system + record.source):
        body = in_utf_8(body, encoding)
        pieces, repertoire = _pieces(body, encoding), charset((UTF_8,))
        made = _changed(changes, pieces, repertoire, encoding) or {}
    previous = b"".join(pieces[tag].raw for tag in sorted(made) if tag in pieces)
    kept = pieces[ORIGINAL_ATTRIBUTES].content if ORIGINAL_ATTRIBUTES in pieces else b""
    items = kept + item(_original(previous, record, repertoire, encoding), encoding)
    made[ORIGINAL_ATTRIBUTES] = header(ORIGINAL_ATTRIBUTES, "SQ", len(items), encoding) + items
    untouched = {tag: piece.raw for tag, piece in pieces.items() if tag & 0xFFFF}  # group lengths no longer hold
    whole = untouched | made
    return b"".join(whole[tag] for tag in sorted(whole))


def _pieces(body: bytes, encoding: Encoding) -> dict[int, _Piece]:
    """Cut the data set into the elements of its first level; of one that is there twice the last counts."""
    pieces: dict[int, _Piece] = {}
    walk = Walk(Source.of(body), 0, encoding)
    first, content_at = 0, 0
    for kind, tag, vr, start, value, stop in walk:
        if kind in (SEQUENCE, FRAGMENTS) and walk.level == 1:
            first, content_at = start, value
        elif walk.level == 0:
            first, content_at, end = (start, value, stop) if kind == ELEMENT else (first, content_at, start)
            if walk.position > len(body):
                raise Malformed(
                    "({tag},{tag_2}) is cut short, so the head cannot be amended",
                    tag=f"{tag >> 16:04X}",
                    tag_2=f"{tag & 65535:04X}",
                )
            pieces[tag] = _Piece(tag, vr, body[first : walk.position], body[content_at:end])
        if tag in PIXELS and walk.level <= 1:
            pieces[tag] = _Piece(tag, vr, body[start:], b"")  # from here on all follows as it is
            break
    return pieces


def _repertoire(pieces: Mapping[int, _Piece]) -> Charset:
    piece = pieces.get(SPECIFIC_CHARACTER_SET)
    if piece is None:
        return charset(())
    return charset(terms_of(piece.content))


def _changed(
    changes: Mapping[str, tuple[str, ...]], pieces: Mapping[int, _Piece], repertoire: Charset, encoding: Encoding
) -> dict[int, bytes] | None:
    """Give the new elements by tag, None when the character set cannot hold one of them."""
    made: dict[int, bytes] = {}
    inside: dict[int, dict[int, bytes]] = {}
    for name, given in changes.items():
        outer, _, inner = name.rpartition(".")
        tag = tag_of(inner)
        vr = pieces[tag].vr if not outer and tag in pieces and vr_of(tag) == "UN" else vr_for(tag)
        if vr == "SQ" or "." in outer:
            raise Malformed(
                "{name} cannot be amended: only plain attributes, and those one sequence deep, can", name=name
            )
        raw = values(vr, given, repertoire, encoding)
        if raw is None:
            return None
        if outer:
            inside.setdefault(tag_of(outer), {})[tag] = element(tag, vr, raw, encoding)
        else:
            made[tag] = element(tag, vr, raw, encoding)
    for tag, elements in inside.items():
        made[tag] = sequence(tag, [b"".join(elements[inner] for inner in sorted(elements))], encoding)
    return made


def _original(previous: bytes, record: _Record, repertoire: Charset, encoding: Encoding) -> bytes:
    """Give the content of an Original Attributes Sequence item (PS3.3 Table C.12-1)."""
    moment = datetime.fromtimestamp(record.when, UTC).strftime("%Y%m%d%H%M%S.%f+0000")
    plain = (
        (_MODIFIED_AT, "DT", moment),
        (_MODIFYING_SYSTEM, "LO", record.system),
        (_SOURCE, "LO", record.source),
        (_REASON, "CS", record.reason),
    )
    head = sequence(_MODIFIED_ATTRIBUTES, [previous], encoding)
    return head + b"".join(
        element(tag, vr, values(vr, (text,) if text else (), repertoire, encoding) or b"", encoding)
        for tag, vr, text in plain
    )


def in_utf_8(body: bytes, encoding: Encoding) -> bytes:
    """Give a data set with all its text in ISO_IR 192, items with a character set of their own too."""
    made: list[bytes] = []
    sets = [charset(())]
    declared = False
    walk = Walk(Source.of(body), 0, encoding)
    for kind, tag, vr, start, value, stop in walk:
        if not declared and walk.level == 0 and tag >= SPECIFIC_CHARACTER_SET:
            made.append(element(SPECIFIC_CHARACTER_SET, "CS", UTF_8.encode(), encoding))
            declared = True
        if tag in PIXELS and walk.level <= 1:
            return b"".join([*made, body[start:]])
        if kind == ELEMENT and tag == SPECIFIC_CHARACTER_SET:
            sets[-1] = charset(terms_of(body[value:stop]))
        elif kind == ELEMENT:
            raw = _recoded(vr, body[value:stop], sets[-1])
            made.append(element(tag, vr if " or " not in vr else "OW", raw, encoding))
        else:
            made.append(_framing_of((kind, tag, vr), body[value:stop], encoding))
            if kind == OPEN_ITEM:
                sets.append(sets[-1])
            elif kind == CLOSE_ITEM:
                sets.pop()
    return b"".join(made)


def _recoded(vr: str, raw: bytes, repertoire: Charset) -> bytes:
    return (
        raw
        if vr not in TEXT or (raw.isascii() and b"\x1b" not in raw)
        else repertoire.text(raw, name=vr == "PN").encode()
    )


def _framing_of(what: tuple[int, int, str], content: bytes, encoding: Encoding) -> bytes:
    """Give what opens and closes sequences, items and fragments, all of undefined length (PS3.5 7.5)."""
    kind, tag, vr = what
    if kind == SEQUENCE:
        return header(tag, "SQ", UNDEFINED, encoding)
    if kind == FRAGMENTS:
        return header(tag, vr, UNDEFINED, encoding)
    if kind == FRAGMENT:
        return item(content, encoding)
    if kind == OPEN_ITEM:
        return delimiter(ITEM, UNDEFINED, encoding)
    return delimiter(ITEM_END if kind == CLOSE_ITEM else SEQUENCE_END, 0, encoding)

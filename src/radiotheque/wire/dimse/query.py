"""Query Service Class, SCP: C-FIND of the Patient Root and Study Root models (PS3.4 C.4.1)."""

from base64 import b64decode
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from radiotheque.core.query import Found, Level, Query
from radiotheque.dicom.charsets import UTF_8, Charset, charset
from radiotheque.dicom.dictionary import SPECIFIC_CHARACTER_SET, keyword_of, tag_of
from radiotheque.dicom.elements import strings_of
from radiotheque.wire.dimse.answers import (
    CANCELLED,
    PENDING,
    PENDING_OPTIONAL_KEYS,
    SUCCESS,
    UNRECOGNISED_OPERATION,
    Tongue,
)
from radiotheque.wire.dimse.association import Association, Message
from radiotheque.wire.dimse.command import Field
from radiotheque.wire.dimse.dataset import element, element_writer, encode_values, first_vr, sequence
from radiotheque.wire.dimse.gathered import Gathered
from radiotheque.wire.dimse.identifier import (
    INSTANCE_AVAILABILITY,
    PATIENT_ROOT,
    QUERY_RETRIEVE_LEVEL,
    RETRIEVE_AET,
    STUDY_ROOT,
    UNIQUE,
    Asked,
    Nested,
    read_query,
)
from radiotheque.wire.dimse.line import Line
from radiotheque.wire.dimse.negotiation import IMPLICIT_LE, Options

PATIENT_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.1.1"
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_ROOTS = {PATIENT_ROOT_FIND: PATIENT_ROOT, STUDY_ROOT_FIND: STUDY_ROOT}
_MAX_IDENTIFIER_BYTES = 1 << 20
_REMEMBERED = 128

type Json = Mapping[str, Any]
"""An element of the DICOM JSON Model (PS3.18 F.2)."""

type Fixed = tuple[int, str, str]
"""An element that all answers to a query have: tag, VR, value."""


class QueryService:
    """Answers C-FIND requests one match at a time, so a cancel stops the search and not only the sending.

    `unsupported` names the keys of a query that are not matched on as asked: its answers are then FF01 (PS3.4 table C.4-1).
    """

    tongue = Tongue.FIND

    def __init__(self, archive: Line, unsupported: Callable[[Query], Sequence[str]]) -> None:
        self._archive, self._unsupported = archive, unsupported

    def handle(self, association: Association, message: Message) -> None:
        """Send a Pending answer for each match, then Success; FE00 when cancelled (PS3.4 C.4.1.3)."""
        if message.command.field != Field.C_FIND_RQ:
            association.reply(message, UNRECOGNISED_OPERATION)
            return
        session, context = association.session, message.context
        identifier = association.dataset(_MAX_IDENTIFIER_BYTES)
        root = _ROOTS[context.abstract_syntax]
        agreed = session.options.get(context.abstract_syntax, Options())
        asked = read_query(
            identifier, context.transfer_syntax, root, agreed=agreed, default_charset=session.peer.charset
        )
        answering = Answering(
            asked, root, syntax=context.transfer_syntax, called=session.called, charset=session.peer.charset
        )
        matches = self._archive.find_each(asked.query, session.caller)
        try:
            pending = PENDING_OPTIONAL_KEYS if self._unsupported(asked.query) else PENDING
            _answer_each(matches, answering, association, message, pending=pending)
        finally:
            if isinstance(matches, Generator):
                matches.close()  # stops the search


def _answer_each(
    matches: Iterator[Found], answering: "Answering", association: Association, message: Message, *, pending: int
) -> None:
    """Send an answer for each match, then the final status."""
    answers = Gathered(association, message, pending)
    for found in matches:
        if association.cancelled(message.command.message_id):
            answers.end(CANCELLED)
            return
        answers.add(answering.encode(found))
    answers.end(SUCCESS)


@dataclass(frozen=True, slots=True)
class _Planned:
    """An element of every answer. `absent` is what is written where a match has no value of it, or of what is fixed."""

    tag: int
    name: str
    vr: str
    write: Callable[[bytes], bytes]
    absent: bytes


class Answering:
    """How the matches of one query are written."""

    def __init__(self, asked: Asked, root: tuple[Level, ...], *, syntax: str, called: str, charset: str) -> None:
        """Answer `asked`: its attributes and the unique keys down to its level (PS3.4 C.4.1.1.3.2)."""
        level = asked.query.level
        self._nested, self._implicit = asked.nested, syntax == IMPLICIT_LE
        self._fixed: tuple[Fixed, ...] = (
            (QUERY_RETRIEVE_LEVEL, "CS", level.value),
            (RETRIEVE_AET, "AE", called),
            (INSTANCE_AVAILABILITY, "CS", "ONLINE"),
        )
        unique = {UNIQUE[each] for each in root[: root.index(level) + 1]}
        self._tags = tuple(sorted({*asked.tags, *unique}))
        self._repertoires = _repertoires(asked.terms, charset)

    def encode(self, found: Found) -> bytes:
        """Give the identifier of one match: in the caller's character set where that can hold it, else in UTF-8."""
        for repertoire in self._repertoires:
            encoded = self._encoded(found, repertoire)
            if encoded is not None:
                return encoded
        return self._encoded(found, charset((UTF_8,))) or b""

    def _encoded(self, found: Found, repertoire: Charset) -> bytes | None:
        # a long list of attributes is not worth remembering
        plan_of = _plan if len(self._tags) <= _REMEMBERED else _plan.__wrapped__
        plan = plan_of(self._tags, self._fixed, repertoire.terms, implicit=self._implicit)
        attributes, sequences = found.attributes, found.sequences or {}
        pieces: list[bytes | None] = []
        for planned in plan:
            if (read := found.elements.get(planned.name)) is not None:
                pieces.append(self._read(planned.tag, read, self._nested.get(planned.tag, {}), repertoire))
            elif planned.vr == "SQ" or planned.name in sequences:
                items = [_as_read(item) for item in sequences.get(planned.name, ())]
                pieces.append(self._items(planned.tag, items, self._nested.get(planned.tag, {}), repertoire))
            elif values := attributes.get(planned.name):
                raw = encode_values(planned.vr, values, repertoire)
                pieces.append(None if raw is None else planned.write(raw))
            else:
                pieces.append(planned.absent)
        return None if None in pieces else b"".join(pieces)  # type: ignore[arg-type]

    def _read(self, tag: int, read: Json, wanted: Nested, repertoire: Charset) -> bytes | None:
        """Give an element of the DICOM JSON Model; None when `repertoire` cannot hold it."""
        vr = read["vr"]
        if vr == "SQ":
            return self._items(tag, read.get("Value", ()), wanted, repertoire)
        inline = read.get("InlineBinary")
        raw = b64decode(inline) if inline else encode_values(vr, strings_of(read), repertoire)
        return None if raw is None else element(tag, vr, raw, implicit=self._implicit)

    def _items(
        self, tag: int, items: Sequence[Mapping[str, Json]], wanted: Nested, repertoire: Charset
    ) -> bytes | None:
        encoded = [self._item(item, wanted, repertoire) for item in items]
        whole = [each for each in encoded if each is not None]
        return sequence(tag, whole, implicit=self._implicit) if len(whole) == len(encoded) else None

    def _item(self, item: Mapping[str, Json], wanted: Nested, repertoire: Charset) -> bytes | None:
        pieces: list[bytes] = []
        for tag in sorted(wanted or (int(name, 16) for name in item)):
            read = item.get(f"{tag:08X}") or {"vr": first_vr(tag)}
            piece = self._read(tag, read, wanted.get(tag, {}), repertoire)
            if piece is None:
                return None
            pieces.append(piece)
        return b"".join(pieces)


def _as_read(item: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    """Give an item whose attributes are columns as DICOM JSON."""
    tags = ((tag_of(name), values) for name, values in item.items())
    return {f"{tag:08X}": {"vr": first_vr(tag), "Value": values} for tag, values in tags}


@lru_cache(maxsize=256)
def _plan(
    tags: tuple[int, ...], fixed: tuple[Fixed, ...], terms: tuple[str, ...], *, implicit: bool
) -> tuple[_Planned, ...]:
    """Give the elements of an answer in the order of their tags (PS3.5 7.1)."""
    if terms:
        fixed += ((SPECIFIC_CHARACTER_SET, "CS", "\\".join(terms)),)
    elements = [
        *((tag, keyword_of(tag) if tag == INSTANCE_AVAILABILITY else "", vr, text) for tag, vr, text in fixed),
        *((tag, keyword_of(tag), first_vr(tag), "") for tag in tags),
    ]
    plan = []
    for tag, name, vr, text in sorted(elements):
        write = element_writer(tag, vr, implicit=implicit)
        plan.append(_Planned(tag, name, vr, write, write(text.encode("ascii", "replace"))))
    return tuple(plan)


def _repertoires(terms: tuple[str, ...], peer_charset: str) -> tuple[Charset, ...]:
    """Give the character sets to try, in order: the request's, the peer's, none at all (plain ASCII)."""
    configured = tuple(term.strip(" ") for term in peer_charset.split("\\")) if peer_charset else ()
    wishes = dict.fromkeys((terms, configured))
    return (*(charset(each) for each in wishes if each), *(() if terms or configured else (charset(()),)))

"""Query Service Class, SCP: C-FIND of the Patient Root and Study Root models (PS3.4 C.4.1)."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from radiotheque.core.query import Found, Level, Query
from radiotheque.dicom.charsets import UTF_8, Charset, charset
from radiotheque.dicom.dictionary import SPECIFIC_CHARACTER_SET, keyword_of, tag_of, vr_of
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
from radiotheque.wire.dimse.dataset import element, encode_values, sequence
from radiotheque.wire.dimse.identifier import (
    INSTANCE_AVAILABILITY,
    PATIENT_ROOT,
    QUERY_RETRIEVE_LEVEL,
    RETRIEVE_AET,
    STUDY_ROOT,
    TIMEZONE,
    UNIQUE,
    Asked,
    read_query,
)
from radiotheque.wire.dimse.line import Line
from radiotheque.wire.dimse.negotiation import IMPLICIT_LE, Options

PATIENT_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.1.1"
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_ROOTS = {PATIENT_ROOT_FIND: PATIENT_ROOT, STUDY_ROOT_FIND: STUDY_ROOT}
_MAX_IDENTIFIER_BYTES = 1 << 20

type Value = tuple[int, str, bytes | list[bytes]]
"""An element of an answer: tag, VR, raw value, or encoded items."""


class QueryService:
    """Answers C-FIND requests one match at a time, so a cancel stops the search and not only the sending.

    `unsupported` names the keys of a query that are not matched on: its answers are then FF01 (PS3.4 table C.4-1).
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
        answering = Answering.to(
            asked, root, syntax=context.transfer_syntax, called=session.called, charset=session.peer.charset
        )
        matches = self._archive.find_each(asked.query, session.caller)
        try:
            pending = PENDING_OPTIONAL_KEYS if self._unsupported(asked.query) else PENDING
            association.reply(message, _answer_each(matches, answering, association, message, pending=pending))
        finally:
            if isinstance(matches, Generator):
                matches.close()  # stops the search


def _answer_each(
    matches: Iterator[Found], answering: "Answering", association: Association, message: Message, *, pending: int
) -> int:
    """Send an answer for each match, and give the final status."""
    for found in matches:
        if association.cancelled(message.command.message_id):
            return CANCELLED
        association.reply(message, pending, answering.encode(found))
    return SUCCESS


@dataclass(frozen=True, slots=True)
class Answering:
    """How the matches of one query are written."""

    asked: Asked
    plan: tuple[tuple[int, str, str], ...]
    fixed: tuple[Value, ...]
    repertoires: tuple[Charset, ...]
    implicit: bool

    @classmethod
    def to(cls, asked: Asked, root: tuple[Level, ...], *, syntax: str, called: str, charset: str) -> "Answering":
        """Give how to answer `asked`: its attributes and the unique keys down to its level (PS3.4 C.4.1.1.3.2)."""
        level = asked.query.level
        unique = {UNIQUE[each] for each in root[: root.index(level) + 1]}
        tags = sorted({*asked.tags, *unique})
        fixed: tuple[Value, ...] = (
            (QUERY_RETRIEVE_LEVEL, "CS", level.value.encode("ascii")),
            (RETRIEVE_AET, "AE", called.encode("ascii", "replace")),
        )
        plan = tuple((tag, keyword_of(tag), vr_of(tag).split(" ")[0]) for tag in tags)
        return cls(asked, plan, fixed, _repertoires(asked.terms, charset), syntax == IMPLICIT_LE)

    def encode(self, found: Found) -> bytes:
        """Give the identifier of one match: in the caller's character set where that can hold it, else in UTF-8."""
        for repertoire in self.repertoires:
            values = self._values(found, repertoire)
            if values is not None:
                break
        else:
            values = self._values(found, charset((UTF_8,))) or []
            repertoire = charset((UTF_8,))
        if repertoire.terms:
            values.append((SPECIFIC_CHARACTER_SET, "CS", "\\".join(repertoire.terms).encode("ascii")))
        return _encode(values, implicit=self.implicit)

    def _values(self, found: Found, repertoire: Charset) -> list[Value] | None:
        values: list[Value] = list(self.fixed)
        availability = found.attributes.get("InstanceAvailability", ("ONLINE",))
        values.append((INSTANCE_AVAILABILITY, "CS", "\\".join(availability).encode("ascii", "replace")))
        for planned in self.plan:
            value = self._value(found, planned, repertoire)
            if value is None:
                return None
            values.append(value)
        if self.asked.query.timezone and not any(tag == TIMEZONE for tag, _, _ in self.plan):
            values.append((TIMEZONE, "SH", self.asked.query.timezone.encode("ascii", "replace")))
        return values

    def _value(self, found: Found, planned: tuple[int, str, str], repertoire: Charset) -> Value | None:
        tag, name, vr = planned
        if vr == "SQ" or (found.sequences and name in found.sequences):
            items = (found.sequences or {}).get(name, ())
            encoded = [self._item(item, self.asked.nested.get(tag, ()), repertoire) for item in items]
            whole = [each for each in encoded if each is not None]
            return (tag, "SQ", whole) if len(whole) == len(encoded) else None
        raw = encode_values(vr, found.attributes.get(name, ()), repertoire)
        return None if raw is None else (tag, vr, raw)

    def _item(self, item: Mapping[str, Sequence[str]], wanted: tuple[int, ...], repertoire: Charset) -> bytes | None:
        tags = wanted or tuple(sorted(tag_of(name) for name in item))
        values: list[Value] = []
        for tag in tags:
            vr = vr_of(tag).split(" ")[0]
            raw = b"" if vr == "SQ" else encode_values(vr, item.get(keyword_of(tag), ()), repertoire)
            if raw is None:
                return None
            values.append((tag, vr, raw))
        return _encode(values, implicit=self.implicit)


def _encode(values: list[Value], *, implicit: bool) -> bytes:
    values.sort(key=lambda value: value[0])
    return b"".join(
        [
            element(tag, vr, value, implicit=implicit)
            if isinstance(value, bytes)
            else sequence(tag, value, implicit=implicit)
            for tag, vr, value in values
        ]
    )


def _repertoires(terms: tuple[str, ...], peer_charset: str) -> tuple[Charset, ...]:
    """Give the character sets to try, in order: the request's, the peer's, none at all (plain ASCII)."""
    configured = tuple(term.strip(" ") for term in peer_charset.split("\\")) if peer_charset else ()
    wishes = dict.fromkeys((terms, configured))
    return (*(charset(each) for each in wishes if each), *(() if terms or configured else (charset(()),)))

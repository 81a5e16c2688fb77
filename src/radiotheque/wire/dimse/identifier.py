"""A C-FIND, C-MOVE or C-GET identifier → `Query` or `Selection`, and the hierarchy's rules (PS3.4 C.4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from radiotheque.core.errors import Malformed
from radiotheque.core.instance import Selection
from radiotheque.core.query import Key, Level, Match, Query
from radiotheque.core.uid import UID, parse_uid
from radiotheque.dicom.charsets import Charset, charset
from radiotheque.dicom.dictionary import SPECIFIC_CHARACTER_SET, keyword_of, tag_of
from radiotheque.dicom.matching import match_for
from radiotheque.dicom.values import strings
from radiotheque.wire.dimse.dataset import Element, Elements, first_vr, read_dataset
from radiotheque.wire.dimse.negotiation import Options

QUERY_RETRIEVE_LEVEL, RETRIEVE_AET = 0x00080052, 0x00080054
INSTANCE_AVAILABILITY, TIMEZONE = 0x00080056, 0x00080201
PATIENT_ID, STUDY_UID, SERIES_UID, INSTANCE_UID = 0x00100020, 0x0020000D, 0x0020000E, 0x00080018

UNIQUE = {Level.PATIENT: PATIENT_ID, Level.STUDY: STUDY_UID, Level.SERIES: SERIES_UID, Level.IMAGE: INSTANCE_UID}
"""The unique key of each level (PS3.4 C.6.1.1, C.6.2.1)."""

PATIENT_ROOT = (Level.PATIENT, Level.STUDY, Level.SERIES, Level.IMAGE)
STUDY_ROOT = (Level.STUDY, Level.SERIES, Level.IMAGE)

# said of the request or of every answer, never a key (PS3.4 C.4.1.1.3)
_NOT_KEYS = frozenset({SPECIFIC_CHARACTER_SET, QUERY_RETRIEVE_LEVEL, RETRIEVE_AET, INSTANCE_AVAILABILITY, 0x00080053})


type Nested = Mapping[int, Nested]
"""Attributes inside an item by tag, sequences with what is requested inside theirs."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a C-FIND asks for: the query, and what an answer must look like.

    `tags` are the requested attributes in the order of their tags, `nested` those inside requested sequences by the
    sequence's tag, in turn with what is requested inside them (empty: the whole items). `terms` is the request's Specific Character Set.
    """

    query: Query
    tags: tuple[int, ...]
    nested: Nested
    terms: tuple[str, ...]


def read_query(
    data: bytes, syntax: str, root: tuple[Level, ...], *, agreed: Options, default_charset: str = ""
) -> Asked:
    """Give what an identifier asks for. Raises `Malformed` for one that breaks the model's rules (PS3.4 C.4.1.2)."""
    elements = read_dataset(data, syntax)
    terms = _terms(elements)
    repertoire = charset(terms, default_charset)
    level = level_of(elements, root)
    if not agreed.relational:
        require_hierarchy(elements, level, root)
    keys, returned = [], []
    for name, vr, text in _attributes(elements, repertoire, agreed):
        match = _match(name, vr, text)
        if match is None:
            returned.append(name)
        else:
            keys.append(Key(name, match))
    if agreed.timezone and TIMEZONE in elements:
        returned.append(keyword_of(TIMEZONE))  # the zone of the request (PS3.4 C.4.1.1.3.1), not a key
    query = Query(
        level=level,
        keys=tuple(keys),
        returned=tuple(returned),
        own=False,
        fuzzy=agreed.fuzzy,
        combined_datetime=agreed.combined_datetime,
        timezone=_text(elements.get(TIMEZONE)) if agreed.timezone else "",
    )
    tags = tuple(sorted(tag for tag in elements if _is_key(tag)))
    return Asked(query, tags, {tag: inner for tag, inner in _nested(elements).items() if inner}, terms)


def _nested(elements: Elements) -> Nested:
    return {
        tag: _nested(each.items[0]) if each.vr == "SQ" and each.items else {}
        for tag, each in sorted(elements.items())
        if _is_key(tag)
    }


def _match(name: str, vr: str, text: str) -> Match | None:
    try:
        return match_for(name, vr, text, empty=True)
    except Malformed as wrong:
        raise wrong.at(tag_of(name.rpartition(".")[2])) from None


def read_selection(data: bytes, syntax: str, root: tuple[Level, ...], agreed: Options) -> Selection:
    """Give what a C-MOVE or C-GET identifier selects: unique keys only (PS3.4 C.4.2.1.4, C.4.3.1.3). Raises `Malformed`."""
    elements = read_dataset(data, syntax)
    level = level_of(elements, root)
    if not agreed.relational:
        require_hierarchy(elements, level, root)
    if not _text(elements.get(UNIQUE[level])):
        raise Malformed(f"the unique key of level {level} is missing: nothing says what to retrieve").at(UNIQUE[level])
    return Selection(
        level=level,
        patient_id=_text(elements.get(PATIENT_ID)),
        studies=_uids(elements.get(STUDY_UID)),
        series=_uids(elements.get(SERIES_UID)),
        instances=_uids(elements.get(INSTANCE_UID)),
    )


def level_of(elements: Elements, root: tuple[Level, ...]) -> Level:
    """Give the Query/Retrieve Level. Raises `Malformed` when it is missing or not of the information model."""
    text = _text(elements.get(QUERY_RETRIEVE_LEVEL)).upper()
    levels = {level.value: level for level in root}
    if text not in levels:
        raise Malformed(f"Query/Retrieve Level {text[:16]!r} is not one of {', '.join(levels)}").at(
            QUERY_RETRIEVE_LEVEL
        )
    return levels[text]


def require_hierarchy(elements: Elements, level: Level, root: tuple[Level, ...]) -> None:
    """Demand a single value of each unique key above `level` (PS3.4 C.4.1.2.1), unless relational was agreed on.

    Raises `Malformed`.
    """
    for above in root[: root.index(level)]:
        value = _text(elements.get(UNIQUE[above]))
        if not value or "\\" in value or "*" in value or "?" in value:
            raise Malformed(f"{keyword_of(UNIQUE[above])} must be one value, or negotiate relational queries").at(
                UNIQUE[above]
            )


def _attributes(elements: Elements, repertoire: Charset, agreed: Options) -> Iterator[tuple[str, str, str]]:
    """Yield (name, VR, text) of every key; those inside a sequence have dotted names (PS3.4 C.2.2.2.6)."""
    for tag, each in elements.items():
        if not _is_key(tag) or (tag == TIMEZONE and agreed.timezone):
            continue
        name = keyword_of(tag)
        if each.vr != "SQ":
            vr = _vr(tag, each)
            yield name, vr, _value(each, vr, repertoire)
            continue
        if len(each.items) > 1:
            raise Malformed(f"{name} has {len(each.items)} items: a key sequence has one (PS3.4 C.2.2.2.6)")
        inner = list(_attributes(each.items[0], repertoire, agreed)) if each.items else []
        if not inner:
            yield name, "SQ", ""  # the whole items are wanted
        yield from ((f"{name}.{below}", vr, text) for below, vr, text in inner)


def _is_key(tag: int) -> bool:
    return bool(tag & 0xFFFF) and tag not in _NOT_KEYS  # group lengths are no keys


def _vr(tag: int, each: Element) -> str:
    known = first_vr(tag)
    return each.vr if known == "UN" else known


def _value(each: Element, vr: str, repertoire: Charset) -> str:
    return "\\".join(strings(vr, each.raw, repertoire)) if each.raw else ""


def _text(each: Element | None) -> str:
    return "" if each is None else each.raw.decode("latin-1").strip(" \0")


def _uids(each: Element | None) -> tuple[UID, ...]:
    return tuple(parse_uid(part) for part in _text(each).split("\\") if part.strip(" \0"))


def _terms(elements: Elements) -> tuple[str, ...]:
    text = _text(elements.get(SPECIFIC_CHARACTER_SET))
    return tuple(term.strip(" ") for term in text.split("\\")) if text else ()

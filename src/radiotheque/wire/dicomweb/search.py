"""Query parameters of a search → `Query` (PS3.18 8.3.4): pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from radiotheque.core.errors import Malformed
from radiotheque.core.query import Key, Level, ListOf, Match, Query, Single
from radiotheque.core.uid import UID
from radiotheque.dicom.matching import attribute_named, match_for
from radiotheque.wire.dicomweb.levels import INSIDE, returned_at

MAX_KEYS = 64
_OPTION = re.compile(r"[a-z_][A-Za-z0-9_\-]*|_")
_OFFSET = re.compile(r"[+\- ]?(\d{4})")
# Content negotiation is not ours to read here; `access_token` and `_` (against caches) concern nobody below.
_IGNORED = frozenset({"accept", "charset", "_"})
_OF_THE_WIRE = frozenset({"SpecificCharacterSet", "RetrieveURL"})
"""What only we can answer: asked of the catalog, it would look for them in the objects themselves."""
_FLAGS = frozenset({"fuzzymatching", "emptyvaluematching", "multiplevaluematching"})


@dataclass(frozen=True, slots=True)
class Search:
    """A parsed search: the query, the attributes of the answer, and the options that we do not know."""

    query: Query
    wanted: tuple[str, ...]
    unsupported: tuple[str, ...] = ()


def parse_search(
    items: Iterable[tuple[str, str]],
    level: Level,
    above: tuple[tuple[str, UID], ...] = (),
    *,
    max_results: int = 1_000,
) -> Search:
    """Give the search of a request's parameters, `above` being the UIDs of its path.

    An option we do not know is named in `unsupported` and otherwise ignored, so that the answer comes with a Warning
    (PS3.18 8.3.4); a misspelt attribute must not silently match everything. Raises `Malformed`.
    """
    options, attributes, included = _sorted_out(items)
    flags = {name: _flag(name, options.pop(name, "false")) for name in _FLAGS}
    limit, offset = _count("limit", options), _count("offset", options) or 0
    everything, fields = _included(included)
    timezone = _timezone(attributes)
    keys, named = _keys(attributes, above, flags)
    given = {name for name, _ in above}
    own = returned_at(level, study_given="StudyInstanceUID" in given, series_given="SeriesInstanceUID" in given)
    wanted = tuple(dict.fromkeys((*own, *(name.split(".")[0] for name in named), *fields)))
    query = Query(
        level=level,
        keys=keys,
        returned=_returned(own, named, fields),
        everything=everything,
        fuzzy=flags["fuzzymatching"],
        combined_datetime=True,  # PS3.18 8.3.4.1.1: date and time ranges together are one moment
        timezone=timezone,
        limit=max_results if limit is None else min(limit, max_results),
        offset=offset,
    )
    return Search(query, wanted, tuple(options))


def _returned(own: tuple[str, ...], named: tuple[str, ...], fields: tuple[str, ...]) -> tuple[str, ...]:
    """Give what the catalog is asked for. Of a sequence that nobody asked for, only what the standard's table names."""
    levels_own = (inner for name in own for inner in INSIDE.get(name, (name,)))
    return tuple(name for name in dict.fromkeys((*levels_own, *named, *fields)) if name not in _OF_THE_WIRE)


def _sorted_out(items: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[tuple[str, str]], list[str]]:
    options: dict[str, str] = {}
    attributes: list[tuple[str, str]] = []
    included: list[str] = []
    for name, value in items:
        if name == "includefield":
            included.append(value)
        elif name in _IGNORED:
            continue
        elif _OPTION.fullmatch(name):
            if name in options:
                raise Malformed(f"the parameter {name} is given more than once")
            options[name] = value
        else:
            attributes.append((name, value))
    if len(attributes) > MAX_KEYS:
        raise Malformed(f"more than {MAX_KEYS} matching keys")
    return options, attributes, included


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise Malformed(f"{name} is true or false, not {text[:20]!r}")
    return text == "true"


def _count(name: str, options: dict[str, str]) -> int | None:
    text = options.pop(name, None)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Malformed(f"{name} is a whole number from 0 on, not {text[:20]!r}")
    return int(text)


def _included(values: list[str]) -> tuple[bool, tuple[str, ...]]:
    names = [name.strip() for value in values for name in value.split(",") if name.strip()]
    if "all" in names:
        if len(names) > 1:
            raise Malformed("includefield=all stands alone (PS3.18 8.3.4.3)")
        return True, ()
    # what lies inside a sequence comes with the whole sequence
    return False, tuple(attribute_named(name)[0].split(".")[0] for name in names)


def _timezone(attributes: list[tuple[str, str]]) -> str:
    """Take the time zone out of the keys: it says how the others are to be read (PS3.4 C.2.2.2.5)."""
    for at, (name, value) in enumerate(attributes):
        if name in ("TimezoneOffsetFromUTC", "00080201") and value:
            found = _OFFSET.fullmatch(value)
            if found is None:
                raise Malformed(f"a time zone is written +HHMM or -HHMM, not {value[:20]!r}")
            del attributes[at]
            return ("-" if value.startswith("-") else "+") + found[1]  # a bare + arrives as a space
    return ""


def _keys(
    attributes: list[tuple[str, str]], above: tuple[tuple[str, UID], ...], flags: dict[str, bool]
) -> tuple[tuple[Key, ...], tuple[str, ...]]:
    keys = [Key(name, Single(uid)) for name, uid in above]
    seen = {name for name, _ in above}
    named = []
    for name, text in attributes:
        attribute, vr = attribute_named(name)
        if attribute in seen:
            raise Malformed(f"{attribute} is given more than once (PS3.18 8.3.4.1)")
        seen.add(attribute)
        named.append(attribute)
        if vr == "SQ":
            raise Malformed(f"{attribute} is a sequence: match what lies inside it, {attribute}.<attribute>=<value>")
        match = match_for(
            attribute, vr, text, multiple=flags["multiplevaluematching"], empty=flags["emptyvaluematching"]
        )
        if match is not None:
            keys.append(Key(attribute, _bounded(attribute, match)))
    return tuple(keys), tuple(named)


def _bounded(attribute: str, match: Match) -> Match:
    if isinstance(match, ListOf) and len(match.values) > 1_000:
        raise Malformed(f"{attribute} lists {len(match.values)} values; at most 1000 at once")
    return match

"""A row → what is answered: attributes by keyword, as text."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from radiotheque.catalog.columns import COLUMNS, DEPTH, LISTS, REQUESTS, UNIQUE_KEYS, Column, Kind, own_keywords
from radiotheque.catalog.scope import scope_condition
from radiotheque.catalog.values import from_list
from radiotheque.core.caller import Scope
from radiotheque.core.query import Found, Level, Query
from radiotheque.database.session import Row

AVAILABLE = ("ONLINE",)
"""Instance Availability (0008,0056) of all that is shown."""

REMEMBERED = 128
"""Up to so many attributes the columns of an answer are remembered by what was asked for."""

PATIENT_COUNTS = {
    "NumberOfPatientRelatedStudies": "count(*)",
    "NumberOfPatientRelatedSeries": "sum(c.n_series)",
    "NumberOfPatientRelatedInstances": "sum(c.n_instances)",
}


@dataclass(frozen=True, slots=True)
class Answering:
    """Which columns a query's answer has, and how a row becomes it; `others` are attributes that are no columns."""

    level: Level
    shown: tuple[str, ...]
    parameters: tuple[object, ...]
    texts: tuple[tuple[str, int], ...]
    """Keywords of columns of text, and which column of a row each is."""
    readers: tuple[tuple[str, int, Callable[[object], tuple[str, ...]]], ...]
    """Those of the others, with what makes text of them."""
    others: tuple[str, ...]
    requests_at: int

    def found(self, row: Row) -> Found:
        """Give the answer of a row; its columns begin at 0."""
        # most columns are text: a call for each would be half of the work
        attributes: dict[str, tuple[str, ...]] = {keyword: (row[at],) if row[at] else () for keyword, at in self.texts}
        for keyword, at, read in self.readers:
            attributes[keyword] = read(row[at])
        attributes["InstanceAvailability"] = AVAILABLE
        sequences = None
        if self.requests_at >= 0:
            del attributes[REQUESTS]
            sequences = {REQUESTS: _items(row[self.requests_at])}
        return Found(self.level, attributes, sequences)


def answering(query: Query, scope: Scope) -> Answering:
    """Give what a query's answers hold: the level's own, the keys above it, and what was asked for."""
    asked = (*(key.attribute for key in query.keys), *query.returned)
    shape = _Shape(query.level, asked, own=query.own, everything=query.everything)
    # only the counts of patients depend on who asks; a long list of attributes is not worth remembering
    if query.level is Level.PATIENT or len(asked) > REMEMBERED:
        return _answering(shape, scope)
    return _remembered(shape)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of a query decides the columns of its answers."""

    level: Level
    asked: tuple[str, ...]
    own: bool
    everything: bool


@lru_cache(maxsize=256)
def _remembered(shape: _Shape) -> Answering:
    return _answering(shape, None)


def _answering(shape: _Shape, scope: Scope | None) -> Answering:
    level, depth = shape.level, DEPTH[shape.level]
    own = own_keywords(level) if shape.own else ()
    wanted = dict.fromkeys((*UNIQUE_KEYS[level], *own, *(name.split(".")[0] for name in shape.asked)))
    if shape.everything:
        wanted |= dict.fromkeys(keyword for keyword in COLUMNS if "." not in keyword)
    keywords = [name for name in wanted if name in COLUMNS and DEPTH[COLUMNS[name].level] <= depth]
    shown = [COLUMNS[name].shown for name in keywords]
    texts = tuple((name, at) for at, name in enumerate(keywords) if _is_text(COLUMNS[name]))
    readers = [(name, at, _reader(COLUMNS[name])) for at, name in enumerate(keywords) if not _is_text(COLUMNS[name])]
    parameters: list[object] = []
    if scope is not None and level is Level.PATIENT:
        for name in PATIENT_COUNTS:
            if name in wanted or shape.everything:
                sql, values = _patient_count(PATIENT_COUNTS[name], scope)
                readers.append((name, len(shown), _text))
                shown.append(sql)
                parameters.extend(values)
    others = tuple(dict.fromkeys(name.split(".")[0] for name in shape.asked if _is_other(name, depth)))
    at = keywords.index(REQUESTS) if REQUESTS in keywords else -1
    return Answering(level, tuple(shown), tuple(parameters), texts, tuple(readers), others, at)


def _is_text(column: Column) -> bool:
    counted = column.kind is Kind.NUMBER or column.keyword.startswith("Number")
    return not counted and column.keyword not in LISTS


def _is_other(name: str, depth: int) -> bool:
    """Say whether an attribute is read from a header: no column has it, or a column has a part of its items alone."""
    if (column := COLUMNS.get(name.split(".")[0])) and DEPTH[column.level] > depth:
        return False  # of a level below: nothing of a study, though its first instance has it
    return name == REQUESTS or (name not in COLUMNS and name not in PATIENT_COUNTS and name != "InstanceAvailability")


def _patient_count(what: str, scope: Scope) -> tuple[str, list[object]]:
    conditions, parameters = scope_condition(scope, "c")
    where = " AND ".join(["c.patient = s.patient", "c.visible = 1", *conditions])
    return f"(SELECT {what} FROM study c WHERE {where})", parameters


def _text(value: object) -> tuple[str, ...]:
    return (str(value),) if value != "" else ()


def _positive(value: object) -> tuple[str, ...]:
    return (str(value),) if value else ()


def _values(value: object) -> tuple[str, ...]:
    return from_list(str(value))


def _reader(column: Column) -> Callable[[object], tuple[str, ...]]:
    if column.keyword in LISTS:
        return _values
    return _positive if column.kind is Kind.NUMBER else _text


def _items(value: object) -> tuple[dict[str, tuple[str, ...]], ...]:
    items: Sequence[dict[str, str]] = json.loads(str(value)) if value else ()
    return tuple({keyword: (text,) for keyword, text in item.items()} for item in items)

"""A matching key → a condition in SQL (PS3.4 C.2.2.2), the same result on both engines.

Text is compared by code point and case-sensitively, names are folded on both sides (PS3.4 C.2.2.2.1), wild cards become
GLOB on SQLite and LIKE on PostgreSQL, and a pattern with one `*` at its end becomes a range that an index serves.
"""

from dataclasses import dataclass
from typing import assert_never

from radiotheque.catalog.columns import Column, Kind
from radiotheque.catalog.values import as_date, as_order, as_time, fold_groups
from radiotheque.core.query import Empty, Level, ListOf, Match, Range, Single, Wildcard

FIRST_BEYOND_LATIN = "\u1100"
"""A key with letters from here on (Hangul, kana, ideographs) may mean any group of a name."""

NAME_GROUPS = ("s.name_fold", "s.name_ideographic", "s.name_phonetic")

MODALITY_OF_STUDY = "m2.study_id = s.id"
"""How `study_modality` is tied to its study; only studies that show are there."""

NOTHING = "1 = 0"
ANYTHING = "1 = 1"


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of a WHERE clause, at the level of the row it speaks of.

    `drive` names the way in that an index offers, "" for none; `hint` is what that way needs (literals, modalities).
    `each` is the same question to one study, by the same parameters, for a way in that brings few; "" where `sql` is that.
    """

    sql: str
    parameters: tuple[object, ...] = ()
    level: Level = Level.STUDY
    drive: str = ""
    hint: tuple[str, ...] = ()
    each: str = ""


def either(conditions: list[Condition], word: str = " OR ") -> Condition:
    """Join conditions of one level."""
    if len(conditions) == 1:
        return conditions[0]
    sql = word.join(f"({one.sql})" for one in conditions)
    return Condition(sql, tuple(value for one in conditions for value in one.parameters), conditions[0].level)


def successor(prefix: str) -> str:
    """Give the first text that sorts behind all that begin with `prefix`, "" when there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            return prefix[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = prefix[:-1]
    return ""


def is_prefix(pattern: str) -> bool:
    return pattern.endswith("*") and "*" not in pattern[:-1] and "?" not in pattern


def wild(expression: str, pattern: str, *, sqlite: bool) -> tuple[str, tuple[object, ...]]:
    """Give a condition for `*` and `?` (PS3.4 C.2.2.2.4)."""
    if "*" not in pattern and "?" not in pattern:
        return f"{expression} = ?", (pattern,)
    if not pattern.strip("*"):
        return ANYTHING, ()
    if is_prefix(pattern):
        prefix = pattern[:-1]
        above = successor(prefix)
        return (
            (f"{expression} >= ? AND {expression} < ?", (prefix, above)) if above else (f"{expression} >= ?", (prefix,))
        )
    if sqlite:
        return f"{expression} GLOB ?", (pattern.replace("[", "[[]"),)
    return f"{expression} LIKE ?", (literal_like(pattern).replace("*", "%").replace("?", "_"),)


def literal_like(text: str) -> str:
    """Give text in which LIKE takes every character as itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def text_condition(expression: str, match: Match, *, sqlite: bool) -> tuple[str, tuple[object, ...]]:
    """Give a condition on a text."""
    match match:
        case Single(value):
            return f"{expression} = ?", (value.strip(" "),)
        case ListOf(values):
            return f"{expression} IN ({', '.join('?' * len(values))})", tuple(value.strip(" ") for value in values)
        case Wildcard(pattern):
            return wild(expression, pattern.strip(" "), sqlite=sqlite)
        case Range(start, end):
            return between(expression, start, end)
        case Empty():
            return f"{expression} = ''", ()
        case _:
            assert_never(match)


def between(expression: str, start: str, end: str) -> tuple[str, tuple[object, ...]]:
    """Give a condition on a range with both ends included; no value is in none (PS3.4 C.2.2.2.5)."""
    parts, parameters = [], []
    if start:
        parts.append(f"{expression} >= ?")
        parameters.append(start)
    else:
        parts.append(f"{expression} <> ''")
    if end:
        parts.append(f"{expression} <= ?")
        parameters.append(end)
    return " AND ".join(parts), tuple(parameters)


def last_moment(time: str) -> str:
    """Give the last moment of a time that may lack its minutes, seconds or fraction: `10` → `105959.999999`."""
    bare = time.replace(":", "")
    return as_time(bare) if "." in bare else f"{bare}{'235959'[len(bare) :]}.999999" if bare else ""


_DRIVES = {
    "s.uid": "uid",
    "e.uid": "uid",
    "i.uid": "uid",
    "s.patient_id": "ix_study_patient_id",
    "s.accession": "ix_study_accession",
    "s.study_id": "ix_study_study_id",
}


def condition_for(column: Column, match: Match, *, sqlite: bool) -> Condition:
    """Give the condition of a key on a column."""
    make = _BY_KIND.get(column.kind)
    if make is not None:
        return make(column, match, sqlite)
    sql, parameters = text_condition(column.matched, match, sqlite=sqlite)
    exact = isinstance(match, Single | ListOf) or (isinstance(match, Wildcard) and is_prefix(match.pattern.strip(" ")))
    return Condition(sql, parameters, column.level, _DRIVES.get(column.matched, "") if exact else "")


def _date(column: Column, match: Match, sqlite: bool) -> Condition:
    match match:
        case Single(value):
            match = Single(as_date(value))
        case Range(start, end):
            match = Range(as_date(start), as_date(end))
    sql, parameters = text_condition(column.matched, match, sqlite=sqlite)
    return Condition(sql, parameters, column.level, "ix_study_newest" if column.matched == "s.date" else "")


def _time(column: Column, match: Match, sqlite: bool) -> Condition:
    match match:
        case Single(value):
            match = Single(as_time(value))
        case Range(start, end):
            match = Range(as_time(start), last_moment(end))
    return Condition(*text_condition(column.matched, match, sqlite=sqlite), column.level)


def _number(column: Column, match: Match, sqlite: bool) -> Condition:
    """Numbers are compared as numbers: `1` finds `01`. They know neither wild cards nor ranges."""
    if isinstance(match, Empty):
        return Condition(f"{column.shown} = {'0' if column.shown == column.matched else repr('')}", (), column.level)
    values = (match.value,) if isinstance(match, Single) else match.values if isinstance(match, ListOf) else ()
    numbers = [as_order(value.strip(" ")) for value in values]
    if not numbers:
        return Condition(NOTHING, (), column.level)
    return Condition(f"{column.matched} IN ({', '.join('?' * len(numbers))})", tuple(numbers), column.level)


def _list(column: Column, match: Match, sqlite: bool) -> Condition:
    """One of several values is enough (PS3.4 C.2.2.2: a match of any value is a match)."""
    if isinstance(match, Empty):
        return Condition(f"{column.matched} = ''", (), column.level)
    value = "v.value" if sqlite else 'v.value COLLATE "C"'
    listed = f"NULLIF({column.matched}, '')"
    rows = f"json_each({listed}) v" if sqlite else f"json_array_elements_text(CAST({listed} AS json)) v(value)"
    sql, parameters = text_condition(value, match, sqlite=sqlite)
    return Condition(f"EXISTS (SELECT 1 FROM {rows} WHERE {sql})", parameters, column.level)


def _modality(column: Column, match: Match, sqlite: bool) -> Condition:
    if isinstance(match, Empty):
        return Condition("s.modalities = ''")
    sql, parameters = text_condition("m2.modality", match, sqlite=sqlite)
    exists = f"EXISTS (SELECT 1 FROM study_modality m2 WHERE {MODALITY_OF_STUDY} AND {sql})"
    return Condition(exists, parameters, Level.STUDY, *modality_drive(match))


def modality_drive(match: Match) -> tuple[str, tuple[str, ...]]:
    """Give the way in that modalities offer, with the modalities."""
    if isinstance(match, Single | ListOf):
        values = (match.value,) if isinstance(match, Single) else match.values
        return "modality", tuple(dict.fromkeys(value.strip(" ") for value in values))
    return "", ()


def _name(column: Column, match: Match, sqlite: bool) -> Condition:
    """Names are folded on both sides.

    A key with `=` is compared group by group, an empty group matching all. One without is compared with the
    alphabetic group, and with the others too when it holds letters beyond the alphabets.
    """
    if isinstance(match, ListOf):
        return either([_name(column, Single(value), sqlite) for value in match.values])
    if isinstance(match, Empty):
        return Condition(f"{column.shown} = ''", (), column.level)
    text = match.value if isinstance(match, Single) else match.pattern if isinstance(match, Wildcard) else ""
    if column.keyword != "PatientName":
        return Condition(*wild(column.matched, fold_groups(text)[0], sqlite=sqlite), column.level)
    groups = fold_groups(text)
    if "=" in text:
        given = [(at, group) for at, group in zip(NAME_GROUPS, groups, strict=True) if group.strip("*")]
        parts = [_name_part(at, group, sqlite) for at, group in given]
        return either(parts, " AND ") if parts else Condition(ANYTHING, (), Level.PATIENT)
    if max(groups[0], default="") >= FIRST_BEYOND_LATIN:
        return either([_name_part(at, groups[0], sqlite) for at in NAME_GROUPS])
    return _name_part(NAME_GROUPS[0], groups[0], sqlite)


def _name_part(expression: str, pattern: str, sqlite: bool) -> Condition:
    sql, parameters = wild(expression, pattern, sqlite=sqlite)
    literals = tuple(literal for literal in pattern.replace("?", "*").split("*") if len(literal) >= 3)
    drive = ""
    if expression == NAME_GROUPS[0] and (("*" not in pattern and "?" not in pattern) or is_prefix(pattern)):
        drive = "ix_study_name_fold"
    elif literals:
        drive = "letters"
    return Condition(sql, parameters, Level.PATIENT, drive, literals)


_BY_KIND = {
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.NUMBER: _number,
    Kind.LIST: _list,
    Kind.MODALITY: _modality,
    Kind.NAME: _name,
}

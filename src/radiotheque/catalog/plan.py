"""Which way in a query takes: one index leads, everything else only filters.

The engines' planners guess badly at what a folded prefix or three letters hit among a million names, and pick either
an index with a sort of all it finds, or the date order with a filter, and each is a hundred times too slow for the
other's case. So the way is chosen here, by a rule and at most one bounded count.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from radiotheque.catalog.matching import MODALITY_OF_STUDY, Condition, literal_like
from radiotheque.core.caller import Scope
from radiotheque.database.session import Session

FEW = 5_000
"""So many found studies are sorted faster than they are met by walking through all in order of date."""

FEW_COVERED = 20_000
"""The same, where the index holds all that the sort needs."""

MANY = 100_000
"""The same, where other keys filter too, so that walking might never end."""

LISTED = 1_000
"""So many found studies are handed from statement to statement by their numbers."""

NEWEST = "ix_study_newest"


@dataclass(frozen=True, slots=True)
class Way:
    """Where the rows come from, in SQLite's words.

    `source` is a FROM clause that ends in `study s`; `order` are the columns of date, time and row that are in
    order there; `conditions` tie the leading table to its key.
    """

    source: str
    order: tuple[str, str, str] = ("s.date", "s.time", "s.id")
    conditions: tuple[Condition, ...] = ()
    lead: str = ""
    """The leading table alone, where each of its rows is of a study that shows: enough when nothing asks for more."""
    met: Condition | None = None
    """A condition of the query that whatever comes this way meets, so it need not be asked again."""
    scoped: bool = False
    """Whatever comes this way bears a token that the caller is allowed by."""
    counted: bool = False
    """So few come this way, each asked for so much, that finding and counting them is one walk."""
    join: str = "CROSS JOIN"
    """How the levels below are joined: SQLite keeps the order of tables around a CROSS JOIN."""


def indexed(name: str) -> Way:
    return Way(f"study s INDEXED BY {name}")


PLAIN = Way("study s", join="JOIN")
BY_DATE = indexed(NEWEST)
_NOT_HIDDEN = Condition("NOT EXISTS (SELECT 1 FROM study h WHERE h.id = a.study_id AND h.visible = 0)")
"""What hidden studies there are stands in a small index; a look at each study of a token would read as many pages."""

_EXACT = ("uid", "ix_study_patient_id", "ix_study_accession", "ix_study_study_id", "lower")


def choose(session: Session, conditions: Sequence[Condition], scope: Scope) -> tuple[Way, Way]:
    """Give the way for a page in order, and the one for a count, whose order is of no matter."""
    drives = {condition.drive: condition for condition in reversed(conditions) if condition.drive}
    for name in _EXACT:
        if name in drives:
            way = indexed(name) if name.startswith("ix_") else PLAIN
            return way, way
    if scoped := _by_scope(session, scope, conditions):
        return scoped, scoped
    listed = _by_list(session, drives["list"], _dates(conditions, "l")) if "list" in drives else None
    alone = len(conditions) == 1
    for name, way_of, few in _FINDING:
        if name in drives:
            enough = few if alone else MANY
            way, found = way_of(session, drives[name], enough)
            return (way if found <= enough else listed or BY_DATE), way
    if listed:
        return listed, listed
    if "modality" in drives:
        return _by_modality(session, drives["modality"], _dates(conditions, "m"))
    return BY_DATE, BY_DATE


def _dates(conditions: Sequence[Condition], table: str) -> tuple[Condition, ...]:
    """Give the conditions on a study's date as ones on the leading table, which is in order of it too."""
    return tuple(
        replace(one, sql=one.sql.replace("s.date", f"{table}.date").replace("s.time", f"{table}.time"))
        for one in conditions
        if one.drive == NEWEST
    )


def _by_scope(session: Session, scope: Scope, conditions: Sequence[Condition]) -> Way | None:
    """Lead by the tokens of a caller who may see few studies."""
    if scope.everything or not scope.allow:
        return None
    tokens = sorted(scope.allow)
    marks = ", ".join("?" * len(tokens))
    if _count(session, f"SELECT 1 FROM study_access WHERE token IN ({marks})", tokens, FEW) > FEW:
        return None
    if len(tokens) == 1:
        source = "study_access a CROSS JOIN study s ON s.id = a.study_id"
        tied = (Condition("a.token = ?", tuple(tokens)), *_dates(conditions, "a"))
        shown = any(_only_shown(condition) for condition in conditions)
        tied += () if shown else (_NOT_HIDDEN,)
        order = ("a.date", "a.time", "a.study_id")
        return Way(source, order, tied, lead="study_access a", scoped=True, counted=shown)
    listed = f"SELECT study_id FROM study_access WHERE token IN ({marks})"
    return replace(_few(session, listed, tokens), scoped=True)


def _by_words(session: Session, condition: Condition, most: int) -> tuple[Way, int]:
    found = _count(session, condition.hint[0], condition.parameters, most)
    return _few(session, condition.hint[0], condition.parameters, met=condition), found


def _by_letters(session: Session, condition: Condition, most: int) -> tuple[Way, int]:
    if not session.is_sqlite:
        return _by_trigrams(session, condition)
    phrase = " AND ".join('"{}"'.format(literal.replace('"', '""')) for literal in condition.hint)
    rows = session.all(f"SELECT rowid FROM study_letters WHERE study_letters MATCH ? LIMIT {LISTED + 1}", (phrase,))
    if len(rows) <= LISTED:  # few enough to carry along, so that the letters are looked up once
        listed = Condition("s.id IN (SELECT value FROM json_each(?))", (json.dumps([row[0] for row in rows]),))
        return Way("study s", conditions=(listed,)), len(rows)
    match = Condition("study_letters MATCH ?", (phrase,))
    found = _count(session, "SELECT rowid FROM study_letters WHERE study_letters MATCH ?", (phrase,), most)
    return Way("study_letters CROSS JOIN study s ON s.id = study_letters.rowid", conditions=(match,)), found


def _by_trigrams(session: Session, condition: Condition) -> tuple[Way, int]:
    """PostgreSQL's index of letters is on all groups of a name: without a key on these it is not used.

    Counting would read a row for each that its index finds; what the planner makes of its statistics is enough to choose by.
    """
    likes = tuple(f"%{literal_like(literal)}%" for literal in condition.hint)
    sql = " AND ".join(["s.name_all LIKE ?"] * len(likes))
    [[plan]] = session.all(f"EXPLAIN (FORMAT JSON) SELECT 1 FROM study s WHERE {sql}", likes)
    return Way("study s", conditions=(Condition(sql, likes),), join="JOIN"), int(plan[0]["Plan"]["Plan Rows"])


def _by_name(session: Session, condition: Condition, most: int) -> tuple[Way, int]:
    if not session.is_sqlite:
        return PLAIN, 0
    sql = f"SELECT 1 FROM study s INDEXED BY ix_study_name_fold WHERE s.visible = 1 AND {condition.sql}"
    return Way("study s INDEXED BY ix_study_name_fold"), _count(session, sql, condition.parameters, most)


_FINDING = (
    ("words", _by_words, FEW),
    ("letters", _by_letters, FEW),
    ("ix_study_name_fold", _by_name, FEW_COVERED),
)


def _by_modality(session: Session, condition: Condition, dates: tuple[Condition, ...]) -> tuple[Way, Way]:
    if len(condition.hint) == 1:
        source = "study_modality m CROSS JOIN study s ON s.id = m.study_id"
        met = condition if _only_shown(condition) else None
        tied = (Condition("m.modality = ?", condition.hint), *dates)
        way = Way(source, ("m.date", "m.time", "m.study_id"), tied, lead="study_modality m", met=met)
        return way, way
    marks = ", ".join("?" * len(condition.hint))
    listed = f"SELECT study_id FROM study_modality WHERE modality IN ({marks})"
    few = _few(session, listed, condition.hint)
    return (few if _count(session, listed, condition.hint, FEW) <= FEW else BY_DATE), BY_DATE


def _by_list(session: Session, condition: Condition, dates: tuple[Condition, ...]) -> Way | None:
    """Lead by a list that a room keeps; by several where few studies are on them, else by none."""
    if len(condition.hint) == 1:
        source = "study_list l CROSS JOIN study s ON s.id = l.study_id"
        tied = (Condition("l.list = ?", condition.hint), *dates)
        return Way(source, ("l.date", "l.time", "l.study_id"), tied, met=condition)
    listed = f"SELECT study_id FROM study_list WHERE list IN ({', '.join('?' * len(condition.hint))})"
    if _count(session, listed, condition.hint, FEW) > FEW:
        return None
    return _few(session, listed, condition.hint)


def _few(session: Session, listed: str, parameters: Sequence[object], met: Condition | None = None) -> Way:
    """Lead by the few studies that SQL lists.

    PostgreSQL takes them for many, and would go through all studies from the newest on, asking each whether it is among them:
    gathered first into an array, they are looked up.
    """
    sql = f"s.id IN ({listed})" if session.is_sqlite else f"s.id = ANY (ARRAY ({listed}))"
    return Way("study s", conditions=(Condition(sql, tuple(parameters)),), met=met)


def _only_shown(condition: Condition) -> bool:
    """Say whether what meets a condition is a study that shows, without a look at the study itself."""
    return condition.drive == "modality" and MODALITY_OF_STUDY in condition.sql


def _count(session: Session, sql: str, parameters: Sequence[object], most: int) -> int:
    """Count what a query finds, up to what makes a difference."""
    row = session.one(f"SELECT count(*) FROM (SELECT 1 FROM ({sql} LIMIT {most + 1}) f) g", parameters)
    return int(row[0]) if row else 0

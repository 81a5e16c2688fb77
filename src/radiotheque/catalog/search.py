"""A query → its matches, within a Scope: keys as data become one SQL statement a page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from radiotheque.catalog import fuzzy, moments
from radiotheque.catalog.answers import PATIENT_COUNTS, Answering, answering
from radiotheque.catalog.columns import COLUMNS, DEPTH, Kind
from radiotheque.catalog.extras import Extras
from radiotheque.catalog.lists import on_none_of, on_one_of
from radiotheque.catalog.locate import representative
from radiotheque.catalog.matching import MODALITY_OF_STUDY, Condition, condition_for, modality_drive, text_condition
from radiotheque.catalog.names import WordIndex
from radiotheque.catalog.paging import SIZES, after_cursor, read_cursor, write_cursor
from radiotheque.catalog.plan import NEWEST, Way, choose
from radiotheque.catalog.scope import scope_condition, scope_conditions
from radiotheque.core.caller import Scope
from radiotheque.core.instance import Location
from radiotheque.core.query import Empty, Found, Key, Level, Page, Query, Single
from radiotheque.database.engine import Database
from radiotheque.database.session import Row, Session
from radiotheque.dicom.elements import strings_of
from radiotheque.dicom.matching import attribute_named

type Described = dict[str, tuple[str, ...]]
type AttributesOf = Callable[[Location, tuple[str, ...] | None], Mapping[str, Mapping[str, Any]]]
"""Reads attributes that are no columns from a representative instance, as DICOM JSON; None asks for all there are."""

COUNTED = 1000
"""How far the matches behind a page are counted."""

NO_LIMIT = 1 << 40
STREAMED = (32, 128, 512)
"""Sizes of the batches that a stream fetches: the first answer comes soon, the rest in few statements."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A query, ready to be run page by page."""

    level: Level
    way: Way
    counting: Way
    conditions: tuple[Condition, ...]
    answer: Answering
    newest_first: bool
    sqlite: bool

    def page(
        self, after: Sequence[str | int], limit: int, offset: int, *, counted: bool = False
    ) -> tuple[str, list[object]]:
        """Give SQL that finds the rows in order first, touching indexes alone where it can, then reads their columns.

        `counted`: before its cursor, each row says how many there are in all.
        """
        tables = _TABLES[self.level]
        inner, parameters = self._inner(self.way, after)
        order = self._order(self.way.order)
        ids = {"s": self.way.order[2]}
        keys = ", ".join(f"{ids.get(alias, f'{alias}.id')} AS {alias}k" for alias in tables)
        keys += ", count(*) OVER () AS n" * counted
        found = f"SELECT {keys} FROM {inner} ORDER BY {order} LIMIT ? OFFSET ?"
        joins = " ".join(f"CROSS JOIN {name} {alias} ON {alias}.id = k.{alias}k" for alias, name in tables.items())
        cursor = ", ".join(_CURSOR[: SIZES[self.level]])
        shown = ", ".join((*self.answer.shown, *("k.n",) * counted, cursor))
        sql = f"SELECT {shown} FROM ({found}) k {joins} ORDER BY {self._order(Way('').order)}"
        return self._words(sql), [*self.answer.parameters, *parameters, limit, offset]

    def count(self, after: Sequence[str | int], limit: int) -> tuple[str, list[object]]:
        """Give SQL that counts matches, up to `limit`."""
        inner, parameters = self._inner(self.counting, after)
        return self._words(f"SELECT count(*) FROM (SELECT 1 FROM {inner} LIMIT ?) k"), [*parameters, limit]

    def _inner(self, way: Way, after: Sequence[str | int]) -> tuple[str, list[object]]:
        conditions = [*way.conditions, *self._left(way)]
        # tied to the leading table where there is one, so that they are asked before the study is looked up
        where = [_tied(condition.sql, way, sqlite=self.sqlite) for condition in conditions]
        if way.lead and self.level is Level.STUDY and not any("s." in one for one in where):
            source = way.lead
        else:
            source = way.source + "".join(f" {way.join} {join}" for join in _JOINS[self.level])
            where += [f"{alias}.visible = 1" for alias in _TABLES[self.level]]
        parameters = [value for condition in conditions for value in condition.parameters]
        if after:
            sql, values = after_cursor(after, way.order, newest_first=self.newest_first)
            where.append(sql)
            parameters.extend(values)
        return f"{source} WHERE {' AND '.join(f'({one})' for one in where)}", parameters

    def _left(self, way: Way) -> list[Condition]:
        """Give the conditions that the way in does not meet by itself."""
        tied = way.order[0] != "s.date"
        return [one for one in self.conditions if one is not way.met and not (tied and one.drive == NEWEST)]

    def _order(self, study: tuple[str, str, str]) -> str:
        way = "DESC" if self.newest_first else "ASC"
        below = ("e.ord", "e.id", "i.ord", "i.id")[: SIZES[self.level] - 3]
        return ", ".join((*(f"{column} {way}" for column in study), *below))

    def _words(self, sql: str) -> str:
        if self.sqlite:
            return sql
        for name in ("newest", "patient_id", "accession", "study_id", "name_fold"):
            sql = sql.replace(f" INDEXED BY ix_study_{name}", "")
        return sql.replace("CROSS JOIN", "JOIN")


_TABLES = {
    Level.PATIENT: {"s": "study"},
    Level.STUDY: {"s": "study"},
    Level.SERIES: {"s": "study", "e": "series"},
    Level.IMAGE: {"s": "study", "e": "series", "i": "instance"},
}
_JOINS = {
    Level.PATIENT: (),
    Level.STUDY: (),
    Level.SERIES: ("series e ON e.study_id = s.id",),
    Level.IMAGE: ("series e ON e.study_id = s.id", "instance i ON i.series_id = e.id"),
}
_CURSOR = ("s.date", "s.time", "s.id", "e.ord", "e.id", "i.ord", "i.id")


class Search:
    """Finds studies, series, instances and patients."""

    def __init__(self, database: Database, extras: Extras, attributes_of: AttributesOf | None) -> None:
        self._database, self._extras, self._attributes_of = database, extras, attributes_of
        self._words = WordIndex()

    def find(self, query: Query, scope: Scope) -> Page:
        """Give one page, and how many matches are behind it: exactly up to 1,000."""
        after = read_cursor(query.after, query.level) if query.after else []
        limit = NO_LIMIT if query.limit is None else query.limit
        with self._database.reader() as session:
            statement = self._statement(session, query, scope)
            counted = statement.way.counted
            rows = session.all(*statement.page(after, limit + 1, query.offset, counted=counted)) if limit else []
            remaining = 0
            if len(rows) > limit or not limit:
                seen = query.offset + limit
                size = SIZES[query.level]
                row = (
                    rows[0][-size - 1 :]
                    if rows and counted
                    else session.one(*statement.count(after, seen + COUNTED + 1))
                )
                remaining = max(row[0] - seen, 0) if row else 0
        matches = tuple(self._found(statement, row, query) for row in rows[:limit])
        cursor = write_cursor(rows[limit - 1][-SIZES[query.level] :]) if matches and remaining else ""
        return Page(matches, min(remaining, COUNTED), remaining > COUNTED, cursor)

    def find_each(self, query: Query, scope: Scope) -> Iterator[Found]:
        """Yield every match in order, in batches that hold no connection while they are used."""
        after = read_cursor(query.after, query.level) if query.after else []
        left = NO_LIMIT if query.limit is None else query.limit
        statement: Statement | None = None
        offset, turn = query.offset, 0
        while left > 0:
            size = min(STREAMED[min(turn, len(STREAMED) - 1)], left)
            with self._database.reader() as session:
                statement = statement or self._statement(session, query, scope)
                rows = session.all(*statement.page(after, size, offset))
            for row in rows:
                yield self._found(statement, row, query)
            if len(rows) < size:
                return
            after, offset, turn, left = list(rows[-1][-SIZES[query.level] :]), 0, turn + 1, left - size

    def described(self, location: Location, names: tuple[str, ...]) -> Described:
        """Give the text values of attributes of an instance that are no columns; none when nobody reads them."""
        return _texts(self._attributes_of(location, names)) if self._attributes_of else {}

    def unsupported(self, query: Query) -> tuple[str, ...]:
        """Give the keys that are not matched on at this level."""
        return tuple(key.attribute for key in query.keys if not self._is_matched(key, query.level))

    def matched_plainly(self, query: Query) -> tuple[str, ...]:
        """Give the keys on person names that are matched plainly though the query is a fuzzy one: all but Patient's Name."""
        if not query.fuzzy:
            return ()
        names = (key for key in query.keys if _is_other_name(key) and not isinstance(key.match, Empty))
        return tuple(key.attribute for key in names if self._is_matched(key, query.level))

    def _is_matched(self, key: Key, level: Level) -> bool:
        column = COLUMNS.get(key.attribute)
        if column is None:
            return key.attribute in self._extras.levels and level is not Level.PATIENT
        if column.kind is Kind.SHOWN or key.attribute in PATIENT_COUNTS:
            return False
        return level is not Level.PATIENT or column.level is Level.PATIENT

    def _statement(self, session: Session, query: Query, scope: Scope) -> Statement:
        conditions = self._conditions(session, query)
        depth = DEPTH[query.level]
        here = [one for one in conditions if DEPTH[one.level] <= max(depth, 1)]
        if below := [one for one in conditions if DEPTH[one.level] > max(depth, 1)]:
            here.append(_holding(below, query.level))
        way, counting = choose(session, here, scope)
        if way.scoped:
            here = [replace(one, sql=one.each) if one.each else one for one in here]
        # a way in by the scope's own tokens leaves only those to ask for that it denies
        asked = replace(scope, everything=True) if way.scoped else scope
        here.extend(Condition(sql, tokens) for sql, tokens in scope_conditions(asked))
        if query.level is Level.PATIENT:
            here.append(_newest_of_patient(scope))
        return Statement(
            query.level, way, counting, tuple(here), answering(query, scope), query.newest_first, session.is_sqlite
        )

    def _conditions(self, session: Session, query: Query) -> list[Condition]:
        sqlite = session.is_sqlite
        keys = [key for key in query.keys if self._is_matched(key, query.level)]
        found: list[Condition] = []
        if query.combined_datetime:
            combined, keys = moments.combined(session, keys, query.timezone)
            found.extend(combined)
        found.extend(on_one_of(names) for names in query.listed)
        if query.unlisted:
            found.append(on_none_of(query.unlisted))
        requests = [key for key in keys if (column := COLUMNS.get(key.attribute)) and column.kind is Kind.REQUEST]
        if requests:
            found.append(_request(requests, sqlite=sqlite))
        for key in keys:
            column = COLUMNS.get(key.attribute)
            if key in requests:
                continue
            if column is None:
                found.append(self._extra(key, sqlite=sqlite))
            elif key.attribute == "PatientName" and query.fuzzy:
                found.append(fuzzy.name_condition(session, self._words, key.match))
            else:
                found.append(condition_for(column, key.match, sqlite=sqlite))
                if key.attribute == "Modality" and (drive := modality_drive(key.match))[0]:
                    found[-1] = replace(found[-1], drive=drive[0], hint=drive[1])
        return found

    def _extra(self, key: Key, *, sqlite: bool) -> Condition:
        level = self._extras.levels[key.attribute]
        alias = {Level.STUDY: "s", Level.SERIES: "e", Level.IMAGE: "i"}[level]
        sql, parameters = text_condition("x.value", key.match, sqlite=sqlite)
        inner = f"SELECT x.row FROM extra_value x WHERE x.level = ? AND x.attribute = ? AND {sql}"
        drive = "lower" if isinstance(key.match, Single) else ""
        return Condition(f"{alias}.id IN ({inner})", (level.value, key.attribute, *parameters), level, drive)

    def _found(self, statement: Statement, row: Row, query: Query) -> Found:
        found = statement.answer.found(row)
        if self._attributes_of is None or not (statement.answer.others or query.everything):
            return found
        row_id = row[-SIZES[query.level] :][{Level.SERIES: 4, Level.IMAGE: 6}.get(query.level, 2)]
        with self._database.reader() as session:
            location = representative(session, query.level, row_id)
        others = self._attributes_of(location, None if query.everything else statement.answer.others)
        read = {name: element for name, element in others.items() if name not in found.attributes}
        return replace(found, attributes={**_texts(read), **found.attributes}, elements=read)


def _is_other_name(key: Key) -> bool:
    return key.attribute != "PatientName" and attribute_named(key.attribute)[1] == "PN"


def _texts(elements: Mapping[str, Mapping[str, Any]]) -> Described:
    return {name: strings_of(element) for name, element in elements.items() if element["vr"] != "SQ"}


def _tied(sql: str, way: Way, *, sqlite: bool) -> str:
    """Give a condition as one on the leading table.

    Where that is in order of date, so is the key of `study_modality`: its rows are met one after the other, not each on
    a page of its own. SQLite would turn an EXISTS into a join behind the study's row; said to be true it stays what it is, before it.
    PostgreSQL would read all that any row might ask for and hash it; what gives a value it asks row by row.
    """
    date, time, row = way.order
    if row == "s.id":
        return sql
    # a sum keeps PostgreSQL from the index that begins with the study
    study = "m2.study_id" if sqlite else "m2.study_id + 0"
    tied = sql.replace(MODALITY_OF_STUDY, f"{study} = {row} AND m2.date = {date} AND m2.time = {time}")
    tied = tied.replace("= s.id", f"= {row}")
    if tied == sql or not tied.startswith("EXISTS "):
        return tied
    return f"({tied}) IS TRUE" if sqlite else f"{tied.removeprefix('EXISTS ').removesuffix(')')} LIMIT 1) = 1"


def _holding(below: list[Condition], level: Level) -> Condition:
    """Ask for a row that holds one below it which meets all these conditions."""
    outer = {Level.STUDY: ("s.id", "e.study_id"), Level.SERIES: ("e.id", "i.series_id")}[level]
    source = "series e JOIN instance i ON i.series_id = e.id" if level is Level.STUDY else "instance i"
    if level is Level.STUDY and all(one.level is Level.SERIES for one in below):
        source = "series e"
    seen = ["e.visible = 1"] * ("series e" in source) + ["i.visible = 1"] * ("instance i" in source)
    where = " AND ".join([f"({one.sql})" for one in below] + seen)
    parameters = tuple(value for one in below for value in one.parameters)
    if any(one.drive in ("uid", "lower") for one in below):
        return Condition(f"{outer[0]} IN (SELECT {outer[1]} FROM {source} WHERE {where})", parameters, level, "lower")
    drive = next(((one.drive, one.hint) for one in below if one.drive == "modality" and level is Level.STUDY), ("", ()))
    return Condition(
        f"EXISTS (SELECT 1 FROM {source} WHERE {outer[1]} = {outer[0]} AND {where})", parameters, level, *drive
    )


def _request(keys: Sequence[Key], *, sqlite: bool) -> Condition:
    """One item must meet all keys of the sequence (PS3.4 C.2.2.2.6)."""
    parts: list[str] = []
    parameters: list[object] = []
    for key in keys:
        sql, values = text_condition(COLUMNS[key.attribute].matched, key.match, sqlite=sqlite)
        parts.append(sql)
        parameters.extend(values)
    inner = f"SELECT r.series_id FROM series_request r WHERE {' AND '.join(parts)}"
    drive = "lower" if any(isinstance(key.match, Single) for key in keys) else ""
    return Condition(f"e.id IN ({inner})", tuple(parameters), Level.SERIES, drive)


def _newest_of_patient(scope: Scope) -> Condition:
    """A patient is shown as in the newest of the studies that the caller may see."""
    allowed, tokens = scope_condition(scope, "n")
    where = ["n.patient = s.patient", "n.visible = 1", "(n.date, n.time, n.id) > (s.date, s.time, s.id)", *allowed]
    return Condition(f"NOT EXISTS (SELECT 1 FROM study n WHERE {' AND '.join(where)})", tuple(tokens))

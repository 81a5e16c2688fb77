"""The worklist: a search and filters → a page of rows, the newest first or in another order.

The catalog decides which studies and in which order, by indexes alone: a filter by status, priority, reader or part of
the body is a list that it keeps in order of date, so none of them scans. How the reading stands, body parts and stations
are read for the page. In another order than by date, the newest 1,000 matches are sorted, and `count` says whether
these are all.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from radiotheque.core.caller import Caller
from radiotheque.core.errors import Malformed
from radiotheque.core.names import fold
from radiotheque.core.query import Key, Page, Query, Range
from radiotheque.reading.cursors import Cursor, read_cursor, write_cursor
from radiotheque.reading.language import Question, one_of, questions
from radiotheque.reading.model import Count, Filters, Slice, Worklist, owner_of
from radiotheque.reading.regions import list_of, region_of
from radiotheque.reading.rows import Rows, Study, uids_of
from radiotheque.reading.rules import priority_list, reader_list, status_list
from radiotheque.reading.status import Statuses

SORTED = 1000
"""So many of the newest matches are sorted by anything but their date."""

_PRIORITIES = {"stat": 0, "urgent": 1, "routine": 2}
_STATUSES = {"new": 0, "reading": 1, "read": 2}

type Sorting = Callable[[Study, float], str | int | float]

SORTS: Mapping[str, Sorting] = {
    "patient": lambda study, _now: fold(study.patient["name"]),
    "patient_id": lambda study, _now: study.patient["id"],
    "birth_date": lambda study, _now: study.patient["birth_date"],
    "accession": lambda study, _now: study.accession,
    "description": lambda study, _now: fold(study.description),
    "modality": lambda study, _now: "\\".join(study.modalities),
    "received": lambda study, _now: study.received_at,
    "images": lambda study, _now: study.n_instances,
    "status": lambda study, now: _STATUSES[study.standing.status_at(now)],
    "priority": lambda study, _now: _PRIORITIES[study.standing.priority],
}
"""Orders beside "date". Priorities in ascending order begin with the most urgent."""


class WorklistDesk:
    """Gives pages of the worklist."""

    def __init__(self, rows: Rows, statuses: Statuses) -> None:
        self._rows, self._statuses = rows, statuses

    def page(self, filters: Filters, part: Slice, caller: Caller) -> Worklist:
        """Give a page. Raises `Malformed` for what cannot be asked, `NotPermitted`."""
        if part.sort != "date" and part.sort not in SORTS:
            raise Malformed("a worklist is sorted by date, {known}", known=", ".join(SORTS))
        if filters.status:
            self._statuses.lapse()
        cursor = read_cursor(part.after)
        if part.sort == "date":
            return self._by_date(filters, part, cursor, caller)
        return self._sorted(filters, part, cursor, caller)

    def _by_date(self, filters: Filters, part: Slice, cursor: Cursor, caller: Caller) -> Worklist:
        def placed(query: Query) -> Query:
            return replace(query, after=cursor.inner, limit=part.limit, newest_first=part.order == "desc")

        page, number = self._first_that_finds(filters, cursor, caller, placed)
        seen = cursor.seen + len(page.matches)
        studies = self._rows.whole(uids_of(page))
        following = Cursor(number, seen, page.next_cursor) if page.next_cursor else None
        return self._shown(studies, following, Count(value=seen + page.remaining, exact=not page.at_least))

    def _sorted(self, filters: Filters, part: Slice, cursor: Cursor, caller: Caller) -> Worklist:
        page, number = self._first_that_finds(filters, cursor, caller, lambda query: replace(query, limit=SORTED))
        now = self._rows.clock.now()
        key = SORTS[part.sort]
        studies = sorted(self._rows.brief(uids_of(page)), key=lambda study: (study.date, study.time), reverse=True)
        studies.sort(key=lambda study: key(study, now), reverse=part.order == "desc")
        start = _behind(studies, cursor)
        chosen = studies[start : start + part.limit]
        left = len(studies) - start - len(chosen)
        following = Cursor(number, start + len(chosen), chosen[-1].uid) if left and chosen else None
        count = Count(value=len(page.matches) + page.remaining, exact=not page.at_least)
        return self._shown(self._rows.completed(chosen), following, count)

    def _first_that_finds(
        self, filters: Filters, cursor: Cursor, caller: Caller, placed: Callable[[Query], Query]
    ) -> tuple[Page, int]:
        """Give the page of the first way to understand the search that finds anything, and which way that is.

        A page behind the first one is of the way that the first one went.
        """
        ways = questions(filters.q, datetime.datetime.fromtimestamp(self._rows.clock.now()).date())
        if cursor.way >= len(ways):
            raise Malformed("the page marker belongs to another search")
        page = Page(())
        for number in [cursor.way] if cursor.inner else range(len(ways)):
            page = self._rows.find(placed(asked(ways[number], filters, caller)), caller)
            if page.matches:
                return page, number
        return page, 0

    def _shown(self, studies: Sequence[Study], following: Cursor | None, count: Count) -> Worklist:
        now = self._rows.clock.now()
        rows = [study.row(now) for study in studies]
        return Worklist(studies=rows, next=write_cursor(following) if following else "", count=count)


def asked(question: Question, filters: Filters, caller: Caller) -> Query:
    """Give the query of a search and all filters. Lists go from the shortest on: the first one leads."""
    query = question.query()
    keys, listed, unlisted = list(query.keys), list[tuple[str, ...]](), list[str]()
    if filters.mine:
        listed.append((reader_list(owner_of(caller)),))
    _by_priority(filters.priority, listed, unlisted)
    if filters.status:
        listed.append(tuple(status_list(status) for status in filters.status))
    listed.extend(query.listed)
    regions = tuple(map(region_of, filters.body_part))
    if all(regions) and regions:
        listed.append(tuple(dict.fromkeys(map(list_of, regions))))
    elif regions:  # a part that no list is kept of is asked for as it is written
        keys.append(Key("BodyPartExamined", one_of(tuple(part.upper() for part in filters.body_part))))
    if filters.modality:
        keys.append(Key("ModalitiesInStudy", one_of(filters.modality)))
    if filters.since or filters.until:
        keys.append(Key("StudyDate", Range(filters.since, filters.until)))
    return replace(query, keys=tuple(keys), listed=tuple(listed), unlisted=tuple(unlisted))


def _by_priority(priorities: Sequence[str], listed: list[tuple[str, ...]], unlisted: list[str]) -> None:
    """Routine studies are on no list: they are those that are on none of the others."""
    others = [one for one in _PRIORITIES if one != "routine"]
    if "routine" in priorities:
        unlisted.extend(priority_list(one) for one in others if one not in priorities)
    elif priorities:
        listed.append(tuple(priority_list(one) for one in others if one in priorities))


def _behind(studies: Sequence[Study], cursor: Cursor) -> int:
    """Give where to go on in sorted studies: behind the last one shown; where it is gone, at its place."""
    if not cursor.inner:
        return 0
    places = [place for place, study in enumerate(studies) if study.uid == cursor.inner]
    return places[0] + 1 if places else min(cursor.seen, len(studies))

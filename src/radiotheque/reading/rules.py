"""Pure decisions of the reading room: ages, how a study stands, the lists it is on, what the next reader may do."""

import datetime
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

from radiotheque.core.instance import Header
from radiotheque.reading.model import (
    LEASE_S,
    NEW,
    READ,
    READING,
    BeingRead,
    Change,
    Outdated,
    Priority,
    Reader,
    Status,
)
from radiotheque.reading.regions import list_of, regions_of


@dataclass(frozen=True, slots=True)
class Standing:
    """How the reading of a study stands, as kept. `reader` has it, or had it last; `until` is 0 when nobody has it."""

    status: str = "new"
    priority: str = "routine"
    comment: str = ""
    version: int = 0
    reader: str = ""
    until: float = 0.0
    changed_by: str = ""

    def status_at(self, now: float) -> Status:
        """Give the status: while a lease runs the study is being read."""
        return "reading" if self.until > now else cast(Status, self.status)

    def reader_at(self, now: float) -> Reader | None:
        """Give who reads it now."""
        return Reader(name=self.reader, until=self.until) if self.until > now else None

    @property
    def shown_priority(self) -> Priority:
        return cast(Priority, self.priority)

    def lists(self) -> frozenset[str]:
        """Give the lists of the catalog that a study is on when it stands so."""
        status = READING if self.until else READ if self.status == "read" else NEW
        others = {priority_list(self.priority)} if self.priority != "routine" else set()
        return frozenset({status, *others, *({reader_list(self.reader)} if self.reader else ())})


def priority_list(priority: str) -> str:
    """Give the name of the list of studies of a priority; routine ones are on none."""
    return f"priority:{priority}"


def reader_list(reader: str) -> str:
    """Give the name of the list of studies that somebody reads or has read."""
    return f"reader:{reader}"


def status_list(status: str) -> str:
    """Give the name of the list of studies of a status."""
    return {"new": NEW, "reading": READING, "read": READ}[status]


def leased(standing: Standing, reader: str, now: float, *, take_over: bool) -> tuple[Standing, str]:
    """Give how a study stands when a reader asks to have it, and whom it is taken from, "" for nobody.

    Renews the lease of who has it already. Raises `BeingRead` when another has it and is not to lose it.
    """
    held = standing.until > now and standing.reader != reader
    if held and not take_over:
        raise BeingRead(standing.reader, standing.until)
    return replace(standing, reader=reader, until=now + LEASE_S), standing.reader if held else ""


def given_back(standing: Standing, reader: str) -> Standing:
    """Give how a study stands when a reader gives it back; who does not have it changes nothing."""
    return replace(standing, until=0.0) if standing.reader == reader else standing


def changed(standing: Standing, change: Change, reader: str, now: float) -> Standing:
    """Give how a study stands after a change; who says it is read, or new again, gives it back.

    Raises `Outdated` for a change of what was changed since, `BeingRead` for the status of what another reads.
    """
    if change.version != standing.version:
        raise Outdated(standing.changed_by)
    after = replace(standing, version=standing.version + 1, changed_by=reader)
    if change.status is not None:
        if standing.until > now and standing.reader != reader:
            raise BeingRead(standing.reader, standing.until)
        whose = reader if change.status == "read" else ""
        after = replace(after, status=change.status, reader=whose, until=0.0)
    if change.priority is not None:
        after = replace(after, priority=change.priority)
    return after if change.comment is None else replace(after, comment=change.comment)


def lists_for(header: Header, fresh: bool) -> Iterable[str]:
    """Give the lists that a study comes on with an instance that begins a series, `fresh` when it begins the study."""
    given = header.attributes
    if fresh:
        yield NEW
    texts = [text for name in ("StudyDescription", "SeriesDescription", "ProtocolName") for text in given.get(name, ())]
    yield from map(list_of, regions_of(given.get("BodyPartExamined", ()), texts))


def age_of(birth_date: str, study_date: str) -> str:
    """Give the age at a study as an AS value (PS3.5 6.2): days under a month, months under two years, then years."""
    with suppress(ValueError):
        born, then = (datetime.datetime.strptime(text, "%Y%m%d").date() for text in (birth_date, study_date))
        days = (then - born).days
        if days < 0:
            return ""
        if days < 31:
            return f"{days:03d}D"
        years = then.year - born.year - ((then.month, then.day) < (born.month, born.day))
        if years < 2:
            months = (then.year - born.year) * 12 + then.month - born.month - (then.day < born.day)
            return f"{months:03d}M"
        return f"{min(years, 999):03d}Y"
    return ""

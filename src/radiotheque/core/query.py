"""A query as data: level, keys and matching (PS3.4 C.2.2.2), the same for C-FIND, QIDO-RS and the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """Query/Retrieve Level (0008,0052)."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"


@dataclass(frozen=True, slots=True)
class Single:
    """Single value matching (PS3.4 C.2.2.2.1)."""

    value: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """List of UID matching, and multiple value matching where asked for (PS3.4 C.2.2.2.2)."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` is any run of characters, `?` exactly one (PS3.4 C.2.2.2.4)."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` to `end`, both included; "" is open (PS3.4 C.2.2.2.5)."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Empty:
    """Empty value matching: the attribute is absent or has no value (PS3.4 C.2.2.2.7)."""


type Match = Single | ListOf | Wildcard | Range | Empty


@dataclass(frozen=True, slots=True)
class Key:
    """One matching key: `attribute` is a keyword, or an 8-digit tag in hexadecimal for a private one.

    Keys inside a sequence are dotted (`RequestAttributesSequence.ScheduledProcedureStepID`).
    A universal key (no value) is not a `Key`: it goes to `Query.returned`.
    """

    attribute: str
    match: Match


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for and what is wanted of it.

    `returned` are keywords or 8-digit tags asked for beside the level's own, which `own` False leaves out but for
    the unique keys; a sequence's name asks for its items whole, a dotted one for what it names inside them. What `keys` name is
    returned too. `everything` asks for all that is known. `after` is the opaque keyset cursor given with an earlier page; `offset`
    is counted in rows (QIDO). `limit` None means no limit. `combined_datetime`: date and time
    ranges given together are one moment (PS3.4 C.2.2.2.5). `timezone` is the offset (`+0100`)
    that date-time keys are given in, "" when they match as stored. `listed`: of each group of names, the study is on one
    at least of these lists; `unlisted`: on none of these.
    """

    level: Level
    keys: tuple[Key, ...] = ()
    returned: tuple[str, ...] = ()
    own: bool = True
    everything: bool = False
    fuzzy: bool = False
    combined_datetime: bool = False
    timezone: str = ""
    limit: int | None = None
    offset: int = 0
    after: str = ""
    newest_first: bool = True
    listed: tuple[tuple[str, ...], ...] = ()
    unlisted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One match: `attributes` by keyword or 8-digit tag; a value is a tuple of strings, a nested

    sequence a tuple of mappings. PN values are `A=I=P`, in Unicode.

    `elements` are what was read from a header, by keyword or 8-digit tag: DICOM JSON (PS3.18 F.2), sequences with all
    their items, each with the VR it has there. Whatever has text values is among `attributes` too.
    """

    level: Level
    attributes: dict[str, tuple[str, ...]]
    sequences: dict[str, tuple[dict[str, tuple[str, ...]], ...]] | None = None
    elements: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of matches. `remaining` counts matches after it, exact to 1,000; `at_least` says that it stopped there."""

    matches: tuple[Found, ...]
    remaining: int = 0
    at_least: bool = False
    next_cursor: str = ""

"""The nouns of the reading room: rows and documents as the API gives them, and what the room needs of the house."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from radiotheque.core.caller import Caller, Scope
from radiotheque.core.errors import Conflict
from radiotheque.core.instance import Edition, Selection
from radiotheque.core.ports import Transaction
from radiotheque.core.query import Page, Query
from radiotheque.core.uid import UID
from radiotheque.dicom.facts import Fact

type Status = Literal["new", "reading", "read"]
type Priority = Literal["routine", "urgent", "stat"]
type Direction = Literal["asc", "desc"]

LEASE_S = 600.0
"""So long a reader has a study, unless the lease is renewed."""

NEW, READING, READ = "status:new", "status:reading", "status:read"
"""Lists of the catalog: each study is on exactly one of these."""


class PatientBrief(TypedDict):
    """Whose study it is; `name` is a PN value, `birth_date` a DA value, `number` the patient's own here."""

    number: int
    id: str
    issuer: str
    name: str
    birth_date: str
    sex: str


class Reader(TypedDict):
    """Who reads a study, and until when their lease runs, in seconds since the epoch."""

    name: str
    until: float


class Row(TypedDict):
    """One study of the worklist. `date` is YYYYMMDD, `time` HHMMSS, `age` an AS value (042Y) or "".

    `version` counts the changes of status, priority and comment; `received_at` is in seconds since the epoch.
    """

    study: str
    patient: PatientBrief
    age: str
    accession: str
    description: str
    body_parts: list[str]
    modalities: list[str]
    date: str
    time: str
    stations: list[str]
    n_series: int
    n_instances: int
    status: Status
    reader: Reader | None
    priority: Priority
    comment: str
    version: int
    received_at: float


class Count(TypedDict):
    """How many studies a question finds in all; at least so many where it is not `exact`."""

    value: int
    exact: bool


class Worklist(TypedDict):
    """A page of the worklist; `next` is given as `after` to get the next one, "" at the end."""

    studies: list[Row]
    next: str
    count: Count


class Lease(TypedDict):
    """Who has the study, until when (seconds since the epoch), and whom it was taken from."""

    reader: str
    until: float
    taken_from: NotRequired[str]


class OtherId(TypedDict):
    """Another identifier of a patient (PS3.3 C.7.1.1, Other Patient IDs)."""

    id: str
    issuer: str
    type: str


class Source(TypedDict):
    """Where demographics are from: the newest study, and whether a person corrected them since it came."""

    study: str
    received_at: float
    amended: bool


class TimelineEntry(TypedDict):
    """Something that happened, `at` YYYYMMDDHHMMSS or a head of it. Other rooms add kinds of their own."""

    kind: str
    at: str
    study: NotRequired[Row]


class Patient(PatientBrief):
    """A patient with everything that is known of them here, the newest first."""

    source: Source
    other_ids: list[OtherId]
    timeline: list[TimelineEntry]


class ItemPatient(TypedDict):
    """Whose image it is, as it is shown now."""

    id: str
    issuer: str
    name: str
    birth_date: str
    sex: str


class Item(Fact):
    """One instance, as far as it must be known to hang it: what its header says, and whose it is."""

    series: str
    patient: ItemPatient


class Series(TypedDict):
    """A series and its instances in order."""

    series: str
    modality: str
    number: int | None
    description: str
    body_part: str
    laterality: str
    date: str
    time: str
    station: str
    instances: list[Item]


class Prior(TypedDict):
    """An earlier study of the same patient; the higher its score, the more it is worth comparing with."""

    study: Row
    score: int


class StudyDisplay(TypedDict):
    """A study ready to be hung, and what to compare it with, the best first."""

    study: Row
    series: list[Series]
    priors: list[Prior]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a worklist is asked for. Of each list, one value is enough; () and "" restrict nothing."""

    q: str = ""
    status: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    body_part: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """Which page: of which order, behind which cursor, how long."""

    sort: str = "date"
    order: Direction = "desc"
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Change:
    """What of a study's reading is to be changed; None stays. `version` is of the row that was seen."""

    version: int
    status: Literal["new", "read"] | None = None
    priority: Priority | None = None
    comment: str | None = None


class BeingRead(Conflict):
    """Another reader has the study."""

    def __init__(self, reader: str, until: float) -> None:
        super().__init__("another reader has this study; nothing was changed, take it over to go on")
        self.reader, self.until = reader, until


class Outdated(Conflict):
    """It was changed since it was read; nothing is overwritten."""

    def __init__(self, changed_by: str) -> None:
        super().__init__("it was changed since you read it; nothing was saved, read it again")
        self.changed_by = changed_by


class Line(Protocol):
    """The verbs of the archive that the room calls: each asks for permission, audits, and keeps to the Scope."""

    def find(self, query: Query, caller: Caller) -> Page: ...
    def editions(self, selection: Selection, caller: Caller) -> Sequence[Edition]: ...


class Lists(Protocol):
    """Puts studies on lists of the catalog."""

    def move(self, tx: Transaction, study: UID, *, on: Iterable[str] = (), off: Iterable[str] = ()) -> None: ...


class Told(Protocol):
    """An event at its position in the change feed."""

    @property
    def position(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


class Feed(Protocol):
    """The change feed of the house, within a Scope."""

    def changes(self, after: int, limit: int, scope: Scope) -> Sequence[Told]: ...
    def start(self) -> int: ...
    def last_position(self) -> int: ...


class Facts(Protocol):
    """What the headers of a series say of each of its instances; see `dicom.facts`."""

    def of(self, edition: Edition) -> Sequence[Mapping[str, Any]]:
        """Give the facts, read from the headers where they are not kept yet."""
        ...

    def at_hand(self, edition: Edition) -> Sequence[Mapping[str, Any]] | None:
        """Give them when they are kept, else None."""
        ...

    def editions(self, selection: Selection, scope: Scope) -> Sequence[Edition]:
        """Give the series of studies that somebody compares with, but does not open. Raises `NotFound`."""
        ...


type Published = Callable[[UID, Caller], Sequence[Mapping[str, Any]]]
"""Gives what a study holds of published annotations, whoever wrote them."""


def nothing_published(_study: UID, _caller: Caller) -> Sequence[Mapping[str, Any]]:
    """Give none."""
    return ()


def owner_of(caller: Caller) -> str:
    """Give the name under which a caller's work is kept: a program's token is not the person of the same name."""
    return f"token:{caller.name}" if caller.via == "token" else caller.name

"""The reading room: worklist, who reads what, patients, studies for display, hanging protocols, drafts of annotations."""

from dataclasses import dataclass

from radiotheque.archive.printing import Paper
from radiotheque.core.ports import AuditTrail, Clock, Outbox
from radiotheque.database.engine import Database
from radiotheque.reading import tables as _tables  # noqa: F401  (registers the room's rows)
from radiotheque.reading.display import DisplayDesk
from radiotheque.reading.documents import Documents, Written
from radiotheque.reading.drafts import Calibration, Draft, DraftDesk, KeyImage, Revision
from radiotheque.reading.live import Live, News
from radiotheque.reading.model import (
    LEASE_S,
    NEW,
    READ,
    BeingRead,
    Change,
    Facts,
    Feed,
    Filters,
    Lease,
    Line,
    Lists,
    Outdated,
    Patient,
    Published,
    Row,
    Slice,
    StudyDisplay,
    Worklist,
    nothing_published,
    owner_of,
)
from radiotheque.reading.patients import PatientDesk
from radiotheque.reading.preferences import PreferenceDesk, Preferences, Preset, PresetDesk
from radiotheque.reading.printing import Print, PrintDesk, Printed, prints_nothing
from radiotheque.reading.protocols import Matching, Protocol, ProtocolDesk, Slot
from radiotheque.reading.publishing import Publish, PublishDesk, PublishedObject, writes_nothing
from radiotheque.reading.rows import Rows
from radiotheque.reading.rules import lists_for
from radiotheque.reading.status import Statuses, Telling
from radiotheque.reading.views import View, ViewDesk, ViewQuery
from radiotheque.reading.worklist import WorklistDesk
from radiotheque.room import Chore

__all__ = [
    "LEASE_S",
    "NEW",
    "READ",
    "BeingRead",
    "Calibration",
    "Change",
    "Draft",
    "Facts",
    "Feed",
    "Filters",
    "KeyImage",
    "Lease",
    "Line",
    "Lists",
    "Matching",
    "Neighbours",
    "News",
    "Outdated",
    "Paper",
    "Patient",
    "Preferences",
    "Preset",
    "Printed",
    "Protocol",
    "Published",
    "PublishedObject",
    "Reading",
    "Revision",
    "Row",
    "Slice",
    "Slot",
    "StudyDisplay",
    "View",
    "ViewQuery",
    "Worklist",
    "Written",
    "lists_for",
    "nothing_published",
    "open_room",
    "owner_of",
]

LAPSE_S = 60.0


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the room needs of the house: see `model` for each."""

    line: Line
    facts: Facts
    feed: Feed
    lists: Lists
    outbox: Outbox
    audit: AuditTrail
    publish: Publish = writes_nothing
    published: Published = nothing_published
    print: Print = prints_nothing


@dataclass(frozen=True, slots=True)
class Reading:
    """The room's verbs, by noun."""

    rows: Rows
    worklist: WorklistDesk
    statuses: Statuses
    live: Live
    patients: PatientDesk
    display: DisplayDesk
    views: ViewDesk
    preferences: PreferenceDesk
    presets: PresetDesk
    protocols: ProtocolDesk
    drafts: DraftDesk
    publishing: PublishDesk
    published: Published
    printing: PrintDesk

    def chores(self) -> tuple[Chore, ...]:
        """Give the room's work by the clock."""
        return (Chore("leases", LAPSE_S, lambda: f"{self.statuses.lapse()} ran out"),)


def open_room(database: Database, clock: Clock, house: Neighbours) -> Reading:
    """Open the room on a database whose tables are there."""
    rows = Rows(database, house.line, clock)
    statuses = Statuses(database, rows, Telling(house.outbox, house.lists, house.audit), clock)
    patients = PatientDesk(database, rows)

    drafts = DraftDesk(database, rows, house.audit, clock)

    def documents(kind: str) -> Documents:
        return Documents(kind, database, house.audit, clock)

    return Reading(
        rows=rows,
        worklist=WorklistDesk(rows, statuses),
        statuses=statuses,
        live=Live(house.feed, house.audit),
        patients=patients,
        display=DisplayDesk(rows, patients, house.line, house.facts),
        views=ViewDesk(documents("view")),
        preferences=PreferenceDesk(documents("preferences")),
        presets=PresetDesk(documents("presets")),
        protocols=ProtocolDesk(documents("protocol")),
        drafts=drafts,
        publishing=PublishDesk(drafts, house.publish, house.audit),
        published=house.published,
        printing=PrintDesk(drafts, house.print),
    )

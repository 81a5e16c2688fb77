"""Live changes of the worklist, from the change feed of the house.

Arrivals, corrections and rejections are in the feed already; what this room changes (status, leases, priorities,
comments) is told as `ReadingChanged` through the outbox, in the transaction that changes it, and so gets its position
among the others in the order in which readers can see it. There is one stream with one kind of position, the feed keeps
it within the Scope of who listens, and who was cut off goes on behind the last position without missing anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from radiotheque.core.caller import Caller
from radiotheque.core.events import (
    InstanceKept,
    ReadingChanged,
    StudyAmended,
    StudyRejected,
    StudyRestored,
    StudySettled,
)
from radiotheque.core.ports import Act, AuditTrail
from radiotheque.reading.model import Feed, Told

STATUS = ReadingChanged.__name__
ABOUT_STUDIES = frozenset(
    kind.__name__ for kind in (InstanceKept, StudySettled, StudyAmended, StudyRejected, StudyRestored)
)
MOST = 500


@dataclass(frozen=True, slots=True)
class News:
    """What a worklist is told: `name` is study, status, or reload (what was missed is kept no longer)."""

    position: int
    name: str
    data: dict[str, Any]


class Live:
    """Gives the news behind a position, within a caller's Scope."""

    def __init__(self, feed: Feed, audit: AuditTrail) -> None:
        self._feed, self._audit = feed, audit

    def now(self, caller: Caller) -> int:
        """Give the position of now, to listen from; audited."""
        self._audit.read(Act(caller, "worklist.follow"))
        return self._feed.last_position()

    def since(self, position: int, caller: Caller) -> tuple[int, Sequence[News]]:
        """Give where to go on, and the news until there; many instances of one study are one piece of news.

        A position ahead of the feed's own, of a database that was put back since, or one behind which changes were
        forgotten is answered with `reload`.
        """
        last = self._feed.last_position()
        if position > last or position < self._feed.start():
            return last, [News(last, "reload", {})]
        told = self._feed.changes(position, MOST, caller.scope)
        return (told[-1].position if told else position), gathered(told)


def gathered(told: Sequence[Told]) -> Sequence[News]:
    """Give the news in a run of events, each study's arrivals once, at the last of their positions."""
    found: dict[tuple[str, ...], News] = {}
    for event in told:
        study = str(event.payload.get("study", ""))
        if event.kind == STATUS:
            data = {name: value for name, value in event.payload.items() if value or name == "study"}
            found["status", study, str(event.position)] = News(event.position, "status", data)
        elif event.kind in ABOUT_STUDIES and study:
            found["study", study] = News(event.position, "study", {"study": study})
    return sorted(found.values(), key=lambda news: news.position)

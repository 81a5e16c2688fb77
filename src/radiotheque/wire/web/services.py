"""What the web door needs of the house, each as small as its routes ask; `app` fills it in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from radiotheque.core.caller import Caller
from radiotheque.core.instance import Selection
from radiotheque.core.peer import Peer
from radiotheque.core.query import Page, Query
from radiotheque.core.uid import UID
from radiotheque.ops import Check
from radiotheque.security import Security


class Line(Protocol):
    """The verbs of the archive that the API calls; see `archive.Archive`."""

    def find(self, query: Query, caller: Caller) -> Page: ...
    def reject(self, selection: Selection, caller: Caller, *, code: str) -> int: ...
    def restore(self, selection: Selection, caller: Caller) -> int: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change feed. `position` grows, without gaps that later fill."""

    position: int
    kind: str
    study: str
    at: float
    payload: Mapping[str, Any] = field(default_factory=dict)


class Feed(Protocol):
    """The change feed."""

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        """Give the changes behind a position, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Case:
    """An object in quarantine. `state` is open, released, discarded or superseded."""

    case: int
    state: str
    reason: str
    detail: str
    study: str
    series: str
    instance: str
    sop_class: str
    patient_id: str
    patient_name: str
    origin: str
    size_bytes: int
    received_at: float
    closed_by: str = ""
    closed_at: float = 0.0


class QuarantineDesk(Protocol):
    """The cases of the quarantine."""

    def cases(self, *, state: str, after: int, limit: int) -> Sequence[Case]:
        """Give cases in a state ("" for all) with numbers above `after`, in order."""
        ...

    def case(self, number: int) -> Case:
        """Give one case. Raises `NotFound`."""
        ...

    def release(self, number: int, caller: Caller) -> Case:
        """Index and show the object as it is. Raises `NotFound`, `Conflict`."""
        ...

    def discard(self, number: int, caller: Caller) -> Case:
        """Close the case without showing the object; its bytes stay. Raises `NotFound`, `Conflict`."""
        ...


@dataclass(frozen=True, slots=True)
class Rejection:
    """One act of rejection; "" for series and instance means all of the study, or of the series."""

    study: str
    series: str
    instance: str
    code: str
    by: str
    at: float
    restored_by: str = ""
    restored_at: float = 0.0


class Corrections(Protocol):
    """Changes of what is shown; the bytes as received stay."""

    def amend(self, study: UID, values: Mapping[str, Sequence[str]], caller: Caller, *, reason: str) -> int:
        """Show other values for attributes of patient and study; give the new version. Raises `NotFound`, `Malformed`."""
        ...

    def rejections(self, *, study: str, limit: int) -> Sequence[Rejection]:
        """Give rejections, newest first."""
        ...


class Letter(Protocol):
    """A job that was given up, with the last error. `told_at` is seconds since the epoch."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    error: str
    told_at: float


class OutboxDesk(Protocol):
    """The outbox as an operator sees it."""

    def waiting(self) -> Mapping[str, int]:
        """Give how many jobs of each kind wait or are being done."""
        ...

    def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[Letter]:
        """Give jobs that were given up, oldest first."""
        ...

    def revive(self, ids: Sequence[int]) -> int:
        """Let jobs that were given up be tried again now; give how many."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The verbs behind the routes.

    `send` puts a selection into the outbox for a peer and gives how many instances; `echo` asks a peer
    whether it is there and gives the milliseconds it took, raising `Unavailable` or `Refused`; `health`
    looks at the house; `metrics` gives the text of the Prometheus exposition format.
    """

    archive: Line
    security: Security
    feed: Feed
    quarantine: QuarantineDesk
    corrections: Corrections
    outbox: OutboxDesk
    send: Callable[[Selection, str, Caller], int]
    echo: Callable[[Peer], float]
    health: Callable[[], Iterable[Check]]
    metrics: Callable[[], bytes]
    observe: Callable[[str, int, float], None] = lambda _door, _status, _seconds: None
    max_json_bytes: int = 1 << 20
    trusted_proxies: tuple[str, ...] = ()

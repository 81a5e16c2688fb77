"""What the web door needs of the house, each as small as its routes ask; `app` fills it in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from radiotheque.archive.deidentifying import Deidentification
from radiotheque.archive.video import Film
from radiotheque.core.caller import Caller, Scope
from radiotheque.core.instance import Blob, Identity, Location, Selection
from radiotheque.core.peer import Peer
from radiotheque.core.ports import AuditTrail
from radiotheque.core.query import Page, Query
from radiotheque.core.uid import UID
from radiotheque.dicom.recipe import Recipe
from radiotheque.ops import Check, ChoreState
from radiotheque.reading import Reading
from radiotheque.security import Security


class Line(Protocol):
    """The verbs of the archive that the API calls; see `archive.Archive`."""

    def find(self, query: Query, caller: Caller) -> Page: ...
    def reject(self, selection: Selection, caller: Caller, *, code: str) -> int: ...
    def restore(self, selection: Selection, caller: Caller) -> int: ...
    def locate(self, selection: Selection, caller: Caller, *, act: str) -> Sequence[Location]: ...
    def render_model(self, location: Location, frame: int, state: Location | None = None) -> bytes: ...
    def viewed(self, location: Location, frame: int) -> tuple[bytes, bytes]: ...
    def rendered(self, location: Location, frame: int, recipe: Recipe) -> tuple[str, bytes]: ...
    def metadata(self, location: Location) -> bytes: ...
    def film(self, location: Location) -> Film: ...


class Change(Protocol):
    """One entry of the change feed."""

    @property
    def position(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def payload(self) -> dict[str, Any]: ...
    @property
    def at(self) -> float: ...


class Feed(Protocol):
    """The change feed."""

    def changes(self, after: int, limit: int, scope: Scope) -> Sequence[Change]:
        """Give the changes behind a position that the scope may see, in order."""
        ...

    def start(self) -> int:
        """Give the position behind which every change is still kept."""
        ...


class Case(Protocol):
    """An object in quarantine. `state` is open, released, discarded or superseded."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def blob(self) -> Blob: ...
    @property
    def transfer_syntax(self) -> UID: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def patient_name(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def received_at(self) -> float: ...
    @property
    def closed_by(self) -> str: ...
    @property
    def closed_at(self) -> float: ...


class QuarantineDesk(Protocol):
    """The cases of the quarantine."""

    def cases(self, *, state: str, before: int, limit: int) -> Sequence[Case]:
        """Give cases in a state ("" for any), newest first, older than the case `before`."""
        ...

    def case(self, case_id: int) -> Case:
        """Give one case. Raises `NotFound`."""
        ...

    def release(self, case_id: int, caller: Caller) -> None:
        """Index and show the object. Raises `NotFound`, `Conflict`."""
        ...

    def discard(self, case_id: int, caller: Caller) -> None:
        """Close the case without showing the object; its bytes stay. Raises `NotFound`, `Conflict`."""
        ...


class Amendment(Protocol):
    """One attribute's change, as kept."""

    @property
    def version(self) -> int: ...
    @property
    def keyword(self) -> str: ...
    @property
    def was(self) -> tuple[str, ...]: ...
    @property
    def value(self) -> tuple[str, ...]: ...
    @property
    def by(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def at(self) -> float: ...


class Rejection(Protocol):
    """One rejection as kept; `series` and `instance` are "" below its level."""

    @property
    def id(self) -> int: ...
    @property
    def study(self) -> UID: ...
    @property
    def series(self) -> str: ...
    @property
    def instance(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def at(self) -> float: ...
    @property
    def restored_by(self) -> str: ...
    @property
    def restored_at(self) -> float: ...


class Corrections(Protocol):
    """Changes of what is shown; the bytes as received stay."""

    def amend_study(
        self, study: UID, changes: Mapping[str, tuple[str, ...]], caller: Caller, *, reason: str = ""
    ) -> int:
        """Show other values; give the study's amendment version. Raises `NotFound`, `Malformed`."""
        ...

    def amend_patient(
        self,
        patient_id: str,
        changes: Mapping[str, tuple[str, ...]],
        caller: Caller,
        *,
        issuer: str = "",
        reason: str = "",
    ) -> int:
        """Show other values for all studies of a patient; give how many there are. Raises `NotFound`, `Malformed`."""
        ...

    def rejections(self, scope: Scope, *, before: int, limit: int) -> Sequence[Rejection]:
        """Give rejections of studies in scope, newest first."""
        ...

    def undo_amendment(self, study: UID, version: int, caller: Caller) -> int:
        """Take an amendment back, as a new one; give its version. Raises `NotFound`."""
        ...

    def amendments(self, study: UID) -> Sequence[Amendment]:
        """Give all amendments of a study, oldest first."""
        ...


class Letter(Protocol):
    """A job that was given up, with the last error. `told_at` is seconds since the epoch."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def payload(self) -> dict[str, Any]: ...
    @property
    def attempts(self) -> int: ...
    @property
    def error(self) -> str: ...
    @property
    def told_at(self) -> float: ...


class WaitingJob(Letter, Protocol):
    """A job that is not done yet.

    `state` is waiting, running (`next_at`: when it may be tried again if its worker was lost) or held.
    """

    @property
    def peer(self) -> str: ...
    @property
    def studies(self) -> tuple[str, ...]: ...
    @property
    def state(self) -> str: ...
    @property
    def next_at(self) -> float: ...


class Hold(Protocol):
    """Holds what is for a peer, or releases it."""

    def __call__(self, aet: str, caller: Caller, *, held: bool = True) -> int:
        """Give how many jobs waited. Raises `NotFound`."""
        ...


class OutboxDesk(Protocol):
    """The outbox as an operator sees it."""

    def waiting(self) -> Mapping[str, int]:
        """Give how many jobs of each kind wait or are being done."""
        ...

    def waiting_jobs(self, limit: int = 100, after: int = 0, *, kind: str = "", peer: str = "") -> Sequence[WaitingJob]:
        """Give jobs that are not done yet, of a kind and for a peer ("" for any), oldest first."""
        ...

    def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[Letter]:
        """Give jobs that were given up, oldest first."""
        ...

    def revive(self, ids: Sequence[int]) -> int:
        """Let jobs that were given up be tried again now; give how many."""
        ...

    def drop(self, ids: Sequence[int], caller: Caller, audit: AuditTrail) -> int:
        """Forget jobs that were given up, audited; give how many."""
        ...


class Asked(Protocol):
    """A request of ours for storage commitment.

    `state` is waiting, asked, committed, failed, refused, overdue, or replaced by one that asks for the same again.
    """

    @property
    def id(self) -> int: ...
    @property
    def transaction(self) -> UID: ...
    @property
    def peer(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def study(self) -> str: ...
    @property
    def instances(self) -> int: ...
    @property
    def failed(self) -> Sequence[tuple[UID, int]]: ...
    @property
    def reason(self) -> str: ...
    @property
    def asked_at(self) -> float: ...
    @property
    def answered_at(self) -> float: ...


class CommitmentDesk(Protocol):
    """What peers were asked to commit to."""

    def all(self, *, before: int, limit: int, state: str) -> Sequence[Asked]:
        """Give transactions in a state ("" for any), newest first, older than the one numbered `before`."""
        ...

    def ask_again(self, transaction: UID, caller: Caller) -> UID:
        """Ask again what came to nothing; give the new Transaction UID. Raises `NotFound`, `Conflict`."""
        ...

    def overdue(self) -> int:
        """Give how many transactions were not reported on in time."""
        ...


class ChoreDesk(Protocol):
    """Work by the clock."""

    def states(self) -> Sequence[ChoreState]:
        """Give how every chore stands."""
        ...

    def run_now(self, name: str, caller: Caller) -> None:
        """Let a chore be run at once. Raises `NotFound`."""
        ...


@dataclass(frozen=True, slots=True)
class Taste:
    """How a person likes the screens; "" for what they did not choose."""

    language: Literal["", "en", "fr"] = ""
    theme: Literal["", "dark", "light"] = ""


@dataclass(frozen=True, slots=True)
class Services:
    """The verbs behind the routes.

    `send` puts a selection into the outbox for a peer and gives how many instances; `echo` asks a peer
    whether it is there and gives the milliseconds it took, raising `Unavailable` or `Refused`; `health`
    looks at the house; `metrics` gives the text of the Prometheus exposition format; `tastes` tells how an account likes
    the screens; `presets` gives the site's windows for a modality, a body part and a view, in the shape of a render model's `voi`.
    """

    archive: Line
    security: Security
    feed: Feed
    quarantine: QuarantineDesk
    corrections: Corrections
    outbox: OutboxDesk
    send: Callable[[Selection, str, Caller], int]
    hold: Hold
    echo: Callable[[Peer], float]
    chores: ChoreDesk
    commitments: CommitmentDesk
    reading: Reading
    ask_commitment: Callable[[Selection, str, Caller], UID]
    health: Callable[[], Iterable[Check]]
    metrics: Callable[[], bytes]
    observe: Callable[[str, int, float], None] = lambda _door, _status, _seconds: None
    wake: Callable[[], None] = lambda: None
    max_json_bytes: int = 1 << 20
    trusted_proxies: tuple[str, ...] = ()
    tastes: Callable[[str], Taste] = lambda _account: Taste()
    presets: Callable[[str, str, str], Sequence[Mapping[str, Any]]] = lambda _modality, _body_part, _view: ()
    deidentification: Deidentification | None = None

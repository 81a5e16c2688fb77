"""The ports: what the heart needs of the world, each small enough to fake in a page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NewType, Protocol

from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller, Door, Scope
from radiotheque.core.events import Event
from radiotheque.core.instance import (
    Arrival,
    BlobName,
    Buffer,
    Edition,
    Held,
    Location,
    OtherKey,
    Receipt,
    Selection,
    Twin,
)
from radiotheque.core.peer import Peer
from radiotheque.core.query import Found, Page, Query
from radiotheque.core.uid import UID

Transaction = NewType("Transaction", object)
"""An open write transaction, opaque above `database`."""


class Transactions(Protocol):
    """Runs acts that write."""

    def write[T](self, act: Callable[[Transaction], T]) -> T:
        """Run `act` in a transaction and return its answer when that is durable.

        Acts of many threads may share one commit; each has its own savepoint, so one that raises undoes
        itself alone. `act` must not block on anything but the database. Raises `Unavailable`.
        """
        ...


class BlobReader(Protocol):
    """An open blob, positioned at the start that was asked for. `size_bytes` is the whole blob's, not the range's."""

    size_bytes: int

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, all that are left by default; b"" at the end. Raises `Damaged`."""
        ...

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield what is left in pieces of `size` bytes."""
        ...

    def close(self) -> None: ...
    def __enter__(self) -> "BlobReader": ...
    def __exit__(self, *exc: object) -> None: ...


class Put(Protocol):
    """The answer of `BlobStore.put`: bytes that are durable, and a one-use handle to take them back."""

    name: BlobName
    size_bytes: int

    def discard(self) -> None:
        """Remove the blob just put, for a duplicate that no row names. Works once, on this put only."""
        ...


class BlobStore(Protocol):
    """Byte strings under names that we choose. A blob never changes. There is no `delete`: see `Eraser`."""

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> Put:
        """Keep a stream; when it returns, the bytes are durable (fsync of file and folder).

        A stream that raises leaves nothing and the error goes on. Raises `Conflict` when the name is
        taken, `OutOfSpace`, `Unavailable`.
        """
        ...

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BlobReader:
        """Open bytes [start, stop) of a blob, cut at its end. Raises `NotFound`, `Damaged`, `Unavailable`."""
        ...

    def size(self, name: BlobName) -> int:
        """Give the size in bytes of the plain content. Raises `NotFound`."""
        ...

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order."""
        ...

    def close(self) -> None: ...


class Eraser(Protocol):
    """Destroys originals; `app` gives it to `lifecycle` and to nobody else."""

    def erase(self, name: BlobName) -> None: ...


class Derived(Protocol):
    """Renditions, joined metadata, caches: always rebuildable, so they may be evicted."""

    def put(self, name: str, data: bytes) -> None:
        """Keep `data`; replaces what was there. Not necessarily durable."""
        ...

    def get(self, name: str) -> bytes | None:
        """Give what is kept under `name`, None when nothing is (or it is damaged)."""
        ...

    def evict(self, prefix: str) -> None:
        """Forget everything whose name begins with `prefix`."""
        ...


@dataclass(frozen=True, slots=True)
class StudyKey:
    """A 256-bit key of one study. `key_id` is the first part of its blobs' names; `secret` is b"" with sealing off."""

    key_id: str
    secret: bytes = field(repr=False, default=b"")


class KeyRing(Protocol):
    """Wrapped study keys, in an append-only store of their own, durable in two places."""

    def fresh(self) -> StudyKey:
        """Give a key never used before, already durable. Raises `Unavailable` when no recovery key was exported."""
        ...

    def get(self, key_id: str) -> StudyKey:
        """Give the key. Raises `NotFound` (destroyed or never made), `Damaged` (wrong master key)."""
        ...


class StudyKeys(Protocol):
    """Which key belongs to a study: one for ever, by the Study Instance UID as received."""

    def key_for(self, study: UID) -> StudyKey:
        """Give the study's key, else one that becomes its own when the first arrival under it is recorded."""
        ...

    def forget(self, study: UID) -> None:
        """Ask the index again next time: another key became the study's own."""
        ...


class Catalog(Protocol):
    """The index of what is kept."""

    def record(self, arrival: Arrival) -> Receipt | Twin | OtherKey:
        """Write row and event in one transaction, durable on return. Idempotent for equal content."""
        ...

    def find(self, query: Query, scope: Scope) -> Page: ...

    def find_each(self, query: Query, scope: Scope) -> Iterator[Found]:
        """Yield every match in the query's order, fetching as it goes; closing it stops the work."""
        ...

    def unsupported(self, query: Query) -> tuple[str, ...]:
        """Give the attributes of the query's keys that are not matched on, so that whoever asked is told."""
        ...

    def matched_plainly(self, query: Query) -> tuple[str, ...]:
        """Give the names among the keys that are matched plainly though fuzzy matching was asked for."""
        ...

    def locate(self, selection: Selection, scope: Scope) -> Sequence[Location]:
        """Give where the selected instances are, by study, series number, instance number.

        Raises `NotFound` when nothing in scope matches, `Gone` when all that matched is rejected.
        """
        ...

    def editions(self, selection: Selection, scope: Scope) -> Sequence[Edition]:
        """Give the shown series of what is selected (studies or series), in the order of `locate`.

        Raises `NotFound`, `Gone` as `locate`.
        """
        ...

    def held(self, instances: Sequence[UID]) -> Mapping[UID, Held]:
        """Give what is durably held under these SOP Instance UIDs, quarantined and rejected included."""
        ...

    def reject(self, selection: Selection, caller: Caller, *, code: str) -> int:
        """Hide instances with a reason code (CID 7011), told and audited in the same transaction; gives how many."""
        ...

    def restore(self, selection: Selection, caller: Caller) -> int:
        """Take a rejection back; gives how many instances show again."""
        ...


class Outbox(Protocol):
    """Events and jobs as rows of the same database: at least once, leased, retried, dead-lettered visibly."""

    def tell(self, tx: Transaction, event: Event) -> None: ...

    def enqueue(
        self,
        tx: Transaction,
        kind: str,
        payload: dict[str, Any],
        *,
        not_before: float = 0.0,
        key: str = "",
        peer: str = "",
    ) -> None:
        """Add a job. A job with a `key` that is already waiting is replaced (its `not_before` moves).

        `peer` is the AE title of who is called for it: while that peer is held the job waits.
        """
        ...


@dataclass(frozen=True, slots=True)
class Act:
    """One audited act: who did what to which study. `outcome` is "success", "refused" or "failed"."""

    caller: Caller
    kind: str
    study: str = ""
    detail: str = ""
    outcome: str = "success"


class AuditTrail(Protocol):
    """Who did what. Acts that write are audited in their transaction; reads before their first byte."""

    def wrote(self, tx: Transaction, act: Act) -> None: ...

    def read(self, act: Act) -> None:
        """Queue a read's row; it is committed within a second. Raises `Unavailable` when it cannot be."""
        ...


@dataclass(frozen=True)  # no slots: a generic one cannot be called by its type, `Remote[bytes](…)`, on Python 3.12
class Remote[T]:
    """A function by its name, "module:function", for a module that only the children of the workbench load.

    Called itself it runs the function in this process.
    """

    name: str

    def __call__(self, *args: Any) -> T:
        module, _, function = self.name.partition(":")
        answer: T = getattr(import_module(module), function)(*args)
        return answer


class Workbench(Protocol):
    """Runs one function on foreign bytes in a child process: no keys there, 512 MB, 10 s."""

    def run[T](self, function: Callable[..., T], *args: Any) -> T:
        """Call a module-level function, or a `Remote` one, with picklable arguments in a child.

        Its own errors come back as raised. Raises `Damaged` when the child died or ran out of memory, `TooLarge`
        when it ran out of time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Streamed:
    """A large argument of a call on the workbench, written to the child piece by piece; it arrives as a `memoryview`.

    `pieces` gives it from its beginning each time, `size_bytes` in all.
    """

    size_bytes: int
    pieces: Callable[[], Iterator[bytes]]


class Observer(Protocol):
    """Is told what happens, to count it: on the receive path, so it is quick and never raises."""

    def received(self, channel: str, outcome: str, size_bytes: int) -> None:
        """An object came in: an `Outcome`, or "refused"."""
        ...

    def found(self, door: str) -> None:
        """A query was asked."""
        ...

    def association(self, outcome: str) -> None:
        """An association was asked for: "accepted" or "rejected"."""
        ...

    def cached(self, hit: bool) -> None:
        """A block of a far blob was read: kept near (a hit), or fetched."""
        ...


class Unobserved:
    """Counts nothing."""

    def received(self, channel: str, outcome: str, size_bytes: int) -> None: ...
    def found(self, door: str) -> None: ...
    def association(self, outcome: str) -> None: ...
    def cached(self, hit: bool) -> None: ...


class Clock(Protocol):
    """The time, so that tests can hold it."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...


class Policy(Protocol):
    """Turns what was presented at a door into a `Caller` with permissions and Scope, the same for every door."""

    def for_token(self, token: str, *, door: Door, address: str) -> Caller:
        """Give the bearer's caller. Raises `NotPermitted`."""
        ...

    def for_password(self, name: str, password: str, *, door: Door, address: str) -> Caller:
        """Give the account's caller (argon2id; a verified credential is cached 5 minutes). Raises `NotPermitted`."""
        ...

    def for_peer(self, aet: AETitle, *, address: str, certificate: str = "") -> Caller:
        """Give the caller of a configured peer, its permissions from `Peer.may`. Raises `NotPermitted`."""
        ...


class PeerDirectory(Protocol):
    """The configured peers, read on every association, so a change holds at once."""

    def get(self, aet: AETitle) -> Peer:
        """Give the peer. Raises `NotFound`."""
        ...

    def all(self) -> Sequence[Peer]: ...


class Sending(Protocol):
    """An open association that sends objects (C-STORE SCU)."""

    def accepted(self, sop_class: UID) -> frozenset[UID]:
        """Give the transfer syntaxes that the peer takes this SOP Class in."""
        ...

    def store(
        self,
        sop_class: UID,
        sop_instance: UID,
        syntax: UID,
        dataset: Iterable[Buffer],
        *,
        move_originator: tuple[str, int] | None = None,
    ) -> int:
        """Send one data set and give the peer's status. Raises `Unavailable` when the association is lost."""
        ...

    def __enter__(self) -> "Sending": ...
    def __exit__(self, *exc: object) -> None: ...


class Sender(Protocol):
    """Opens associations to peers."""

    def open(self, peer: Peer, wanted: Sequence[tuple[UID, Sequence[UID]]]) -> Sending:
        """Propose (SOP Class, transfer syntaxes) pairs, at most 128. Raises `Unavailable`, `Refused`."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed row of the outbox. `attempts` counts the tries before this one."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int = 0


class JobQueue(Protocol):
    """The outbox from the worker's side."""

    def relay(self) -> int:
        """Give events their positions in the change feed; say how many."""
        ...

    def due(self, kinds: Sequence[str]) -> Sequence[str]:
        """Give those of the kinds that have jobs to claim now."""
        ...

    def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> Sequence[Job]:
        """Lease up to `limit` due jobs; one whose lease runs out is claimable again."""
        ...

    def done(self, ids: Sequence[int]) -> None:
        """Forget jobs that were done."""
        ...

    def failed(self, job_id: int, error: str, retry_at: float | None) -> None:
        """Put a job back until `retry_at`, or among the dead letters when None."""
        ...

"""A request to the web door without a socket, and a door to ask."""

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.routing import BaseRoute

from radiotheque.core.caller import Caller, Scope
from radiotheque.core.errors import NotFound, Unavailable
from radiotheque.core.instance import Blob, BlobName, Identity, Selection
from radiotheque.core.peer import Peer
from radiotheque.core.query import Found, Level, Page, Query
from radiotheque.core.uid import UID
from radiotheque.ops import Check, ChoreState, Metrics
from radiotheque.security import Security
from radiotheque.wire.web.gate import Gate
from radiotheque.wire.web.services import Services
from radiotheque.wire.web.shell import create_web_app


@dataclass(frozen=True)
class Answer:
    """A whole answer; header fields by lower-case name, repeated ones joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class CutOff(Exception):
    """The application failed after its answer had begun."""


def basic(name: str, password: str) -> dict[str, str]:
    """Give the header field of HTTP Basic (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def bearer(secret: str) -> dict[str, str]:
    """Give the header field of a bearer token (RFC 6750)."""
    return {"Authorization": f"Bearer {secret}"}


def ask(
    app: Any,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    body: Sequence[bytes] = (),
    given: Any = None,
    client: str = "192.0.2.1",
) -> Answer:
    """Send one request, its body in pieces or as JSON, and give the answer."""
    pieces = [json.dumps(given).encode()] if given is not None else list(body)
    named = dict(headers or {}) | ({"Content-Type": "application/json"} if given is not None else {})
    return asyncio.run(_ask(app, method, url, headers=named, pieces=pieces, client=client))


async def _ask(
    app: Any, method: str, url: str, *, headers: Mapping[str, str], pieces: list[bytes], client: str
) -> Answer:
    split = urlsplit(url)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": split.path,
        "raw_path": split.path.encode(),
        "query_string": split.query.encode(),
        "root_path": "",
        "headers": [(b"host", b"pacs.test"), *((n.lower().encode(), v.encode("latin-1")) for n, v in headers.items())],
        "client": (client, 4711),
        "server": ("127.0.0.1", 8080),
    }
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    try:
        await app(scope, receive, send)
    except Exception as error:
        raise CutOff(str(error)) from error
    start, *rest = sent
    out: dict[str, str] = {}
    for raw_name, raw_value in start["headers"]:
        name, value = raw_name.decode().lower(), raw_value.decode("latin-1")
        out[name] = f"{out[name]}, {value}" if name in out else value
    return Answer(start["status"], out, b"".join(each.get("body", b"") for each in rest))


STUDY = Found(
    Level.STUDY,
    {
        "StudyInstanceUID": ("1.2.3",),
        "PatientName": ("LE-GOFF^Anne-Marie",),
        "ModalitiesInStudy": ("CR", "DX"),
        "NumberOfStudyRelatedInstances": ("2",),
    },
)


@dataclass(frozen=True)
class Event:
    """A change in the feed."""

    position: int
    kind: str
    payload: dict[str, Any]
    at: float


EXPLICIT_LE = UID("1.2.840.10008.1.2.1")
_BLOB = Blob(BlobName("key/blob"), 5)
_IDENTITY = Identity(UID("1.2"), UID("1.2.3.4.5"), UID("1.2.3"), UID("1.2.3.4"), "P1", "")


@dataclass(frozen=True)
class WaitingJob:
    """A job of the outbox that is not done yet."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    error: str
    told_at: float
    peer: str
    state: str
    next_at: float
    studies: tuple[str, ...] = ("1.2",)


@dataclass(frozen=True)
class Waiting:
    """A case of the quarantine."""

    id: int = 7
    state: str = "open"
    reason: str = "policy"
    detail: str = ""
    blob: Blob = field(default=_BLOB)
    transfer_syntax: UID = field(default=EXPLICIT_LE)
    identity: Identity = field(default=_IDENTITY)
    patient_name: str = ""
    origin: str = "MODALITY"
    channel: str = "dimse"
    received_at: float = 0.0
    closed_by: str = ""
    closed_at: float = 0.0


@dataclass(frozen=True)
class Correction:
    """An amendment, as kept."""

    version: int = 3
    keyword: str = "PatientName"
    was: tuple[str, ...] = ("DUPONT^Lea",)
    value: tuple[str, ...] = ("DUPOND^Lea",)
    by: str = "lea"
    reason: str = "married"
    at: float = 0.0


@dataclass(frozen=True)
class Taken:
    """A rejection, as kept."""

    id: int = 5
    study: UID = field(default=UID("1.2.3"))
    series: str = ""
    instance: str = ""
    code: str = "113001"
    by: str = "lea"
    at: float = 0.0
    restored_by: str = ""
    restored_at: float = 0.0


@dataclass(frozen=True)
class Promised:
    """A commitment that was asked for."""

    id: int = 1
    transaction: UID = field(default=UID("2.25.1"))
    peer: str = "PACS"
    state: str = "failed"
    study: str = "1.2.3"
    instances: int = 2
    failed: Sequence[tuple[UID, int]] = ((UID("1.2.3.4.5"), 0x0112),)
    reason: str = ""
    asked_at: float = 0.0
    answered_at: float = 0.0


@dataclass
class Shelf:
    """Stands for the line behind the API: remembers what it was asked, answers what it was given."""

    asked: list[Any] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    feed: list[Event] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    forgotten: int = 0

    def start(self) -> int:
        return self.forgotten

    def find(self, query: Query, caller: Caller) -> Page:
        self.asked.append(query)
        return self.pages.pop(0) if self.pages else Page(())

    def reject(self, selection: Selection, caller: Caller, *, code: str) -> int:
        self.asked.append((selection, code))
        return 2

    def restore(self, selection: Selection, caller: Caller) -> int:
        self.asked.append(selection)
        return 2

    def changes(self, after: int, limit: int, scope: Scope) -> Sequence[Event]:
        self.scopes.append(scope)
        return [change for change in self.feed if change.position > after][:limit]

    def cases(self, *, state: str, before: int, limit: int) -> Sequence[Waiting]:
        self.asked.append((state, before, limit))
        return [Waiting()]

    def case(self, case_id: int) -> Waiting:
        if case_id != 7:
            raise NotFound("there is no such case")
        return Waiting()

    def release(self, case_id: int, caller: Caller) -> None:
        self.asked.append(("release", case_id, caller.name))

    def discard(self, case_id: int, caller: Caller) -> None:
        self.asked.append(("discard", case_id, caller.name))

    def amend_study(self, study: UID, changes: Mapping[str, Any], caller: Caller, *, reason: str = "") -> int:
        self.asked.append((study, dict(changes), reason))
        return 3

    def undo_amendment(self, study: UID, version: int, caller: Caller) -> int:
        self.asked.append((study, version))
        return 4

    def amendments(self, study: UID) -> Sequence[Correction]:
        return [Correction()]

    def waiting(self) -> Mapping[str, int]:
        return {"send": 2}

    def waiting_jobs(self, limit: int = 100, after: int = 0, *, kind: str = "", peer: str = "") -> Sequence[Any]:
        self.asked.append(("waiting", limit, after, kind, peer))
        return [
            WaitingJob(
                id=3,
                kind="send",
                payload={"peer": "VIEWER", "studies": ["1.2"]},
                attempts=1,
                error="Unavailable: no answer",
                told_at=5.0,
                peer="VIEWER",
                state="waiting",
                next_at=35.0,
            )
        ]

    def hold(self, aet: str, caller: Caller, *, held: bool = True) -> int:
        self.asked.append((aet, caller.name, held))
        return 2

    def dead_letters(self, limit: int = 100, after: int = 0) -> Sequence[Any]:
        return []

    def revive(self, ids: Sequence[int]) -> int:
        self.asked.append(list(ids))
        return len(ids)

    def drop(self, ids: Sequence[int], caller: Caller, audit: Any) -> int:
        self.asked.append(("drop", list(ids)))
        return len(ids)

    def amend_patient(
        self, patient_id: str, changes: Mapping[str, Any], caller: Caller, *, issuer: str = "", reason: str = ""
    ) -> int:
        self.asked.append((patient_id, issuer, dict(changes), reason))
        return 2

    def rejections(self, scope: Scope, *, before: int, limit: int) -> Sequence[Taken]:
        self.scopes.append(scope)
        return [Taken()]

    def states(self) -> Sequence[ChoreState]:
        return [ChoreState("sweep", 86400.0, 1_800_000_000.0, running=False)]

    def run_now(self, name: str, caller: Caller) -> None:
        if name != "sweep":
            raise NotFound("there is no such chore")
        self.asked.append(("run", name, caller.name))

    def all(self, *, before: int, limit: int, state: str) -> Sequence[Promised]:
        self.asked.append((state, before, limit))
        return [Promised()]

    def ask_again(self, transaction: UID, caller: Caller) -> UID:
        self.asked.append(("again", transaction, caller.name))
        return UID("2.25.2")

    def overdue(self) -> int:
        return 3

    def ask_commitment(self, selection: Selection, aet: str, caller: Caller) -> UID:
        self.asked.append((selection, aet))
        return UID("2.25.1")

    def send(self, selection: Selection, aet: str, caller: Caller) -> int:
        self.asked.append((selection, aet, caller.name))
        return 2

    def echo(self, peer: Peer) -> float:
        if peer.host == "away.example":
            raise Unavailable("no answer")
        return 1.5


class Anything:
    """Stands for a room whose routes are there, and not entered."""

    def __getattr__(self, name: str) -> "Anything":
        return self


ANYTHING = Anything()


def door(
    security: Security,
    shelf: Shelf,
    extra_routes: Sequence[BaseRoute] = (),
    *,
    checks: Sequence[Check] = (),
    reading: Any = ANYTHING,
    **more: Any,
) -> Gate:
    """Give a web door with `shelf` behind it."""
    metrics = Metrics()
    services = Services(
        archive=shelf,
        security=security,
        feed=shelf,
        quarantine=shelf,
        corrections=shelf,
        outbox=shelf,
        send=shelf.send,
        hold=shelf.hold,
        echo=shelf.echo,
        chores=shelf,
        commitments=shelf,
        reading=reading,
        ask_commitment=shelf.ask_commitment,
        health=lambda: checks,
        metrics=metrics.text,
        observe=metrics.answered,
        **more,
    )
    return create_web_app(services, extra_routes)

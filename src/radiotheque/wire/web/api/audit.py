"""The audit trail: searches, who looked at a patient, what somebody did, the review queue, checkpoints."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Malformed
from radiotheque.core.uid import parse_uid
from radiotheque.security import Wanted, bundle_of
from radiotheque.wire.web.api.sessions import taste_of
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

FHIR = "application/fhir+json"
PDF = "application/pdf"
MOST_ON_PAPER = 1000
_BY_FORMAT: dict[int | str, dict[str, Any]] = {200: {"content": {FHIR: {}}, "description": "One page"}}
_ON_PAPER: dict[int | str, dict[str, Any]] = {200: {"content": {PDF: {}}, "description": "All accesses, newest first"}}

Word = Annotated[str, Query(max_length=64)]
Moment = Annotated[float, Query(ge=0, description="Seconds since the epoch")]
Number = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=1000)]


class AuditEntry(BaseModel):
    """One line of the trail. `position` is its place in the chain; the patient is the one known when it was linked."""

    entry_id: int
    position: int
    at: float
    caller: str
    door: str
    address: str
    via: str
    kind: str
    study: str
    patient_id: str
    issuer: str
    detail: str
    outcome: str


class AuditPage(BaseModel):
    """Lines, the newest first; `before` of the next page is the last position here."""

    entries: list[AuditEntry]


class PatientAccesses(BaseModel):
    """Who did what with a patient's studies, the newest first. `studies` says what each is called."""

    number: int
    patient_id: str
    issuer: str
    name: str
    birth_date: str
    studies: dict[str, str]
    entries: list[AuditEntry]


class Total(BaseModel):
    """How often somebody did something in the time that was asked for, and when last."""

    kind: str
    outcome: str
    count: int
    last_at: float


class Place(BaseModel):
    """From where somebody came, how often, and when last."""

    address: str
    door: str
    count: int
    last_at: float


class UserAudit(BaseModel):
    """What somebody did."""

    name: str
    totals: list[Total]
    places: list[Place]
    entries: list[AuditEntry]


class ReviewCase(BaseModel):
    """Something to look at: what found it, whom it is about, and once it is closed what came of it."""

    id: int
    detector: str
    found_at: float
    position: int
    caller: str
    study: str
    patient_id: str
    issuer: str
    detail: str
    state: Literal["open", "closed"]
    outcome: Literal["", "justified", "unjustified", "unclear"]
    note: str
    closed_by: str
    closed_at: float


class ReviewCases(BaseModel):
    """Cases, the newest first."""

    reviews: list[ReviewCase]


class ReviewOutcome(BaseModel):
    """What came of a case; a note is asked for unless it was justified."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["justified", "unjustified", "unclear"]
    note: str = Field("", max_length=4000)


class SignedCheckpoint(BaseModel):
    """Which link stood at a position, signed by Ed25519 over the UTF-8 of `statement`."""

    statement: str
    position: int
    row: int
    link: str
    at: float
    previous: int
    about: str
    key: str
    public_key: str
    signature: str


def routes(services: Services) -> APIRouter:
    """Give the routes of the audit trail."""
    router = APIRouter(prefix="/api/audit", tags=["audit"])
    _search(router, services)
    _people(router, services)
    _reviews(router, services)
    return router


def _entries(found: Sequence[Any]) -> list[AuditEntry]:
    return [AuditEntry(**asdict(entry)) for entry in found]


def _search(router: APIRouter, services: Services) -> None:
    desk = services.security.desk
    auditor = Depends(Needs(Permission.AUDIT_READ, services.security.audit))

    @router.get(
        "", summary="Search the audit trail", response_model=AuditPage, responses=_BY_FORMAT
    )  # as JSON the newest first; as FHIR a feed from the oldest on
    def search_audit(
        request: Request,
        caller: Annotated[Caller, auditor],
        *,
        who: Word = "",
        what: Annotated[list[str], Query(max_length=32, description="Kinds of acts; one may end in *")] = [],  # noqa: B006
        study: Word = "",
        patient_id: Word = "",
        issuer: Annotated[str | None, Query(max_length=64)] = None,
        outcome: Literal["", "success", "refused", "failed"] = "",
        door: Word = "",
        address: Word = "",
        since: Moment = 0.0,
        until: Moment = 0.0,
        before: Number = 0,
        after: Annotated[int | None, Query(ge=0, description="As FHIR: behind this position")] = None,
        limit: Limit = 100,
        format: Literal["json", "fhir"] = "json",
    ) -> AuditPage | Response:
        wanted = Wanted(
            caller=who, kinds=tuple(what), study=parse_uid(study) if study else "", patient_id=patient_id, issuer=issuer,
            outcome=outcome, door=door, address=address, since=since, until=until, before=before,
            after=(after or 0) if format == "fhir" else after, limit=limit,
        )  # fmt: skip
        if format == "json":
            return AuditPage(entries=_entries(desk.page(wanted, caller)))
        events = desk.events(wanted, caller)
        following = _following(request, events[-1]["id"]) if len(events) == limit else ""
        bundle = bundle_of(events, base="/api/audit", here=_address(request), following=following)
        return Response(orjson.dumps(bundle), media_type=FHIR)

    @router.get("/checkpoint", summary="Give a signed checkpoint, to be kept elsewhere")
    def give_checkpoint(caller: Annotated[Caller, auditor]) -> SignedCheckpoint:
        return SignedCheckpoint(**desk.checkpoint(caller))


def _address(request: Request) -> str:
    query = request.url.query
    return f"/api/audit?{query}" if query else "/api/audit"


def _following(request: Request, last: str) -> str:
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] != "after"]
    return f"/api/audit?{urlencode([*pairs, ('after', last)])}"


def _people(router: APIRouter, services: Services) -> None:
    desk = services.security.desk
    auditor = Depends(Needs(Permission.AUDIT_READ, services.security.audit))

    @router.get(
        "/patients/{number}", summary="Who looked at this patient?", response_model=PatientAccesses, responses=_ON_PAPER
    )
    def who_looked(
        request: Request,
        caller: Annotated[Caller, auditor],
        *,
        number: Annotated[int, Path(ge=1, le=1 << 62)],
        since: Moment = 0.0,
        until: Moment = 0.0,
        before: Number = 0,
        limit: Limit = 100,
        format: Literal["json", "pdf"] = "json",
        language: Literal["", "en", "fr"] = "",
    ) -> PatientAccesses | Response:
        if 0 < until <= since:
            raise Malformed("the time ends before it begins")
        if format == "pdf":
            spoken = language or taste_of(request, services.tastes(caller.name)).language
            whole = Wanted(since=since, until=until, limit=MOST_ON_PAPER)
            body = desk.sheet_of_patient(number, whole, caller, spoken)
            headers = {"Content-Disposition": 'attachment; filename="accesses.pdf"', "Cache-Control": "no-store"}
            return Response(body, media_type=PDF, headers=headers)
        wanted = Wanted(since=since, until=until, before=before, limit=limit)
        patient, entries = desk.of_patient(number, wanted, caller)
        return PatientAccesses(
            number=patient.number,
            patient_id=patient.patient_id,
            issuer=patient.issuer,
            name=patient.name,
            birth_date=patient.birth_date,
            studies=dict(patient.labels),
            entries=_entries(entries),
        )

    @router.get("/users/{name}", summary="What did this user do?")
    def what_did(
        caller: Annotated[Caller, auditor],
        *,
        name: Annotated[str, Path(max_length=64)],
        since: Moment = 0.0,
        until: Moment = 0.0,
        before: Number = 0,
        limit: Limit = 100,
    ) -> UserAudit:
        wanted = Wanted(caller=name, since=since, until=until, before=before, limit=limit)
        acts = desk.of_user(name, wanted, caller)
        return UserAudit(
            name=name,
            totals=[Total(kind=kind, outcome=end, count=count, last_at=at) for kind, end, count, at in acts.totals],
            places=[Place(address=place, door=door, count=count, last_at=at) for place, door, count, at in acts.places],
            entries=_entries(acts.entries),
        )


def _reviews(router: APIRouter, services: Services) -> None:
    desk = services.security.desk
    auditor = Depends(Needs(Permission.AUDIT_READ, services.security.audit))

    @router.get("/reviews", summary="List what somebody should look at")
    def list_reviews(
        caller: Annotated[Caller, auditor],
        *,
        state: Literal["", "open", "closed"] = "open",
        detector: Word = "",
        before: Number = 0,
        limit: Limit = 100,
    ) -> ReviewCases:
        found = desk.cases(caller, state=state, detector=detector, before=before, limit=limit)
        return ReviewCases(reviews=[ReviewCase(**asdict(case)) for case in found])

    @router.post("/reviews/{number}", summary="Record what came of a case")
    def close_review(
        given: ReviewOutcome, caller: Annotated[Caller, auditor], *, number: Annotated[int, Path(ge=1, le=1 << 62)]
    ) -> ReviewCase:
        return ReviewCase(**asdict(desk.reviews.close(number, given.outcome, given.note, caller)))

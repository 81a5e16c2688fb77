"""The worklist: pages of studies, who reads them, how they stand, live changes, saved views."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any, Literal

import orjson
from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Malformed
from radiotheque.core.uid import parse_uid
from radiotheque.reading import Change, Filters, Lease, News, Row, Slice, Worklist
from radiotheque.wire.web.api.changes import EVENTS, KEEP_ALIVE_S, POLL_S, position
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services
from radiotheque.wire.web.streams import welcome, while_welcome

RETRY_MS = 2000
STATUSES = ("new", "reading", "read")
PRIORITIES = ("routine", "urgent", "stat")

Uid = Annotated[str, Path(max_length=64)]
Day = Annotated[str, Query(pattern=r"^(\d{8})?$", description="YYYYMMDD")]
Several = Annotated[list[str], Query(description="Any of these, repeated or parted by commas", max_length=64)]

type Look = Callable[[int], tuple[int, Sequence[News]]]
"""Gives where to go on behind a position, and the news until there."""


class Changing(BaseModel):
    """What to change of how a study stands, as seen in `version`; what is left out stays.

    That it is being read is said by taking it (`lease`).
    """

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=0)
    status: Literal["new", "read"] | None = None
    priority: Literal["routine", "urgent", "stat"] | None = None
    comment: str | None = Field(None, max_length=4096)


class Taking(BaseModel):
    """How to take a study: from whoever has it, or only when nobody has."""

    model_config = ConfigDict(extra="forbid")

    take_over: bool = False


def routes(services: Services) -> APIRouter:
    """Give the routes of the worklist."""
    router = APIRouter(prefix="/api", tags=["worklist"])
    _pages(router, services)
    _events(router, services)
    _studies(router, services)
    return router


def _pages(router: APIRouter, services: Services) -> None:
    finder = Depends(Needs(Permission.STUDY_FIND, services.security.audit))

    @router.get("/worklist", summary="List studies, the newest first")
    def list_studies(
        caller: Annotated[Caller, finder],
        *,
        q: Annotated[
            str, Query(max_length=256, description="Names, numbers, `today`, `7d`, `CR thorax`, in any order")
        ] = "",
        status: Several = [],  # noqa: B006  (FastAPI copies it)
        priority: Several = [],  # noqa: B006
        modality: Several = [],  # noqa: B006
        body_part: Several = [],  # noqa: B006
        since: Day = "",
        until: Day = "",
        mine: Annotated[bool, Query(description="Only what the caller reads or has read")] = False,
        sort: Annotated[str, Query(max_length=32)] = "date",
        order: Literal["asc", "desc"] = "desc",
        after: Annotated[str, Query(max_length=512, description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Worklist:
        filters = Filters(
            q,
            among(status, STATUSES),
            among(priority, PRIORITIES),
            parted(modality),
            parted(body_part),
            since=since,
            until=until,
            mine=mine,
        )
        return services.reading.worklist.page(filters, Slice(sort, order, after, limit), caller)


def parted(values: Sequence[str]) -> tuple[str, ...]:
    """Give the values of a parameter that may be repeated or hold commas, each once."""
    return tuple(dict.fromkeys(part.strip() for value in values for part in value.split(",") if part.strip()))


def among(values: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Give the values of a parameter when all are known. Raises `Malformed`."""
    given = parted(values)
    if not set(given) <= set(known):
        raise Malformed("one of {known} was expected", known=", ".join(known))
    return given


def _events(router: APIRouter, services: Services) -> None:
    finder = Depends(Needs(Permission.STUDY_FIND, services.security.audit))

    @router.get(
        "/worklist/events",
        summary="Follow live changes: server-sent events `study`, `status` and `reload`, each with the study",
        response_class=StreamingResponse,
        responses={200: {"content": {EVENTS: {}}, "description": "Events for ever; resumed by Last-Event-ID"}},
    )
    async def follow(
        request: Request, caller: Annotated[Caller, finder], last_event_id: Annotated[str, Header(max_length=32)] = ""
    ) -> Response:
        live = services.reading.live
        now = await run_sync(lambda: live.now(caller))
        begin = position(last_event_id, now)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        told = news(lambda behind: live.since(behind, caller), begin)
        heard = while_welcome(told, welcome(request, services.security))
        return StreamingResponse(heard, media_type=EVENTS, headers=headers)


async def news(look: Look, behind: int, *, poll_s: float = POLL_S) -> AsyncIterator[bytes]:
    """Yield everything behind a position for ever as server-sent events, a comment now and then between them."""
    loop = asyncio.get_running_loop()
    yield b"retry: %d\nid: %d\n\n" % (RETRY_MS, behind)
    said_at = loop.time()
    while True:
        at = behind
        behind, found = await run_sync(look, at)
        for one in found:
            yield b"id: %d\nevent: %s\ndata: %s\n\n" % (one.position, one.name.encode(), orjson.dumps(one.data))
        if found:
            said_at = loop.time()
        elif loop.time() - said_at >= KEEP_ALIVE_S:
            said_at = loop.time()
            yield b": still here\n\n"
        if behind == at:
            await asyncio.sleep(poll_s)


def _studies(router: APIRouter, services: Services) -> None:
    audit, reading = services.security.audit, services.reading
    finder = Depends(Needs(Permission.STUDY_FIND, audit))
    reader = Depends(Needs(Permission.READING_WRITE, audit))
    conflict: dict[int | str, dict[str, Any]] = {409: {"description": "Changed since, or another reads it"}}

    @router.get("/worklist/{study}", summary="Show how a study stands")
    def show_row(study: Uid, caller: Annotated[Caller, finder]) -> Row:
        return reading.rows.row(parse_uid(study), caller)

    @router.patch("/worklist/{study}", summary="Change status, priority or comment", responses=conflict)
    def change_row(study: Uid, given: Changing, caller: Annotated[Caller, reader]) -> Row:
        change = Change(given.version, given.status, given.priority, given.comment)
        return reading.statuses.change(parse_uid(study), change, caller)

    @router.post(
        "/worklist/{study}/lease", summary="Take a study to read for ten minutes, or renew that", responses=conflict
    )
    def take(
        study: Uid,
        caller: Annotated[Caller, reader],
        given: Annotated[Taking, Body()] = Taking(),  # noqa: B008
    ) -> Lease:
        return reading.statuses.lease(parse_uid(study), caller, take_over=given.take_over)

    @router.delete("/worklist/{study}/lease", summary="Give a study back", status_code=204)
    def give_back(study: Uid, caller: Annotated[Caller, reader]) -> Response:
        reading.statuses.give_back(parse_uid(study), caller)
        return Response(status_code=204)

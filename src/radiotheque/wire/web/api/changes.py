"""The change feed: pages, a long poll, or server-sent events; resumed by position."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

import orjson
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Malformed
from radiotheque.wire.web.answers import ChangesForgotten
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Change, Feed, Services
from radiotheque.wire.web.streams import welcome, while_welcome

POLL_S = 0.5
KEEP_ALIVE_S = 15.0
MAX_WAIT_S = 60.0
EVENTS = "text/event-stream"

type Look = Callable[[int, int], Sequence[Change]]
"""Gives up to so many changes behind a position, within the caller's Scope."""


async def wait_for_changes(look: Look, after: int, limit: int, wait_s: float) -> list[Change]:
    """Give the changes behind `after`, waiting up to `wait_s` seconds for the first."""
    loop = asyncio.get_running_loop()
    until = loop.time() + wait_s
    while True:
        changes = list(await run_sync(lambda: look(after, limit)))
        if changes or loop.time() >= until:
            return changes
        await asyncio.sleep(min(POLL_S, max(0.0, until - loop.time())))


async def events(look: Look, after: int) -> AsyncIterator[bytes]:
    """Yield every change behind `after` for ever as server-sent events, a comment now and then between them."""
    yield b": changes\n\n"
    while True:
        changes = await wait_for_changes(look, after, 500, KEEP_ALIVE_S)
        if not changes:
            yield b": still here\n\n"
        for change in changes:
            after = change.position
            yield b"id: %d\nevent: %s\ndata: %s\n\n" % (after, change.kind.encode(), orjson.dumps(shown(change)))


def complete(feed: Feed, behind: int, changes: Sequence[Change]) -> Sequence[Change]:
    """Give `changes`, read behind a position, when none before them is forgotten. Raises `ChangesForgotten`.

    The start is looked up after they were read, so what is forgotten in between is noticed.
    """
    if not changes or changes[0].position != behind + 1:
        start = feed.start()
        if behind < start:
            raise ChangesForgotten(start)
    return changes


def shown(change: Change) -> dict[str, Any]:
    """Give a change as JSON."""
    return {"position": change.position, "kind": change.kind, "at": change.at, **change.payload}


def position(last_event_id: str, after: int) -> int:
    """Give where to go on: behind the last event that a broken connection brought, else `after`. Raises `Malformed`."""
    if not last_event_id:
        return after
    if not last_event_id.isdecimal():
        raise Malformed("Last-Event-ID is the position of a change")
    return int(last_event_id)


def routes(services: Services) -> APIRouter:
    """Give the route of the feed."""
    router = APIRouter(prefix="/api", tags=["changes"])
    reader = Depends(Needs(Permission.CHANGES_READ, services.security.audit))

    @router.get("/changes", summary="Read the change feed", response_class=JSONResponse)
    async def read_changes(
        request: Request,
        caller: Annotated[Caller, reader],
        *,
        after: Annotated[
            int | None, Query(ge=0, description="Position to go on behind; without one, the oldest change that is kept")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        wait_s: Annotated[float, Query(ge=0, le=MAX_WAIT_S)] = 0.0,
        accept: Annotated[str, Header()] = "",
        last_event_id: Annotated[str, Header()] = "",
    ) -> Response:
        def look(behind: int, most: int) -> Sequence[Change]:
            return complete(services.feed, behind, services.feed.changes(behind, most, caller.scope))

        begin = await run_sync(services.feed.start) if after is None else after
        if EVENTS in accept:
            begin = position(last_event_id, begin)
            await run_sync(lambda: look(begin, 1))  # what is forgotten is said in the status, before the stream begins
            headers = {"cache-control": "no-store"}
            heard = while_welcome(events(look, begin), welcome(request, services.security))
            return StreamingResponse(heard, media_type=EVENTS, headers=headers)
        changes = await wait_for_changes(look, begin, limit, wait_s)
        body: dict[str, Any] = {
            "changes": [shown(one) for one in changes],
            "next": changes[-1].position if changes else begin,
        }
        return Response(orjson.dumps(body), media_type="application/json")

    return router

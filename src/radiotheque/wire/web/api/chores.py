"""Work by the clock, and what peers were asked to commit to."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from radiotheque.core.aetitle import parse_aetitle
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.uid import parse_uid
from radiotheque.wire.web.api.corrections import sees_everything, selection_of
from radiotheque.wire.web.api.operations import Sending
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

STATES = ("waiting", "asked", "committed", "failed", "refused", "overdue", "replaced")
"""How a commitment that was asked for may stand."""


def routes(services: Services) -> APIRouter:
    """Give the routes of chores and commitments."""
    router = APIRouter(prefix="/api")
    _chores(router, services)
    _commitments(router, services)
    return router


def _chores(router: APIRouter, services: Services) -> None:
    chores, audit = services.chores, services.security.audit
    seer = Depends(Needs(Permission.OPS_SEE, audit))
    runner = Depends(Needs(Permission.OPS_RUN, audit))

    def shown() -> dict[str, Any]:
        return {"chores": [asdict(state) for state in chores.states()]}

    @router.get(
        "/chores", tags=["operations"], summary="Work by the clock: when it ran, what came of it, when it is due"
    )
    def list_chores(caller: Annotated[Caller, seer]) -> dict[str, Any]:
        return shown()

    @router.post("/chores/{name}/run", tags=["operations"], summary="Run a chore now", status_code=202)
    def run_chore(name: str, caller: Annotated[Caller, runner]) -> dict[str, Any]:
        chores.run_now(name, caller)
        services.wake()
        return shown()


def _commitments(router: APIRouter, services: Services) -> None:
    audit = services.security.audit
    sender = Depends(Needs(Permission.STUDY_SEND, audit))

    @router.post("/commitments", tags=["peers"], summary="Ask a peer to commit to what it holds", status_code=202)
    def ask(given: Sending, caller: Annotated[Caller, sender]) -> dict[str, str]:
        peer = parse_aetitle(given.peer)
        return {"transaction": services.ask_commitment(selection_of(given), peer, caller)}

    @router.post(
        "/commitments/{transaction}/ask-again",
        tags=["peers"],
        summary="Ask again what was overdue, failed or refused, in a new transaction",
        status_code=202,
    )
    def ask_again(transaction: str, caller: Annotated[Caller, sender]) -> dict[str, str]:
        fresh = services.commitments.ask_again(parse_uid(transaction), sees_everything(caller))
        services.wake()
        return {"transaction": fresh}

    @router.get("/commitments", tags=["peers"], summary="What peers were asked to commit to, newest first")
    def list_asked(
        caller: Annotated[Caller, sender],
        *,
        state: Annotated[str, Query(pattern=f"^({'|'.join(STATES)})?$")] = "",
        before: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        sees_everything(caller)
        names = ("id", "transaction", "peer", "state", "study", "instances", "reason", "asked_at", "answered_at")
        found = services.commitments.all(before=before, limit=limit, state=state)
        return {
            "commitments": [
                {name: getattr(one, name) for name in names}
                | {"failed": [{"instance": instance, "reason": reason} for instance, reason in one.failed]}
                for one in found
            ]
        }

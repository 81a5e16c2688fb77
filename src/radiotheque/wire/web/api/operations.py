"""Peers, sending, the outbox and how the house stands."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from radiotheque.core.aetitle import parse_aetitle
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.peer import USUAL, Peer, Service
from radiotheque.core.uid import parse_uid
from radiotheque.wire.web.api.corrections import Selected, selection_of
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Letter, Services, WaitingJob


class PeerModel(BaseModel):
    """Another Application Entity; see the fields of the conformance statement."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(min_length=1, max_length=255)
    port: int = Field(ge=1, le=65535)
    may: list[Service] = Field(default_factory=lambda: [service for service in Service if service in USUAL])
    destinations: list[str] = []
    charset: str = Field("", max_length=64)
    issuer: str = Field("", max_length=64)
    tls: bool = False
    addresses: list[str] = []
    syntaxes: list[str] = []
    max_associations: int = Field(0, ge=0)


class Sending(Selected):
    """What to send, and to whom."""

    peer: str


class Retrying(BaseModel):
    """Jobs that were given up, by number."""

    model_config = ConfigDict(extra="forbid")

    jobs: list[int] = Field(min_length=1, max_length=1000)


def shown_letter(letter: Letter) -> dict[str, Any]:
    """Give a dead letter as JSON."""
    names = ("id", "kind", "payload", "attempts", "error", "told_at")
    return {name: getattr(letter, name) for name in names}


def shown_waiting(job: WaitingJob) -> dict[str, Any]:
    """Give a job that is not done yet as JSON."""
    names = ("peer", "studies", "state", "next_at")
    return shown_letter(job) | {name: getattr(job, name) for name in names}


def to_peer(aet: str, given: PeerModel) -> Peer:
    """Give the peer that the model describes. Raises `Malformed`."""
    return Peer(
        aet=parse_aetitle(aet),
        host=given.host,
        port=given.port,
        may=frozenset(given.may),
        destinations=frozenset(parse_aetitle(title) for title in given.destinations),
        charset=given.charset,
        issuer=given.issuer,
        tls=given.tls,
        addresses=tuple(given.addresses),
        syntaxes=tuple(parse_uid(uid) for uid in given.syntaxes),
        max_associations=given.max_associations,
    )


def shown_peer(peer: Peer) -> dict[str, Any]:
    """Give a peer as JSON."""
    given = asdict(peer)
    return given | {"may": sorted(peer.may), "destinations": sorted(peer.destinations)}


def routes(services: Services) -> APIRouter:
    """Give the routes of operations."""
    router = APIRouter(prefix="/api")
    _peers(router, services)
    _outbox(router, services)
    _status(router, services)
    return router


def _peers(router: APIRouter, services: Services) -> None:
    peers, audit = services.security.peers, services.security.audit
    manager = Depends(Needs(Permission.PEER_MANAGE, audit))
    sender = Depends(Needs(Permission.STUDY_SEND, audit))

    @router.get("/peers", tags=["peers"], summary="List peers")
    def list_peers(caller: Annotated[Caller, manager]) -> dict[str, Any]:
        return {"peers": [shown_peer(peer) for peer in peers.all()]}

    @router.get("/peers/{aet}", tags=["peers"], summary="Show a peer")
    def show_peer(aet: str, caller: Annotated[Caller, manager]) -> dict[str, Any]:
        return shown_peer(peers.get(parse_aetitle(aet)))

    @router.put("/peers/{aet}", tags=["peers"], summary="Add or replace a peer")
    def put_peer(aet: str, given: PeerModel, caller: Annotated[Caller, manager]) -> dict[str, Any]:
        return shown_peer(peers.put(to_peer(aet, given), caller))

    @router.delete("/peers/{aet}", tags=["peers"], summary="Forget a peer", status_code=204)
    def remove_peer(aet: str, caller: Annotated[Caller, manager]) -> Response:
        peers.remove(parse_aetitle(aet), caller)
        return Response(status_code=204)

    @router.post("/peers/{aet}/echo", tags=["peers"], summary="Ask a peer whether it is there (C-ECHO)")
    def echo_peer(aet: str, caller: Annotated[Caller, manager]) -> dict[str, float]:
        return {"ms": services.echo(peers.get(parse_aetitle(aet)))}

    @router.post("/peers/{aet}/hold", tags=["peers"], summary="Hold what is for a peer until it is released")
    def hold_peer(aet: str, caller: Annotated[Caller, manager]) -> dict[str, int]:
        return {"held": services.hold(parse_aetitle(aet), caller)}

    @router.post("/peers/{aet}/release", tags=["peers"], summary="Let what was held for a peer go on at once")
    def release_peer(aet: str, caller: Annotated[Caller, manager]) -> dict[str, int]:
        return {"released": services.hold(parse_aetitle(aet), caller, held=False)}

    @router.post("/send", tags=["peers"], summary="Queue a study for a peer", status_code=202)
    def send(given: Sending, caller: Annotated[Caller, sender]) -> dict[str, int]:
        peer = peers.get(parse_aetitle(given.peer))
        return {"queued": services.send(selection_of(given), peer.aet, caller)}


def _outbox(router: APIRouter, services: Services) -> None:
    outbox, audit = services.outbox, services.security.audit
    seer = Depends(Needs(Permission.OPS_SEE, audit))
    runner = Depends(Needs(Permission.OPS_RUN, audit))

    @router.get("/outbox", tags=["outbox"], summary="How many jobs wait, by kind")
    def queues(caller: Annotated[Caller, seer]) -> dict[str, Any]:
        return {"waiting": outbox.waiting()}

    @router.get("/outbox/waiting", tags=["outbox"], summary="List jobs that are not done yet, oldest first")
    def waiting(
        caller: Annotated[Caller, seer],
        *,
        kind: Annotated[str, Query(max_length=64)] = "",
        peer: Annotated[str, Query(max_length=16)] = "",
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        return {"waiting": [shown_waiting(job) for job in outbox.waiting_jobs(limit, after, kind=kind, peer=peer)]}

    @router.get("/outbox/dead", tags=["outbox"], summary="List jobs that were given up, oldest first")
    def dead(
        caller: Annotated[Caller, seer],
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        return {"dead": [shown_letter(letter) for letter in outbox.dead_letters(limit, after)]}

    @router.post("/outbox/dead/retry", tags=["outbox"], summary="Try jobs again now", status_code=202)
    def retry(given: Retrying, caller: Annotated[Caller, runner]) -> dict[str, int]:
        return {"revived": outbox.revive(given.jobs)}

    @router.post("/outbox/dead/drop", tags=["outbox"], summary="Forget jobs that were given up")
    def drop(given: Retrying, caller: Annotated[Caller, runner]) -> dict[str, int]:
        return {"dropped": outbox.drop(given.jobs, caller, audit)}


def _status(router: APIRouter, services: Services) -> None:
    seer = Depends(Needs(Permission.OPS_SEE, services.security.audit))

    @router.get("/status", tags=["operations"], summary="How the house stands")
    def status(caller: Annotated[Caller, seer]) -> dict[str, Any]:
        checks = list(services.health())
        healthy = all(check.healthy for check in checks)
        return {
            "healthy": healthy,
            "checks": [asdict(check) for check in checks],
            "waiting": services.outbox.waiting(),
            "overdue_commitments": services.commitments.overdue(),
        }

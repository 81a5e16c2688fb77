"""Hanging protocols: those shipped, the site's and one's own."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from radiotheque.core.caller import Caller, Permission
from radiotheque.reading import Matching, Protocol, Slot, Written
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

_GRID = 8
Id = Annotated[str, Path(max_length=64)]
Version = Annotated[int | None, Query(ge=0, description="The version that was seen; without one, any")]


class ProtocolGiven(BaseModel):
    """A protocol to keep: which studies it is for, and which images go where."""

    name: str = Field(min_length=1, max_length=128)
    shared: bool = False
    priority: int = Field(0, ge=-1000, le=1000)
    match: Matching
    rows: int = Field(ge=1, le=_GRID)
    columns: int = Field(ge=1, le=_GRID)
    slots: list[Slot] = Field(min_length=1, max_length=_GRID * _GRID)

    def written(self) -> Written:
        """Give it as it is kept."""
        content: dict[str, Any] = {
            name: getattr(self, name) for name in ("priority", "match", "rows", "columns", "slots")
        }
        return Written(self.name, self.shared, content)


class ProtocolChanged(ProtocolGiven):
    """A protocol to write anew, made on `version`."""

    version: int = Field(ge=0)


def routes(services: Services) -> APIRouter:
    """Give the routes of hanging protocols."""
    router = APIRouter(prefix="/api", tags=["protocols"])
    reading = services.reading
    finder = Depends(Needs(Permission.STUDY_FIND, services.security.audit))

    @router.get("/protocols", summary="List the protocols that the caller may use, the highest priority first")
    def list_protocols(caller: Annotated[Caller, finder]) -> list[Protocol]:
        return list(reading.protocols.all(caller))

    @router.post("/protocols", summary="Keep a protocol", status_code=201)
    def add_protocol(given: ProtocolGiven, caller: Annotated[Caller, finder]) -> Protocol:
        return reading.protocols.add(given.written(), caller)

    @router.put("/protocols/{name}", summary="Write a protocol anew")
    def replace_protocol(name: Id, given: ProtocolChanged, caller: Annotated[Caller, finder]) -> Protocol:
        return reading.protocols.replace(name, given.version, given.written(), caller)

    @router.delete("/protocols/{name}", summary="Forget a protocol", status_code=204)
    def remove_protocol(name: Id, caller: Annotated[Caller, finder], version: Version = None) -> Response:
        reading.protocols.remove(name, version, caller)
        return Response(status_code=204)

    return router

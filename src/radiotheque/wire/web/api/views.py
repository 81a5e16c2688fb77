"""Saved views of the worklist, one's own and shared."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from radiotheque.core.caller import Caller, Permission
from radiotheque.reading import View, ViewQuery, Written
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

Number = Annotated[int, Path(ge=1, le=1 << 62)]
Version = Annotated[int | None, Query(ge=0, description="The version that was seen; without one, any")]
Name = Annotated[str, Field(min_length=1, max_length=128)]


class ViewGiven(BaseModel):
    """A view to keep: filters by the worklist's own names, columns in order, and the order of rows."""

    name: Name
    shared: bool = False
    query: ViewQuery = Field(default_factory=ViewQuery)
    columns: list[Name] = Field([], max_length=64)
    sort: str = Field("date", max_length=32)
    order: Literal["asc", "desc"] = "desc"

    def written(self) -> Written:
        """Give it as it is kept."""
        content = {"query": dict(self.query), "columns": self.columns, "sort": self.sort, "order": self.order}
        return Written(self.name, self.shared, content)


class ViewChanged(ViewGiven):
    """A view to write anew, made on `version`."""

    version: int = Field(ge=0)


def routes(services: Services) -> APIRouter:
    """Give the routes of saved views."""
    router = APIRouter(prefix="/api", tags=["worklist"])
    reading = services.reading
    finder = Depends(Needs(Permission.STUDY_FIND, services.security.audit))

    @router.get("/views", summary="List one's own views and the shared ones")
    def list_views(caller: Annotated[Caller, finder]) -> list[View]:
        return list(reading.views.all(caller))

    @router.post("/views", summary="Keep a view", status_code=201)
    def add_view(given: ViewGiven, caller: Annotated[Caller, finder]) -> View:
        return reading.views.add(given.written(), caller)

    @router.put("/views/{number}", summary="Write a view anew")
    def replace_view(number: Number, given: ViewChanged, caller: Annotated[Caller, finder]) -> View:
        return reading.views.replace(number, given.version, given.written(), caller)

    @router.delete("/views/{number}", summary="Forget a view", status_code=204)
    def remove_view(number: Number, caller: Annotated[Caller, finder], version: Version = None) -> Response:
        reading.views.remove(number, version, caller)
        return Response(status_code=204)

    return router

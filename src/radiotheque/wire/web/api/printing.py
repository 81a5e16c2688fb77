"""Prints of images at true size."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from radiotheque.core.caller import Caller, Permission
from radiotheque.reading import Paper, Printed
from radiotheque.wire.web.api.sessions import taste_of
from radiotheque.wire.web.language import speaker
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

MEDIA_TYPES = {"pdf": "application/pdf", "png": "image/png", "zip": "application/zip"}
"""By the suffix of the file: pages as PNG are one picture, or a ZIP of them."""
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in MEDIA_TYPES.values()}, "description": "The print"}
}


class PrintedImage(BaseModel):
    """One frame, counted from 1, and the view of it as the viewer keeps it."""

    model_config = ConfigDict(extra="forbid")

    study: str = Field(max_length=64)
    series: str = Field(max_length=64)
    instance: str = Field(max_length=64)
    frame: int = Field(1, ge=1, le=1 << 24)
    view: dict[str, Any] = Field({}, max_length=32)


class PrintOrder(BaseModel):
    """What is to be printed: a page for each image. Several pages as PNG come as a ZIP."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["pdf", "png"] = "pdf"
    sheet: Literal["A4", "A3", "letter"] = "A4"
    images: list[PrintedImage] = Field(min_length=1, max_length=16)


def routes(services: Services) -> APIRouter:
    """Give the route of prints."""
    router = APIRouter(prefix="/api", tags=["printing"])
    viewer = Depends(Needs(Permission.STUDY_VIEW, services.security.audit))

    @router.post("/print", summary="Print images at true size", responses=_FILES, response_class=Response)
    def print_images(request: Request, given: PrintOrder, caller: Annotated[Caller, viewer]) -> Response:
        say = speaker(taste_of(request, services.tastes(caller.name)).language or "en")
        images: list[Printed] = [each.model_dump() for each in given.images]  # type: ignore[misc]
        body = services.reading.printing.print(images, Paper(given.sheet, given.format, say), caller)
        suffix = "zip" if given.format == "png" and len(images) > 1 else given.format
        headers = {"Content-Disposition": f'attachment; filename="print.{suffix}"', "Cache-Control": "no-store"}
        return Response(body, media_type=MEDIA_TYPES[suffix], headers=headers)

    return router

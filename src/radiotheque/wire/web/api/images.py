"""What the viewer draws: the render model of a frame, its pixels, and small pictures."""

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from radiotheque.archive.renditions import VIEWED_AS
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import NotFound, Undecodable
from radiotheque.core.instance import Location, Selection
from radiotheque.core.query import Level
from radiotheque.core.uid import parse_uid
from radiotheque.dicom.recipe import JPEG, Recipe, Viewport
from radiotheque.dicom.rendertypes import RenderModel
from radiotheque.dicom.sopclasses import FOR_PROCESSING, Kind, kind
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.ranges import FOR_EVER, NOT_STORED, given, tag_of, unchanged
from radiotheque.wire.web.services import Line, Services

MEDIA_TYPES = {"htj2k": "image/jphc", "jpeg": "image/jpeg", "png": "image/png", "raw": "application/octet-stream"}
"""Of a frame, by its codec: a bare HTJ2K codestream is image/jphc (RFC 9513)."""

_INSTANCE = "/studies/{study}/series/{series}/instances/{instance}"
_BINARY: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in MEDIA_TYPES.values()}, "description": "The frame"},
    206: {"description": "The range of it that was asked for"},
    416: {"description": "There is nothing of the range asked for"},
}
_PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {JPEG: {}}, "description": "The picture"}}

Uid = Annotated[str, Path(max_length=64)]
Width = Annotated[int, Query(ge=16, le=1024, description="The picture fits into a square of so many pixels")]
Frame = Annotated[int, Query(ge=1, le=1 << 24, description="Counted from 1")]
State = Annotated[
    str, Query(max_length=64, description="SOP Instance UID of a presentation state of the study to see it under")
]
Number = Annotated[int, Path(ge=1, le=1 << 24, description="Counted from 1")]


def routes(services: Services) -> APIRouter:
    """Give the routes of images."""
    router = APIRouter(prefix="/api", tags=["images"])
    archive = services.archive
    viewer = Depends(Needs(Permission.STUDY_VIEW, services.security.audit))

    @router.get(f"{_INSTANCE}/render-model", summary="Tell how a frame is drawn", response_model=RenderModel)
    def read_render_model(
        request: Request,
        caller: Annotated[Caller, viewer],
        *,
        study: Uid,
        series: Uid,
        instance: Uid,
        frame: Frame = 1,
        state: State = "",
    ) -> Response:
        location = one(archive, caller, study, series, instance)
        under = _state(archive, caller, study, state) if state else None
        model = orjson.loads(archive.render_model(location, frame, under))
        body = orjson.dumps(_completed(model, location, services))
        tag = tag_of(body)
        return unchanged(request, tag, NOT_STORED) or given(
            request, body, "application/json", tag=tag, cached=NOT_STORED
        )

    @router.get(f"{_INSTANCE}/frames/{{number}}", summary="Give a frame's pixels", responses=_BINARY)
    def read_frame(
        request: Request,
        caller: Annotated[Caller, viewer],
        *,
        study: Uid,
        series: Uid,
        instance: Uid,
        number: Number,
        v: Annotated[str, Query(max_length=64, description="The version that the render model names")] = "",
    ) -> Response:
        location = one(archive, caller, study, series, instance)
        tag = tag_of(location.blob.name, "frame", number, VIEWED_AS)
        cached = FOR_EVER if v == _version(location) else NOT_STORED
        held = unchanged(request, tag, cached)
        if held is not None:
            return held
        facts, body = archive.viewed(location, number)
        return given(request, body, MEDIA_TYPES[orjson.loads(facts)["codec"]], tag=tag, cached=cached)

    _thumbnails(router, services)
    return router


def _thumbnails(router: APIRouter, services: Services) -> None:
    archive = services.archive
    viewer = Depends(Needs(Permission.STUDY_VIEW, services.security.audit))

    @router.get(f"{_INSTANCE}/thumbnail", summary="Give a small picture of a frame", responses=_PICTURE)
    def read_thumbnail(
        request: Request,
        caller: Annotated[Caller, viewer],
        *,
        study: Uid,
        series: Uid,
        instance: Uid,
        width: Width = 256,
        frame: Annotated[int, Query(ge=0, le=1 << 24, description="Counted from 1; 0 for the middle one")] = 0,
    ) -> Response:
        location = one(archive, caller, study, series, instance, act="thumbnail")
        return _thumbnail(archive, request, location, width=width, frame=frame)

    @router.get(
        "/studies/{study}/thumbnail", summary="Give a small picture that stands for a study", responses=_PICTURE
    )
    def read_thumbnail_of_study(
        request: Request, caller: Annotated[Caller, viewer], *, study: Uid, width: Width = 256
    ) -> Response:
        located = archive.locate(Selection(Level.STUDY, studies=(parse_uid(study),)), caller, act="thumbnail")
        return _thumbnail(archive, request, _representative(located), width=width, frame=0)


def one(archive: Line, caller: Caller, *uids: str, act: str = "view") -> Location:
    """Give where one instance is; audited before anything of it goes out. Raises `NotFound`, `Gone`, `Malformed`."""
    study, series, instance = (parse_uid(uid) for uid in uids)
    selection = Selection(Level.IMAGE, studies=(study,), series=(series,), instances=(instance,))
    located = archive.locate(selection, caller, act=act)
    if not located:
        raise NotFound("there is no such instance, or you may not see it")
    return located[0]


def _state(archive: Line, caller: Caller, study: str, state: str) -> Location:
    """Give where a presentation state of the study is. Raises as `one`."""
    selection = Selection(Level.IMAGE, studies=(parse_uid(study),), instances=(parse_uid(state),))
    return archive.locate(selection, caller, act="view")[0]


def _completed(model: dict[str, Any], location: Location, services: Services) -> dict[str, Any]:
    """Give a render model with its addresses, the identity that the index has for it, and the presets of the site."""
    identity = location.identity
    uids = identity.study, identity.series, identity.sop_instance
    path = f"/api/studies/{uids[0]}/series/{uids[1]}/instances/{uids[2]}/frames/{model['frame']}?v={_version(location)}"
    model["study"], model["series"], model["instance"] = uids
    model["pixels"]["url"] = path
    model["presets"] = list(services.presets(location.modality, model["body_part"], model["view"]))
    return model


def _version(location: Location) -> str:
    """Give what stands in the address of a frame: pixels change with the kept bytes alone."""
    return tag_of(location.blob.name, VIEWED_AS).strip('"')[:16]


def _thumbnail(archive: Line, request: Request, location: Location, *, width: int, frame: int) -> Response:
    shown = frame or (max(location.frames, 1) + 1) // 2
    tag = tag_of(location.blob.name, location.version, "thumbnail", shown, width)
    held = unchanged(request, tag, NOT_STORED)
    if held is not None:
        return held
    media, body = archive.rendered(location, shown, Recipe(JPEG, viewport=Viewport(width, width)))
    return given(request, body, media, tag=tag, cached=NOT_STORED)


def _representative(located: Sequence[Location]) -> Location:
    """Give the first image of a study, one that is for eyes where there is any. Raises `Undecodable` when there is none."""
    images = [location for location in located if _is_image(location)]
    if not images:
        raise Undecodable("there is no image in the study to make a picture of")
    return next((image for image in images if image.identity.sop_class not in FOR_PROCESSING), images[0])


def _is_image(location: Location) -> bool:
    found = kind(location.identity.sop_class)
    return found is Kind.IMAGE or (found is Kind.OTHER and location.pixel_offset >= 0)

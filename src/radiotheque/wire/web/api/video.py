"""What a viewer must know to play a video; its bytes are given by DICOMweb, whole or in ranges (PS3.18 10.4.1.1.3)."""

from typing import Annotated, Any, TypedDict

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from radiotheque.archive.video import WhyNot
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Unsupported
from radiotheque.dicom.containers import SUFFIXES, Codec, Container, is_video
from radiotheque.dicom.syntaxes import syntax
from radiotheque.wire.web.api.images import Uid, one
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.ranges import NOT_STORED, given, tag_of, unchanged
from radiotheque.wire.web.services import Services


class Video(TypedDict):
    """A video: how it is kept, and whether it is given as MP4 (`video/mp4`, rendered) for a browser to play.

    `why_not` is empty when it is; else the codec is none that browsers play, the container is none, or the size is over the
    limit for putting it into MP4. `frame_time_ms` is 0 when the header says no pace. As it came it is given by
    `pixeldata` in `media_type`; `suffix` is how the name of a file ends that holds it.
    """

    container: Container
    codec: Codec
    media_type: str
    suffix: str
    size_bytes: int
    frames: int
    frame_time_ms: float
    why_not: WhyNot


def routes(services: Services) -> APIRouter:
    """Give the route of videos."""
    router = APIRouter(prefix="/api", tags=["images"])
    archive = services.archive
    viewer = Depends(Needs(Permission.STUDY_VIEW, services.security.audit))

    @router.get(
        "/studies/{study}/series/{series}/instances/{instance}/video",
        summary="Tell how a video is played",
        response_model=Video,
    )
    def read_video(
        request: Request, caller: Annotated[Caller, viewer], *, study: Uid, series: Uid, instance: Uid
    ) -> Response:
        location = one(archive, caller, study, series, instance)
        if not is_video(location.transfer_syntax):
            raise Unsupported("the instance is no video")
        film = archive.film(location)
        told: Video = {
            "container": film.container,
            "codec": film.codec,
            "media_type": syntax(location.transfer_syntax).media_type,
            "suffix": SUFFIXES[film.container],
            "size_bytes": film.size_bytes,
            "frames": max(location.frames, 1),
            "frame_time_ms": frame_time_of(orjson.loads(archive.metadata(location))),
            "why_not": film.why_not,
        }
        body = orjson.dumps(told)
        tag = tag_of(body)
        return unchanged(request, tag, NOT_STORED) or given(
            request, body, "application/json", tag=tag, cached=NOT_STORED
        )

    return router


def frame_time_of(header: dict[str, Any]) -> float:
    """Give the milliseconds of a frame: Frame Time, else by Cine Rate or what is recommended; 0 for none (PS3.3 C.7.6.5)."""
    for tag in ("00181063", "00180040", "00082144"):
        value = next(iter((header.get(tag) or {}).get("Value") or ()), None)
        if isinstance(value, int | float) and 0 < value < 1e6:
            return float(value) if tag == "00181063" else round(1000 / value, 3)
    return 0.0

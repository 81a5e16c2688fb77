"""What people chose for themselves, and the window presets of the site."""

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Malformed
from radiotheque.reading import Preferences, Preset
from radiotheque.wire.web.permit import Needs, signed_in
from radiotheque.wire.web.services import Services

Short = Annotated[str, Field(max_length=64)]
_MOST = 500


class Saved(BaseModel):
    """The version that was saved; the next change is made on it."""

    version: int


class PresetGiven(BaseModel):
    """A window for images of a modality, a part of the body and a view; "" for any."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    modality: str = Field("", max_length=16)
    body_part: Short = ""
    view: str = Field("", max_length=16)
    centre: float = Field(ge=-1e9, le=1e9)
    width: float = Field(gt=0, le=1e9)
    function: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"] = "LINEAR"


def routes(services: Services) -> APIRouter:
    """Give the routes of preferences and presets."""
    router = APIRouter(prefix="/api", tags=["preferences"])
    audit, reading = services.security.audit, services.reading
    finder = Depends(Needs(Permission.STUDY_FIND, audit))
    keeper = Depends(Needs(Permission.READING_MANAGE, audit))

    @router.get("/preferences", summary="Show what the caller chose")
    def show_preferences(caller: Annotated[Caller, Depends(signed_in)]) -> Preferences:
        return reading.preferences.of(caller)

    @router.put("/preferences", summary="Keep what the caller chose, made on a version")
    def save_preferences(given: Preferences, caller: Annotated[Caller, Depends(signed_in)]) -> Saved:
        return Saved(version=reading.preferences.save(given, caller))

    @router.get("/presets", summary="List the window presets of the site; ETag is the version of the list")
    def list_presets(caller: Annotated[Caller, finder], response: Response) -> list[Preset]:
        version, presets = reading.presets.all()
        response.headers["etag"] = f'"{version}"'
        return list(presets)

    @router.put("/presets", summary="Keep another list of presets; with If-Match, only in place of that version")
    def save_presets(
        given: Annotated[list[PresetGiven], Field(max_length=_MOST)],
        caller: Annotated[Caller, keeper],
        response: Response,
        if_match: Annotated[str, Header(max_length=32)] = "",
    ) -> list[PresetGiven]:
        presets = [cast(Preset, preset.model_dump()) for preset in given]
        version = reading.presets.save(presets, version_of(if_match), caller)
        response.headers["etag"] = f'"{version}"'
        return given

    return router


def version_of(if_match: str) -> int | None:
    """Give the version that an If-Match header names, None for none. Raises `Malformed`."""
    bare = if_match.strip().strip('"')
    if bare in ("", "*"):
        return None
    if not bare.isdecimal():
        raise Malformed("If-Match is the ETag of the list of presets")
    return int(bare)

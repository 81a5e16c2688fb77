"""What a reader has drawn on a study and not published, and what lies published in it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.ports import Act
from radiotheque.core.uid import parse_uid
from radiotheque.dicom.terms import ALIGNMENT, SIDES
from radiotheque.reading import Calibration, Draft, KeyImage, PublishedObject, Revision
from radiotheque.wire.web.api.sessions import taste_of
from radiotheque.wire.web.language import speaker
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

_MANY = 2000
_PLACE = "/studies/{study}/annotations"

Uid = Annotated[str, Path(max_length=64)]


class DraftGiven(BaseModel):
    """A draft to keep, made on `version`: drawings, key images, how images are shown, millimetres found by hand."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=0)
    annotations: list[dict[str, Any]] = Field([], max_length=_MANY)
    key_images: list[KeyImage] = Field([], max_length=_MANY)
    views: list[dict[str, Any]] = Field([], max_length=_MANY)
    calibrations: list[Calibration] = Field([], max_length=_MANY)


class Undoing(BaseModel):
    """The version to go back from; without one, the last."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=0)


class DraftSaved(BaseModel):
    """The version that was saved; the next change is made on it."""

    version: int


class StudyNotes(BaseModel):
    """The caller's own draft, and what anybody published in the study."""

    draft: Draft
    published: list[dict[str, Any]]


class Publishing(BaseModel):
    """The version to publish, and what the objects are called."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1)
    title: str = Field("", max_length=64)


class PublishedNotes(BaseModel):
    """The DICOM objects that were made: presentation states, a key object note, a measurement report."""

    instances: list[PublishedObject]


def told(published: Mapping[str, Any], say: Callable[[str], str]) -> dict[str, Any]:
    """Give a published object with its values named in the reader's language, side and alignment with them."""
    values = [{**value, "name": _named(value, say)} for value in published["measurements"]]
    return {**published, "measurements": values}


def _named(value: Mapping[str, Any], say: Callable[[str], str]) -> str:
    """Give what a value is called: "Hip–knee–ankle angle, right (varus)"; words of other programs stay as they are."""
    name = ", ".join(say(each) for each in (value["name"], SIDES.get(value["side"], "")) if each)
    found = [(each["name"], say(each["value"].lower())) for each in value["evaluations"]]
    notes = [said if about == ALIGNMENT else f"{say(about)}: {said}" for about, said in found]
    return f"{name} ({', '.join(notes)})" if notes else name


def routes(services: Services) -> APIRouter:
    """Give the routes of annotations."""
    router = APIRouter(prefix="/api", tags=["annotations"])
    audit, reading = services.security.audit, services.reading
    viewer = Depends(Needs(Permission.STUDY_VIEW, audit))
    writer = Depends(Needs(Permission.ANNOTATION_WRITE, audit))

    @router.get(_PLACE, summary="Show the caller's draft, and what is published")
    def show_notes(request: Request, study: Uid, caller: Annotated[Caller, viewer]) -> StudyNotes:
        uid = parse_uid(study)
        say = speaker(taste_of(request, services.tastes(caller.name)).language or "en")
        draft = reading.drafts.of(uid, caller)
        audit.read(Act(caller, "view", study=uid))
        return StudyNotes(draft=draft, published=[told(one, say) for one in reading.published(uid, caller)])

    @router.put(f"{_PLACE}/draft", summary="Keep a draft")
    def save_draft(study: Uid, given: DraftGiven, caller: Annotated[Caller, writer]) -> DraftSaved:
        content = given.model_dump(exclude={"version"})
        return DraftSaved(version=reading.drafts.save(parse_uid(study), given.version, content, caller))

    @router.get(f"{_PLACE}/draft/history", summary="List the versions of the caller's draft, the newest first")
    def list_revisions(study: Uid, caller: Annotated[Caller, viewer]) -> list[Revision]:
        return list(reading.drafts.history(parse_uid(study), caller))

    @router.post(f"{_PLACE}/draft/undo", summary="Go a step back; that is a version of its own")
    def undo(study: Uid, caller: Annotated[Caller, writer], given: Undoing | None = None) -> Draft:
        return reading.drafts.undo(parse_uid(study), given.version if given else None, caller)

    @router.post(f"{_PLACE}/publish", summary="Publish the caller's draft as DICOM objects")
    def publish(study: Uid, given: Publishing, caller: Annotated[Caller, writer]) -> PublishedNotes:
        made = reading.publishing.publish(parse_uid(study), given.version, given.title, caller)
        return PublishedNotes(instances=made)

    return router

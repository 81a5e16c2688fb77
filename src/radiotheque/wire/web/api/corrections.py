"""What is shown, corrected: quarantine released, instances rejected and restored, identities amended."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Malformed
from radiotheque.core.instance import Selection
from radiotheque.core.query import Level
from radiotheque.core.uid import UID, parse_uid
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services


class Selected(BaseModel):
    """A study, or one series of it, or one instance of that."""

    model_config = ConfigDict(extra="forbid")

    study: str = Field(max_length=64)
    series: str = Field("", max_length=64)
    instance: str = Field("", max_length=64)


class Rejecting(Selected):
    """What to hide and why: a code of CID 7011 (PS3.16), 113001 is "Rejected for Quality Reasons"."""

    code: str = Field("113001", pattern=r"^[0-9A-Za-z.-]{1,16}$")


class Amending(BaseModel):
    """Other values to show for attributes of patient and study, by keyword."""

    model_config = ConfigDict(extra="forbid")

    study: str = Field(max_length=64)
    values: dict[str, list[str]] = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=256)


def selection_of(given: Selected) -> Selection:
    """Give the selection of the deepest level that is named. Raises `Malformed`."""
    studies = (parse_uid(given.study),)
    if given.instance and not given.series:
        raise Malformed("an instance is named with its series")
    series = _one(given.series)
    instances = _one(given.instance)
    level = Level.IMAGE if instances else Level.SERIES if series else Level.STUDY
    return Selection(level, studies=studies, series=series, instances=instances)


def _one(text: str) -> tuple[UID, ...]:
    return (parse_uid(text),) if text else ()


def routes(services: Services) -> APIRouter:
    """Give the routes of corrections."""
    router = APIRouter(prefix="/api")
    _quarantine(router, services)
    _rejections(router, services)
    _amendments(router, services)
    return router


def _quarantine(router: APIRouter, services: Services) -> None:
    desk, audit = services.quarantine, services.security.audit
    seer = Depends(Needs(Permission.QUARANTINE_SEE, audit))
    releaser = Depends(Needs(Permission.QUARANTINE_RELEASE, audit))

    @router.get("/quarantine", tags=["quarantine"], summary="List cases")
    def list_cases(
        caller: Annotated[Caller, seer],
        *,
        state: Annotated[str, Query(pattern="^(open|released|discarded|superseded|all)$")] = "open",
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        found = desk.cases(state="" if state == "all" else state, after=after, limit=limit)
        return {"cases": [asdict(case) for case in found]}

    @router.get("/quarantine/{case}", tags=["quarantine"], summary="Show a case")
    def show_case(case: int, caller: Annotated[Caller, seer]) -> dict[str, Any]:
        return asdict(desk.case(case))

    @router.post("/quarantine/{case}/release", tags=["quarantine"], summary="Index and show the object")
    def release_case(case: int, caller: Annotated[Caller, releaser]) -> dict[str, Any]:
        return asdict(desk.release(case, caller))

    @router.post("/quarantine/{case}/discard", tags=["quarantine"], summary="Close the case, show nothing")
    def discard_case(case: int, caller: Annotated[Caller, releaser]) -> dict[str, Any]:
        return asdict(desk.discard(case, caller))


def _rejections(router: APIRouter, services: Services) -> None:
    rejecter = Depends(Needs(Permission.STUDY_REJECT, services.security.audit))

    @router.get("/rejections", tags=["rejections"], summary="List rejections")
    def list_rejections(
        caller: Annotated[Caller, rejecter],
        study: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        uid = parse_uid(study) if study else ""
        return {"rejections": [asdict(one) for one in services.corrections.rejections(study=uid, limit=limit)]}

    @router.post("/rejections", tags=["rejections"], summary="Hide a study, series or instance")
    def reject(given: Rejecting, caller: Annotated[Caller, rejecter]) -> dict[str, int]:
        return {"instances": services.archive.reject(selection_of(given), caller, code=given.code)}

    @router.post("/rejections/restore", tags=["rejections"], summary="Take a rejection back")
    def restore(given: Selected, caller: Annotated[Caller, rejecter]) -> dict[str, int]:
        return {"instances": services.archive.restore(selection_of(given), caller)}


def _amendments(router: APIRouter, services: Services) -> None:
    amender = Depends(Needs(Permission.STUDY_AMEND, services.security.audit))

    @router.post("/amendments", tags=["amendments"], summary="Show other values; the bytes as received stay")
    def amend(given: Amending, caller: Annotated[Caller, amender]) -> dict[str, int]:
        study = parse_uid(given.study)
        return {"version": services.corrections.amend(study, given.values, caller, reason=given.reason)}

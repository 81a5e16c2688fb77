"""What is shown, corrected: quarantine released, instances rejected and restored, identities amended."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Malformed, NotFound, NotPermitted
from radiotheque.core.instance import Selection
from radiotheque.core.ports import Act
from radiotheque.core.query import Key, Level, Single
from radiotheque.core.query import Query as StudyQuery
from radiotheque.core.uid import UID, parse_uid
from radiotheque.dicom.rejection import reason_of
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Case, Services


class Selected(BaseModel):
    """A study, or one series of it, or one instance of that."""

    model_config = ConfigDict(extra="forbid")

    study: str = Field(max_length=64)
    series: str = Field("", max_length=64)
    instance: str = Field("", max_length=64)


class Rejecting(Selected):
    """What to hide and why: a code of CID 7011 (PS3.16), 113001 is "Rejected for Quality Reasons"."""

    code: str = Field("113001", max_length=16)


class Amending(BaseModel):
    """Other values to show for attributes of patient and study, by keyword."""

    model_config = ConfigDict(extra="forbid")

    study: str = Field(max_length=64)
    values: dict[str, list[str]] = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=256)


class AmendingPatient(BaseModel):
    """Other values to show for attributes of a patient, by keyword."""

    model_config = ConfigDict(extra="forbid")

    patient_id: str = Field(min_length=1, max_length=64)
    issuer: str = Field("", max_length=64)
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


def shown_case(case: Case) -> dict[str, Any]:
    """Give a case as JSON."""
    names = ("id", "state", "reason", "detail", "origin", "channel", "received_at", "closed_by", "closed_at")
    return {name: getattr(case, name) for name in names} | {
        "study": case.identity.study,
        "series": case.identity.series,
        "instance": case.identity.sop_instance,
        "sop_class": case.identity.sop_class,
        "transfer_syntax": case.transfer_syntax,
        "patient_id": case.identity.patient_id,
        "issuer": case.identity.issuer,
        "patient_name": case.patient_name,
        "size_bytes": case.blob.size_bytes,
    }


def sees_everything(caller: Caller) -> Caller:
    """Give the caller when no study is hidden from it: what it asks for is not one study. Raises `NotPermitted`."""
    if not caller.scope.everything or caller.scope.deny:
        raise NotPermitted("this reaches objects of any patient: it takes an account that may see all of them")
    return caller


def _quarantine(router: APIRouter, services: Services) -> None:
    desk, audit = services.quarantine, services.security.audit
    seer = Depends(Needs(Permission.QUARANTINE_SEE, audit))
    releaser = Depends(Needs(Permission.QUARANTINE_RELEASE, audit))

    @router.get("/quarantine", tags=["quarantine"], summary="List cases, newest first")
    def list_cases(
        caller: Annotated[Caller, seer],
        *,
        state: Annotated[str, Query(pattern="^(open|released|discarded|superseded|all)$")] = "open",
        before: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        audit.read(Act(sees_everything(caller), "quarantine.list"))
        found = desk.cases(state="" if state == "all" else state, before=before, limit=limit)
        return {"cases": [shown_case(case) for case in found]}

    @router.get("/quarantine/{case}", tags=["quarantine"], summary="Show a case")
    def show_case(case: int, caller: Annotated[Caller, seer]) -> dict[str, Any]:
        found = desk.case(case)
        audit.read(Act(sees_everything(caller), "quarantine.show", study=found.identity.study, detail=f"case {case}"))
        return shown_case(found)

    @router.post("/quarantine/{case}/release", tags=["quarantine"], summary="Index and show the object")
    def release_case(case: int, caller: Annotated[Caller, releaser]) -> dict[str, Any]:
        desk.release(case, sees_everything(caller))
        return shown_case(desk.case(case))

    @router.post("/quarantine/{case}/discard", tags=["quarantine"], summary="Close the case, show nothing")
    def discard_case(case: int, caller: Annotated[Caller, releaser]) -> dict[str, Any]:
        desk.discard(case, sees_everything(caller))
        return shown_case(desk.case(case))


def _rejections(router: APIRouter, services: Services) -> None:
    audit = services.security.audit
    rejecter = Depends(Needs(Permission.STUDY_REJECT, audit))

    @router.post("/rejections", tags=["rejections"], summary="Hide a study, series or instance")
    def reject(given: Rejecting, caller: Annotated[Caller, rejecter]) -> dict[str, int]:
        return {"instances": services.archive.reject(selection_of(given), caller, code=reason_of(given.code))}

    @router.get("/rejections", tags=["rejections"], summary="List rejections, taken back or not, newest first")
    def list_rejections(
        caller: Annotated[Caller, rejecter],
        *,
        before: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        names = ("id", "study", "series", "instance", "code", "by", "at", "restored_by", "restored_at")
        audit.read(Act(caller, "rejection.list"))
        found = services.corrections.rejections(caller.scope, before=before, limit=limit)
        return {"rejections": [{name: getattr(one, name) for name in names} for one in found]}

    @router.post("/rejections/restore", tags=["rejections"], summary="Take a rejection back")
    def restore(given: Selected, caller: Annotated[Caller, rejecter]) -> dict[str, int]:
        return {"instances": services.archive.restore(selection_of(given), caller)}


def _amendments(router: APIRouter, services: Services) -> None:
    corrections = services.corrections
    amender = Depends(Needs(Permission.STUDY_AMEND, services.security.audit))

    def visible(study: str, caller: Caller) -> UID:
        """Give the study when the caller may see it. Raises `NotFound`."""
        uid = parse_uid(study)
        key = Key("StudyInstanceUID", Single(uid))
        if not services.archive.find(StudyQuery(Level.STUDY, (key,), limit=1), caller).matches:
            raise NotFound("there is no such study, or you may not see it")
        return uid

    @router.post("/amendments", tags=["amendments"], summary="Show other values; the bytes as received stay")
    def amend(given: Amending, caller: Annotated[Caller, amender]) -> dict[str, int]:
        changes = {keyword: tuple(values) for keyword, values in given.values.items()}
        study = visible(given.study, caller)
        return {"version": corrections.amend_study(study, changes, caller, reason=given.reason)}

    @router.post("/amendments/patient", tags=["amendments"], summary="Show other values for all studies of a patient")
    def amend_patient(given: AmendingPatient, caller: Annotated[Caller, amender]) -> dict[str, int]:
        changes = {keyword: tuple(values) for keyword, values in given.values.items()}
        who = sees_everything(caller)
        count = corrections.amend_patient(given.patient_id, changes, who, issuer=given.issuer, reason=given.reason)
        return {"studies": count}

    @router.get("/amendments/{study}", tags=["amendments"], summary="What was amended, oldest first")
    def list_amendments(study: str, caller: Annotated[Caller, amender]) -> dict[str, Any]:
        names = ("version", "keyword", "was", "value", "by", "reason", "at")
        found = corrections.amendments(visible(study, caller))
        return {"amendments": [{name: getattr(one, name) for name in names} for one in found]}

    @router.post("/amendments/{study}/{version}/undo", tags=["amendments"], summary="Take an amendment back")
    def undo(study: str, version: int, caller: Annotated[Caller, amender]) -> dict[str, int]:
        return {"version": corrections.undo_amendment(visible(study, caller), version, caller)}

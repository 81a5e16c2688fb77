"""A patient's page, and studies opened for display."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Response

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.uid import parse_uid
from radiotheque.reading import Patient, StudyDisplay
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services


def routes(services: Services) -> APIRouter:
    """Give the routes of patients and of studies for display."""
    router = APIRouter(prefix="/api")
    audit, reading = services.security.audit, services.reading
    finder = Depends(Needs(Permission.STUDY_FIND, audit))
    viewer = Depends(Needs(Permission.STUDY_VIEW, audit))

    @router.get("/patients/{number}", tags=["studies"], summary="Show a patient and all that is known of them here")
    def show_patient(number: Annotated[int, Path(ge=1, le=1 << 62)], caller: Annotated[Caller, finder]) -> Patient:
        return reading.patients.page(number, caller)

    @router.get(
        "/studies/{study}/display",
        tags=["studies"],
        summary="Open a study for display, with its priors",
        response_model=StudyDisplay,
    )
    def open_study(study: Annotated[str, Path(max_length=64)], caller: Annotated[Caller, viewer]) -> Response:
        opened: StudyDisplay = reading.display.open(parse_uid(study), caller)
        return Response(
            orjson.dumps(opened), media_type="application/json"
        )  # a thousand instances are not checked again

    return router

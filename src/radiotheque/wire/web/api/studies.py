"""Studies found and shown, by filters or by a free search."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from radiotheque.core import query as q
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import NotFound
from radiotheque.core.uid import parse_uid
from radiotheque.wire.web import words
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

_MAX_LIMIT = 1000

Text = Annotated[str, Query(max_length=256)]
Free = Annotated[
    str, Query(alias="q", max_length=256, description="A name in any order, or a patient's or accession number")
]
First = Annotated[str, Query(pattern=r"^(\d{8})?$", description="First study date, YYYYMMDD")]
Last = Annotated[str, Query(pattern=r"^(\d{8})?$", description="Last study date, YYYYMMDD")]


def routes(services: Services) -> APIRouter:
    """Give the routes of studies."""
    router = APIRouter(prefix="/api", tags=["studies"])
    archive = services.archive
    finder = Depends(Needs(Permission.STUDY_FIND, services.security.audit))

    @router.get("/studies", summary="Find studies")
    def find_studies(
        caller: Annotated[Caller, finder],
        *,
        search_for: Free = "",
        patient_id: Text = "",
        patient_name: Text = "",
        accession_number: Text = "",
        modality: Text = "",
        description: Text = "",
        referring_physician: Text = "",
        since: First = "",
        until: Last = "",
        fuzzy: bool = False,
        limit: Annotated[int, Query(ge=1, le=_MAX_LIMIT)] = 50,
        after: Text = "",
    ) -> dict[str, Any]:
        if search_for:
            return words.page_of(words.search(search_for, lambda query: archive.find(query, caller), limit))
        given = {
            "patient_id": patient_id,
            "patient_name": patient_name,
            "accession_number": accession_number,
            "modality": modality,
            "description": description,
            "referring_physician": referring_physician,
        }
        keys = words.filters(given, since, until)
        return words.page_of(archive.find(q.Query(q.Level.STUDY, keys, fuzzy=fuzzy, limit=limit, after=after), caller))

    @router.get("/patients", summary="Find patients")
    def find_patients(
        caller: Annotated[Caller, finder],
        *,
        patient_id: Text = "",
        patient_name: Text = "",
        fuzzy: bool = False,
        limit: Annotated[int, Query(ge=1, le=_MAX_LIMIT)] = 50,
        after: Text = "",
    ) -> dict[str, Any]:
        keys = words.filters({"patient_id": patient_id, "patient_name": patient_name})
        query = q.Query(q.Level.PATIENT, keys, everything=True, fuzzy=fuzzy, limit=limit, after=after)
        return words.page_of(archive.find(query, caller))

    @router.get("/studies/{study}", summary="Show a study and its series")
    def show_study(study: Annotated[str, Path(max_length=64)], caller: Annotated[Caller, finder]) -> dict[str, Any]:
        key = q.Key("StudyInstanceUID", q.Single(parse_uid(study)))
        page = archive.find(q.Query(q.Level.STUDY, (key,), everything=True, limit=1), caller)
        if not page.matches:
            raise NotFound("there is no such study, or you may not see it")
        series = archive.find(q.Query(q.Level.SERIES, (key,), everything=True, newest_first=False), caller)
        return words.plain(page.matches[0]) | {"series": [words.plain(found) for found in series.matches]}

    return router

"""Studies found and shown, by filters or by a free search."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from radiotheque.core import query as q
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Malformed, NotFound
from radiotheque.core.uid import parse_uid
from radiotheque.wire.web.permit import Needs
from radiotheque.wire.web.services import Services

_LISTS = frozenset({"ModalitiesInStudy", "SOPClassesInStudy", "OtherPatientIDs", "ImageType"})
_NUMBERS = frozenset(
    {
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
        "NumberOfSeriesRelatedInstances",
        "NumberOfPatientRelatedStudies",
        "NumberOfPatientRelatedSeries",
        "NumberOfPatientRelatedInstances",
        "NumberOfFrames",
        "Rows",
        "Columns",
        "BitsAllocated",
    }
)
_MAX_LIMIT = 1000

Text = Annotated[str, Query(max_length=256)]


def plain(found: q.Found) -> dict[str, Any]:
    """Give a match as JSON by keyword: lists where there may be several values, numbers for counts."""
    return {name: _plain(name, values) for name, values in found.attributes.items()}


def _plain(name: str, values: tuple[str, ...]) -> Any:
    if name in _LISTS:
        return list(values)
    if name in _NUMBERS and len(values) == 1 and values[0].isdecimal():
        return int(values[0])
    return "\\".join(values)


def matching(text: str) -> q.Match:
    """Give the matching that a filter's text asks for: `*` and `?` are wild cards (PS3.4 C.2.2.2.4)."""
    return q.Wildcard(text) if "*" in text or "?" in text else q.Single(text)


def page_of(page: q.Page) -> dict[str, Any]:
    """Give a page as JSON. `remaining` counts what follows, and is a lower bound when `at_least` is true."""
    return {
        "matches": [plain(found) for found in page.matches],
        "next": page.next_cursor,
        "remaining": page.remaining,
        "at_least": page.at_least,
    }


def search_attempts(text: str) -> list[tuple[q.Key, bool]]:
    """Give the (key, fuzzy) to try one after the other for a free search: a number first, then a name."""
    bare = " ".join(text.split())
    if not bare:
        raise Malformed("the search is empty")
    numbers = [(q.Key(name, q.Single(bare)), False) for name in ("AccessionNumber", "PatientID")]
    return [*(numbers if any(sign.isdigit() for sign in bare) else []), (q.Key("PatientName", q.Single(bare)), True)]


def routes(services: Services) -> APIRouter:
    """Give the routes of studies."""
    router = APIRouter(tags=["studies"])
    archive = services.archive
    finder = Depends(Needs(Permission.STUDY_FIND, services.security.audit))

    def search(text: str, caller: Caller, limit: int) -> q.Page:
        page = q.Page(())
        for key, fuzzy in search_attempts(text):
            page = archive.find(q.Query(q.Level.STUDY, (key,), fuzzy=fuzzy, limit=limit), caller)
            if page.matches:
                break
        return page

    @router.get("/studies", summary="Find studies")
    def find_studies(
        caller: Annotated[Caller, finder],
        *,
        search_for: Annotated[
            str, Query(alias="q", max_length=256, description="A name in any order, an accession or patient number")
        ] = "",
        patient_id: Text = "",
        patient_name: Text = "",
        accession_number: Text = "",
        modality: Text = "",
        description: Text = "",
        referring_physician: Text = "",
        since: Annotated[str, Query(pattern=r"^(\d{8})?$", description="First study date, YYYYMMDD")] = "",
        until: Annotated[str, Query(pattern=r"^(\d{8})?$", description="Last study date, YYYYMMDD")] = "",
        fuzzy: bool = False,
        limit: Annotated[int, Query(ge=1, le=_MAX_LIMIT)] = 50,
        after: Text = "",
    ) -> dict[str, Any]:
        if search_for:
            return page_of(search(search_for, caller, limit))
        given = {
            "PatientID": patient_id,
            "PatientName": patient_name,
            "AccessionNumber": accession_number,
            "ModalitiesInStudy": modality,
            "StudyDescription": description,
            "ReferringPhysicianName": referring_physician,
        }
        keys = [q.Key(name, matching(text)) for name, text in given.items() if text]
        if since or until:
            keys.append(q.Key("StudyDate", q.Range(since, until)))
        wanted = q.Query(q.Level.STUDY, tuple(keys), fuzzy=fuzzy, limit=limit, after=after)
        return page_of(archive.find(wanted, caller))

    @router.get("/studies/{study}", summary="Show a study and its series")
    def show_study(study: Annotated[str, Path(max_length=64)], caller: Annotated[Caller, finder]) -> dict[str, Any]:
        key = q.Key("StudyInstanceUID", q.Single(parse_uid(study)))
        page = archive.find(q.Query(q.Level.STUDY, (key,), everything=True, limit=1), caller)
        if not page.matches:
            raise NotFound("there is no such study, or you may not see it")
        series = archive.find(q.Query(q.Level.SERIES, (key,), everything=True, newest_first=False), caller)
        return plain(page.matches[0]) | {"series": [plain(found) for found in series.matches]}

    return router

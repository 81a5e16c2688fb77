"""A study query in plain words, and its matches as plain JSON: for the API and the command line alike."""

from collections.abc import Callable
from typing import Any

from radiotheque.core import query as q
from radiotheque.core.errors import Malformed

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
FILTERS = {
    "patient_id": "PatientID",
    "patient_name": "PatientName",
    "accession_number": "AccessionNumber",
    "modality": "ModalitiesInStudy",
    "description": "StudyDescription",
    "referring_physician": "ReferringPhysicianName",
}
"""Name of a filter → attribute."""


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


def filters(given: dict[str, str], since: str = "", until: str = "") -> tuple[q.Key, ...]:
    """Give the keys of the filters that are not empty; `since` and `until` are study dates, YYYYMMDD."""
    keys = [q.Key(FILTERS[name], matching(text)) for name, text in given.items() if text]
    dates = [q.Key("StudyDate", q.Range(since, until))] if since or until else []
    return (*keys, *dates)


def search(text: str, find: Callable[[q.Query], q.Page], limit: int) -> q.Page:
    """Give the matches of a free search: the first attempt that has any. Raises `Malformed`."""
    page = q.Page(())
    for key, fuzzy in search_attempts(text):
        page = find(q.Query(q.Level.STUDY, (key,), fuzzy=fuzzy, limit=limit))
        if page.matches:
            break
    return page

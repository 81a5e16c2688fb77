"""Search (QIDO-RS): hierarchical and relational (PS3.18 10.6)."""

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from radiotheque.core.query import Level, Page
from radiotheque.dicom.xml import to_xml
from radiotheque.wire.dicomweb.accept import JSON, MULTIPART, XML, choose
from radiotheque.wire.dicomweb.model import encode
from radiotheque.wire.dicomweb.parts import in_memory
from radiotheque.wire.dicomweb.requests import PRIVATE, Desk, Offer, accepted, caller_of, in_thread, uids_above
from radiotheque.wire.dicomweb.search import Search, parse_search
from radiotheque.wire.dicomweb.urls import ServiceRoot

OFFERED = (JSON, "application/json", XML)
AT_MOST_COUNTED = 1_000
GIVEN = (JSON, "application/json", f'{MULTIPART}; type="{XML}"')
PARAMETERS = (
    "accept",
    "limit",
    "offset",
    "includefield",
    "fuzzymatching",
    "emptyvaluematching",
    "multiplevaluematching",
    "{attributeID}",
)

_RESOURCES = (
    ("/studies", Level.STUDY),
    ("/series", Level.SERIES),
    ("/instances", Level.IMAGE),
    ("/studies/{study}/series", Level.SERIES),
    ("/studies/{study}/instances", Level.IMAGE),
    ("/studies/{study}/series/{series}/instances", Level.IMAGE),
)
"""PS3.18 Table 10.6.1-1. There is no /patients."""


def searching(desk: Desk) -> list[Offer]:
    """Give what is offered for search."""
    return [Offer("GET", path, _Searching(desk, level), GIVEN, (), PARAMETERS) for path, level in _RESOURCES]


class _Searching:
    """One searchable resource."""

    def __init__(self, desk: Desk, level: Level) -> None:
        self._desk, self._level = desk, level
        settings = desk.settings
        self._most = settings.max_studies if level is Level.STUDY else settings.max_instances

    async def __call__(self, request: Request) -> Response:
        caller = caller_of(request)
        media, multipart = choose(accepted(request), OFFERED, single=True)
        items = request.query_params.multi_items()
        search = parse_search(items, self._level, uids_above(request), max_results=self._most)
        archive = self._desk.archive
        page = await in_thread(lambda: archive.find(search.query, caller))
        base = self._desk.base(request)
        response = _answer(page, search, base, (media, multipart))
        catalog = archive.catalog
        unmatched, plain = catalog.unsupported(search.query), catalog.matched_plainly(search.query)
        for text in warnings(page, search.unsupported, unmatched, plain):
            response.headers.append("Warning", f"299 {base.url}: {text}")
        return response


def warnings(page: Page, unsupported: Sequence[str], unmatched: Sequence[str], plain: Sequence[str] = ()) -> list[str]:
    """Give what a client must know about the answer beside it (PS3.18 8.3.4)."""
    texts = [f"The {name} parameter is not supported by this service and was ignored." for name in unsupported]
    texts += [f"Matching on the attribute {name} is not supported here and was ignored." for name in unmatched]
    texts += [  # PS3.18 8.3.4.2
        f"The fuzzymatching parameter is not supported for {name}. Only literal matching has been performed."
        for name in plain
    ]
    if page.remaining:
        count = f"at least {AT_MOST_COUNTED}" if page.at_least else str(page.remaining)
        texts.append(f"There are {count} additional results that can be requested")
    return texts


def _answer(page: Page, search: Search, base: ServiceRoot, representation: tuple[str, bool]) -> Response:
    if not page.matches:
        return Response(status_code=204, headers=PRIVATE)
    everything = search.query.everything
    objects = [encode(found, search.wanted, base, everything=everything) for found in page.matches]
    media, _ = representation
    if media == XML:
        return _xml(objects)
    return Response(orjson.dumps(objects), headers=PRIVATE, media_type=media)


def _xml(objects: list[dict[str, Any]]) -> Response:
    """One part a match, whatever their number (PS3.18 10.6.3.3)."""
    return in_memory([(XML, to_xml(each), "") for each in objects], XML, PRIVATE)

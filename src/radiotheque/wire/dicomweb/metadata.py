"""Retrieve metadata, JSON and XML (WADO-RS, PS3.18 10.4.1.1.2)."""

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import chain

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from radiotheque.core.instance import Buffer, Location
from radiotheque.dicom.xml import to_xml
from radiotheque.wire.dicomweb.accept import JSON, MULTIPART, XML, MediaRange, choose
from radiotheque.wire.dicomweb.parts import boundary_for, framed_response, held_part, multipart_type, pieces_of
from radiotheque.wire.dicomweb.requests import PRIVATE, Desk, Offer, accepted, caller_of, in_thread, selection_of
from radiotheque.wire.dicomweb.urls import ServiceRoot
from radiotheque.wire.dicomweb.validators import etag_of, etag_of_editions, unchanged
from radiotheque.wire.dicomweb.wado import TARGETS

OFFERED = (JSON, "application/json", XML)
GIVEN = (JSON, "application/json", f'{MULTIPART}; type="{XML}"', XML)
AT_ONCE = 2_000
"""JSON of more instances than this is streamed, so that no answer fills the memory: it lies there as it goes out."""
XML_AT_ONCE = 16
"""XML of more instances than this is streamed: it is made of the JSON, a millisecond or two an instance."""

_TOGETHER_BYTES = 64 << 10
_PLACE = b'"BulkDataURI":"bulkdata/'


def describing(desk: Desk) -> list[Offer]:
    """Give what is offered of metadata."""
    return [Offer("GET", f"{path}/metadata", _Metadata(desk), GIVEN) for path in TARGETS]


class _Metadata:
    """GET of what the headers hold, under the current identity."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        ranges = accepted(request)
        media, _ = choose(ranges, OFFERED, single=True)
        if media == XML:
            return await in_thread(lambda: self._xml(request, ranges))
        many = "instance" not in request.path_params
        return await in_thread(lambda: self._series(request, media) if many else self._answer(request, media))

    def _series(self, request: Request, media: str) -> Response:
        """Answer for whole series, from what was joined beforehand."""
        caller, base = caller_of(request), self._desk.base(request)
        editions = self._desk.archive.editions(selection_of(request), caller)
        etag = etag_of_editions(editions, f"metadata {media} {base.url}")
        headers = {**PRIVATE, "ETag": etag}
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        pieces = _array(self._desk.archive.joined_metadata(editions, caller, base.url))
        if sum(edition.instances for edition in editions) > AT_ONCE:
            return StreamingResponse(_streamed(pieces), headers=headers, media_type=media)
        return Response(b"".join(chain.from_iterable(pieces)), headers=headers, media_type=media)

    def _answer(self, request: Request, media: str) -> Response:
        locations = self._desk.archive.locate(selection_of(request), caller_of(request), act="view")
        base = self._desk.base(request)
        etag = etag_of(locations, f"metadata {media} {base.url}")
        headers = {**PRIVATE, "ETag": etag}
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        return Response(
            b"[" + b",".join(each for each, _ in self._objects(locations, base)) + b"]",
            headers=headers,
            media_type=media,
        )

    def _xml(self, request: Request, ranges: Sequence[MediaRange]) -> Response:
        """Answer with a document an instance: a part each, or by itself where there is one and a single part is asked."""
        locations = self._desk.archive.locate(selection_of(request), caller_of(request), act="view")
        if len(locations) > 1:  # several documents are a multipart or nothing: what is accepted next comes in
            ranges = [each for each in ranges if each.name != XML]
            media, _ = choose(ranges, OFFERED, single=True)
            if media != XML:
                return self._series(request, media)
        base = self._desk.base(request)
        _, multipart = choose(ranges, (XML,), single=len(locations) == 1)
        etag = etag_of(locations, f"metadata {XML} {multipart} {base.url}")
        headers = {**PRIVATE, "ETag": etag}
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        parts = (held_part(XML, to_xml(orjson.loads(each)), where) for each, where in self._objects(locations, base))
        if not multipart:
            return Response(b"".join(next(parts).chunks()), headers=headers, media_type=XML)
        boundary = boundary_for(etag)
        headers["Content-Type"] = multipart_type(XML, boundary)
        if len(locations) <= XML_AT_ONCE:
            return framed_response(list(parts), boundary, headers)
        return StreamingResponse(_in_threads(pieces_of(parts, boundary)), headers=headers)

    def _objects(self, locations: Sequence[Location], base: ServiceRoot) -> Iterator[tuple[bytes, str]]:
        for location in locations:
            identity = location.identity
            where = base.instance(identity.study, identity.series, identity.sop_instance)
            yield placed(self._desk.archive.metadata(location), where), where


def _array(series: Iterator[list[Buffer]]) -> Iterator[list[Buffer]]:
    yield [b"["]
    for at, each in enumerate(series):
        yield [b",", *each] if at else each
    yield [b"]"]


def placed(model: bytes, where: str) -> bytes:
    """Give an instance's JSON with its bulk data found below its own URL: the archive does not know our address."""
    return model.replace(_PLACE, b'"BulkDataURI":"' + where.encode() + b"/bulkdata/")


async def _streamed(series: Iterator[list[Buffer]]) -> AsyncIterator[bytes]:
    for pieces in series:
        yield b"".join(pieces)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield pieces that cost time to make, some together, made beside the event loop."""
    while some := await in_thread(lambda: _some(pieces)):
        yield some


def _some(pieces: Iterator[bytes]) -> bytes:
    """Give the next pieces up to `_TOGETHER_BYTES`, nothing at the end."""
    taken, size = [], 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size >= _TOGETHER_BYTES:
            break
    return b"".join(taken)

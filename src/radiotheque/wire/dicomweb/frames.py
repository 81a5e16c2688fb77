"""Retrieve frames, pixel data and bulk data (WADO-RS, PS3.18 10.4.1.1.5 to 10.4.1.1.7)."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from radiotheque.core.errors import Malformed, NotFound, Unsupported
from radiotheque.core.instance import Location
from radiotheque.core.uid import UID
from radiotheque.dicom.containers import is_video
from radiotheque.dicom.syntaxes import EXPLICIT_LE, IMPLICIT_LE, SYNTAXES
from radiotheque.wire.dicomweb.accept import MULTIPART, OCTETS, MediaRange, choose, in_parts, takes_parts
from radiotheque.wire.dicomweb.bodies import Body, Held, Joined, Spanned
from radiotheque.wire.dicomweb.negotiate import DEFAULT_SYNTAX, Candidate, for_frames
from radiotheque.wire.dicomweb.parts import Part, boundary_for, framed, framed_response, multipart_type
from radiotheque.wire.dicomweb.requests import PRIVATE, Desk, Offer, accepted, caller_of, in_thread, selection_of
from radiotheque.wire.dicomweb.urls import ServiceRoot
from radiotheque.wire.dicomweb.validators import etag_of, ranged, unchanged
from radiotheque.wire.dicomweb.wado import TARGETS

AHEAD_BYTES = 64 << 20
"""Frames up to this much are made before the first byte goes out, so that the answer's length is known."""
MAX_FRAMES_LISTED = 4_096
VIDEO_TYPES = ("video/mpeg", "video/mp4", "video/H265")
"""Bulk data media types of video (PS3.18 Table 8.7.3-5): all frames of one are one bit stream."""
GIVEN = (OCTETS, *(f'{MULTIPART}; type="{media}"' for media in (*DEFAULT_SYNTAX, *VIDEO_TYPES)))

_INSTANCE = TARGETS[2]
_PIXELS = "7FE00010"
_PATH = re.compile(r"(?:[0-9A-F]{8}/\d{1,6}/)*[0-9A-F]{8}")
_BULK = re.compile(rb'"BulkDataURI":"bulkdata/([^"]+)"')


def framing(desk: Desk) -> list[Offer]:
    """Give what is offered of frames, pixel data and bulk data."""
    pixels = _OfEach(desk, "pixeldata", _has_pixels, pixels_of)
    bulk = _OfEach(desk, "bulkdata", lambda _: True, bulk_of)
    return [
        Offer("GET", f"{_INSTANCE}/frames/{{frames}}", _Frames(desk), GIVEN),
        *(Offer("GET", f"{path}/pixeldata", pixels, GIVEN) for path in TARGETS),
        *(Offer("GET", f"{path}/bulkdata", bulk, GIVEN) for path in TARGETS),
        Offer("GET", f"{_INSTANCE}/bulkdata/{{path:path}}", _BulkItem(desk), GIVEN),
    ]


def parse_frames(text: str) -> tuple[int, ...]:
    """Give the frame numbers of a path, from 1, in the order asked for. Raises `Malformed`."""
    numbers = text.split(",")
    if len(numbers) > MAX_FRAMES_LISTED:
        raise Malformed(f"more than {MAX_FRAMES_LISTED} frames are listed")
    if not all(number.isascii() and number.isdecimal() and len(number) < 10 and int(number) for number in numbers):
        raise Malformed("frames are numbers from 1 separated by commas, such as frames/1,2")
    return tuple(map(int, numbers))


def frames_there(location: Location, numbers: Sequence[int]) -> tuple[int, ...]:
    """Give those of the numbers that the instance has. Raises `NotFound` when it has none of them."""
    there = tuple(number for number in numbers if number <= max(location.frames, 1))
    if not there:
        raise NotFound(f"the instance has {location.frames} frames")
    return there


@dataclass(frozen=True, slots=True)
class Encoded:
    """Frames of one instance in the encoding that was chosen, made as they are asked for."""

    candidate: Candidate
    syntax: UID
    frames: Iterator[Body]

    @property
    def media_type(self) -> str:
        """The type of one frame, its transfer syntax said (PS3.18 8.7.3.5.2)."""
        return f"{self.candidate.media_type}; transfer-syntax={self.syntax}"


def encoded(desk: Desk, location: Location, numbers: Sequence[int], candidates: Sequence[Candidate]) -> Encoded:
    """Give frames in the first of these encodings that can be made. Raises `Unsupported` when there is none."""
    for candidate in candidates:
        try:
            frames = _frames(desk, location, numbers, candidate.syntax)
            first = next(frames)  # what cannot be made shows at the first frame
        except Unsupported:
            continue
        except StopIteration:
            raise NotFound("the instance has no pixel data") from None
        return Encoded(candidate, candidate.syntax or location.transfer_syntax, chain((first,), frames))
    raise Unsupported(
        f"kept in {location.transfer_syntax}, the frames cannot be given in an accepted media type and transfer syntax"
    )


def _frames(desk: Desk, location: Location, numbers: Sequence[int], syntax: UID | None) -> Iterator[Body]:
    archive, stored = desk.archive, location.transfer_syntax
    kept_so = syntax is None or (stored == IMPLICIT_LE and syntax == EXPLICIT_LE)  # a native frame is the same bytes
    if kept_so and stored in SYNTAXES and not SYNTAXES[stored].deflated:
        spans = archive.renditions.layout(location).spans
        outgoing = archive.outgoing(location)
        there = [number for number in numbers if number <= len(spans)]
        if there:
            return (Spanned(outgoing, spans[number - 1]) for number in there)
    return map(Held, archive.frames(location, numbers, syntax=syntax))


class _Frames:
    """GET of some frames of one instance."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        ranges = accepted(request)
        return await in_thread(lambda: self._answer(request, ranges))

    def _answer(self, request: Request, ranges: Sequence[MediaRange]) -> Response:
        asked = parse_frames(request.path_params["frames"])
        (location,) = self._desk.archive.locate(selection_of(request), caller_of(request), act="view")
        numbers = frames_there(location, asked)
        if is_video(location.transfer_syntax) and set(numbers) != {1}:
            raise Unsupported(
                "frames/1 of a video is its whole bit stream; a frame of it is given as a picture, rendered"
            )
        single = len(asked) == 1
        candidates = for_frames(location.transfer_syntax, ranges, single=single)
        etag = etag_of((location,), f"frames {asked} {candidates[:1]}")
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        made = encoded(self._desk, location, numbers, candidates)
        headers = {**PRIVATE, "ETag": etag}
        if not made.candidate.multipart:
            return ranged(request, next(made.frames), {**headers, "Content-Type": made.media_type})
        base = self._desk.base(request)
        identity = location.identity
        where = base.instance(identity.study, identity.series, identity.sop_instance)
        parts = (
            part_of(made.media_type, frame, f"{where}/frames/{number}")
            for number, frame in zip(numbers, made.frames, strict=False)
        )
        return gathered(parts, made.candidate.media_type, headers, complete=len(numbers) == len(asked))


def part_of(media_type: str, body: Body, where: str) -> Part:
    """Give a body as a part of a multipart answer."""
    return Part(media_type, where, body.size_bytes, body.chunks)


def gathered(parts: Iterator[Part], part_type: str, headers: dict[str, str], *, complete: bool = True) -> Response:
    """Give parts as one answer: of known length while they are few, else as they are made."""
    ahead: list[Part] = []
    size, ended = 0, False
    while size <= AHEAD_BYTES and not ended:
        part = next(parts, None)
        ended = part is None
        if part is not None:
            ahead.append(part)
            size += part.size_bytes
    boundary, status = boundary_for(headers["ETag"]), 200 if complete else 206
    out = {**headers, "Content-Type": multipart_type(part_type, boundary)}
    if ended:
        return framed_response(ahead, boundary, out, status=status)
    return StreamingResponse(framed(chain(ahead, parts), boundary), status, out)


@dataclass(frozen=True, slots=True)
class Item:
    """What is one part of an answer, or all of it: its media type, its bytes, and where it is found by itself."""

    media_type: str
    body: Body
    where: str

    def part(self) -> Part:
        return part_of(self.media_type, self.body, self.where)


@dataclass(frozen=True, slots=True)
class Items:
    """What one instance adds to an answer; `multipart` is False where it is to be one item by itself."""

    items: Iterator[Item]
    multipart: bool = True


@dataclass(frozen=True, slots=True)
class Holding:
    """An instance, and who gives what it holds from where: `where` is its own address."""

    desk: Desk
    location: Location
    where: str


type ItemsOf = Callable[[Holding, Sequence[MediaRange], bool], Items]


def _holding(desk: Desk, location: Location, base: ServiceRoot) -> Holding:
    identity = location.identity
    return Holding(desk, location, base.instance(identity.study, identity.series, identity.sop_instance))


@dataclass(frozen=True, slots=True)
class _OfEach:
    """GET of what each selected instance adds to one answer. `what` tells such answers apart.

    Of instances for which `holds` is false there is nothing to give.
    """

    desk: Desk
    what: str
    holds: Callable[[Location], bool]
    items_of: ItemsOf

    async def __call__(self, request: Request) -> Response:
        ranges = accepted(request)
        return await in_thread(lambda: self._answer(request, ranges))

    def _answer(self, request: Request, ranges: Sequence[MediaRange]) -> Response:
        locations = self.desk.archive.locate(selection_of(request), caller_of(request), act="view")
        etag = etag_of(locations, f"{self.what} {ranges}")
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        base = self.desk.base(request)
        holding = [_holding(self.desk, location, base) for location in locations if self.holds(location)]
        if len(holding) == 1:
            found = self.items_of(holding[0], ranges, True)
        else:
            found = Items(chain.from_iterable(self.items_of(each, ranges, False).items for each in holding))
        return _given(request, found, {**PRIVATE, "ETag": etag}, none=f"none of the instances has {self.what}")


def _given(request: Request, found: Items, headers: dict[str, str], *, none: str) -> Response:
    """Give items as they are to go. Raises `NotFound` with the words of `none` when there is not even one."""
    first = next(found.items, None)
    if first is None:
        raise NotFound(none)
    if not found.multipart:
        return ranged(request, first.body, {**headers, "Content-Type": first.media_type})
    return gathered((item.part() for item in chain((first,), found.items)), OCTETS, headers)


def _has_pixels(location: Location) -> bool:
    return location.pixel_offset >= 0 or location.frames > 0


def pixels_of(holding: Holding, ranges: Sequence[MediaRange], alone: bool) -> Items:
    """Give the pixel data of one instance: native ones whole, compressed ones a frame each. Raises `Unsupported`.

    `alone`: nothing else is in the answer, so it may be a single part where it is one item.
    """
    location = holding.location
    count = 1 if is_video(location.transfer_syntax) else max(location.frames, 1)
    candidates = [
        each
        for each in for_frames(location.transfer_syntax, ranges, single=alone)
        if each.multipart or count == 1 or not SYNTAXES[each.syntax or location.transfer_syntax].encapsulated
    ]
    numbers = range(1, count + 1)
    made = encoded(holding.desk, location, numbers, candidates)
    if not SYNTAXES[made.syntax].encapsulated:
        whole = Item(made.media_type, Joined(tuple(made.frames)), f"{holding.where}/bulkdata/{_PIXELS}")
        return Items(iter((whole,)), made.candidate.multipart)
    each_frame = (
        Item(made.media_type, frame, f"{holding.where}/frames/{number}")
        for number, frame in zip(numbers, made.frames, strict=False)
    )
    return Items(each_frame, made.candidate.multipart)


def bulk_of(holding: Holding, ranges: Sequence[MediaRange], alone: bool) -> Items:
    """Give all bulk data of one instance (PS3.18 10.4.1.1.5). Raises `Unsupported` for several in no multipart."""
    paths = bulk_paths(holding.desk.archive.metadata(holding.location))
    if paths == [_PIXELS]:
        return pixels_of(holding, ranges, alone)
    if len(paths) == 1 and alone:
        _, multipart = choose(in_parts(ranges), (OCTETS,), single=True)
        return Items(_bulk_items(holding, ranges, paths), multipart)
    if paths and not takes_parts(ranges):
        raise Unsupported("several bulk data are given in a multipart/related alone")
    return Items(_bulk_items(holding, ranges, paths))


def _bulk_items(holding: Holding, ranges: Sequence[MediaRange], paths: Sequence[str]) -> Iterator[Item]:
    for path in paths:
        if path == _PIXELS:
            yield from pixels_of(holding, ranges, False).items
        else:
            value = holding.desk.archive.bulk(holding.location, path)
            yield Item(OCTETS, Held(value), f"{holding.where}/bulkdata/{path}")


def bulk_paths(model: bytes) -> list[str]:
    """Give the paths of the bulk data that an instance's JSON refers to."""
    return [orjson.loads(b'"' + path + b'"') for path in _BULK.findall(model)]


class _BulkItem:
    """GET of what one BulkDataURI refers to."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        ranges = accepted(request)
        return await in_thread(lambda: self._answer(request, ranges))

    def _answer(self, request: Request, ranges: Sequence[MediaRange]) -> Response:
        path = request.path_params["path"]
        if not _PATH.fullmatch(path):
            raise Malformed("not the path of a bulk data element")
        (location,) = self._desk.archive.locate(selection_of(request), caller_of(request), act="view")
        etag = etag_of((location,), f"bulk {path} {ranges}")
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        headers = {**PRIVATE, "ETag": etag}
        base = self._desk.base(request)
        if path == _PIXELS and SYNTAXES[location.transfer_syntax].encapsulated:
            pixels = pixels_of(_holding(self._desk, location, base), ranges, True)
            return _given(request, pixels, headers, none="the instance has no pixel data")
        _, multipart = choose(ranges, (OCTETS,), single=True)
        body = _value(self._desk, location, path)
        if not multipart:
            return ranged(request, body, {**headers, "Content-Type": OCTETS})
        return gathered(iter((part_of(OCTETS, body, base.url + _below(request, self._desk)),)), OCTETS, headers)


def _value(desk: Desk, location: Location, path: str) -> Body:
    """Give the value of one element: native pixels from the kept file as they are sent, anything else in memory."""
    row = SYNTAXES.get(location.transfer_syntax)
    if path != _PIXELS or row is None or row.encapsulated or row.deflated or row.big_endian:
        return Held(desk.archive.bulk(location, path))
    spans = desk.archive.renditions.layout(location).spans
    return Spanned(desk.archive.outgoing(location), [(spans[0][0][0], spans[len(spans) - 1][0][1])])


def _below(request: Request, desk: Desk) -> str:
    return request.url.path.removeprefix(desk.settings.prefix)

"""Retrieve studies, series and instances, and reject them (WADO-RS, PS3.18 10.4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from radiotheque.core.errors import NotFound, Unsupported
from radiotheque.core.instance import Location
from radiotheque.core.uid import UID
from radiotheque.dicom.rejection import reason_of
from radiotheque.wire.dicomweb.accept import DICOM, MULTIPART, ZIP, MediaRange
from radiotheque.wire.dicomweb.negotiate import Candidate, for_instance
from radiotheque.wire.dicomweb.parts import AT_ONCE_BYTES, Part, boundary_for, framed, framed_response, multipart_type
from radiotheque.wire.dicomweb.requests import PRIVATE, Desk, Offer, accepted, caller_of, in_thread, selection_of
from radiotheque.wire.dicomweb.urls import ServiceRoot
from radiotheque.wire.dicomweb.validators import etag_of, ranged, unchanged
from radiotheque.wire.dicomweb.zipped import zip_of

if TYPE_CHECKING:
    from radiotheque.archive.retrieve import Outgoing

TARGETS = (
    "/studies/{study}",
    "/studies/{study}/series/{series}",
    "/studies/{study}/series/{series}/instances/{instance}",
)
EAGER_BYTES = 64 << 20
"""Up to this much is transcoded before the first byte goes out, so that its length is known and its faults are told."""

DEFAULT_REASON = "113001"
"""Rejected for Quality Reasons (PS3.16 CID 7011)."""


def retrieving(desk: Desk) -> list[Offer]:
    """Give what is offered of whole studies, series and instances."""
    instances, rejecting = _Instances(desk), _Rejecting(desk)
    many = f'{MULTIPART}; type="{DICOM}"'
    gets = [Offer("GET", path, instances, (many, ZIP)) for path in TARGETS[:2]]
    one = Offer("GET", TARGETS[2], instances, (many, DICOM, ZIP))
    return [*gets, one, *(Offer("DELETE", path, rejecting, parameters=("reason",)) for path in TARGETS)]


@dataclass(frozen=True, slots=True)
class Chosen:
    """An instance and how it is to go out. `outgoing` is None while that is still to be made."""

    location: Location
    candidate: Candidate
    outgoing: "Outgoing | None"


class _Instances:
    """GET of instances as DICOM Part 10 files."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        ranges = accepted(request)
        if wants_zip(ranges):
            return await in_thread(lambda: zip_of(request, self._desk))
        return await in_thread(lambda: self._answer(request, ranges))

    def _answer(self, request: Request, ranges: Sequence[MediaRange]) -> Response:
        locations = self._desk.archive.locate(selection_of(request), caller_of(request), act="retrieve")
        # wider than PS3.18 10.4.4, which has a study or series of one instance refused as a single part
        single = len(locations) == 1
        options = [(location, for_instance(location.transfer_syntax, ranges, single=single)) for location in locations]
        seed = "".join(str(candidate.syntax) for _, candidates in options for candidate in candidates[:1])
        etag = etag_of(locations, f"part10{seed}{single and _first_single(options)}")
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        choose = partial(self._choose, at_once_bytes=AT_ONCE_BYTES if single else 0)
        chosen = [each for each in map(choose, *_budgeted(options)) if each is not None]
        if not chosen:
            raise Unsupported("none of the instances can be given in an accepted media type and transfer syntax")
        if not chosen[0].candidate.multipart:
            return _single(request, chosen[0], etag)
        return self._multipart(request, chosen, etag, complete=len(chosen) == len(locations))

    def _choose(
        self, location: Location, candidates: Sequence[Candidate], eager: bool, *, at_once_bytes: int
    ) -> Chosen | None:
        """Give the first candidate that can be made, None when there is none."""
        archive = self._desk.archive
        for candidate in candidates:
            if candidate.syntax is not None and not eager:
                return Chosen(location, candidate, None)
            try:
                made = archive.outgoing(location, syntax=candidate.syntax, at_once_bytes=at_once_bytes)
                return Chosen(location, candidate, made)
            except Unsupported:
                continue
        return None

    def _multipart(self, request: Request, chosen: Sequence[Chosen], etag: str, *, complete: bool) -> Response:
        base = self._desk.base(request)
        boundary = boundary_for(etag)
        headers = {**PRIVATE, "ETag": etag, "Content-Type": multipart_type(DICOM, boundary)}
        known = [instance_part(each.outgoing, base) for each in chosen if each.outgoing is not None]
        status = 200 if complete else 206  # some but not all of the target can be given (PS3.18 10.4.3.1)
        if len(known) == len(chosen):
            return framed_response(known, boundary, headers, status=status)
        return StreamingResponse(framed(self._made_in_turn(chosen, base), boundary), status, headers)

    def _made_in_turn(self, chosen: Sequence[Chosen], base: ServiceRoot) -> Iterator[Part]:
        for each in chosen:
            made = each.outgoing or self._desk.archive.outgoing(each.location, syntax=each.candidate.syntax)
            yield instance_part(made, base)


class _Rejecting:
    """DELETE: hidden from every list and retrieval, and restorable; nothing is destroyed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        caller, selection = caller_of(request), selection_of(request)
        code = reason_of(request.query_params.get("reason", DEFAULT_REASON))
        await in_thread(lambda: self._desk.archive.reject(selection, caller, code=code))
        return Response(status_code=204)


def wants_zip(ranges: Sequence[MediaRange]) -> bool:
    """Say whether a ZIP is what the client likes best: nobody gets one who did not ask for it by name."""
    return bool(ranges) and ranges[0].name == ZIP


def _budgeted(
    options: Sequence[tuple[Location, Sequence[Candidate]]],
) -> tuple[list[Location], list[Sequence[Candidate]], list[bool]]:
    """Say of each instance whether it is transcoded before the answer starts: the first ones, up to a size."""
    eager, spent = [], 0
    for location, candidates in options:
        costs = bool(candidates) and candidates[0].syntax is not None
        eager.append(not costs or spent == 0 or spent + location.blob.size_bytes <= EAGER_BYTES)
        spent += location.blob.size_bytes if costs else 0
    return [location for location, _ in options], [candidates for _, candidates in options], eager


def _first_single(options: Sequence[tuple[Location, Sequence[Candidate]]]) -> bool:
    return any(not candidate.multipart for _, candidates in options for candidate in candidates[:1])


def instance_part(outgoing: "Outgoing", base: ServiceRoot) -> Part:
    """Give an instance as a part of a multipart answer."""
    identity = outgoing.location.identity
    where = base.instance(identity.study, identity.series, identity.sop_instance)
    return Part(dicom_type(outgoing.transfer_syntax), where, outgoing.size_bytes, outgoing.chunks)


def dicom_type(syntax: UID) -> str:
    """Give the media type of a Part 10 file (PS3.18 8.7.3.1)."""
    return f"{DICOM}; transfer-syntax={syntax}"


def _single(request: Request, chosen: Chosen, etag: str) -> Response:
    outgoing = chosen.outgoing
    if outgoing is None:
        raise NotFound("nothing is there")
    headers = {**PRIVATE, "ETag": etag, "Content-Type": dicom_type(outgoing.transfer_syntax)}
    return ranged(request, outgoing, headers)

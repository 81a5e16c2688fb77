"""Store over the web (STOW-RS, PS3.18 10.5): a body of any size, told of object by object."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from radiotheque.archive.incoming import StreamIncoming
from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import NotPermitted, RadiothequeError, TooLarge, Unsupported
from radiotheque.core.instance import Origin
from radiotheque.core.uid import parse_uid
from radiotheque.dicom.xml import from_xml
from radiotheque.wire.dicomweb.accept import DICOM, JSON, MULTIPART, XML, MediaRange, choose, parse_media_type
from radiotheque.wire.dicomweb.answers import refusal
from radiotheque.wire.dicomweb.assembling import Bulk, assemble, named, parse_metadata
from radiotheque.wire.dicomweb.multipart import BodyPart, read_parts
from radiotheque.wire.dicomweb.pipe import BodyPipe
from radiotheque.wire.dicomweb.report import Failure, Report, failure_of, response_for
from radiotheque.wire.dicomweb.requests import Desk, Offer, accepted, caller_of
from radiotheque.wire.dicomweb.spool import Spool

OFFERED = (JSON, "application/json", XML)
HEAD_BYTES = 64 << 10
_TAKEN = (DICOM, JSON, XML)


def storing(desk: Desk) -> list[Offer]:
    """Give what is offered for storing."""
    endpoint = _Storing(desk)
    many = tuple(f'{MULTIPART}; type="{media}"' for media in (DICOM, JSON, XML))
    return [Offer("POST", path, endpoint, OFFERED, (*many, DICOM)) for path in ("/studies", "/studies/{study}")]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One store request: who sends, to which study ("" any), and how the body is framed."""

    caller: Caller
    study: str
    media: MediaRange


class _Storing:
    """POST of instances."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._places: anyio.CapacityLimiter | None = None

    async def __call__(self, request: Request) -> Response:
        caller = caller_of(request)
        if Permission.STUDY_STORE not in caller.permissions:
            raise NotPermitted(f"{caller.name} may not store objects here; nothing was kept")
        media_type, _ = choose(accepted(request), OFFERED, single=True)
        study = parse_uid(request.path_params["study"]) if "study" in request.path_params else ""
        media = parse_media_type(request.headers.get("content-type", ""))
        if not is_taken(media):
            return refusal(415, f"a store request is multipart/related of {', '.join(_TAKEN)}, not {media.name}")
        report = await self._work(request, Delivery(caller, study, media))
        return response_for(report, self._desk.base(request), media_type)

    async def _work(self, request: Request, delivery: Delivery) -> Report:
        settings = self._desk.settings
        if self._places is None:
            self._places = anyio.CapacityLimiter(settings.stores_at_once)
        pipe = BodyPipe(settings.body_buffer_bytes, settings.body_idle_s, settings.object_s)
        filling = asyncio.create_task(pipe.fill(request.stream()))
        try:
            return await anyio.to_thread.run_sync(lambda: self._store(delivery, pipe), limiter=self._places)
        finally:
            pipe.close()
            filling.cancel()

    def _store(self, delivery: Delivery, pipe: BodyPipe) -> Report:
        counter = Counter(self._desk, delivery)
        try:
            counter.take(pipe)
        except RadiothequeError as error:
            # the framing broke: what came before is kept, and said to be
            counter.report.failures.append(failure_of(error, None))
        counter.finish()
        return counter.report


def is_taken(media: MediaRange) -> bool:
    """Say whether a body of this media type can be stored; a multipart without `type` is read by its parts."""
    return media.part in ("", *_TAKEN) if media.multipart else media.name in _TAKEN


@dataclass(frozen=True, slots=True)
class _Whole:
    """A body that is one object."""

    pipe: BodyPipe

    def chunks(self) -> Iterator[bytes]:
        return iter(self.pipe.read, b"")


@dataclass(slots=True)
class Counter:
    """Takes the parts of one request, in a thread."""

    desk: Desk
    delivery: Delivery
    report: Report = field(default_factory=Report)
    models: list[dict[str, Any]] = field(default_factory=list)
    bulks: dict[str, list[Bulk]] = field(default_factory=dict)
    metadata_bytes: int = 0

    def take(self, pipe: BodyPipe) -> None:
        """Store every part; one that is refused spoils none of the others. Raises when the framing is broken."""
        media = self.delivery.media
        pipe.begin()
        if not media.multipart:
            self._part(media, "", _Whole(pipe))
            return
        boundary = dict(media.parameters).get("boundary", "")
        for part in read_parts(pipe.read, boundary, max_parts=self.desk.settings.max_parts):
            pipe.begin()
            declared = part.headers.get("content-type", "") or media.part or DICOM
            try:
                self._part(parse_media_type(declared), part.headers.get("content-location", "").strip(), part)
            except RadiothequeError as error:
                self.report.failures.append(failure_of(error, None))

    def finish(self) -> None:
        """Put metadata and bulk data together, when all have come."""
        try:
            for model in self.models:
                self._assembled(model)
        finally:
            for bulk in (each for bulks in self.bulks.values() for each in bulks):
                bulk.spool.close()

    def _part(self, media: MediaRange, location: str, source: BodyPart | _Whole) -> None:
        if media.name == DICOM:
            self._instance(source.chunks(), media.syntax)
        elif media.name in (JSON, "application/json"):
            self.models += parse_metadata(self._metadata(source))
        elif media.name in (XML, "text/xml", "application/xml"):
            self.models.append(from_xml(self._metadata(source)))
        elif self.delivery.media.part == DICOM:
            raise Unsupported(f"a part is {media.name} among {DICOM}; nothing was kept of it")
        else:
            spool = Spool(self.desk.settings.max_object_bytes)
            spool.write(source.chunks())
            self.bulks.setdefault(location, []).append(Bulk(media, spool))

    def _metadata(self, source: BodyPart | _Whole) -> bytes:
        pieces = []
        for piece in source.chunks():
            self.metadata_bytes += len(piece)
            if self.metadata_bytes > self.desk.settings.max_metadata_bytes:
                raise TooLarge(f"metadata of more than {self.desk.settings.max_metadata_bytes} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    def _assembled(self, model: dict[str, Any]) -> None:
        uids = named(model, "00080016"), named(model, "00080018")
        try:
            whole = assemble(model, self.bulks, self.desk.archive.workbench)
            self.report.receipts.append(self.desk.archive.receive(self._incoming(whole, "")))
        except RadiothequeError as error:
            self.report.failures.append(Failure(error, *uids))

    def _instance(self, pieces: Iterator[bytes], syntax: str) -> None:
        incoming = self._incoming(pieces, syntax)
        head = b""
        try:
            head = incoming.peek(HEAD_BYTES)
            self.report.receipts.append(self.desk.archive.receive(incoming))
        except RadiothequeError as error:
            self.report.failures.append(failure_of(error, head))

    def _incoming(self, pieces: Iterator[bytes], syntax: str) -> StreamIncoming:
        settings = self.desk.settings
        origin = Origin(
            self.delivery.caller,
            "stow",
            time.time(),
            default_issuer=settings.default_issuer,
            default_charset=settings.default_charset,
        )
        return StreamIncoming(origin, pieces, transfer_syntax=syntax, study=self.delivery.study)

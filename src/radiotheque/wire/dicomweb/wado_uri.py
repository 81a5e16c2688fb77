"""One object by query parameters (WADO-URI, PS3.18 9): what hospital portals and old viewers still link to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import orjson
from starlette.requests import Request
from starlette.responses import Response

from radiotheque.core.errors import Malformed, NotFound, Unsupported
from radiotheque.core.instance import Location, Selection
from radiotheque.core.query import Level
from radiotheque.core.uid import UID, parse_uid
from radiotheque.dicom.containers import is_video
from radiotheque.dicom.recipe import Recipe, Viewport
from radiotheque.dicom.syntaxes import SYNTAXES
from radiotheque.wire.dicomweb.accept import DICOM, MediaRange, parse_accept
from radiotheque.wire.dicomweb.frames import frames_there
from radiotheque.wire.dicomweb.negotiate import for_instance
from radiotheque.wire.dicomweb.parts import AT_ONCE_BYTES
from radiotheque.wire.dicomweb.rendered import Making, State, dressed
from radiotheque.wire.dicomweb.rendering import MAX_SIDE, Shot, Wish, offered_for, wish_of
from radiotheque.wire.dicomweb.requests import PRIVATE, Desk, Offer, caller_of, in_thread
from radiotheque.wire.dicomweb.validators import etag_of, ranged, unchanged
from radiotheque.wire.dicomweb.wado import dicom_type

PARAMETERS = (
    "requestType",
    "studyUID",
    "seriesUID",
    "objectUID",
    "contentType",
    "charset",
    "anonymize",
    "annotation",
    "rows",
    "columns",
    "region",
    "windowCenter",
    "windowWidth",
    "imageQuality",
    "frameNumber",
    "presentationUID",
    "presentationSeriesUID",
    "transferSyntax",
)
_RENDERED_ONLY = (
    "annotation",
    "rows",
    "columns",
    "region",
    "windowCenter",
    "windowWidth",
    "imageQuality",
    "frameNumber",
    "presentationUID",
)


def by_query(desk: Desk) -> Offer:
    """Give what is offered at `/wado`, a path of its own outside the service's prefix."""
    return Offer("GET", "", _ByQuery(desk), parameters=PARAMETERS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A parsed request; `region` in parts of the image's width and height (PS3.18 9.5.7)."""

    parameters: Mapping[str, str]
    selection: Selection
    ranges: tuple[MediaRange, ...]

    def __getitem__(self, name: str) -> str:
        return self.parameters.get(name, "")


def parse(items: Sequence[tuple[str, str]]) -> Asked:
    """Give the request of its parameters. Raises `Malformed`, and `Unsupported` for what is not done here."""
    parameters = dict(items)
    if len(parameters) != len(items):
        raise Malformed("a parameter is given more than once")
    if parameters.get("requestType") != "WADO":
        raise Malformed("requestType is WADO (PS3.18 9.1.2.1.1)")
    missing = [name for name in ("studyUID", "seriesUID", "objectUID") if not parameters.get(name)]
    if missing:
        raise Malformed(f"{missing[0]} is missing")
    if parameters.get("anonymize", "no") != "no":
        raise Unsupported("objects are not de-identified here; nothing was given out")
    study, series, instance = (parse_uid(parameters[name]) for name in ("studyUID", "seriesUID", "objectUID"))
    selection = Selection(Level.IMAGE, studies=(study,), series=(series,), instances=(instance,))
    ranges = parse_accept(parameters.get("contentType", ""))
    if any(wanted.syntax for wanted in ranges):
        raise Malformed("the transfer syntax is a parameter of its own here, transferSyntax (PS3.18 9.1.2.2.2)")
    return Asked(parameters, selection, ranges)


class _ByQuery:
    """GET of one object."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        asked = parse(request.query_params.multi_items())
        return await in_thread(lambda: self._answer(request, asked))

    def _answer(self, request: Request, asked: Asked) -> Response:
        (location,) = self._desk.archive.locate(asked.selection, caller_of(request), act="view")
        media = _chosen(location, asked)
        state = None if media == DICOM else self._state(request, asked)
        shown = (location,) if state is None else (location, state)
        etag = etag_of(shown, f"wado-uri {sorted(asked.parameters.items())}")
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        headers = {**PRIVATE, "ETag": etag}
        if media == DICOM:
            return self._object(request, location, asked, headers)
        shot = Shot(location, _frame(location, asked), media, False)
        return self._rendered(request, shot, asked, state=state, headers=headers)

    def _object(self, request: Request, location: Location, asked: Asked, headers: dict[str, str]) -> Response:
        useless = next((name for name in _RENDERED_ONLY if asked[name]), "")
        if useless:
            raise Malformed(f"{useless} says nothing of {DICOM} (PS3.18 9.1.2)")
        if asked["transferSyntax"] and UID(asked["transferSyntax"]) not in SYNTAXES:
            raise Malformed("transferSyntax is the UID of a transfer syntax")
        wanted = (MediaRange(DICOM, syntax=asked["transferSyntax"]),)
        for candidate in for_instance(location.transfer_syntax, wanted, single=True):
            try:
                outgoing = self._desk.archive.outgoing(location, syntax=candidate.syntax, at_once_bytes=AT_ONCE_BYTES)
            except Unsupported:
                continue
            return ranged(request, outgoing, {**headers, "Content-Type": dicom_type(outgoing.transfer_syntax)})
        raise Unsupported("the object cannot be given in that transfer syntax")

    def _rendered(
        self, request: Request, shot: Shot, asked: Asked, *, state: Location | None, headers: dict[str, str]
    ) -> Response:
        wish = _wish(asked)
        if state is not None and wish.recipe.window is not None:
            raise Malformed("a presentation state has its own window: ask for one or the other (PS3.18 9.5.9)")
        if asked["region"]:
            wish = replace(wish, recipe=self._cropped(shot.location, wish.recipe, asked["region"]))
        making = Making(self._desk, wish, State.read(state, self._desk) if state is not None else None)
        media, body = making.given(shot)
        return ranged(request, body, {**headers, **dressed(media)})

    def _state(self, request: Request, asked: Asked) -> Location | None:
        """Give where the presentation state is kept that the image is to be shown by, None when none is named."""
        if not asked["presentationUID"]:
            return None
        selection = Selection(
            Level.IMAGE,
            studies=asked.selection.studies,
            series=(parse_uid(asked["presentationSeriesUID"]),) if asked["presentationSeriesUID"] else (),
            instances=(parse_uid(asked["presentationUID"]),),
        )
        (location,) = self._desk.archive.locate(selection, caller_of(request), act="view")
        return location

    def _cropped(self, location: Location, recipe: Recipe, text: str) -> Recipe:
        """xmin,ymin,xmax,ymax in parts of the image, 0.0 to 1.0 (PS3.18 9.5.7)."""
        try:
            left, top, right, bottom = (float(part) for part in text.split(","))
        except ValueError as error:
            raise Malformed("region is xmin,ymin,xmax,ymax from 0.0 to 1.0") from error
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise Malformed("region is xmin,ymin,xmax,ymax from 0.0 to 1.0")
        header = orjson.loads(self._desk.archive.metadata(location))
        rows, columns = (int((header.get(tag) or {}).get("Value", [0])[0]) for tag in ("00280010", "00280011"))
        if not rows or not columns:
            raise NotFound("the object is no image")
        wide, high = (right - left) * columns, (bottom - top) * rows
        box = recipe.viewport or Viewport(max(round(wide), 1), max(round(high), 1))
        return replace(recipe, viewport=Viewport(box.width, box.height, left * columns, top * rows, wide, high))


def _chosen(location: Location, asked: Asked) -> str:
    of_frames = bool(asked["frameNumber"])
    offered = (*offered_for(location, of_frames=of_frames), DICOM)
    if is_video(location.transfer_syntax) and not of_frames:
        offered = (DICOM, *offered[:-1])  # a browser may not play it, and the standard names no default
    if not asked.ranges:
        return offered[0]
    for wanted in asked.ranges:
        for media in offered:
            if wanted.takes(media) and not wanted.multipart:
                return media
    raise Unsupported(f"the object is given as {', '.join(offered)}")


def _frame(location: Location, asked: Asked) -> int:
    text = asked["frameNumber"]
    if not text:
        return 1
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise Malformed("frameNumber is a whole number from 1")
    return frames_there(location, (int(text),))[0]


def _wish(asked: Asked) -> Wish:
    """Say the old parameters in the words of the new ones."""
    words: dict[str, str] = {}
    if asked["windowCenter"] or asked["windowWidth"]:
        if not (asked["windowCenter"] and asked["windowWidth"]):
            raise Malformed("windowCenter and windowWidth come together (PS3.18 9.5.8)")
        words["window"] = f"{asked['windowCenter']},{asked['windowWidth']}"
    if asked["imageQuality"]:
        words["quality"] = asked["imageQuality"]
    if asked["annotation"]:
        words["annotation"] = asked["annotation"]
    if asked["rows"] or asked["columns"]:
        words["viewport"] = f"{asked['columns'] or MAX_SIDE},{asked['rows'] or MAX_SIDE}"
    return wish_of(words)

"""Rendered resources and thumbnails (WADO-RS, PS3.18 10.4.1.1.3 and 10.4.1.1.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from radiotheque.core.errors import Malformed, NotFound, Unsupported
from radiotheque.core.instance import Location, Selection
from radiotheque.core.ports import Remote
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.dicom.icc import with_profile
from radiotheque.dicom.sopclasses import Kind
from radiotheque.wire.dicomweb.accept import MULTIPART, MediaRange, choose, in_parts
from radiotheque.wire.dicomweb.bodies import Body, Held
from radiotheque.wire.dicomweb.documents import document_of
from radiotheque.wire.dicomweb.frames import frames_there, gathered, parse_frames, part_of
from radiotheque.wire.dicomweb.parts import Part
from radiotheque.wire.dicomweb.rendering import (
    MP4,
    PDF,
    PICTURES,
    REPORTS,
    VIDEOS,
    Shot,
    Wish,
    kind_of,
    shots,
    wish_of,
)
from radiotheque.wire.dicomweb.requests import PRIVATE, Desk, Offer, accepted, caller_of, in_thread, selection_of
from radiotheque.wire.dicomweb.urls import ServiceRoot
from radiotheque.wire.dicomweb.validators import etag_of, ranged, unchanged
from radiotheque.wire.dicomweb.wado import TARGETS

IMAGES_OF_STATE = Remote[list[tuple[str, str, list[int]]]]("radiotheque.dicom.references:images_of_state")
RENDER_INSTANCE = Remote[tuple[str, bytes]]("radiotheque.dicom.pictures:render_instance")

PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
"""What a PDF may do: be drawn by the reader of the browser, in a page of ours too, and load nothing."""

PARAMETERS = ("accept", "annotation", "quality", "viewport", "window", "iccprofile")
_FRAMES = f"{TARGETS[2]}/frames/{{frames}}"


def rendering(desk: Desk) -> list[Offer]:
    """Give what is offered of rendered resources and thumbnails."""
    rendered, thumbnail = Rendered(desk), _Thumbnail(desk)
    many = tuple(f'{MULTIPART}; type="{media}"' for media in (*PICTURES, *REPORTS, *VIDEOS))
    places = (*TARGETS, _FRAMES)
    return [
        *(
            Offer("GET", f"{path}/rendered", rendered, (*PICTURES, *VIDEOS, *many), parameters=PARAMETERS)
            for path in places
        ),
        *(Offer("GET", f"{path}/thumbnail", thumbnail, PICTURES, parameters=("accept", "viewport")) for path in places),
    ]


@dataclass(frozen=True, slots=True)
class State:
    """A presentation state: where it is kept, and its bytes."""

    location: Location
    part10: bytes

    @classmethod
    def read(cls, location: Location, desk: Desk) -> "State":
        """Read the state that is kept at `location`."""
        return cls(location, b"".join(desk.archive.outgoing(location).chunks()))


class Rendered:
    """GET of pictures, reports and documents as a person sees them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        ranges = accepted(request, rendered=True)
        if "instance" not in request.path_params:
            ranges = in_parts(ranges)
        wish = wish_of(request.query_params)
        return await in_thread(lambda: self._answer(request, ranges, wish))

    def _answer(self, request: Request, ranges: Sequence[MediaRange], wish: Wish) -> Response:
        asked = parse_frames(request.path_params["frames"]) if "frames" in request.path_params else ()
        locations = self._desk.archive.locate(selection_of(request), caller_of(request), act="view")
        state = self._state(locations, wish) if "instance" in request.path_params else None
        found, wanted = self._shown_by(state, request) if state is not None else (locations, {})
        # of a presentation state the images are shown too: rejected or come since, they make another representation
        etag = etag_of((*locations, *found), f"rendered {asked} {ranges} {wish}")
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        if asked and state is None:
            wanted = {found[0].identity.sop_instance: frames_there(found[0], asked)}
        taken, missing = _planned(found, wanted, ranges, alone=len(found) == 1)
        if len(taken) > 1:
            shown = [shot for shot in taken if not self._unplayable(shot)]
            missing, taken = missing or len(shown) < len(taken), shown or taken[:1]
        missing = missing or (state is None and any(len(there) < len(asked) for there in wanted.values()))
        return self._pictures(request, taken, Making(self._desk, wish, state), etag, complete=not missing)

    def _pictures(
        self, request: Request, taken: Sequence[Shot], making: "Making", etag: str, *, complete: bool
    ) -> Response:
        headers = {**PRIVATE, "ETag": etag}
        first = taken[0]
        if not first.multipart:
            media, body = making.given(first)
            return ranged(request, body, {**headers, **dressed(media)}, complete=complete)
        base = self._desk.base(request)
        parts = (making.part(shot, base) for shot in taken)
        return gathered(parts, first.media_type, headers, complete=complete)

    def _unplayable(self, shot: Shot) -> bool:
        return shot.media_type == MP4 and bool(self._desk.archive.film(shot.location).why_not)

    def _state(self, locations: Sequence[Location], wish: Wish) -> State | None:
        location = locations[0]
        if kind_of(location) is not Kind.PRESENTATION_STATE:
            return None
        if wish.recipe.window is not None:
            raise Malformed("a presentation state has its own window: ask for one or the other (PS3.18 8.3.5.1.4)")
        return State.read(location, self._desk)

    def _shown_by(self, state: State, request: Request) -> tuple[Sequence[Location], dict[UID, tuple[int, ...]]]:
        """Give the images that a presentation state is for, and which of their frames ((): all)."""
        references = self._desk.archive.workbench.run(IMAGES_OF_STATE, state.part10)
        found: list[Location] = []
        frames: dict[UID, tuple[int, ...]] = {}
        for series, instance, numbers in references:
            selection = Selection(
                Level.IMAGE, studies=(state.location.identity.study,), series=(UID(series),), instances=(UID(instance),)
            )
            try:
                found += self._desk.archive.locate(selection, caller_of(request), act="view")
            except NotFound:
                continue
            frames[UID(instance)] = tuple(numbers)
        if not found:
            raise NotFound("none of the images that the presentation state is for is here")
        return found, frames


def _planned(
    locations: Sequence[Location],
    frames: dict[UID, tuple[int, ...]],
    ranges: Sequence[MediaRange],
    *,
    alone: bool,
) -> tuple[list[Shot], bool]:
    """Give the pictures that can be given, and whether some instance has none. Raises `Unsupported` when none has."""
    taken: list[Shot] = []
    missing = False
    refused: Unsupported | None = None
    for location in locations:
        try:
            taken += shots(location, frames.get(location.identity.sop_instance, ()), ranges, alone=alone)
        except Unsupported as error:
            missing, refused = missing or kind_of(location) is not Kind.PRESENTATION_STATE, error
    if not taken:
        raise refused or NotFound("there is nothing to render")
    return taken, missing


@dataclass(frozen=True, slots=True)
class Making:
    """Makes the pictures of one request, each when its turn comes."""

    desk: Desk
    wish: Wish
    state: State | None = None

    def part(self, shot: Shot, base: ServiceRoot) -> Part:
        """Give a picture as a part of a multipart answer."""
        identity = shot.location.identity
        where = base.instance(identity.study, identity.series, identity.sop_instance)
        place = f"/frames/{shot.frame}" if shot.frame and shot.media_type in PICTURES else ""
        media, body = self.given(shot)
        return part_of(media, body, f"{where}{place}/rendered")

    def given(self, shot: Shot) -> tuple[str, Body]:
        """Give media type and bytes of anything that is rendered; those of a video are read as they are sent."""
        if shot.media_type in VIDEOS:
            archive = self.desk.archive
            return shot.media_type, (archive.playable if shot.media_type == MP4 else archive.film)(shot.location)
        media, body = self.made(shot)
        return media, Held(body)

    def made(self, shot: Shot) -> tuple[str, bytes]:
        """Give media type and bytes of a picture, a report or a document."""
        if shot.media_type not in PICTURES:
            return document_of(self.desk.archive, shot.location, shot.media_type)
        recipe = self.wish.as_media(shot.media_type)
        state = self.state.part10 if self.state is not None else b""
        if shot.frame:
            media, body = self.desk.archive.rendered(shot.location, shot.frame, recipe, state)
        else:
            whole = b"".join(self.desk.archive.outgoing(shot.location).chunks())
            media, body = self.desk.archive.workbench.run(RENDER_INSTANCE, whole, recipe, 0, state)
        return media, with_profile(body, media) if self.wish.profile else body


def dressed(media: str) -> dict[str, str]:
    """Give the header fields that a media type needs: the reader of PDF in a browser may show it in a page of ours."""
    return {"Content-Type": media, **({"Content-Security-Policy": PDF_POLICY} if media == PDF else {})}


class _Thumbnail:
    """GET of one small picture that stands for the whole."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, request: Request) -> Response:
        ranges = accepted(request, rendered=True)
        wish = wish_of(request.query_params, thumbnail=True)
        return await in_thread(lambda: self._answer(request, ranges, wish))

    def _answer(self, request: Request, ranges: Sequence[MediaRange], wish: Wish) -> Response:
        locations = self._desk.archive.locate(selection_of(request), caller_of(request), act="thumbnail")
        asked = parse_frames(request.path_params["frames"])[:1] if "frames" in request.path_params else ()
        image = _representative(locations)
        frame = frames_there(image, asked)[0] if asked else (max(image.frames, 1) + 1) // 2
        media, multipart = choose(ranges, PICTURES, single=True)
        etag = etag_of((image,), f"thumbnail {frame} {media} {multipart} {wish}")
        unmodified = unchanged(request, etag)
        if unmodified is not None:
            return unmodified
        made, body = Making(self._desk, wish).made(Shot(image, frame, media, multipart))
        headers = {**PRIVATE, "ETag": etag}
        if multipart:
            return gathered(iter((part_of(made, Held(body), str(request.url)),)), made, headers)
        return ranged(request, Held(body), {**headers, "Content-Type": made})


def _representative(locations: Sequence[Location]) -> Location:
    """Give the first image. Raises `NotFound` when there is none."""
    image = next((location for location in locations if kind_of(location) is Kind.IMAGE), None)
    if image is None:
        raise NotFound("there is no image to make a thumbnail of")
    return image

"""Rendering parameters → `Recipe` (PS3.18 8.3.5), and which pictures an instance is given as (8.7.4): pure functions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from radiotheque.core.errors import Malformed, Unsupported
from radiotheque.core.instance import Location
from radiotheque.dicom.containers import codec_of, is_video
from radiotheque.dicom.recipe import Recipe, Viewport
from radiotheque.dicom.sopclasses import Kind, kind
from radiotheque.wire.dicomweb.accept import GIF, JPEG, MULTIPART, PNG, MediaRange

PICTURES = (JPEG, PNG, GIF)
HTML, TEXT, TEXT_XML, PDF = "text/html", "text/plain", "text/xml", "application/pdf"
REPORTS = (HTML, TEXT, TEXT_XML)
MP4, MPEG = "video/mp4", "video/mpeg"
VIDEOS = (MP4, MPEG)
THUMBNAIL = Viewport(256, 256)
MAX_SIDE = 16_384

_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_PROFILES = {"no": False, "yes": True, "srgb": True}
_ANNOTATIONS = ("patient", "technique")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the parameters ask for, the media type apart. `profile`: an ICC profile is to be in the picture."""

    recipe: Recipe
    profile: bool = False

    def as_media(self, media_type: str) -> Recipe:
        return replace(self.recipe, media_type=media_type)


def wish_of(parameters: Mapping[str, str], *, thumbnail: bool = False) -> Wish:
    """Give the wish of a request's parameters. Raises `Malformed`.

    A thumbnail heeds the viewport alone (PS3.18 10.4.1.1.4).
    """
    viewport = _viewport(parameters.get("viewport", ""))
    if thumbnail:
        return Wish(Recipe(viewport=viewport or THUMBNAIL))
    window, function = _window(parameters.get("window", ""))
    recipe = Recipe(
        viewport=viewport,
        window=window,
        function=function,
        quality=_quality(parameters.get("quality", "")),
        annotation=_annotation(parameters.get("annotation", "")),
    )
    return Wish(recipe, _profile(parameters.get("iccprofile", "no")))


def _window(text: str) -> tuple[tuple[float, float] | None, str]:
    if not text:
        return None, "linear"
    parts = text.split(",")
    if len(parts) not in (2, 3) or not all(map(_NUMBER.fullmatch, parts[:2])):
        raise Malformed("window is centre,width,function (PS3.18 8.3.5.1.4)")
    return (float(parts[0]), float(parts[1])), parts[2].lower() if len(parts) == 3 else "linear"


def _viewport(text: str) -> Viewport | None:
    """vw,vh and then sx,sy,sw,sh, any of which may be left empty for its default (PS3.18 8.3.5.1.3)."""
    if not text:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in (2, 6) or not all(part == "" or _NUMBER.fullmatch(part) for part in parts):
        raise Malformed("viewport is vw,vh or vw,vh,sx,sy,sw,sh (PS3.18 8.3.5.1.3)")
    numbers = [float(part or 0) for part in parts]
    if not all(1 <= side <= MAX_SIDE and side == int(side) for side in numbers[:2]):
        raise Malformed(f"a viewport is 1 to {MAX_SIDE} pixels wide and high")
    return Viewport(int(numbers[0]), int(numbers[1]), *numbers[2:])


def _quality(text: str) -> int:
    if not text:
        return 90
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:4]) <= 100:
        raise Malformed("quality is a whole number from 1 to 100 (PS3.18 8.3.5.1.2)")
    return int(text)


def _annotation(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not set(names) <= set(_ANNOTATIONS):
        raise Malformed(f"annotation is a list of {', '.join(_ANNOTATIONS)} (PS3.18 8.3.5.1.1)")
    return names


def _profile(text: str) -> bool:
    if text not in _PROFILES:
        raise Malformed(f"iccprofile is one of {', '.join(_PROFILES)} here (PS3.18 8.3.5.1.5)")
    return _PROFILES[text]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture (or text, or film of all frames: `frame` 0) of an instance, and whether it goes in a multipart."""

    location: Location
    frame: int
    media_type: str
    multipart: bool


def kind_of(location: Location) -> Kind:
    """Give what an instance is; one of an unknown SOP Class with pixels is taken for an image."""
    found = kind(location.identity.sop_class)
    return Kind.IMAGE if found is Kind.OTHER and location.pixel_offset >= 0 else found


def offered_for(location: Location, *, of_frames: bool = False) -> tuple[str, ...]:
    """Give the media types that an instance, or a frame of it, is rendered in, the default first (PS3.18 Table 8.7.4-1).

    A video is given whole, in the codec that it is kept in; a frame of it is a single image (PS3.18 Table 8.7.2-1).
    """
    if is_video(location.transfer_syntax) and not of_frames:
        return (MPEG,) if codec_of(location.transfer_syntax) == "mpeg2" else (MP4,)
    return types_of(kind_of(location))


def types_of(found: Kind) -> tuple[str, ...]:
    """Give the media types that a kind of object is rendered in, the default first (PS3.18 Table 8.7.4-1)."""
    if found is Kind.IMAGE:
        return PICTURES
    if found in (Kind.REPORT, Kind.KEY_OBJECTS):
        return REPORTS
    return (PDF,) if found is Kind.DOCUMENT else ()


def shots(location: Location, frames: Sequence[int], ranges: Sequence[MediaRange], *, alone: bool) -> list[Shot]:
    """Give the pictures of some frames (() all) in the best accepted type.

    `alone`: the target is this one instance, so a single part may be given where there is one picture; several
    frames are one only as a film. Raises `Unsupported`.
    """
    offered = offered_for(location, of_frames=bool(frames))
    every = frames or range(1, max(location.frames, 1) + 1)
    for wanted in ranges:
        media = next((each for each in offered if wanted.takes(each)), "")
        if not media:
            continue
        film = media == GIF and not frames and len(every) > 1
        one = film or len(every) == 1 or media not in PICTURES
        multipart = wanted.name in (MULTIPART, "multipart/*") or (wanted.name == "*/*" and not (alone and one))
        if multipart or (alone and one):
            numbers = [0] if film else [1] if media not in PICTURES else list(every)
            return [Shot(location, number, media, multipart) for number in numbers]
    several = not alone or (len(every) > 1 and offered == PICTURES)
    raise Unsupported(_why_not(offered, several=several))


def _why_not(offered: Sequence[str], *, several: bool) -> str:
    if not offered:
        return "an object of this SOP Class is not rendered; it can be retrieved as DICOM"
    how = f"; several {'pictures' if JPEG in offered else 'instances'} go in a {MULTIPART}" if several else ""
    one = "; one frame of it as a picture, frames/1/rendered" if offered[0] in VIDEOS else ""
    return f"it is rendered as {', '.join(offered)}{how}{one}"

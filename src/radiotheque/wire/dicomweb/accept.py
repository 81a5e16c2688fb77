"""What the client accepts, and what of it we choose (PS3.18 8.7.5, RFC 9110 12.5.1): pure functions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from radiotheque.core.errors import Malformed, Unsupported

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_RANGE = re.compile(rf"[ \t]*({_TOKEN})/({_TOKEN})")
# an unquoted value may hold a slash: `type=application/dicom` is what most clients send (PS3.18 8.7.1)
_PARAMETER = re.compile(r'[ \t]*;[ \t]*(?:([^\s=;,"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')
_MAX_LENGTH = 8192

MULTIPART = "multipart/related"
DICOM = "application/dicom"
OCTETS = "application/octet-stream"
JSON = "application/dicom+json"
XML = "application/dicom+xml"
ZIP = "application/zip"
JPEG, PNG, GIF = "image/jpeg", "image/png", "image/gif"
ANY_SYNTAX = "*"

DICOM_ONLY = frozenset(
    {DICOM, JSON, XML, OCTETS, "image/jls", "image/jpx", "image/jphc", "image/dicom-rle", "application/x-deflate"}
)
"""DICOM Media Types that nothing is rendered as (PS3.18 8.7.3)."""
RENDERED_ONLY = frozenset({PNG, GIF, "text/html", "text/plain", "text/xml", "text/rtf", "application/pdf"})
"""Rendered Media Types that are no DICOM Media Types too (PS3.18 Table 8.7.4-1)."""
OF_BOTH = frozenset({JPEG, "image/jp2", "image/jph", "image/jxl", "video/mpeg", "video/mp4", "video/h265"})
"""Media types of frames as they are kept and of rendered pictures: the resource says which is meant (PS3.18 8.7.4)."""


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One acceptable media type: lower-case `name`, `part` (the `type` of a multipart), its parameters but q."""

    name: str
    part: str = ""
    syntax: str = ""
    quality: float = 1.0
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def multipart(self) -> bool:
        return self.name == MULTIPART

    @property
    def content(self) -> str:
        """The type of what is inside, `*/*` when it does not matter."""
        if not self.multipart:
            return "*/*" if self.name == "multipart/*" else self.name
        return self.part or "*/*"

    def takes(self, media: str) -> bool:
        """Say whether a representation of type `media` is accepted."""
        return _covers(self.content, media)


def _covers(wanted: str, media: str) -> bool:
    name = media.lower()  # types are told apart without regard to case (RFC 9110 8.3.1): of DICOM, video/H265
    return wanted in ("*/*", name) or (wanted.endswith("/*") and name.startswith(wanted[:-1]))


@lru_cache(maxsize=1024)
def parse_accept(text: str) -> tuple[MediaRange, ...]:
    """Give the media ranges of a header or parameter, best first; equal qualities keep their order.

    Those with q=0 are left out. Raises `Malformed`.
    """
    if len(text) > _MAX_LENGTH:
        raise Malformed(f"an Accept of more than {_MAX_LENGTH} characters")
    ranges, at = [], 0
    while at < len(text):
        if text[at] in ", \t":
            at += 1
            continue
        found, at = _range(text, at)
        ranges.append(found)
    return tuple(sorted((each for each in ranges if each.quality > 0), key=lambda each: -each.quality))


def _range(text: str, at: int) -> tuple[MediaRange, int]:
    head = _RANGE.match(text, at)
    if head is None:
        raise Malformed(f"not a media type in what is accepted: {text[at : at + 60]!r}")
    at = head.end()
    parameters: dict[str, str] = {}
    while (more := _PARAMETER.match(text, at)) is not None:
        at = more.end()
        name, quoted, bare = more.groups()
        if name:
            parameters[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
    rest = text[at:].lstrip(" \t")
    if rest and not rest.startswith(","):
        raise Malformed(f"not a media type in what is accepted: {text[at : at + 60]!r}")
    quality = _quality(parameters.pop("q", "1"))
    name = f"{head[1]}/{head[2]}".lower()
    part, syntax = parameters.get("type", "").lower(), parameters.get("transfer-syntax", "")
    return MediaRange(name, part, syntax, quality, tuple(parameters.items())), at


def parse_media_type(text: str) -> MediaRange:
    """Give the media type of a Content-Type header field (RFC 9110 8.3). Raises `Malformed`."""
    if len(text) > _MAX_LENGTH:
        raise Malformed(f"a Content-Type of more than {_MAX_LENGTH} characters")
    found, at = _range(text, 0)
    if text[at:].strip():
        raise Malformed(f"not a media type: {text[:60]!r}")
    return found


def _quality(text: str) -> float:
    if not re.fullmatch(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?", text):
        raise Malformed(f"not a quality between 0 and 1: q={text[:20]}")
    return float(text)


def acceptable(parameter: Sequence[str], header: Sequence[str], *, rendered: bool = False) -> tuple[MediaRange, ...]:
    """Give what is acceptable, best first: the `accept` parameter's types before the header's (PS3.18 8.7.5).

    Nothing at all accepts anything. `rendered`: of a rendered resource or a thumbnail (PS3.18 Table 10.4.3-3).
    Raises `Malformed` (PS3.18 8.7.5: also when DICOM and rendered types are mixed).
    """
    return _acceptable(_joined(parameter), _joined(header), rendered)


def _joined(texts: Sequence[str]) -> str:
    return ",".join(text for text in texts if text.strip())


@lru_cache(maxsize=1024)
def _acceptable(parameter: str, header: str, rendered: bool) -> tuple[MediaRange, ...]:
    if not parameter and not header:
        return (MediaRange("*/*"),)
    first, then = parse_accept(parameter), parse_accept(header)
    _unmixed(first or then, rendered)
    return first + then


def _unmixed(ranges: Iterable[MediaRange], rendered: bool) -> None:
    asked = [each.content for each in ranges]
    dicom = next((each for each in asked if each in (DICOM_ONLY if rendered else DICOM_ONLY | OF_BOTH)), "")
    shown = next((each for each in asked if each in (RENDERED_ONLY | OF_BOTH if rendered else RENDERED_ONLY)), "")
    if dicom and shown:
        raise Malformed(f"{dicom} and {shown} are asked for together: DICOM and Rendered Media Types do not mix")


def in_parts(ranges: Sequence[MediaRange]) -> tuple[MediaRange, ...]:
    """Give the ranges with anything (`*/*`) taken as a multipart, which a study or series is unless asked otherwise."""
    return tuple(replace(each, name="multipart/*") if each.name == "*/*" else each for each in ranges)


def takes_parts(ranges: Sequence[MediaRange]) -> bool:
    """Say whether a multipart of anything is accepted."""
    return any(each.multipart or each.name in ("*/*", "multipart/*") for each in ranges)


def choose(ranges: Sequence[MediaRange], offered: Sequence[str], *, single: bool) -> tuple[str, bool]:
    """Give (media type, in a multipart) of what is offered, the server's first choice first.

    A single part is given only where `single` says that the resource is one item; `*/*` takes a multipart unless it is.
    Raises `Unsupported` when nothing offered is accepted (406).
    """
    for wanted in ranges:
        media = next((each for each in offered if wanted.takes(each)), "")
        if not media:
            continue
        if wanted.multipart or wanted.name == "multipart/*":
            return media, True
        if single:
            return media, False
        if wanted.name == "*/*":
            return media, True
    raise Unsupported(f"none of the accepted media types can be given here; offered: {', '.join(offered)}")

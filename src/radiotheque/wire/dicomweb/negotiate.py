"""Which transfer syntax each instance or frame is given in (PS3.18 8.7.3.5.2, 8.7.3.6): pure functions.

A candidate is the syntax to give, None for the one it is kept in; the first that can be made is taken.
Implicit VR Little Endian and Explicit VR Big Endian never go out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from radiotheque.core.uid import UID
from radiotheque.dicom.syntaxes import (
    EXPLICIT_LE,
    HTJ2K_LOSSLESS,
    JPEG_2000_LOSSLESS,
    JPEG_2000_MC_LOSSLESS,
    JPEG_LOSSLESS_SV1,
    JPEG_LS_LOSSLESS,
    JPEG_XL_LOSSLESS,
    RLE_LOSSLESS,
    SYNTAXES,
)
from radiotheque.wire.dicomweb.accept import ANY_SYNTAX, DICOM, OCTETS, MediaRange

DEFAULT_SYNTAX = {
    OCTETS: EXPLICIT_LE,
    "image/jpeg": JPEG_LOSSLESS_SV1,
    "image/jls": JPEG_LS_LOSSLESS,
    "image/jp2": JPEG_2000_LOSSLESS,
    "image/jpx": JPEG_2000_MC_LOSSLESS,
    "image/jphc": HTJ2K_LOSSLESS,
    "image/jxl": JPEG_XL_LOSSLESS,
    "image/dicom-rle": RLE_LOSSLESS,
}
"""The default of each bulk data media type (PS3.18 Table 8.7.3-5)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A syntax that would be accepted (None: as kept), the media type it goes by, and whether in a multipart."""

    syntax: UID | None
    media_type: str
    multipart: bool


def for_instance(stored: UID, ranges: Sequence[MediaRange], *, single: bool) -> tuple[Candidate, ...]:
    """Give the acceptable encodings of an instance kept in `stored`, best first; none: not acceptable."""
    return tuple(dict.fromkeys(_instances(stored, ranges, single)))


def _instances(stored: UID, ranges: Sequence[MediaRange], single: bool) -> Iterator[Candidate]:
    for wanted in ranges:
        multipart = wanted.multipart or (wanted.name in ("*/*", "multipart/*"))
        if not wanted.takes(DICOM) or not (multipart or single):
            continue
        for syntax in _syntaxes(stored, wanted.syntax):
            yield Candidate(syntax, DICOM, multipart)


def _syntaxes(stored: UID, asked: str) -> Iterator[UID | None]:
    row = SYNTAXES.get(stored)
    if asked == ANY_SYNTAX:
        yield None if row is not None and row.may_be_on_the_web else EXPLICIT_LE
    elif asked:
        yield from _named(stored, asked)
    elif stored == EXPLICIT_LE or (row is not None and not row.lossless):
        yield None  # where there is only a lossy version, that is what there is
    else:
        yield EXPLICIT_LE


def _named(stored: UID, asked: str) -> Iterator[UID | None]:
    row = SYNTAXES.get(UID(asked))
    if row is None or not row.may_be_on_the_web:
        return
    if asked == stored:
        yield None
    elif row.lossless:  # never made lossy here, let alone once more
        yield row.uid


def for_frames(stored: UID, ranges: Sequence[MediaRange], *, single: bool) -> tuple[Candidate, ...]:
    """Give the acceptable encodings of frames kept in `stored`, best first; none: not acceptable."""
    return tuple(dict.fromkeys(_frames(stored, ranges, single)))


def _frames(stored: UID, ranges: Sequence[MediaRange], single: bool) -> Iterator[Candidate]:
    for wanted in ranges:
        anything = wanted.content == "*/*"
        multipart = wanted.multipart or wanted.name in ("*/*", "multipart/*")
        if not (multipart or single):
            continue
        for syntax, media in _frame_encodings(stored, wanted):
            yield Candidate(syntax, media, multipart)
        if anything and not wanted.syntax:
            yield from (Candidate(syntax, media, multipart) for syntax, media in _as_kept(stored))


def _frame_encodings(stored: UID, wanted: MediaRange) -> Iterator[tuple[UID | None, str]]:
    asked = wanted.syntax
    kept = SYNTAXES.get(stored)
    if wanted.takes(OCTETS):
        # octet-stream; transfer-syntax=* is what viewers send for "whatever you have": its bytes say their syntax
        for syntax in _syntaxes(stored, asked) if asked else (EXPLICIT_LE,):
            yield _unless_kept(stored, syntax), OCTETS
        return
    for media, default in DEFAULT_SYNTAX.items():
        if not wanted.takes(media):
            continue
        if asked not in ("", ANY_SYNTAX):
            row = SYNTAXES.get(UID(asked))
            if row is not None and row.media_type == media:
                yield from ((syntax, media) for syntax in _named(stored, asked))
        elif kept is not None and kept.media_type == media:
            yield None, media
        else:
            yield default, media
    if kept is not None and kept.video and wanted.takes(kept.media_type) and asked in ("", ANY_SYNTAX, stored):
        yield None, kept.media_type


def _unless_kept(stored: UID, syntax: UID | None) -> UID | None:
    return None if syntax == stored else syntax


def _as_kept(stored: UID) -> Iterator[tuple[UID | None, str]]:
    row = SYNTAXES.get(stored)
    if row is not None and row.may_be_on_the_web:
        yield None, row.media_type

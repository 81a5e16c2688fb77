"""Metadata and bulk data, sent apart → one Part 10 file (PS3.18 10.5.1, 8.7.3.3)."""

import base64
import binascii
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from radiotheque.core.errors import Malformed, TooLarge, Unsupported
from radiotheque.core.ports import Remote, Workbench
from radiotheque.core.uid import UID
from radiotheque.dicom.compose import compose
from radiotheque.dicom.dictionary import settled_vr, tag_of, vr_of
from radiotheque.dicom.films import describe_film
from radiotheque.dicom.photographs import HEADER_BYTES, Decoded, Description, bare_codestream, describe
from radiotheque.dicom.syntaxes import EXPLICIT_LE, SYNTAXES
from radiotheque.wire.dicomweb.accept import GIF, OCTETS, PNG, MediaRange
from radiotheque.wire.dicomweb.spool import Spool

DECODE_PICTURE = Remote[Decoded]("radiotheque.dicom.photographs:decode_picture")

PIXELS = "7FE00010"
MAX_SMALL_BULK_BYTES = 64 << 20
"""Bulk data other than pixels is put in its place in memory."""

_DELIMITER = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


@dataclass(frozen=True, slots=True)
class Bulk:
    """A bulk data part: what it is and its bytes."""

    media: MediaRange
    spool: Spool


type Bulks = Mapping[str, Sequence[Bulk]]
"""Bulk data by the address that the metadata calls it by; several are the frames of one Pixel Data."""


def parse_metadata(data: bytes) -> list[dict[str, Any]]:
    """Give the DICOM JSON objects of a metadata part (PS3.18 F.2.1). Raises `Malformed`."""
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Malformed("the metadata is not JSON") from error
    objects = parsed if isinstance(parsed, list) else [parsed]
    if not objects or not all(isinstance(each, dict) for each in objects):
        raise Malformed("the metadata is no array of DICOM JSON objects (PS3.18 F.2.1)")
    return objects


def named(model: Mapping[str, Any], tag: str) -> str:
    """Give the first value of an element as text, "" when there is none."""
    element = model.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return str(values[0]) if isinstance(values, list) and values and values[0] is not None else ""


def assemble(model: dict[str, Any], bulks: Bulks, workbench: Workbench) -> Iterator[bytes]:
    """Yield the Part 10 file that an instance's metadata and its bulk data make.

    Compressed pictures and films are kept unchanged, described from their own headers where the metadata
    does not say; PNG and GIF are decoded without loss. Raises `Malformed`, `Unsupported`, `TooLarge`.
    """
    # Pixel Data come last; what may stand behind them (signatures, padding) says nothing of the new bytes
    model = {tag: element for tag, element in model.items() if tag <= PIXELS}
    pixels = model.pop(PIXELS, None)
    declared = named(model, "00083002")
    model.pop("00083002", None)
    body = _pixels(pixels, bulks, workbench, declared) if pixels is not None else _NO_PIXELS
    _describe(model, body.description)
    yield compose(model, _small(model, bulks), transfer_syntax=body.description.transfer_syntax)
    yield from body.chunks()


def _describe(model: dict[str, Any], description: Description) -> None:
    for keyword, value in description.attributes.items():
        tag = f"{tag_of(keyword):08X}"
        if keyword in _TRUE_TO_THE_STREAM or not named(model, tag):
            vr = settled_vr(vr_of(tag_of(keyword)), signed=False)
            model[tag] = {"vr": vr, "Value": [f"{value:08X}" if vr == "AT" else value]}


_TRUE_TO_THE_STREAM = frozenset(
    {"Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PhotometricInterpretation"}
)
"""Where the stream says otherwise than the metadata, the stream is what will be decoded."""


def _small(model: dict[str, Any], bulks: Bulks) -> dict[str, bytes]:
    """Give the bulk data other than pixels, in memory. Raises `Malformed` for what never came, `TooLarge`."""
    found = {uri: _one(bulks, uri).spool for uri in _uris(model)}
    if sum(spool.size_bytes for spool in found.values()) > MAX_SMALL_BULK_BYTES:
        raise TooLarge(f"bulk data other than pixels of more than {MAX_SMALL_BULK_BYTES} bytes")
    return {uri: spool.read() for uri, spool in found.items()}


def _uris(model: Mapping[str, Any]) -> Iterator[str]:
    for element in model.values():
        if not isinstance(element, dict):
            raise Malformed("an element of the metadata is no JSON object (PS3.18 F.2.2)")
        if "BulkDataURI" in element:
            yield str(element["BulkDataURI"])
        if element.get("vr") == "SQ":
            for item in element.get("Value") or ():
                yield from _uris(item or {})


def _one(bulks: Bulks, uri: str) -> Bulk:
    found = bulks.get(uri)
    if not found:
        raise Malformed(f"no part has the Content-Location of the bulk data {uri[:120]!r}")
    return found[0]


@dataclass(frozen=True, slots=True)
class _Body:
    """The Pixel Data element as bytes, and what the Image Pixel Module must say of it."""

    description: Description
    chunks: Callable[[], Iterator[bytes]]


_NO_PIXELS = _Body(Description(EXPLICIT_LE, {}), lambda: iter(()))


def _pixels(element: dict[str, Any], bulks: Bulks, workbench: Workbench, declared: str) -> _Body:
    if "BulkDataURI" not in element:
        return _inline(element)
    uri = str(element["BulkDataURI"])
    first, frames = _one(bulks, uri), bulks[uri]
    media = first.media.name
    if media in (PNG, GIF):
        return _decoded(first.spool, workbench)
    syntax = first.media.syntax or declared
    if media == OCTETS and (not syntax or not SYNTAXES[_known(syntax)].encapsulated):
        return _Body(Description(EXPLICIT_LE, {}), lambda: _native(first.spool.size_bytes, first.spool.chunks()))
    if media.startswith("video/"):
        description = describe_film(first.spool.read, first.spool.size_bytes)
        return _Body(description, lambda: _encapsulated([(first.spool, 0, first.spool.size_bytes)]))
    return _compressed(frames, media if media != OCTETS else "", syntax)


def _known(syntax: str) -> UID:
    if syntax not in SYNTAXES:
        raise Unsupported(f"the transfer syntax {syntax[:64]!r} is not spoken here")
    return UID(syntax)


def _compressed(frames: Sequence[Bulk], media: str, syntax: str) -> _Body:
    head = frames[0].spool.read(0, HEADER_BYTES)
    description = describe(head, media or SYNTAXES[_known(syntax)].media_type, syntax)
    spans = []
    for frame in frames:
        start, stop = bare_codestream(frame.spool.read(0, HEADER_BYTES))
        spans.append((frame.spool, start, stop or frame.spool.size_bytes))
    if len(frames) > 1:
        description = Description(
            description.transfer_syntax, {**description.attributes, "NumberOfFrames": len(frames)}
        )
    return _Body(description, lambda: _encapsulated(spans))


def _decoded(spool: Spool, workbench: Workbench) -> _Body:
    picture = workbench.run(DECODE_PICTURE, spool.read())
    return _Body(picture.description, lambda: _native(len(picture.pixels), iter((picture.pixels,))))


def _inline(element: dict[str, Any]) -> _Body:
    try:
        pixels = base64.b64decode(element.get("InlineBinary") or b"", validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Malformed("the InlineBinary of the Pixel Data is not base64 (PS3.18 F.2.7)") from error
    return _Body(Description(EXPLICIT_LE, {}), lambda: _native(len(pixels), iter((pixels,))))


def _native(size: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if size + size % 2 > 0xFFFFFFFE:
        raise TooLarge("native Pixel Data end at 4 GiB (PS3.5 7.1.1)")
    yield struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, size + size % 2)
    yield from pieces
    if size % 2:
        yield b"\0"


def _encapsulated(frames: Sequence[tuple[Spool, int, int]]) -> Iterator[bytes]:
    """One frame a fragment behind an empty Basic Offset Table (PS3.5 A.4)."""
    yield struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    for spool, start, stop in frames:
        size = stop - start
        if size + size % 2 > 0xFFFFFFFE:
            raise TooLarge("one fragment ends at 4 GiB (PS3.5 A.4)")
        yield struct.pack("<HHI", 0xFFFE, 0xE000, size + size % 2)
        yield from spool.chunks(start, stop)
        if size % 2:
            yield b"\0"
    yield _DELIMITER

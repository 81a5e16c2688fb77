"""Multipart answers (RFC 2387, PS3.18 8.6.1.2.1): framing known before the first byte, bodies streamed."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse

CRLF = b"\r\n"
_WORTH_SENDING_BYTES = 64 << 10
"""Smaller pieces are sent together: a send costs more than copying as much."""
AT_ONCE_BYTES = 2 << 20
"""An answer of up to this size is made whole before it is sent."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its media type with parameters, where it is found by itself, its size, and its bytes on demand.

    `chunks` is called once, when the part's turn comes.
    """

    media_type: str
    location: str
    size_bytes: int
    chunks: Callable[[], Iterator[bytes]]


def boundary_for(seed: str) -> str:
    """Give a boundary made of what the answer holds: equal answers are equal byte by byte (PS3.18 8.6.1.2)."""
    return hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()


def opening(part: Part, boundary: str, *, first: bool) -> bytes:
    """Give the delimiter and header lines before a part."""
    lines = [f"--{boundary}", f"Content-Type: {part.media_type}", f"Content-Length: {part.size_bytes}"]
    if part.location:
        lines.append(f"Content-Location: {part.location}")
    return (b"" if first else CRLF) + "\r\n".join(lines).encode() + CRLF + CRLF


def closing(boundary: str) -> bytes:
    """Give the last delimiter."""
    return CRLF + f"--{boundary}--".encode() + CRLF


def multipart_type(part_type: str, boundary: str) -> str:
    """Give the Content-Type of the whole; the type is quoted since it holds a slash (RFC 2045 5.1)."""
    return f'multipart/related; type="{part_type}"; boundary={boundary}'


def total_size(parts: Sequence[Part], boundary: str) -> int:
    """Give the exact size of the framed parts."""
    framing = sum(len(opening(part, boundary, first=at == 0)) for at, part in enumerate(parts))
    return framing + sum(part.size_bytes for part in parts) + len(closing(boundary))


def framed_response(parts: Sequence[Part], boundary: str, headers: Mapping[str, str], *, status: int = 200) -> Response:
    """Give framed parts as one answer of exactly known length.

    A short one is made whole here, in the caller's thread: one send instead of a stream watched for a
    disconnect, and what is damaged is told by the status. A long one is read while it is sent.
    """
    size = total_size(parts, boundary)
    headers = {**headers, "Content-Length": str(size)}
    if size <= AT_ONCE_BYTES:
        return Response(b"".join(pieces_of(parts, boundary)), status, headers)
    return StreamingResponse(framed(parts, boundary), status, headers)


async def framed(parts: Iterable[Part], boundary: str) -> AsyncIterator[bytes]:
    """Yield the framed parts; pieces of a body are made between two sends, in the event loop.

    Reading and unsealing 1 MiB inline is faster than handing it from thread to thread.
    """
    pending = b""
    for piece in pieces_of(parts, boundary):
        if len(piece) >= _WORTH_SENDING_BYTES:
            if pending:
                yield pending
                pending = b""
            yield piece
            continue
        pending += piece
        if len(pending) >= _WORTH_SENDING_BYTES:
            yield pending
            pending = b""
    if pending:
        yield pending


def pieces_of(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    """Yield the framed parts, each made when its turn comes."""
    first = True
    for part in parts:
        yield opening(part, boundary, first=first)
        first = False
        yield from part.chunks()
    yield closing(boundary)


async def plain(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces of a single body."""
    for piece in chunks:
        yield piece


def multipart_response(parts: Sequence[Part], part_type: str, seed: str, headers: Mapping[str, str]) -> Response:
    """Give the parts as one answer of exactly known length."""
    boundary = boundary_for(seed)
    return framed_response(parts, boundary, {**headers, "Content-Type": multipart_type(part_type, boundary)})


def in_memory(bodies: Sequence[tuple[str, bytes, str]], part_type: str, headers: Mapping[str, str]) -> Response:
    """Give (media type, bytes, location) as a multipart of small parts."""
    parts = [held_part(*body) for body in bodies]
    digest = hashlib.blake2b(b"".join(body for _, body, _ in bodies), digest_size=12).hexdigest()
    return multipart_response(parts, part_type, digest, headers)


def held_part(media_type: str, body: bytes, location: str) -> Part:
    """Give bytes in memory as a part."""
    return Part(media_type, location, len(body), lambda: iter((body,)))

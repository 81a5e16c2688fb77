"""Validators and ranges: what was given before need not be given again (RFC 9110 13, 14)."""

import hashlib
import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from radiotheque.core.instance import Edition, Location
from radiotheque.wire.dicomweb.answers import refusal
from radiotheque.wire.dicomweb.bodies import Body
from radiotheque.wire.dicomweb.parts import AT_ONCE_BYTES, plain
from radiotheque.wire.dicomweb.requests import PRIVATE

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE)
_TAGS = re.compile(r'(?:W/)?"([^"]*)"')


def etag_of(locations: Iterable[Location], representation: str) -> str:
    """Give a strong validator, quoted: it changes with the bytes, the identity shown and the representation."""
    digest = hashlib.blake2b(representation.encode(), digest_size=12)
    for location in locations:
        digest.update(f"\0{location.blob.name}\0{location.version}".encode())
    return f'"{digest.hexdigest()}"'


def etag_of_editions(editions: Iterable[Edition], representation: str) -> str:
    """Give a strong validator, quoted, of what is shown of whole series: it changes with anything in their studies."""
    digest = hashlib.blake2b(representation.encode(), digest_size=12)
    for edition in editions:
        digest.update(f"\0{edition.study}\0{edition.series}\0{edition.revision}".encode())
    return f'"{digest.hexdigest()}"'


def unchanged(request: Request, etag: str) -> Response | None:
    """Give 304 when the client holds this very representation, else None (RFC 9110 13.1.2)."""
    header = request.headers.get("if-none-match")
    if header is None:
        return None
    if header.strip() == "*" or etag.strip('"') in _TAGS.findall(header):
        return Response(status_code=304, headers={**PRIVATE, "ETag": etag})
    return None


def asked_range(request: Request, etag: str, size_bytes: int) -> tuple[int, int] | None:
    """Give bytes [start, stop) of the one range asked for; None for the whole.

    Several ranges, or an If-Range of another version, get the whole (RFC 9110 14.2); an empty tuple of
    bytes, start ≥ stop, cannot be satisfied.
    """
    header = request.headers.get("range")
    found = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if found is None or (not found[1] and not found[2]):
        return None
    if request.headers.get("if-range", etag) != etag:
        return None
    if not found[1]:
        return max(0, size_bytes - int(found[2])), size_bytes
    start = int(found[1])
    stop = min(int(found[2]) + 1, size_bytes) if found[2] else size_bytes
    return start, stop


def ranged(request: Request, body: Body, headers: dict[str, str], *, complete: bool = True) -> Response:
    """Give a body whole, or the range of it that was asked for (RFC 9110 14).

    One that is not `complete`, only some of its target, is 206 without a range too (PS3.18 10.4.3.1).
    """
    size = body.size_bytes
    out = {**headers, "Accept-Ranges": "bytes"}
    asked = asked_range(request, headers["ETag"], size)
    if asked is None:
        return _sent(body, (0, size), 200 if complete else 206, out)
    start, stop = asked
    if start >= stop:
        return refusal(416, f"there are {size} bytes", Content_Range=f"bytes */{size}")
    return _sent(body, asked, 206, {**out, "Content-Range": f"bytes {start}-{stop - 1}/{size}"})


def _sent(body: Body, span: tuple[int, int], status: int, headers: dict[str, str]) -> Response:
    size = span[1] - span[0]
    if size <= AT_ONCE_BYTES:
        return Response(b"".join(body.chunks(*span)), status, headers)
    return StreamingResponse(plain(body.chunks(*span)), status, {**headers, "Content-Length": str(size)})

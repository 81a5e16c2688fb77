"""Bytes with a validator, whole or the range of them that was asked for (RFC 9110 13, 14)."""

import re
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

from radiotheque.wire.web.answers import PROBLEM_JSON, written

NOT_STORED = "private, no-cache"
"""On whatever holds an identity: a browser may keep it, and asks again before it shows it."""
FOR_EVER = "private, max-age=31536000, immutable"
"""On what never changes under its address (RFC 8246)."""

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.IGNORECASE)
_TAGS = re.compile(r'(?:W/)?"([^"]*)"')


def tag_of(*parts: object) -> str:
    """Give a strong validator, quoted, that changes with any of the parts."""
    digest = blake2b(digest_size=12)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return f'"{digest.hexdigest()}"'


def unchanged(request: Request, tag: str, cached: str) -> Response | None:
    """Give 304 when the client holds this very representation, else None (RFC 9110 13.1.2)."""
    header = request.headers.get("if-none-match")
    if header is None:
        return None
    if header.strip() == "*" or tag.strip('"') in _TAGS.findall(header):
        return Response(status_code=304, headers={"ETag": tag, "Cache-Control": cached})
    return None


def given(request: Request, body: bytes, media_type: str, *, tag: str, cached: str) -> Response:
    """Give 200 with all bytes, 206 with the one range asked for, or 416 when there is nothing of it (RFC 9110 14)."""
    headers = {"ETag": tag, "Cache-Control": cached, "Accept-Ranges": "bytes"}
    span = asked_range(request, tag, len(body))
    if span is None:
        return Response(body, 200, headers, media_type)
    start, stop = span
    if start >= stop:
        return _nothing_of_it(request, len(body))
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
    return Response(memoryview(body)[start:stop], 206, headers, media_type)


def asked_range(request: Request, tag: str, size_bytes: int) -> tuple[int, int] | None:
    """Give bytes [start, stop) of the one range asked for, an empty one when there are none; None for the whole.

    Several ranges, or an If-Range of another version, get the whole (RFC 9110 14.2).
    """
    header = request.headers.get("range")
    found = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if found is None or (not found[1] and not found[2]) or request.headers.get("if-range", tag) != tag:
        return None
    if not found[1]:
        return max(0, size_bytes - int(found[2])), size_bytes
    return int(found[1]), min(int(found[2]) + 1, size_bytes) if found[2] else size_bytes


def _nothing_of_it(request: Request, size_bytes: int) -> Response:
    answer = written(
        416, "Range not satisfiable", f"there are {size_bytes} bytes", request.scope["state"]["request_id"]
    )
    return Response(answer.body, 416, {"Content-Range": f"bytes */{size_bytes}"}, PROBLEM_JSON)

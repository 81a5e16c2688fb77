"""A multipart body → its parts, one after the other, in constant memory (RFC 2046 5.1, RFC 2387): no I/O of its own."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from radiotheque.core.errors import Malformed, TooLarge

MAX_HEADER_BYTES = 8 << 10
MAX_HEADERS = 32
_BOUNDARY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?")


class _Parser(PushMultipartParser):  # type: ignore[misc]  # the package has no types
    """The push parser of forms, told that the parts are not form fields."""

    def _create_segment(self, headerlist: list[tuple[str, str]]) -> MultipartSegment:
        return MultipartSegment(headerlist)


@dataclass(slots=True)
class BodyPart:
    """One part: header fields by lower-case name, and its bytes, read once while it is the current one."""

    number: int
    headers: dict[str, str]
    _pieces: Iterator[bytes] = field(repr=False)

    def chunks(self) -> Iterator[bytes]:
        """Yield the part's bytes. Raises `Malformed` when the body ends in the middle."""
        return self._pieces


def read_parts(read: Callable[[], bytes], boundary: str, *, max_parts: int) -> Iterator[BodyPart]:
    """Yield the parts of the body that `read` gives piece by piece (b"" at its end).

    What is left unread of a part is skipped when the next is asked for. Raises `Malformed` and, over a limit of
    header size or number of parts, `TooLarge`.
    """
    if not _BOUNDARY.fullmatch(boundary):
        raise Malformed("the multipart boundary is missing or holds characters that RFC 2046 does not allow")
    events = _events(read, boundary, max_parts)
    number = 0
    for event in events:
        if not isinstance(event, MultipartSegment):
            continue  # the end of a part, or bytes of one that nobody wanted
        number += 1
        part = BodyPart(number, {name.lower(): value for name, value in event.headerlist}, _pieces(events))
        yield part
        for _ in part.chunks():
            pass
    if not number:
        raise Malformed("the multipart body has no part")


def _pieces(events: Iterator[MultipartSegment | bytes | None]) -> Iterator[bytes]:
    for event in events:
        if event is None:
            return
        if isinstance(event, bytes | bytearray):
            yield bytes(event)


def _events(read: Callable[[], bytes], boundary: str, max_parts: int) -> Iterator[MultipartSegment | bytes | None]:
    try:
        parser = _Parser(
            boundary,
            max_header_size=MAX_HEADER_BYTES,
            max_header_count=MAX_HEADERS,
            max_segment_count=max_parts,
        )
        while not parser.closed:
            chunk = read()
            yield from parser.parse(chunk)
            if not chunk:
                return
    except ParserLimitReached as error:
        raise TooLarge(f"the multipart body is over a limit: {error}") from error
    except (MultipartError, UnicodeDecodeError) as error:
        raise Malformed(f"the multipart body cannot be read: {error} (lines end in CR LF, RFC 2046 5.1)") from error

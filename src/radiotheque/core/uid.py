"""Unique identifiers: parsed once at the edge, trusted after (PS3.5 9.1)."""

import re
import uuid
from typing import NewType

from radiotheque.core.errors import Malformed

UID = NewType("UID", str)

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_MAX_LENGTH = 64


def fresh_uid() -> UID:
    """Give a UID that nobody else has: of a random UUID (PS3.5 B.2)."""
    return UID(f"2.25.{uuid.uuid4().int}")


def parse_uid(text: str) -> UID:
    """Give the UID in `text`, its padding removed (PS3.5 9.1).

    Components with leading zeros are let through: old modalities write them and an archive
    must not lose their images. Nothing but digits and dots passes, so a UID is safe in
    a path, a query and a log. Raises `Malformed`.
    """
    bare = text.rstrip("\0 ").lstrip(" ")
    if not bare or len(bare) > _MAX_LENGTH or not _UID.fullmatch(bare):
        raise Malformed("not a UID of at most {most} digits and dots: {bare}", most=_MAX_LENGTH, bare=f"{bare[:80]!r}")
    return UID(bare)

"""Where a page of the worklist ended: which way the search was understood, how many were shown, and the mark behind them."""

import base64
import binascii
import json
from dataclasses import dataclass

from radiotheque.core.errors import Malformed

_MOST = 1 << 40


@dataclass(frozen=True, slots=True)
class Cursor:
    """`inner` is the catalog's own cursor, or the last study of a sorted page; "" is the beginning."""

    way: int = 0
    seen: int = 0
    inner: str = ""


def write_cursor(cursor: Cursor) -> str:
    """Give a cursor as opaque text."""
    text = json.dumps([cursor.way, cursor.seen, cursor.inner], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """Give the cursor of an opaque text, the beginning for "". Raises `Malformed` when it is none of ours."""
    if not text:
        return Cursor()
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Malformed("the page marker is not one that was given out here") from error
    if not isinstance(values, list) or [type(value) for value in values] != [int, int, str]:
        raise Malformed("the page marker is not one that was given out here")
    way, seen, inner = values
    if not (0 <= way < _MOST and 0 <= seen < _MOST and inner):
        raise Malformed("the page marker is not one that was given out here")
    return Cursor(way, seen, inner)

"""Keyset cursors: where a page ended, by the values that its order compares."""

import base64
import binascii
import json
from collections.abc import Sequence

from radiotheque.core.errors import Malformed
from radiotheque.core.query import Level

SIZES = {Level.PATIENT: 3, Level.STUDY: 3, Level.SERIES: 5, Level.IMAGE: 7}
"""How many values a cursor has: date, time, study row; series order and row; instance order and row."""


def write_cursor(values: Sequence[object]) -> str:
    """Give the opaque text of a cursor."""
    return base64.urlsafe_b64encode(json.dumps(list(values), separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(text: str, level: Level) -> list[str | int]:
    """Give the values of a cursor. Raises `Malformed` when it is not one of ours for this level."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error) as error:
        raise Malformed("the page marker is not one that was given out here") from error
    kinds = (str, str, int, int, int, int, int)[: SIZES[level]]
    if not isinstance(values, list) or len(values) != len(kinds):
        raise Malformed("the page marker belongs to a query of another level")
    if not all(type(value) is kind for value, kind in zip(values, kinds, strict=True)):
        raise Malformed("the page marker is not one that was given out here")
    return values


def after_cursor(
    values: Sequence[str | int], order: tuple[str, str, str], *, newest_first: bool
) -> tuple[str, list[object]]:
    """Give the condition for what comes after a cursor; `order` names the columns of date, time and study row."""
    study, sign = f"({', '.join(order)})", "<" if newest_first else ">"
    head = list(values[:3])
    if len(values) == 3:
        return f"{study} {sign} (?, ?, ?)", [*head]
    below = "(e.ord, e.id) > (?, ?)" if len(values) == 5 else "(e.ord, e.id, i.ord, i.id) > (?, ?, ?, ?)"
    # the first comparison is implied by the rest, but it is the one that an index serves
    sql = f"{study} {sign}= (?, ?, ?) AND ({study} {sign} (?, ?, ?) OR {below})"
    return sql, [*head, *head, *values[3:]]

"""The exit codes of the command line: stable, so that scripts may decide by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from radiotheque.core.errors import (
    Damaged,
    Malformed,
    NotFound,
    RadiothequeError,
    Refused,
    Unavailable,
)


class Exit(IntEnum):
    """What a command ended with."""

    DONE = 0
    PARTLY = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    UNAVAILABLE = 5
    DAMAGED = 6
    INTERRUPTED = 130


MEANINGS: Mapping[Exit, str] = {
    Exit.DONE: "Done.",
    Exit.PARTLY: "Done, but not all of it: files refused, objects damaged, or the server's worker died. The output says which.",
    Exit.USAGE: "The command, an argument or a setting cannot be understood.",
    Exit.NOT_FOUND: "What was named is not there.",
    Exit.REFUSED: "Understood and turned down: not permitted, in conflict with what is kept, not supported or too large.",
    Exit.UNAVAILABLE: "The archive or a peer cannot do it now; the same command may succeed later.",
    Exit.DAMAGED: "Kept bytes, keys or lines of the audit trail do not check out.",
    Exit.INTERRUPTED: "Interrupted from the keyboard.",
}
"""Every code and its sentence; the reference page is made from it."""


@dataclass(frozen=True, slots=True)
class _Line:
    error: type[RadiothequeError]
    code: Exit


_LINES = (
    _Line(Malformed, Exit.USAGE),
    _Line(NotFound, Exit.NOT_FOUND),
    _Line(Refused, Exit.REFUSED),
    _Line(Unavailable, Exit.UNAVAILABLE),
    _Line(Damaged, Exit.DAMAGED),
)


def exit_code(error: RadiothequeError) -> Exit:
    """Give the code that a command ends with for an error."""
    return next((line.code for line in _LINES if isinstance(error, line.error)), Exit.PARTLY)

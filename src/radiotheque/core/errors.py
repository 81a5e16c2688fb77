"""One tree of errors; each tongue has one table that answers it.

    RadiothequeError
    ├── Malformed          the sender's fault: the bytes or words cannot be understood
    │   └── Mismatch       understood, but it contradicts its own command or request (A900)
    ├── Refused            understood and turned down
    │   ├── NotPermitted   the caller may not
    │   ├── Conflict       it contradicts what is kept
    │   ├── Unsupported    a SOP Class, Transfer Syntax or option that is not spoken here
    │   └── TooLarge       over a limit of size, depth, count or time
    ├── NotFound           nothing by that name that the caller may see
    │   └── Gone           it was here and has been rejected (HTTP 410)
    ├── Unavailable        our fault, try again later
    │   ├── OutOfSpace     below the reserve of free space; reads go on
    │   └── Busy           a queue or the number of associations is full
    └── Damaged            kept bytes do not check out: tampered with or cut short after they came
        └── Undecodable    they are as they came, and came unreadable: given back as they are, not decoded (HTTP 406)

A message says what happened, what was kept, and what to do. It never holds a patient's name. What differs from one time to
the next stands in it as `{places}` and is given beside it, so that it can be said in another language:

    raise NotFound("there is no frame {number}: the instance has {count}", number=number, count=count)
"""

from typing import Self


class RadiothequeError(Exception):
    """The root: catch it only where a wire answers. `tag` is the attribute at fault, 0 when none is known.

    `text` is what is said, with `{places}` for the `values`; without values it is said as it stands. In English they are
    the exception's own words.
    """

    tag: int = 0

    def __init__(self, text: str = "", /, **values: object) -> None:
        self.text, self.values = text, {name: _plain(value) for name, value in values.items()}
        super().__init__(self.said(text))

    def said(self, text: str) -> str:
        """Say the values in the places of `text`, a translation of the error's own."""
        return text.format_map(self.values) if self.values else text

    def at(self, tag: int) -> Self:
        """Say which attribute is at fault, as group and element in one number; give the error to raise."""
        self.tag = tag
        return self


def _plain(value: object) -> str | int | float:
    """Give a value as it goes from one process to another."""
    return value if type(value) in (int, float, str) else str(value)  # type: ignore[return-value]


class Malformed(RadiothequeError):
    """The bytes or words that came in cannot be understood; nothing was kept."""


class Mismatch(Malformed):
    """The data set contradicts the command or request it came with."""


class Refused(RadiothequeError):
    """Understood, and turned down; nothing was kept."""


class NotPermitted(Refused):
    """The caller may not do this."""


class Conflict(Refused):
    """It contradicts what is kept, which stays as it was."""


class Unsupported(Refused):
    """A SOP Class, a Transfer Syntax or an option that is not spoken here."""


class TooLarge(Refused):
    """Over a limit of size, depth, count or time."""


class NotFound(RadiothequeError):
    """Nothing by that name that this caller may see."""


class Gone(NotFound):
    """It was here, and has been rejected or disposed of."""


class Unavailable(RadiothequeError):
    """Our fault: the same call may succeed later."""


class OutOfSpace(Unavailable):
    """Free space is below the reserve: no new objects, reads go on."""


class Busy(Unavailable):
    """A queue or a limit of concurrent work is full."""


class Damaged(RadiothequeError):
    """Kept bytes do not check out: tampered with or cut short after they came."""


class Undecodable(Damaged):
    """Kept as it came, and it came so that it cannot be decoded: it is given back as it is, in no other form."""

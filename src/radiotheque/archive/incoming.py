"""An incoming object over any stream of bytes: a file, a member of a ZIP, a part of a request."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from radiotheque.core.instance import Buffer, Form, Origin


@dataclass(slots=True)
class StreamIncoming:
    """An object read once from `source`; what was peeked at is given again by `chunks`."""

    origin: Origin
    source: Iterable[Buffer]
    form: Form = Form.PART10
    transfer_syntax: str = ""
    sop_class: str = ""
    sop_instance: str = ""
    study: str = ""
    _ahead: list[bytes] = field(default_factory=list)
    _iterator: Iterator[Buffer] | None = None

    def peek(self, size: int) -> bytes:
        """Give up to `size` first bytes; fewer only when the object is shorter."""
        held = sum(map(len, self._ahead))
        while held < size:
            chunk = next(self._reading(), None)
            if chunk is None:
                break
            self._ahead.append(bytes(chunk))
            held += len(chunk)
        return b"".join(self._ahead)[:size]

    def chunks(self) -> Iterator[Buffer]:
        """Yield the whole object from its first byte, once."""
        ahead, self._ahead = self._ahead, []
        yield from ahead
        yield from self._reading()

    def _reading(self) -> Iterator[Buffer]:
        if self._iterator is None:
            self._iterator = iter(self.source)
        return self._iterator

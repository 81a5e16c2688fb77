"""Bodies of known size that are given in pieces: bytes in memory, or ranges of an instance as it goes out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from radiotheque.core.errors import Undecodable

if TYPE_CHECKING:
    from radiotheque.archive.retrieve import Outgoing

PIECE_BYTES = 1 << 20


class Body(Protocol):
    """What an answer, or a part of one, is made of."""

    @property
    def size_bytes(self) -> int: ...

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield bytes [start, stop) in pieces of about 1 MiB."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes in memory."""

    data: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = len(self.data) if stop is None else min(stop, len(self.data))
        if start == 0 and end == len(self.data) <= PIECE_BYTES:
            yield self.data
            return
        for at in range(start, end, PIECE_BYTES):
            yield self.data[at : min(at + PIECE_BYTES, end)]


class Spanned:
    """Ranges of an outgoing file, one after the other, read when they are sent: a frame is never whole in memory."""

    def __init__(self, outgoing: "Outgoing", spans: Sequence[tuple[int, int]]) -> None:
        if any(stop > outgoing.size_bytes for _, stop in spans):
            raise Undecodable(
                "the pixel data is cut short in the bytes as received; the object itself can be retrieved"
            )
        self._outgoing, self._spans = outgoing, spans
        self.size_bytes = sum(stop - start for start, stop in spans)

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = self.size_bytes if stop is None else min(stop, self.size_bytes)
        at = 0
        for first, last in self._spans:
            low, high = max(start - at, 0) + first, min(end - at, last - first) + first
            at += last - first
            if low < high:
                yield from self._outgoing.chunks(low, high)


class Joined:
    """Bodies one after the other."""

    def __init__(self, bodies: Sequence[Body]) -> None:
        self._bodies = bodies
        self.size_bytes = sum(body.size_bytes for body in bodies)

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = self.size_bytes if stop is None else min(stop, self.size_bytes)
        at = 0
        for body in self._bodies:
            low, high = max(start - at, 0), min(end - at, body.size_bytes)
            at += body.size_bytes
            if low < high:
                yield from body.chunks(low, high)

"""The film of a kept video: its bit stream as it came, or in a container that browsers play; never whole in memory here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol

import orjson

from radiotheque.archive.renditions import Renditions
from radiotheque.archive.retrieve import outgoing
from radiotheque.core.errors import Undecodable, Unsupported
from radiotheque.core.instance import Location
from radiotheque.core.ports import Remote, Streamed
from radiotheque.dicom.containers import HEAD_BYTES, Codec, Container, codec_of, container_of, is_video

TO_MP4 = Remote[list[bytes]]("radiotheque.dicom.remux:to_mp4")

REMUX_BYTES = 128 << 20
"""A transport stream up to this size is put into an MP4 file: the child process holds it twice, as this one once."""

_MADE_AS = "1"
"""Another one when MP4 files come to be made another way."""

type WhyNot = Literal["", "codec", "container", "size"]

REASONS: dict[WhyNot, str] = {
    "codec": "browsers do not play MPEG-2; its bit stream is given as it came",
    "container": "it lies in no container that browsers play; its bit stream is given as it came",
    "size": f"a transport stream over {REMUX_BYTES >> 20} MiB is not put into MP4; its bit stream is given as it came",
}
"""Why a video is not given as MP4."""


class File(Protocol):
    """What a film lies in: see `retrieve.Outgoing`."""

    @property
    def size_bytes(self) -> int: ...

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Film:
    """A bit stream of video on its way out, its size known before its first byte."""

    container: Container
    codec: Codec
    size_bytes: int
    _open: Callable[[int, int], Iterator[bytes]]

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield bytes [start, stop) in pieces of at most about 4 MiB. Raises `Damaged`, `Unavailable`."""
        return self._open(start, self.size_bytes if stop is None else min(stop, self.size_bytes))

    @property
    def why_not(self) -> WhyNot:
        """Why it is not given as MP4, "" when it is; whether a browser knows the codec in it is for the browser to say."""
        if self.codec == "mpeg2":
            return "codec"
        if self.container is Container.MP4:
            return ""
        if self.container is not Container.TRANSPORT_STREAM or self.codec != "h264":
            return "container"
        return "size" if self.size_bytes > REMUX_BYTES else ""


def film_in(file: File, spans: Sequence[tuple[int, int]], codec: Codec) -> Film:
    """Give the film that lies in some ranges of a file. Raises `Undecodable` when it is cut short."""
    if not spans or any(stop > file.size_bytes for _, stop in spans):
        raise Undecodable("the video is cut short in the bytes as received; the object itself can be retrieved")
    read = partial(_ranges, file, spans)
    size = sum(stop - start for start, stop in spans)
    head = b"".join(read(0, min(HEAD_BYTES, size)))
    return Film(container_of(head), codec, size, read)


def kept_film(location: Location, renditions: Renditions) -> Film:
    """Give the film of a video as it came. Raises `Unsupported` when the instance is no video, `NotFound`, `Undecodable`."""
    if not is_video(location.transfer_syntax):
        raise Unsupported("the instance is no video")
    spans = [span for frame in renditions.layout(location).spans for span in frame]
    file = outgoing(location, syntax=None, blobs=renditions.blobs, workbench=renditions.workbench)
    return film_in(file, spans, codec_of(location.transfer_syntax))


def playable_film(location: Location, renditions: Renditions) -> Film:
    """Give the film of a video as an MP4 file. One in a transport stream is made when first asked for, and kept.

    Raises `Unsupported` for what is not given so (`Film.why_not`), else as `kept_film`.
    """
    film = kept_film(location, renditions)
    if film.why_not:
        raise Unsupported(REASONS[film.why_not])
    if film.container is Container.MP4:
        return film
    made = _Made(location, film, renditions)
    sizes = made.sizes()
    return Film(Container.MP4, film.codec, sum(sizes), partial(made.read, sizes))


def _ranges(file: File, spans: Sequence[tuple[int, int]], start: int, stop: int) -> Iterator[bytes]:
    at = 0
    for first, last in spans:
        low, high = max(start - at, 0) + first, min(stop - at, last - first) + first
        at += last - first
        if low < high:
            yield from file.chunks(low, high)


@dataclass(frozen=True, slots=True)
class _Made:
    """An MP4 file made of a transport stream, kept in pieces among what can always be made again."""

    location: Location
    film: Film
    renditions: Renditions

    def sizes(self) -> list[int]:
        """Give the sizes of its pieces."""
        known = self.renditions.derived.get(self._name("index"))
        return orjson.loads(known) if known is not None else [len(piece) for piece in self._make()]

    def read(self, sizes: Sequence[int], start: int, stop: int) -> Iterator[bytes]:
        """Yield bytes [start, stop), a piece at a time."""
        at = 0
        for number, size in enumerate(sizes):
            low, high = max(start - at, 0), min(stop - at, size)
            at += size
            if low < high:
                yield self._piece(number, size)[low:high]

    def _piece(self, number: int, size: int) -> bytes:
        kept = self.renditions.derived.get(self._name(number))
        return kept if kept is not None and len(kept) == size else self._make()[number]  # the same each time

    def _make(self) -> list[bytes]:
        pieces = self.renditions.workbench.run(TO_MP4, Streamed(self.film.size_bytes, self.film.chunks))
        for number, piece in enumerate(pieces):
            self.renditions.derived.put(self._name(number), piece)
        self.renditions.derived.put(self._name("index"), orjson.dumps([len(piece) for piece in pieces]))
        return pieces

    def _name(self, part: object) -> str:
        return f"{self.location.blob.name.replace('/', '-')}/film-{_MADE_AS}-{part}"

"""The film of a kept video: as it came in any range, and in a container that browsers play."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clips import FRAMES, H264, HEVC, MPEG2, elementary_stream, mp4, transport_stream, video
from radiotheque.archive.renditions import Renditions
from radiotheque.archive.video import REMUX_BYTES, Film, kept_film, playable_film
from radiotheque.blobs.derived import MemoryDerived
from radiotheque.blobs.memory import MemoryStore
from radiotheque.core.errors import NotFound, Undecodable, Unsupported
from radiotheque.core.instance import Blob, BlobName, Identity, Location
from radiotheque.core.ports import Streamed
from radiotheque.core.uid import UID
from radiotheque.dicom.containers import Container
from radiotheque.dicom.filemeta import split
from radiotheque.dicom.recipe import Recipe

FILM, STREAM = mp4(), transport_stream()


@dataclass
class Inline:
    """A workbench in this process; counts what it was asked."""

    ran: list[str] = field(default_factory=list)

    def run[T](self, function: Callable[..., T], *args: Any) -> T:
        self.ran.append(function.name.rpartition(":")[2])  # type: ignore[attr-defined]
        return function(*(memoryview(b"".join(a.pieces())) if isinstance(a, Streamed) else a for a in args))


@dataclass
class Kept:
    """One object that is kept."""

    file: bytes
    syntax: str = H264
    bench: Inline = field(default_factory=Inline)
    derived: MemoryDerived = field(default_factory=MemoryDerived)
    frames: int = FRAMES

    def __post_init__(self) -> None:
        store = MemoryStore()
        store.put(BlobName("k/1"), [self.file])
        self.renditions = Renditions(store, self.derived, self.bench)
        uids = [UID(f"1.2.{number}") for number in range(4)]
        self.location = Location(
            Identity(uids[0], uids[1], uids[2], uids[3], "P", ""),
            Blob(BlobName("k/1"), len(self.file)),
            UID(self.syntax),
            split(self.file)[1],
            self.file.find(b"\xe0\x7f\x10\x00"),
            self.frames,
            0,
        )

    def playable(self) -> Film:
        return playable_film(self.location, self.renditions)


def whole(film: Film) -> bytes:
    return b"".join(film.chunks())


def test_an_mp4_file_is_given_as_it_came() -> None:
    kept = Kept(video(FILM))
    film = kept.playable()
    assert (film.container, film.codec, film.why_not) == (Container.MP4, "h264", "")
    assert whole(film)[: len(FILM)] == FILM
    assert kept.bench.ran == []


def test_the_fragments_of_a_fragmentable_syntax_are_one_stream() -> None:
    half = len(FILM) // 4 * 2
    kept = Kept(
        video(FILM, "1.2.840.10008.1.2.4.102.1", fragments=(FILM[:half], FILM[half:])), "1.2.840.10008.1.2.4.102.1"
    )
    assert whole(kept.playable())[: len(FILM)] == FILM


HALF = len(FILM) // 4 * 2
PARTED = Kept(
    video(FILM, "1.2.840.10008.1.2.4.102.1", fragments=(FILM[:HALF], FILM[HALF:])), "1.2.840.10008.1.2.4.102.1"
)


@given(st.integers(0, len(FILM) + 10), st.integers(0, len(FILM) + 10))
def test_any_range_is_that_of_the_whole(start: int, stop: int) -> None:
    film = PARTED.playable()
    assert b"".join(film.chunks(start, stop)) == whole(film)[start:stop]


def test_a_transport_stream_is_made_an_mp4_file_once() -> None:
    kept = Kept(video(STREAM))
    assert kept_film(kept.location, kept.renditions).container is Container.TRANSPORT_STREAM
    film = kept.playable()
    assert (film.container, whole(film)) == (Container.MP4, FILM)
    assert (whole(kept.playable()), kept.bench.ran) == (FILM, ["to_mp4"])
    assert b"".join(film.chunks(100, 200)) == FILM[100:200]


def test_what_was_evicted_is_made_again_while_it_is_read() -> None:
    kept = Kept(video(STREAM))
    film = kept.playable()
    kept.derived.evict("")
    assert (whole(film), kept.bench.ran) == (FILM, ["to_mp4", "to_mp4"])


@pytest.mark.parametrize(
    ("stream", "syntax", "why"),
    [
        (b"\0\0\1\xba" + bytes(60), MPEG2, "codec"),
        (elementary_stream(2), H264, "container"),
        (transport_stream(2, stream_type=0x24), HEVC, "container"),
        (mp4(2), HEVC, ""),
        (mp4(2), H264, ""),
        (transport_stream(2), H264, ""),
    ],
)
def test_why_a_video_is_not_given_as_mp4(stream: bytes, syntax: str, why: str) -> None:
    kept = Kept(video(stream, syntax), syntax)
    assert kept_film(kept.location, kept.renditions).why_not == why
    if why:
        with pytest.raises(Unsupported, match="as it came"):
            kept.playable()


def test_a_transport_stream_over_the_limit_is_not_put_into_mp4() -> None:
    def nothing(_start: int, _stop: int) -> Any:
        return iter(())

    assert Film(Container.TRANSPORT_STREAM, "h264", REMUX_BYTES, nothing).why_not == ""
    assert Film(Container.TRANSPORT_STREAM, "h264", REMUX_BYTES + 1, nothing).why_not == "size"
    assert Film(Container.MP4, "h264", REMUX_BYTES + 1, nothing).why_not == ""


def test_an_image_is_no_video() -> None:
    kept = Kept(video(FILM), "1.2.840.10008.1.2.4.90")
    with pytest.raises(Unsupported, match="no video"):
        kept_film(kept.location, kept.renditions)


def test_a_video_without_a_stream_or_cut_short_is_not_given() -> None:
    file = video(FILM)
    kept = Kept(file[: len(file) - len(FILM) // 2])
    with pytest.raises((Undecodable, NotFound)):
        whole(kept_film(kept.location, kept.renditions))


def test_a_frame_is_a_picture_and_one_that_is_not_there_is_not_found() -> None:
    kept = Kept(video(FILM))
    media, body = kept.renditions.rendered(kept.location, 3, Recipe())
    assert (media, body[:2]) == ("image/jpeg", b"\xff\xd8")
    with pytest.raises(NotFound):
        kept.renditions.rendered(kept.location, FRAMES + 1, Recipe())
    with pytest.raises(Unsupported):
        kept.renditions.rendered(kept.location, 1, Recipe(), b"a state")

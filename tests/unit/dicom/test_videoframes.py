"""One frame of a video as a picture, of every container and codec that the transfer syntaxes allow."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clips import COLUMNS, ROWS, elementary_stream, grey, mp4, mpeg2, transport_stream, video
from radiotheque.core.errors import Undecodable
from radiotheque.dicom.recipe import PNG, Recipe, Viewport
from radiotheque.dicom.videoframes import frame_of_video

STREAMS: dict[str, Callable[[Path], bytes]] = {
    "mp4": lambda _: mp4(),
    "transport stream": lambda _: transport_stream(),
    "elementary stream": lambda _: elementary_stream(),
    "mpeg-2": mpeg2,
}


def head() -> bytes:
    whole = video(b"\0\0")
    return whole[: whole.find(b"\xe0\x7f\x10\x00")]


def shown(stream: bytes, number: int, **wishes: object) -> np.ndarray:
    media, body = frame_of_video(head(), stream, number, Recipe(PNG, **wishes))  # type: ignore[arg-type]
    assert media == PNG
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))


@pytest.mark.parametrize("name", STREAMS)
def test_the_first_frame_is_a_picture(name: str, tmp_path: Path) -> None:
    picture = shown(STREAMS[name](tmp_path), 1)
    assert picture.shape == (ROWS, COLUMNS, 3)
    assert np.abs(picture.astype(int) - grey(0)).max() <= 4


@pytest.mark.parametrize("number", [2, 13, 14, 25])
@pytest.mark.parametrize("name", STREAMS)
def test_a_frame_is_found_by_its_number(name: str, number: int, tmp_path: Path) -> None:
    picture = shown(STREAMS[name](tmp_path), number)
    assert np.abs(picture.astype(int) - grey(number - 1)).max() <= 4


def test_a_viewport_says_how_large() -> None:
    assert shown(mp4(), 1, viewport=Viewport(48, 48)).shape == (32, 48, 3)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        mp4()[:200],
        b"\0\0\1\xb3" + bytes(40),
    ],
)
def test_what_is_no_video_is_undecodable_and_no_play_list_is_read(stream: bytes) -> None:
    with pytest.raises(Undecodable):
        shown(stream, 1)


@pytest.mark.parametrize("name", STREAMS)
def test_a_frame_behind_the_last_is_undecodable(name: str, tmp_path: Path) -> None:
    with pytest.raises(Undecodable):
        shown(STREAMS[name](tmp_path), 40)

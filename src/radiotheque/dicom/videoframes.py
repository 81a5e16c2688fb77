"""One frame of a video as a picture, for thumbnails and posters: decoded by the LGPL build of FFmpeg that OpenCV brings.

Called on the workbench. FFmpeg is given the bytes as a file of this process alone, may open no other and reads no play
list: only the containers that the transfer syntaxes allow (PS3.5 8.2.5 to 8.2.11) and bare streams.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from radiotheque.core.errors import Undecodable
from radiotheque.dicom.containers import HEAD_BYTES, Container, container_of
from radiotheque.dicom.pictures import render_rgb
from radiotheque.dicom.reading import Bytes, read_part10
from radiotheque.dicom.recipe import Recipe

type Frame = np.ndarray[Any, Any]

_OPTIONS = "protocol_whitelist;file|format_whitelist;mov,mpegts,mpeg,mpegvideo,h264,hevc"
_INDEXED = frozenset({Container.MP4, Container.TRANSPORT_STREAM})


def frame_of_video(head: Bytes, stream: Bytes, number: int, recipe: Recipe) -> tuple[str, bytes]:
    """Give frame `number`, counted from 1, as a picture: its media type and its bytes.

    `head` is the Part 10 file up to the pixel data, `stream` the bit stream. Raises `Undecodable`, `Malformed`.
    """
    ds, _ = read_part10(head)
    container = container_of(bytes(stream[:HEAD_BYTES]))
    if container is Container.OTHER:
        raise _unread()
    return render_rgb(ds, _decoded(stream, number, indexed=container in _INDEXED), recipe)


def _decoded(stream: Bytes, number: int, *, indexed: bool) -> Frame:
    """Give a frame as (rows, columns, 3) uint8 RGB. Where there are no times to go by, those before it are decoded too."""
    os.putenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", _OPTIONS)  # OpenCV asks the environment for them, and nothing else
    with _file(stream) as path:
        capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        try:
            if number > 1 and indexed:
                capture.set(cv2.CAP_PROP_POS_FRAMES, number - 1)
            ready = indexed or all(capture.grab() for _ in range(number - 1))
            found, picture = capture.read() if ready else (False, None)
        finally:
            capture.release()
    if not found or picture is None:
        raise _unread()
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


@contextmanager
def _file(stream: Bytes) -> Iterator[str]:
    """Give the path of a file in memory that holds the stream."""
    descriptor = os.memfd_create("video")
    try:
        rest = memoryview(stream)
        while rest.nbytes:
            rest = rest[os.write(descriptor, rest) :]
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _unread() -> Undecodable:
    return Undecodable("the frame of the video cannot be decoded here; the video is kept as it came")

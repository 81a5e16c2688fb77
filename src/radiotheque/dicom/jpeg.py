"""Pictures into JPEG, large grey ones by two threads: strips that restart markers join (ITU-T T.81 B.2.4.4, E.1.4)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from struct import pack
from typing import Any

import cv2
import numpy as np

from radiotheque.core.errors import Unsupported

type Frame = np.ndarray[Any, Any]

_BLOCK = 8
_LARGE = 1 << 20
_MOST_BLOCKS = 0xFFFF
_SOF0, _SOS, _EOI = b"\xff\xc0", b"\xff\xda", b"\xff\xd9"
_DRI, _RST0 = 0xFFDD, 0xFFD0


def to_jpeg(picture: Frame, quality: int) -> bytes:
    """Give a picture, (rows, columns) or (rows, columns, 3) uint8 RGB, as baseline JPEG. Raises `Unsupported`.

    A large grey one is cut into strips, which two threads encode. The decoded picture is the same: each strip begins on
    a row of blocks, and the restart interval is a strip.
    """
    if picture.ndim == 3:
        return _encoded(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)), quality)
    rows, columns = picture.shape
    down, across = -(-rows // _BLOCK), -(-columns // _BLOCK)
    strips = 2 * -(-down * across // (2 * (_MOST_BLOCKS - across)))
    high = -(-down // strips)
    if picture.size < _LARGE or down < strips:
        return _encoded(picture, quality)
    cut = [picture[top : top + high * _BLOCK] for top in range(0, rows, high * _BLOCK)]
    return _joined(list(_threads().map(_encoded, cut, [quality] * len(cut))), rows, high * across)


def _encoded(picture: Frame, quality: int) -> bytes:
    try:
        made, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise Unsupported("the picture cannot be written as JPEG") from error
    if not made:
        raise Unsupported("the picture cannot be written as JPEG")
    return jpeg.tobytes()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="jpeg")


def _joined(strips: Sequence[bytes], rows: int, interval: int) -> bytes:
    """Give strips, made with the same tables, as one image of `rows`: after `interval` blocks each there is a restart."""
    first = strips[0]
    frame, scan, data = _segment(first, _SOF0), _segment(first, _SOS), _data_of(first)
    head = bytearray(first[:scan])
    head[frame + 5 : frame + 7] = pack(">H", rows)  # after marker, length and precision (ITU-T T.81 B.2.2)
    made = [bytes(head), pack(">HHH", _DRI, 4, interval), first[scan:data]]
    for number, strip in enumerate(strips):
        made += [pack(">H", _RST0 + (number - 1) % 8)] if number else []
        made.append(strip[_data_of(strip) : -2])  # without its end marker
    return b"".join((*made, _EOI))


def _segment(jpeg: bytes, marker: bytes) -> int:
    """Give where a marker segment begins. Segments are walked by their lengths: tables may hold any bytes."""
    at = 2
    while jpeg[at : at + 2] != marker:
        if jpeg[at : at + 1] != b"\xff":
            raise Unsupported("the picture cannot be written as JPEG")
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return at


def _data_of(jpeg: bytes) -> int:
    """Give where the entropy coded data begin: behind the scan header."""
    scan = _segment(jpeg, _SOS)
    return scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4], "big")

"""JPEG by halves is the same picture as JPEG at once."""

import io

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from radiotheque.core.errors import Unsupported
from radiotheque.dicom.jpeg import to_jpeg


def grey(rows: int, columns: int) -> np.ndarray:
    down, across = np.mgrid[0:rows, 0:columns]
    noise = np.random.default_rng(1).integers(0, 12, (rows, columns))
    return ((down * 120 // rows + across * 120 // columns) + noise).astype(np.uint8)


@pytest.mark.parametrize(
    ("rows", "columns"), [(1024, 1024), (1500, 1001), (1031, 1033), (3000, 2500), (4300, 3501), (20, 60_000)]
)
@pytest.mark.parametrize("quality", [30, 90])
def test_a_large_grey_picture_decodes_as_if_it_were_encoded_at_once(rows: int, columns: int, quality: int) -> None:
    picture = grey(rows, columns)
    _, whole = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])

    jpeg = to_jpeg(picture, quality)

    wanted = imagecodecs.jpeg8_decode(whole.tobytes())
    assert np.array_equal(imagecodecs.jpeg8_decode(jpeg), wanted)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(jpeg))), wanted)


def test_a_restart_interval_is_never_longer_than_two_bytes_count() -> None:
    jpeg = to_jpeg(np.full((8000, 8000), 128, np.uint8), 90)
    at = jpeg.index(b"\xff\xdd\x00\x04")
    interval = int.from_bytes(jpeg[at + 4 : at + 6], "big")
    assert interval % 1000 == 0  # whole rows of blocks
    assert (imagecodecs.jpeg8_decode(jpeg) == 128).all()


def test_the_restart_interval_is_the_upper_half_in_blocks() -> None:
    jpeg = to_jpeg(grey(1040, 1024), 90)
    # T.81 B.2.4.4: FFDD, the length 4, the interval; 1040 rows are 130 rows of blocks, the upper 65 of 128 blocks each
    assert jpeg.count(b"\xff\xdd\x00\x04" + (65 * 128).to_bytes(2, "big")) == 1
    assert jpeg.count(b"\xff\xd0") == 1


@pytest.mark.parametrize("shape", [(64, 64), (8, 1 << 16), (8, 1 << 17), (2000, 1000, 3)])
def test_small_flat_and_coloured_pictures_are_encoded_at_once(shape: tuple[int, ...]) -> None:
    picture = np.full(shape, 90, np.uint8)
    if shape[1] > 65_500:  # more columns than JPEG counts
        with pytest.raises(Unsupported, match="cannot be written as JPEG"):
            to_jpeg(picture, 90)
        return
    jpeg = to_jpeg(picture, 90)
    assert b"\xff\xdd" not in jpeg[:700]
    assert np.asarray(Image.open(io.BytesIO(jpeg))).shape == shape


def test_colours_keep_their_order() -> None:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 255
    shown = np.asarray(Image.open(io.BytesIO(to_jpeg(red, 95))))
    assert shown[32, 32, 0] > 245
    assert shown[32, 32, 2] < 10

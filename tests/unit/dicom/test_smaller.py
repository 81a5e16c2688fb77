"""Smaller copies of frames: averages that NumPy agrees with, and pictures that hardly differ."""

import io

import numpy as np
import pytest
from PIL import Image

from phantoms import phantom
from radiotheque.core.errors import Damaged
from radiotheque.dicom import filemeta
from radiotheque.dicom.frames import pixel_layout
from radiotheque.dicom.framing import reading
from radiotheque.dicom.pictures import render_frame, render_small
from radiotheque.dicom.recipe import PNG, Recipe, Taken, Viewport
from radiotheque.dicom.smaller import small_copy, unpacked

EXPLICIT_LE = "1.2.840.10008.1.2.1"


def parts(file: bytes) -> tuple[bytes, bytes]:
    """Give the head and the first frame of a native file."""
    _, offset = filemeta.split(file)
    layout = pixel_layout(reading(file), len(file), transfer_syntax=EXPLICIT_LE, dataset_offset=offset)
    return layout.read(0, layout.offset), layout.frame(1)


def test_a_smaller_copy_is_the_average_of_blocks() -> None:
    file = phantom(rows=1536, columns=1600, bits_stored=12)
    head, frame = parts(file)
    whole = np.frombuffer(frame, "<u2").reshape(1536, 1600)

    small = unpacked(small_copy(head, frame, Taken()))

    blocks = whole.reshape(768, 2, 800, 2).mean(axis=(1, 3))
    assert small.samples.shape == (768, 800)
    assert np.abs(small.samples - blocks).max() <= 0.5
    assert (small.low, small.high) == (whole.min(), whole.max())


@pytest.mark.parametrize("wishes", [{"bits_stored": 8}, {"rows": 512, "columns": 512}])
def test_few_grey_levels_and_small_images_have_none(wishes: dict[str, int]) -> None:
    head, frame = parts(phantom(**({"rows": 1600, "columns": 1600, "bits_stored": 12} | wishes)))
    assert small_copy(head, frame, Taken()) == b""


@pytest.mark.parametrize("window", [None, (1000.0, 1500.0)])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_picture_of_the_smaller_copy_looks_like_one_of_the_frame(
    window: tuple[float, float] | None, photometric: str
) -> None:
    head, frame = parts(phantom(rows=2304, columns=1840, bits_stored=12, photometric=photometric))
    recipe = Recipe(PNG, Viewport(512, 512), window)

    _, direct = render_frame(head, frame, recipe)
    _, via_copy = render_small(head, small_copy(head, frame, Taken()), recipe, Taken())

    one, other = (np.asarray(Image.open(io.BytesIO(each)), np.int16) for each in (direct, via_copy))
    assert one.shape == other.shape == (512, 409)
    assert np.abs(one - other).mean() < 1.0


@pytest.mark.parametrize("data", [b"", b"RTS1", b"NOPE" + bytes(40)])
def test_what_is_no_copy_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        unpacked(data)


def test_a_copy_for_a_square_is_the_very_average_that_a_picture_of_the_frame_shows() -> None:
    head, frame = parts(phantom(rows=1600, columns=1280, bits_stored=12))
    recipe = Recipe(PNG, Viewport(512, 512), (1000.0, 1500.0))

    copy = small_copy(head, frame, Taken(), recipe.exact_edge)

    assert unpacked(copy).samples.shape == (512, 410)
    assert render_small(head, copy, recipe, Taken()) == render_frame(head, frame, recipe)


@pytest.mark.parametrize(
    ("viewport", "edge"),
    [
        (Viewport(512, 512), 512),
        (Viewport(256, 256), 256),
        (Viewport(512, 500), 0),
        (Viewport(300, 300), 0),
        (Viewport(512, 512, 10, 10, 100, 100), 0),
        (None, 0),
    ],
)
def test_thumbnails_and_previews_of_the_whole_image_have_copies_of_their_very_size(
    viewport: Viewport | None, edge: int
) -> None:
    assert Recipe(viewport=viewport).exact_edge == edge


def test_an_image_no_larger_than_the_square_has_no_copy_for_it() -> None:
    head, frame = parts(phantom(rows=512, columns=400, bits_stored=12))
    assert small_copy(head, frame, Taken(), 512) == b""

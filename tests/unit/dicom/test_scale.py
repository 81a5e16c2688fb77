"""Regions, viewports and averages are those of PS3.18 8.3.5.1.3 and of plain arithmetic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiotheque.core.errors import Malformed, TooLarge
from radiotheque.dicom.scale import Viewport, cut, oriented, place, place_region, resampled, resampled_without


def sizes(columns, rows, viewport, aspect=1.0):
    placed = place(columns, rows, viewport, aspect)
    return placed.width, placed.height


def test_a_picture_is_as_large_as_the_viewport_lets_it_be_without_distortion():
    assert sizes(2500, 3000, Viewport(512, 512)) == (427, 512)
    assert sizes(3000, 2500, Viewport(512, 512)) == (512, 427)
    assert sizes(100, 50, Viewport(400, 400)) == (400, 200)
    assert sizes(100, 50, None) == (100, 50)


def test_a_region_is_cut_first_and_negative_sizes_turn_it_round():
    placed = place(1000, 500, Viewport(100, 100, 200, 100, -400, 200))
    assert (placed.left, placed.top, placed.columns, placed.rows) == (200, 100, 400, 200)
    assert (placed.width, placed.height, placed.mirrored, placed.upside_down) == (100, 50, True, False)
    rest = place(1000, 500, Viewport(100, 100, 900, 450))
    assert (rest.columns, rest.rows) == (100, 50)


def test_pixels_that_are_not_square_become_so():
    assert sizes(100, 100, None, aspect=2.0) == (100, 200)
    assert sizes(100, 100, None, aspect=0.5) == (200, 100)
    assert sizes(100, 100, Viewport(50, 50), aspect=2.0) == (25, 50)
    assert sizes(100, 100, None, aspect=float("nan")) == (100, 100)


@pytest.mark.parametrize(
    "viewport",
    [Viewport(0, 10), Viewport(10, 10, 100), Viewport(10, 10, 0, 0, 101, 10), Viewport(10, 10, 50, 0, 60, 10)],
    ids=str,
)
def test_a_region_outside_the_image_is_malformed(viewport):
    with pytest.raises(Malformed):
        place(100, 50, viewport)


def test_a_picture_too_large_is_refused_before_it_is_made():
    with pytest.raises(TooLarge):
        place(100, 100, Viewport(100_000, 100_000))
    with pytest.raises(TooLarge):
        place_region((0, 0, 20_000, 20_000), None)


def area_average(frame, width, height):
    """Every picture pixel is the mean over its exact rectangle, weights by hand."""

    def weights(size, wanted):
        matrix = np.zeros((wanted, size))
        for number in range(wanted):
            start, stop = number * size / wanted, (number + 1) * size / wanted
            for source in range(int(start), min(int(np.ceil(stop)), size)):
                matrix[number, source] = max(min(stop, source + 1) - max(start, source), 0)
        return matrix / matrix.sum(axis=1, keepdims=True)

    return weights(frame.shape[0], height) @ frame @ weights(frame.shape[1], width).T


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int8, np.float32, np.uint32])
@pytest.mark.parametrize(("shape", "size"), [((60, 50), (12, 15)), ((61, 47), (30, 40)), ((60, 50), (49, 59))])
def test_smaller_means_the_average_of_the_area(dtype, shape, size):
    smooth = np.add.outer(np.arange(shape[0]), np.arange(shape[1])) - 40
    frame = np.clip(smooth, 0 if np.dtype(dtype).kind == "u" else -40, 120).astype(dtype)
    ours = resampled(frame, *size)
    assert ours.shape == size[::-1]
    assert np.abs(ours - area_average(frame.astype(float), *size)).max() <= 1


def test_a_pattern_of_single_lines_becomes_even_grey():
    lines = np.zeros((1024, 1024), np.uint16)
    lines[::2] = 4000
    assert resampled(lines, 256, 256).std() == 0


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 90), st.integers(1, 90))
def test_any_size_can_be_made_and_stays_within_the_values(rows, columns, height, width):
    frame = np.random.default_rng(rows).integers(100, 200, (rows, columns), np.uint16)
    made = resampled(frame, width, height)
    assert made.shape == (height, width)
    assert frame.min() <= made.min() <= made.max() <= frame.max()


def test_a_region_may_reach_beyond_the_image():
    frame = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert cut(frame, place_region((-1, -1, 3, 3), None), 99).tolist() == [[99, 99, 99], [99, 0, 1], [99, 4, 5]]
    assert cut(frame, place_region((10, 10, 2, 1), None), 7).tolist() == [[7, 7]]


def test_turning_is_clockwise_and_comes_before_mirroring():
    frame = np.array([[1, 2], [3, 4]])
    assert oriented(frame, quarter_turns=1).tolist() == [[3, 1], [4, 2]]
    assert oriented(frame, quarter_turns=1, mirrored=True).tolist() == [[1, 3], [2, 4]]
    assert oriented(frame, upside_down=True).tolist() == [[3, 4], [1, 2]]


def test_padding_takes_no_part_in_averages_and_leaves_no_fringe():
    frame = np.full((8, 8), 1000, np.uint16)
    frame[:, :3] = 0  # the collimated border: a column and a half of blocks of two
    small = resampled_without((0, 0), frame, 4, 4)
    assert small.dtype == np.uint16
    assert small.tolist() == [[0, 1000, 1000, 1000]] * 4  # half a block of image is image
    assert set(np.unique(resampled_without((0, 0), frame, 3, 3))) <= {0, 1000}
    assert set(np.unique(resampled_without((0, 0), frame, 20, 20))) == {0, 1000}


def test_signed_values_and_ranges_of_padding_are_left_out_too():
    frame = np.array([[-2000, -1990, -100, -300]], np.int16)
    assert resampled_without((-2000, -1900), frame, 2, 1).tolist() == [[-2000, -200]]


def test_without_padding_in_sight_averages_are_as_ever():
    frame = np.arange(64, dtype=np.uint16).reshape(8, 8) + 5
    assert (resampled_without((0, 3), frame, 4, 4) == resampled(frame, 4, 4)).all()
    assert (resampled_without(None, frame, 4, 4) == resampled(frame, 4, 4)).all()

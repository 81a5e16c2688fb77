"""Runs of frames from which masks are subtracted, as the file says (PS3.3 C.7.6.10), against NumPy."""

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from pydicom import Dataset

from browser.harness import House, both_modes, shot
from browser.viewing import even, flat, opened, windowed
from phantoms import phantom, phantom_pixels


def mask(operation: str, first: int, last: int, **more: Any) -> Dataset:
    """Give an item of a Mask Subtraction Sequence for a range of frames."""
    item = Dataset()
    item.MaskOperation = operation
    item.ApplicableFrameRange = [first, last]
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item


RUN: dict[str, Any] = {
    "rows": 256,
    "columns": 256,
    "modality": "XA",
    "frames": 6,
    "patient_id": "PH-0300",
    "patient_name": "Run^Rosa",
    "study": "subtracted",
}
MASKS = [
    mask("AVG_SUB", 3, 4, MaskFrameNumbers=[1, 2], ContrastFrameAveraging=2),
    mask("TID", 5, 5, TIDOffset=3),
    mask("REV_TID", 6, 6, TIDOffset=2),
]
WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096}
SUBTRACTED: dict[str, Any] = {
    **RUN,
    "extra": {**WINDOW, "MaskSubtractionSequence": MASKS, "RecommendedViewingMode": "SUB"},
}

_AGREES = """({ points, expected, side, near }) => {
    const canvas = document.querySelector("[data-cell='0'] canvas");
    const pixels = canvas.getContext("2d");
    return points.every(([x, y], index) => {
        const at = [(canvas.width - side) / 2 + x + 0.5, (canvas.height - side) / 2 + y + 0.5].map(Math.floor);
        return Math.abs(pixels.getImageData(at[0], at[1], 1, 1).data[0] - expected[index]) <= near;
    });
}"""


@pytest.fixture(scope="module", autouse=True)
def _kept(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    house.keep([phantom(**SUBTRACTED)], tmp_path_factory.mktemp("runs") / "run")


def frames() -> NDArray[np.float64]:
    """Give the stored values of the run; frame n is at n - 1."""
    return np.asarray(phantom_pixels(**RUN), np.float64)


def shows(page: Page, frame: int, values: NDArray[Any], window: tuple[float, float]) -> None:
    """Wait until the canvas shows values through a LINEAR window where a frame is due, one grey more or less."""
    expect(page.locator("[data-cell='0']")).to_have_attribute("data-frame", str(frame))
    points = flat(frames()[0])
    expected = [float(windowed(np.array(values[y, x]), *window)) for x, y in points]
    asked = {"points": points, "expected": expected, "side": RUN["rows"], "near": 1.5}
    page.wait_for_function(_AGREES, arg=asked)


def window_of(page: Page) -> tuple[float, float]:
    """Give centre and width of the window that the viewport says."""
    found = re.search(r"W ([\d,]+) C ([\d,]+)", page.locator("[data-cell='0'] .viewer-scale").inner_text())
    assert found is not None
    width, centre = (float(number.replace(",", "")) for number in found.groups())
    return centre, width


@both_modes
def test_each_frame_has_the_mask_that_the_file_says_subtracted(reader: Page, house: House, mode: str) -> None:
    opened(reader, house, SUBTRACTED)
    even(reader)
    reader.keyboard.press("0")
    stored = frames()
    cell, marks = reader.locator("[data-cell='0']"), reader.locator("[data-cell='0'] .viewer-marks")
    shows(reader, 1, stored[0], (2048, 4096))  # in no range: as it is, in its own window
    expect(marks).to_contain_text("No mask for this frame: not subtracted")
    for _ in range(2):
        reader.keyboard.press("PageDown")
    expect(cell).to_have_attribute("data-frame", "3")
    expect(marks).not_to_contain_text("No mask for this frame")
    expect(cell.locator(".viewer-scale")).not_to_contain_text("W 4,096")
    window = window_of(reader)
    assert window[0] == 2048  # no change stands in the middle of the image's own window
    taken = {
        3: (stored[2] + stored[3]) / 2 - (stored[0] + stored[1]) / 2,
        4: (stored[3] + stored[4]) / 2 - (stored[0] + stored[1]) / 2,
        5: stored[4] - stored[1],  # 5 - 3
        6: stored[5] - stored[3],  # 6 - 2, the first of its range
    }
    for frame, difference in taken.items():
        shows(reader, frame, np.floor(difference + 0.5) + 2048, window)
        if frame < 6:
            reader.keyboard.press("PageDown")
    shot(reader, f"viewer-subtracted-{mode}")
    reader.keyboard.press("Shift+D")
    shows(reader, 6, stored[5], (2048, 4096))


def test_the_frame_that_a_reader_takes_is_the_mask_of_all_and_moves_with_the_keys(reader: Page, house: House) -> None:
    opened(reader, house, SUBTRACTED)
    even(reader)
    reader.keyboard.press("0")
    reader.keyboard.press("PageDown")
    expect(reader.locator("[data-cell='0']")).to_have_attribute("data-frame", "2")
    reader.keyboard.press("Alt+m")
    reader.keyboard.press("PageDown")
    stored = frames()
    expect(reader.locator("[data-cell='0'] .viewer-scale")).not_to_contain_text("W 4,096")
    shows(reader, 3, stored[2] - stored[1] + 2048, window_of(reader))
    reader.keyboard.press("Alt+ArrowRight")
    moved = np.roll(stored[1], 1, axis=1)
    shows(reader, 3, stored[2] - moved + 2048, window_of(reader))

"""The viewer in a browser: open a study, wait for its image, draw on it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from browser.harness import House
from phantoms import phantom_dataset

CHEST: dict[str, Any] = {"rows": 500, "columns": 400, "extra": {"BodyPartExamined": "CHEST", "ViewPosition": "PA"}}
"""A made chest radiograph, as `phantom` is asked for it."""


def uids(wishes: dict[str, Any]) -> tuple[str, str, str]:
    """Give Study, Series and SOP Instance UID of a wish."""
    ds = phantom_dataset(**wishes)
    return str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID)


def opened(page: Page, house: House, wishes: dict[str, Any], cell: int = 0) -> None:
    """Open a study and wait until a viewport has its image in full quality."""
    page.goto(house.page(f"studies/{uids(wishes)[0]}"))
    whole(page, cell)


def whole(page: Page, cell: int = 0) -> None:
    """Wait until a viewport has its image in full quality."""
    expect(page.locator(f"[data-cell='{cell}'][data-quality='full']")).to_be_visible(timeout=30_000)


def middle(page: Page, cell: int = 0) -> tuple[float, float]:
    """Give the middle of a viewport's canvas on the page, in CSS pixels."""
    box = page.locator(f"[data-cell='{cell}'] canvas").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    """Press, move and let go."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0] / 2, start[1] + by[1] / 2)
    page.mouse.move(start[0] + by[0], start[1] + by[1])
    page.mouse.up()


def scale(page: Page, cell: int = 0) -> str:
    """Give the words about window and zoom of a viewport."""
    return page.locator(f"[data-cell='{cell}'] .viewer-scale").inner_text()


def seen(page: Page, points: list[tuple[int, int]], wishes: dict[str, Any]) -> list[int]:
    """Give the greys on the canvas where pixels (column, row) are shown one to one."""
    asked = {"points": points, "rows": wishes["rows"], "columns": wishes["columns"]}
    greys: list[int] = page.evaluate(
        """async ({ points, rows, columns }) => {
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const canvas = document.querySelector("[data-cell='0'] canvas");
            const pixels = canvas.getContext("2d");
            return points.map(([x, y]) => {
                const at = [(canvas.width - columns) / 2 + x + 0.5, (canvas.height - rows) / 2 + y + 0.5].map(Math.floor);
                return pixels.getImageData(at[0], at[1], 1, 1).data[0];
            });
        }""",
        asked,
    )
    return greys


def windowed(stored: NDArray[Any], centre: float, width: float) -> NDArray[np.float64]:
    """Give greys of a LINEAR window (PS3.3 C.11.2.1.2.1)."""
    share = (stored.astype(np.float64) - (centre - 0.5)) / (width - 1) + 0.5
    return np.clip(share, 0, 1) * 255


def even(page: Page) -> None:
    """Let the canvas have even sides, so that pixels shown one to one are whole pixels of the screen."""
    box = page.locator("[data-cell='0'] canvas").first.bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    page.set_viewport_size(
        {"width": size["width"] + int(box["width"]) % 2, "height": size["height"] + int(box["height"]) % 2}
    )


def flat(pixels: NDArray[Any], count: int = 12) -> list[tuple[int, int]]:
    """Give pixels whose neighbours have nearly their value, so that half a pixel more or less does not matter."""
    rows, columns = pixels.shape
    rng = np.random.default_rng(7)
    found: list[tuple[int, int]] = []
    while len(found) < count:
        x, y = int(rng.integers(20, columns - 20)), int(rng.integers(60, rows - 60))
        near = pixels[y - 1 : y + 2, x - 1 : x + 2].astype(int)
        if np.ptp(near) < 60:
            found.append((x, y))
    return found

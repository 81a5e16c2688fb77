"""The engine and the server's pictures show the same greys of real radiographs, with WebGL2 and without."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

import shared
from browser.engine_page import Array, Shelf, pixels
from browser.harness import both_modes, radiographs
from radiotheque.core.errors import RadiothequeError
from radiotheque.dicom.decode import pixel_info
from radiotheque.dicom.pictures import render_instance
from radiotheque.dicom.reading import frame_bytes, read_part10
from radiotheque.dicom.recipe import PNG, Recipe
from radiotheque.dicom.rendermodel import render_model
from radiotheque.dicom.viewing import frame_to_view

PAINTERS = {"gl": "gl", "no-gl": "cpu"}
MEDIA_TYPES = {"htj2k": "image/jphc", "jpeg": "image/jpeg", "png": "image/png", "raw": "application/octet-stream"}
SIDE = 300
"""The middle of an image is compared, so many pixels a side."""


@pytest.fixture
def page(engine: Page) -> Page:
    """The engine's test page."""
    return engine


def images() -> Iterator[Path]:
    """Give the radiographs of the Python packages, and of the shared data some of every kind where they are."""
    yield from radiographs()
    for folder in ("dx", "xa", "rf", "other-modalities", "synthetic"):
        yield from shared.shared_dicom(f"dicom/{folder}")


def given(path: Path) -> tuple[dict[str, Any], str, bytes, Array] | None:
    """Give the render model of the middle frame, its codec and body, and the server's own picture of it in full size."""
    part10 = path.read_bytes()
    try:
        ds, syntax = read_part10(part10)
        info = pixel_info(ds, syntax)
        frames = frame_bytes(ds, info)
        number = len(frames) // 2
        facts, body = frame_to_view(part10, bytes(frames[number][0]), number)
        drawn = render_instance(part10, Recipe(PNG), number + 1)[1]
    except RadiothequeError:
        return None
    model = json.loads(render_model(part10, number, facts)) | {"frame": 1}
    return model, json.loads(facts)["codec"], body, np.asarray(Image.open(io.BytesIO(drawn)).convert("RGB"))


@both_modes
@pytest.mark.filterwarnings("ignore:The value length:UserWarning:pydicom")  # some radiographs are as they are
def test_the_middle_of_real_radiographs_is_the_server_s_own_picture(page: Page, shelf: Shelf, mode: str) -> None:
    compared, wrong = 0, []
    for path in images():
        found = given(path)
        if found is None or found[0]["aspect"] != 1:
            continue
        model, codec, body, expected = found
        rows, columns = expected.shape[:2]
        height, width = min(rows, SIDE) // 2 * 2, min(columns, SIDE) // 2 * 2
        top, left = (rows - height) // 2, (columns - width) // 2
        model["pixels"]["url"] = shelf.put(path.name, body, MEDIA_TYPES[codec])
        view = {"zoom": 1, "centre": [left + width / 2, top + height / 2]}
        asked = {"size": [width, height], "mode": PAINTERS[mode], "view": view}
        shown = pixels(page.evaluate("([model, asked]) => engine.show(model, 1, asked)", [model, asked]))
        far = np.abs(shown.astype(int) - expected[top : top + height, left : left + width].astype(int)).max()
        compared += 1
        if far > 1:
            wrong.append((path.name, int(far)))
    assert wrong == []
    assert compared >= 5

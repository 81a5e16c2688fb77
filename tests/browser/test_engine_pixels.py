"""What the engine puts on the screen, with WebGL2 and without, beside what NumPy and the standard say."""

import base64
import gzip
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
from playwright.sync_api import Browser, Error, Page

from browser.engine_page import BUILT, Array, Shelf, drawn, model, picture, pixels, stored
from browser.harness import both_modes
from tools.vectors import grey

PAINTERS = {"gl": "gl", "no-gl": "cpu"}
BUDGET_BYTES = 60_000


@pytest.fixture
def page(engine: Page) -> Page:
    """The engine's test page."""
    return engine


@pytest.fixture
def painter(mode: str) -> str:
    """The painter that a mode is about."""
    return PAINTERS[mode]


def close(found: Array, expected: Array) -> None:
    """Fail when a pixel is further than one grey from what is expected; greys are the same in all colours."""
    if expected.ndim == 2:
        expected = np.repeat(expected[..., None], 3, axis=2)
    assert found.shape == expected.shape
    far = np.abs(found.astype(int) - expected.astype(int))
    assert far.max() <= 1, f"{(far > 1).sum()} pixels, up to {far.max()}"


def ramp(rows: int, columns: int) -> Array:
    """Give values that differ everywhere, 12 bits."""
    return (np.arange(rows * columns).reshape(rows, columns) * 37 % 4096).astype(np.uint16)


def grey_of(cells: Array) -> Array:
    """Give the greys of 12 bits over their whole range (PS3.3 C.11.2.1.2.1): centre 2048, width 4096."""
    return np.clip((cells.astype(float) - 2047.5) / 4095 + 0.5, 0, 1) * 255 + 0.5


@both_modes
def test_every_grey_vector_is_drawn_within_one_grey(page: Page, painter: str) -> None:
    wrong = []
    for vector in map(grey.vector, grey.cases()):
        shape = vector["stored"]["rows"], vector["stored"]["columns"]
        view = {"zoom": 1, "centre": [shape[1] / 2, shape[0] / 2], "invert": vector["invert"], "overlays": False}
        chosen = {"window": vector["window"]} if vector["window"] else {"voi": vector["voi"]}
        asked = {
            "model": vector["model"],
            "stored": vector["stored"],
            "size": [shape[1], shape[0]],
            "mode": painter,
            "view": {**view, **chosen, "shutters": False},
        }
        expected = np.frombuffer(base64.b64decode(vector["expected"]["data"]), np.uint8).reshape(shape).astype(int)
        far = np.abs(drawn(page, asked)[..., 0].astype(int) - expected).max()
        if far > 1:
            wrong.append((vector["name"], int(far)))
    assert wrong == []


@both_modes
@pytest.mark.parametrize(
    ("size", "canvas", "zoom"),
    [((998, 1216), (450, 350), None), ((600, 600), (400, 400), 2 / 3), ((700, 700), (600, 600), 0.85)],
)
def test_lines_one_pixel_apart_are_one_even_grey(
    page: Page, painter: str, size: tuple[int, int], canvas: tuple[int, int], zoom: float | None
) -> None:
    columns, rows = size
    cells = np.tile(np.array([0, 4095], np.uint16), (rows, columns // 2))
    asked = picture(cells, model(cells, 12), painter, size=list(canvas))
    asked["view"] = {} if zoom is None else {"zoom": zoom, "centre": [columns / 2, rows / 2]}
    middle = drawn(page, asked)[80:-80, 150:-150, 0]
    # averages of 0 and 4095 are grey 127 or 128 everywhere; a point sample would spread by 127.5
    assert middle.std() <= 0.5
    assert abs(float(middle.mean()) - 127.5) <= 1


@both_modes
def test_quarter_turns_and_flips_move_whole_pixels(page: Page, painter: str) -> None:
    cells = ramp(30, 40)
    shown = grey_of(cells).astype(np.uint8)
    for quarters in range(4):
        for flips in ((False, False), (True, False), (False, True)):
            turned = np.rot90(shown, -quarters)
            turned = turned[:, ::-1] if flips[0] else turned
            turned = turned[::-1] if flips[1] else turned
            asked = picture(cells, model(cells, 12), painter, size=[turned.shape[1], turned.shape[0]])
            asked["view"] |= {"rotation": 90 * quarters, "flipH": flips[0], "flipV": flips[1]}
            close(drawn(page, asked), turned)


@both_modes
def test_magnified_pixels_are_squares(page: Page, painter: str) -> None:
    cells = ramp(10, 12)
    asked = picture(cells, model(cells, 12), painter, size=[36, 30], view={"zoom": 3})
    close(drawn(page, asked), np.kron(grey_of(cells).astype(np.uint8), np.ones((3, 3), np.uint8)))


@both_modes
def test_around_the_image_it_is_black_whatever_the_greys(page: Page, painter: str) -> None:
    cells = np.zeros((10, 10), np.uint16)
    asked = picture(cells, model(cells, 12, invert=True), painter, size=[20, 10])
    found = drawn(page, asked)
    close(found[:, 5:15], np.full((10, 10), 255, np.uint8))
    close(found[:, :5], np.zeros((10, 5), np.uint8))


@both_modes
def test_overlays_are_white_and_the_shutter_lies_above_them(page: Page, painter: str) -> None:
    cells = np.full((16, 16), 2048, np.uint16)
    bits = np.zeros((8, 8), bool)
    bits[0], bits[4] = True, True
    plane = {"group": 0x6000, "label": "", "description": "", "kind": "G", "rows": 8, "columns": 8, "origin": [4, 0]}
    data = base64.b64encode(np.packbits(bits.ravel(), bitorder="little").tobytes()).decode()
    shutter = {"shapes": [{"shape": "rectangle", "left": 0, "right": 16, "top": 2, "bottom": 16}], "grey": 40}
    seen = model(cells, 12, overlays=[plane | {"data": data}], shutter=shutter)
    expected = np.full((16, 16), 128, np.uint8)
    expected[4, 4:12] = 255
    expected[:2] = 40
    close(drawn(page, picture(cells, seen, painter)), expected)
    bare = picture(cells, seen, painter, view={"overlays": False, "shutters": False})
    close(drawn(page, bare), np.full((16, 16), 128, np.uint8))


@both_modes
def test_an_overlay_that_gets_smaller_keeps_its_share(page: Page, painter: str) -> None:
    cells = np.zeros((64, 64), np.uint16)
    bits = np.tile(np.array([1, 0, 0, 0], bool), (64, 16))
    plane = {"group": 0x6000, "label": "", "description": "", "kind": "G", "rows": 64, "columns": 64, "origin": [0, 0]}
    data = base64.b64encode(np.packbits(bits.ravel(), bitorder="little").tobytes()).decode()
    seen = model(cells, 12, overlays=[plane | {"data": data}])
    found = drawn(page, picture(cells, seen, painter, size=[16, 16], view={"zoom": 0.25}))
    close(found, np.full((16, 16), 64, np.uint8))  # a quarter of 255


@both_modes
def test_colours_come_as_they_are(page: Page, painter: str) -> None:
    generator = np.random.default_rng(3)
    cells = generator.integers(0, 256, (20, 30, 4)).astype(np.uint8)
    cells[..., 3] = 255
    seen = model(cells, 8)
    close(drawn(page, picture(cells, seen, painter)), cells[..., :3])
    close(drawn(page, picture(cells, seen, painter, view={"invert": True})), 255 - cells[..., :3])


@both_modes
def test_a_subtraction_shows_no_change_in_the_middle_and_has_a_window_of_its_own(page: Page, painter: str) -> None:
    frame, mask = ramp(20, 20), np.roll(ramp(20, 20), 1, axis=1)
    difference = (frame - mask.astype(float))[:, 1:]
    asked = picture(frame, model(frame, 12), painter, view={"subtraction": {"mask": 1, "shift": [0, 0]}})
    asked["mask"] = stored(mask)
    answer = page.evaluate("asked => engine.draw(asked)", asked)
    window = answer["view"]["window"]
    assert window["centre"] == 2048
    assert window["width"] >= 2 * np.quantile(np.abs(difference), 0.9)
    asked["then"] = {"window": {"centre": 2048, "width": 801, "function": "LINEAR"}}
    # centre 2048: the difference stands half a step above the middle (PS3.3 C.11.2.1.2.1)
    expected = np.clip((difference + 0.5) / 800 + 0.5, 0, 1) * 255 + 0.5
    close(drawn(page, asked)[:, 1:], expected.astype(np.uint8))
    asked["then"] = {"subtraction": None}
    close(drawn(page, asked), grey_of(frame).astype(np.uint8))


@both_modes
def test_pixels_that_are_not_square_are_shown_as_they_were(page: Page, painter: str) -> None:
    cells = ramp(10, 12)
    asked = picture(cells, model(cells, 12, aspect=2.0), painter, size=[12, 20])
    close(drawn(page, asked), np.repeat(grey_of(cells).astype(np.uint8), 2, axis=0))


def test_both_painters_draw_the_same_at_any_size_and_angle(page: Page) -> None:
    generator = np.random.default_rng(5)
    cells = (generator.integers(0, 900, (300, 260)) + np.arange(260) * 12).astype(np.uint16)
    cells[40:80, 30:90] = 0
    for padding in (None, [0, 0]):
        for zoom, rotation, flip in (
            (0.31, 0, False),
            (0.6, 90, True),
            (0.45, 27, False),
            (0.13, 200, True),
            (1.7, 40, False),
        ):
            view = {"zoom": zoom, "rotation": rotation, "flipH": flip}
            seen = model(cells, 12, padding=padding)
            one, other = (
                drawn(page, picture(cells, seen, painter, size=[200, 180], view=view)).astype(int)
                for painter in ("gl", "cpu")
            )
            # at the image's edge, and at that of padding, a pixel's middle may fall to either side
            assert (np.abs(one - other).max(axis=2) > 1).mean() < 0.001, (padding, zoom, rotation)


def test_images_larger_than_a_texture_are_drawn_without_seams(page: Page) -> None:
    cells = ramp(150, 170)
    for zoom, rotation in ((1, 0), (0.55, 0), (0.7, 33)):
        asked = picture(cells, model(cells, 12), "gl", size=[160, 140], view={"zoom": zoom, "rotation": rotation})
        tiled = page.evaluate("asked => engine.drawTiled(asked, 64)", asked)
        found = pixels({**tiled, "width": 160, "height": 140})
        close(found, drawn(page, asked))


def test_without_its_graphics_processor_a_viewport_goes_on(page: Page) -> None:
    cells = ramp(40, 50)
    answer = page.evaluate("asked => engine.drawThroughLoss(asked)", picture(cells, model(cells, 12), "gl"))
    assert (answer["before"]["mode"], answer["after"]["mode"]) == ("gl", "cpu")
    close(pixels(answer["after"]), grey_of(cells).astype(np.uint8))


@pytest.mark.parametrize("mode", ["no-gl"], indirect=True)
def test_a_browser_without_webgl_draws_with_the_processor(page: Page) -> None:
    cells = ramp(20, 20)
    for wanted in ("auto", "gl"):
        answer = page.evaluate("asked => engine.draw(asked)", picture(cells, model(cells, 12), wanted))
        assert answer["mode"] == "cpu"
        close(pixels(answer), grey_of(cells).astype(np.uint8))


def test_an_imitated_graphics_processor_is_not_taken_unasked(page: Page) -> None:
    cells = ramp(20, 20)
    answer = page.evaluate("asked => engine.draw(asked)", picture(cells, model(cells, 12), "auto"))
    assert answer["mode"] == "cpu"


@pytest.mark.parametrize("mode", ["no-gl"], indirect=True)
def test_filters_run_beside_the_page(page: Page) -> None:
    cells = np.repeat(np.array([[1000] * 32 + [3000] * 32], np.uint16), 64, axis=0)
    view = {"sharpen": {"radius": 2, "amount": 1}, "window": {"centre": 2048, "width": 4096, "function": "LINEAR"}}
    found = drawn(page, picture(cells, model(cells, 12), "cpu", view=view), "drawFiltered")[30, :, 0]
    plain = grey_of(cells).astype(np.uint8)[30]
    assert found[31] < plain[31]
    assert found[32] > plain[32]
    assert (found[0], found[63]) == (plain[0], plain[63])


def test_on_a_dense_screen_one_to_one_is_one_pixel_of_the_screen(
    browsers: Callable[[str], Browser], shelf: Shelf
) -> None:
    cells = ramp(40, 60)
    with browsers("no-gl").new_context(device_scale_factor=2) as context:
        opened = context.new_page()
        opened.goto(f"{shelf.url}/testpage.html")
        asked = picture(cells, model(cells, 12), "cpu", size=[30, 20], view={"zoom": 0.5})
        close(drawn(opened, asked), grey_of(cells).astype(np.uint8))
        found = opened.evaluate("asked => engine.probe(asked, [7.25, 3.5])", asked)
    assert found["screen"] == [3.625, 1.75]
    assert found["image"] == [7.25, 3.5]
    assert found["value"] == {"stored": int(cells[3, 7]), "value": int(cells[3, 7])}


@pytest.mark.parametrize("mode", ["no-gl"], indirect=True)
def test_a_view_is_kept_from_preview_to_frame_fits_again_and_ends_with_the_image(page: Page) -> None:
    cells = ramp(40, 60)
    asked = picture(cells, model(cells, 12), "cpu", size=[30, 40])
    asked["mask"] = stored(cells[::2, ::2])
    seen = page.evaluate("asked => engine.live(asked)", asked)
    assert (seen["preview"]["zoom"], seen["preview"]["centre"]) == (0.5, [30, 20])
    assert (seen["full"]["zoom"], seen["full"]["centre"]) == (3, [5, 6])
    assert (seen["resized"]["zoom"], seen["resized"]["centre"]) == (1, [30, 20])
    assert seen["senseless"] == seen["resized"]
    other = seen["other"]
    assert (other["rotation"], other["invert"], other["window"], other["voi"], other["zoom"]) == (0, False, None, 0, 1)


def smooth_image() -> Array:
    """Give 1600 × 1500 pixels of 14 bits with noise: more than a megabyte when encoded."""
    y, x = np.mgrid[0:1500, 0:1600]
    noise = np.random.default_rng(9).normal(0, 60, x.shape)
    return np.asarray(np.clip(8000 + 6000 * np.sin(x / 300) * np.cos(y / 200) + noise, 0, 16383), np.uint16)


def encoded(cells: Array, bits: int) -> bytes:
    """Give cells as the server sends them: HTJ2K, lossless, RPCL, a tile-part for each resolution."""
    return bytes(
        imagecodecs.htj2k_encode(
            cells, reversible=True, bitspersample=bits, tlm=True, prog_order="RPCL", tilepart="RESOLUTIONS"
        )
    )


def loaded(page: Page, seen: dict[str, Any], url: str) -> tuple[dict[str, Any], Array]:
    """Load a frame with the store; give its answer and cells."""
    seen["pixels"]["url"] = url
    answer = page.evaluate("seen => engine.load(seen, 1)", seen)
    kinds = {
        "Uint16Array": "<u2",
        "Int16Array": "<i2",
        "Uint8Array": "u1",
        "Int8Array": "i1",
        "Uint8ClampedArray": "u1",
    }
    cells = np.frombuffer(base64.b64decode(answer["cells"]), kinds[answer["kind"]])
    return answer, cells.reshape(
        answer["rows"], answer["columns"], *((4,) if answer["kind"] == "Uint8ClampedArray" else ())
    )


@pytest.mark.parametrize("mode", ["no-gl"], indirect=True)
def test_a_frame_arrives_pixel_by_pixel_under_the_policy_with_a_preview_before_it(page: Page, shelf: Shelf) -> None:
    cells = smooth_image()
    url = shelf.put("large", encoded(cells, 14))
    shelf.asked.clear()
    answer, found = loaded(page, model(cells, 14), url)
    assert np.array_equal(found, cells)
    assert [asked for name, asked in shelf.asked if name == "large"] == ["bytes=0-131071", "bytes=131072-"]
    assert answer["seen"][-1]["quality"] == "full"


@pytest.mark.parametrize("mode", ["no-gl"], indirect=True)
@pytest.mark.parametrize(("kind", "bits"), [("int8", 8), ("uint8", 8), ("int16", 12), ("uint16", 16), ("uint8", 1)])
def test_frames_of_every_depth_arrive_pixel_by_pixel(page: Page, shelf: Shelf, kind: str, bits: int) -> None:
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if kind.startswith("i") else (0, 1 << bits)
    cells = np.random.default_rng(bits).integers(low, high, (70, 90)).astype(kind)
    url = shelf.put(f"{kind}-{bits}", encoded(cells, bits))
    assert np.array_equal(loaded(page, model(cells, bits), url)[1], cells)


@pytest.mark.parametrize("mode", ["no-gl"], indirect=True)
def test_colour_frames_arrive_as_png(page: Page, shelf: Shelf) -> None:
    cells = np.random.default_rng(1).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    seen = model(cells, 8)
    seen["pixels"]["codec"] = "png"
    url = shelf.put("colour", bytes(imagecodecs.png_encode(cells)), "image/png")
    assert np.array_equal(loaded(page, seen, url)[1][..., :3], cells)


@pytest.mark.parametrize("mode", ["no-gl"], indirect=True)
def test_a_broken_frame_is_an_error_that_says_so_and_the_next_one_loads(page: Page, shelf: Shelf) -> None:
    cells = ramp(70, 90)
    for body in (b"no codestream", encoded(cells, 12)[:60]):
        seen = model(cells, 12)
        with pytest.raises(Error, match="cannot be decoded"):
            loaded(page, seen, shelf.put("broken", body))
    with pytest.raises(Error, match="gone"):
        loaded(page, model(cells, 12), "/frames/missing")
    assert np.array_equal(loaded(page, model(cells, 12), shelf.put("whole", encoded(cells, 12)))[1], cells)


def test_the_engine_stays_within_its_budget(shelf: Shelf) -> None:
    scripts = list((BUILT / "assets").glob("*.js"))
    assert scripts
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts) <= BUDGET_BYTES

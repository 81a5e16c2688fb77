"""Annotations under the hands: drawn, moved and read by mouse, finger and keys, in Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from browser.harness import axe_findings
from shared import REPOSITORY
from tools.frontend import install, node

BUILT = REPOSITORY / "build" / "annotatepage"
URL = "http://annotations.test/"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript"}


@pytest.fixture(scope="module")
def built() -> Path:
    """The page, built anew."""
    config = ("build", "-c", "annotate/testpage.config.ts", "--logLevel", "error")
    failed = install() or node("node_modules/vite/bin/vite.js", *config)
    assert not failed, "the test page does not build"
    return BUILT


def served(route: Route) -> None:
    """Answer from the built page, under a policy as strict as the application's."""
    path = BUILT / route.request.url.removeprefix(URL)
    headers = {"Content-Type": TYPES.get(path.suffix, "text/plain"), "Content-Security-Policy": POLICY}
    route.fulfill(
        status=200 if path.is_file() else 404, headers=headers, body=path.read_bytes() if path.is_file() else ""
    )


@pytest.fixture
def open_page(browsers: Callable[[str], Browser], built: Path) -> Iterator[Callable[..., Page]]:
    """Open the page in a context of its own; it may not break its policy."""
    contexts, said = [], []

    def give(**options: bool) -> Page:
        context = browsers("no-gl").new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.route(f"{URL}**", served)
        page.goto(f"{URL}testpage.html")
        return page

    yield give
    for context in contexts:
        context.close()
    assert [line for line in said if "Failed to load resource" not in line] == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


def stage(page: Page) -> tuple[float, float]:
    box = page.locator("#stage").bounding_box()
    assert box is not None
    return box["x"], box["y"]


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Give where an image pixel is on the page: two CSS pixels an image pixel."""
    left, top = stage(page)
    return left + 2 * x, top + 2 * y


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *[(a + b) / 2 for a, b in zip(start, end, strict=True)]))
    page.mouse.move(*at(page, *end))
    page.mouse.up()


def draw(page: Page, kind: str | None) -> None:
    page.evaluate("kind => annotations.draw(kind)", kind)


def points(page: Page) -> list[list[list[float]]]:
    return page.evaluate("annotations.points")


def steps(page: Page) -> list[str]:
    return page.evaluate("annotations.steps")


def a_length(page: Page) -> None:
    draw(page, "length")
    drag(page, (50, 50), (150, 50))
    draw(page, None)


def test_a_length_is_drawn_by_the_mouse_and_says_its_millimetres(page: Page) -> None:
    a_length(page)
    assert points(page) == [[[50, 50], [150, 50]]]
    assert steps(page) == ["Add: Length"]
    assert page.get_by_role("button", name="Length, 50.0 mm, at detector", exact=True).count() == 1
    assert page.locator("svg text").inner_html().count("50.0 mm") == 1


def test_values_are_written_in_french(page: Page) -> None:
    a_length(page)
    page.evaluate("annotations.speak('fr')")
    assert page.get_by_role("button", name="Length, 50,0 mm, at detector", exact=True).count() == 1


def test_a_handle_is_moved_by_arrow_keys_and_each_press_is_one_step(page: Page) -> None:
    a_length(page)
    page.get_by_role("button", name="Length, point 2 of 2").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert points(page) == [[[50, 50], [151, 60]]]
    assert steps(page) == ["Add: Length", "Move: Length", "Move: Length"]
    assert page.evaluate("document.activeElement.getAttribute('data-index')") == "1"
    page.evaluate("annotations.undo()")
    assert points(page) == [[[50, 50], [151, 50]]]


def test_arrow_keys_follow_the_screen_when_the_image_is_turned_and_mirrored(page: Page) -> None:
    a_length(page)
    page.evaluate("annotations.look({quarters: 1, mirrored: true})")
    page.get_by_role("button", name="Length, point 2 of 2").focus()
    page.keyboard.press("ArrowRight")  # right on the screen is down in the image
    assert points(page) == [[[50, 50], [150, 51]]]


def test_the_whole_annotation_is_moved_by_its_line_and_by_arrow_keys(page: Page) -> None:
    a_length(page)
    drag(page, (100, 50), (110, 80))
    assert points(page) == [[[60, 80], [160, 80]]]
    page.get_by_role("button", name="Length, 50.0 mm", exact=False).first.focus()
    page.keyboard.press("ArrowUp")
    assert points(page) == [[[60, 79], [160, 79]]]


def test_a_handle_is_dragged(page: Page) -> None:
    a_length(page)
    drag(page, (150, 50), (150, 150))
    assert points(page) == [[[50, 50], [150, 150]]]


def test_delete_removes_and_keys_keep_working_on_the_neighbour(page: Page) -> None:
    a_length(page)
    draw(page, "length")
    drag(page, (50, 150), (150, 150))
    draw(page, None)
    page.get_by_role("button", name="Length, 50.0 mm", exact=False).last.focus()
    page.keyboard.press("Delete")
    assert points(page) == [[[50, 50], [150, 50]]]
    page.keyboard.press("ArrowDown")
    assert points(page) == [[[50, 51], [150, 51]]]


def test_escape_gives_up_a_drawing(page: Page) -> None:
    draw(page, "polyline")
    for x in (50, 100, 150):
        page.mouse.click(*at(page, x, 50))
    page.keyboard.press("Backspace")
    assert page.locator("[data-annotation=drawing]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("[data-annotation]").count() == 0
    assert points(page) == []


@pytest.mark.parametrize("ending", ["Enter", "double click"])
def test_a_polyline_ends_by_enter_or_a_double_click(page: Page, ending: str) -> None:
    draw(page, "polyline")
    page.mouse.click(*at(page, 50, 50))
    page.mouse.click(*at(page, 150, 50))
    if ending == "Enter":
        page.mouse.click(*at(page, 150, 100))
        page.keyboard.press("Enter")
    else:
        page.mouse.dblclick(*at(page, 150, 100))
    assert points(page) == [[[50, 50], [150, 50], [150, 100]]]
    assert steps(page) == ["Add: Length along a line"]


def test_the_next_point_of_a_measurement_is_named(page: Page) -> None:
    draw(page, "cardiothoracic_ratio")
    drag(page, (80, 50), (120, 50))
    drag(page, (190, 70), (120, 70))
    drag(page, (30, 90), (250, 90))
    prompts = list(dict.fromkeys(page.evaluate("annotations.prompts")))
    assert prompts[1:4:2] == ["Right heart border", "Left heart border"]
    assert page.get_by_role("button", name="Cardiothoracic ratio, 0.50", exact=False).count() >= 1


def test_a_region_shows_the_statistics_of_its_pixels(page: Page) -> None:
    draw(page, "rectangle")
    drag(page, (10, 20), (12, 22))  # values 30, 31, 31 and 32: their mean is 31, the root of one half their deviation
    words = page.locator("svg text").text_content() or ""
    assert "Mean 31.0 ± 0.7" in words
    assert "30 to 32" in words


def test_an_annotation_is_put_down_and_shaped_by_keys_alone(page: Page) -> None:
    draw(page, "length")
    page.locator("#stage > svg").focus()
    page.keyboard.press("Enter")
    assert points(page) == [[[150, 150], [250, 150]]]
    page.keyboard.press("Tab")  # from the annotation to its first handle
    page.keyboard.press("ArrowLeft")
    assert points(page) == [[[149, 150], [250, 150]]]


def test_a_text_is_written_on_the_image_and_stays_text(page: Page) -> None:
    draw(page, "text")
    page.mouse.click(*at(page, 100, 100))
    page.keyboard.type("<b>nodule</b>?")
    page.keyboard.press("Enter")
    draw(page, None)
    assert page.evaluate("annotations.list[0].text") == "<b>nodule</b>?"
    assert page.locator("svg text").text_content() == "<b>nodule</b>?"
    page.keyboard.press("Enter")
    page.keyboard.type(" right")
    page.keyboard.press("Enter")
    assert page.evaluate("annotations.list[0].text") == "<b>nodule</b>? right"


def test_a_text_that_was_given_up_leaves_nothing(page: Page) -> None:
    draw(page, "text")
    page.mouse.click(*at(page, 100, 100))
    page.keyboard.type("slip")
    page.keyboard.press("Escape")
    assert points(page) == []


def test_labels_are_dragged_away_without_changing_what_is_measured(page: Page) -> None:
    a_length(page)
    box = page.locator("[data-part=label] rect").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 105, box["y"] + 205, steps=3)
    page.mouse.up()
    moved = page.locator("[data-part=label] rect").bounding_box()
    assert moved is not None
    assert (round(moved["x"] - box["x"]), round(moved["y"] - box["y"])) == (100, 200)
    assert points(page) == [[[50, 50], [150, 50]]]


def test_what_is_published_is_read_but_not_moved(page: Page) -> None:
    a_length(page)
    page.evaluate("annotations.put(annotations.list.map(each => ({...each, locked: true})))")
    drag(page, (100, 50), (110, 80))
    assert points(page) == [[[50, 50], [150, 50]]]
    name = page.get_by_role("img", name="Length, 50.0 mm, at detector, published")
    name.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    assert points(page) == [[[50, 50], [150, 50]]]
    assert page.locator("[data-part=handle]").count() == 0


def test_lines_follow_the_image(page: Page) -> None:
    a_length(page)
    page.evaluate("annotations.look({zoom: 3, x: 10, y: 20})")
    assert "M160.00 170.00L460.00 170.00" in (page.locator("[data-part=body] path").first.get_attribute("d") or "")


def test_without_a_tool_presses_beside_annotations_go_to_the_viewport_and_choose_nothing(page: Page) -> None:
    a_length(page)
    page.evaluate("annotations.passed.length = 0")
    page.mouse.click(*at(page, 200, 200))
    assert page.evaluate("annotations.passed") == ["pointerdown"]
    assert page.evaluate("annotations.layer.selected") is None
    page.mouse.click(*at(page, 100, 50))
    assert page.evaluate("annotations.passed") == ["pointerdown"]
    assert page.evaluate("annotations.layer.selected") is not None


def test_other_buttons_and_the_wheel_go_to_the_viewport_while_a_tool_is_up(page: Page) -> None:
    draw(page, "length")
    page.mouse.move(*at(page, 100, 100))
    page.mouse.down(button="right")
    page.mouse.up(button="right")
    page.mouse.wheel(0, 100)
    page.wait_for_function("annotations.passed.length === 2")
    assert page.evaluate("annotations.passed") == ["pointerdown", "wheel"]
    assert points(page) == []


def test_values_are_copied_as_text(open_page: Callable[..., Page]) -> None:
    page = open_page()
    a_length(page)
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.copied = text; }}})"
    )
    page.get_by_role("button", name="Length, 50.0 mm", exact=False).first.focus()
    page.keyboard.press("Control+c")
    assert page.evaluate("window.copied") == "Length: 50.0 mm (at detector)"


def test_fingers_draw_and_hit_small_things(open_page: Callable[..., Page]) -> None:
    page = open_page(has_touch=True)
    draw(page, "length")
    for x in (50, 150):
        page.touchscreen.tap(*at(page, x, 50))
    draw(page, None)
    assert points(page) == [[[50, 50], [150, 50]]]
    page.touchscreen.tap(*at(page, 100, 200))
    page.touchscreen.tap(*at(page, 100, 55))  # 10 CSS pixels beside the line
    assert page.evaluate("annotations.layer.selected") is not None
    box = page.locator("[data-part=handle]").first.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24


def test_everything_has_a_name_for_a_screen_reader(page: Page) -> None:
    for kind, ends in (("length", (50, 150)), ("rectangle", (50, 100)), ("ellipse", (120, 200))):
        draw(page, kind)
        drag(page, (ends[0], ends[0]), (ends[1], ends[1] - 20))
    draw(page, None)
    assert axe_findings(page) == []

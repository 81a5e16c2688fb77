"""What the tests in a browser may ask for.

Playwright and its browser live for one module and no longer: while its loop stands on the thread, no other test of the
same process can run one of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from browser.engine_page import Shelf, build, serving
from browser.harness import House, Pages, chromium, new_page, sign_in, start_browser, start_house
from tools.frontend import OUT


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver of browsers."""
    if chromium() is None:
        pytest.skip("chromium is not installed: run `make test`, which installs it")
    if not (OUT / "index.html").exists():
        pytest.skip("the web application is not installed: run `make test`, which builds it")
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An archive with readers and radiographs, for all tests of a module; each looks after what it changes."""
    made = start_house(tmp_path_factory.mktemp("house"))
    yield made
    made.running.stop()


@pytest.fixture(scope="module")
def browsers(playwright: Playwright) -> Iterator[Callable[[str], Browser]]:
    """Browsers by mode, each started when it is first asked for."""
    started: dict[str, Browser] = {}

    def give(mode: str) -> Browser:
        if mode not in started:
            started[mode] = start_browser(playwright, mode)
        return started[mode]

    yield give
    for browser in started.values():
        browser.close()


@pytest.fixture
def mode(request: pytest.FixtureRequest) -> str:
    """How the browser draws: "gl" unless the test says `@both_modes`, which `harness.MODES` explains."""
    return str(getattr(request, "param", "gl"))


@pytest.fixture
def pages(browsers: Callable[[str], Browser], house: House, mode: str) -> Pages:
    """Open pages of nobody: `with pages(locale="fr-FR") as page`."""
    return partial(new_page, browsers(mode), house)


@pytest.fixture
def page(pages: Pages) -> Iterator[Page]:
    """A page of a browser in which nobody has signed in."""
    with pages() as opened:
        yield opened


@pytest.fixture
def reader(pages: Pages) -> Iterator[Page]:
    """A page of a browser in which the radiologist "lea" has signed in; it shows nothing yet."""
    with pages() as opened:
        sign_in(opened.context)
        yield opened


@pytest.fixture
def reader_of(pages: Pages) -> Iterator[Callable[..., Page]]:
    """Open pages of several readers side by side: `reader_of("max", locale="fr-FR")`."""
    open_now: list[AbstractContextManager[Page]] = []

    def give(name: str = "lea", **options: Any) -> Page:
        entered = pages(**options)
        opened = entered.__enter__()
        open_now.append(entered)
        sign_in(opened.context, name)
        return opened

    yield give
    for entered in reversed(open_now):
        entered.__exit__(None, None, None)


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    """The engine's test page, freshly built, and a shelf of frames beside it."""
    build()
    with serving() as server:
        yield server


@pytest.fixture
def engine(browsers: Callable[[str], Browser], shelf: Shelf, mode: str) -> Iterator[Page]:
    """The engine's test page in a browser of the mode; it may not break its policy."""
    with browsers(mode).new_context() as context:
        opened = context.new_page()
        said: list[str] = []
        opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(f"{shelf.url}/testpage.html")
        yield opened
        assert [line for line in said if "Failed to load resource" not in line] == []

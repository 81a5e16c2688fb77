"""The web application as a person meets it: a real archive with radiographs, and Debian's Chromium before it."""

import contextlib
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from pydicom import dcmread

import shared
from peers.server import Running, start_radiotheque
from phantoms import phantom
from shared import REPOSITORY

SCREENSHOTS = REPOSITORY / "build" / "screenshots"
PASSWORD = "correct horse battery staple"
READERS = {"lea": "radiologist", "max": "radiologist", "ida": "administrator"}
"""Accounts of the archive under test and their roles, all with `PASSWORD`."""

RADIOGRAPHS = frozenset({"CR", "DX", "MG", "IO", "PX", "RF", "XA", "RG"})

MODES = {
    "gl": ("--disable-gpu", "--enable-unsafe-swiftshader"),
    "no-gl": ("--disable-gpu", "--disable-3d-apis"),
}
"""How a browser draws: WebGL2 by software, and no WebGL at all, as on an office PC whose driver is not trusted."""

expect.set_options(timeout=15_000)  # a busy machine is not a broken page

PDF_READER = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/"
"""Chromium's own reader of PDF, whose parts it calls so; others are below `chrome://resources/`."""

type Pages = Callable[..., AbstractContextManager[Page]]
"""Opens a page of a new browser: `with pages(locale="fr-FR") as page`."""

both_modes = pytest.mark.parametrize("mode", list(MODES), indirect=True)
"""Marks a test that holds with WebGL2 and without any: of what is drawn, not of what is written around it."""

_QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
)


def chromium() -> str | None:
    """Give the path of Debian's Chromium, None when it is not installed."""
    return shutil.which("chromium")


def start_browser(playwright: Playwright, mode: str) -> Browser:
    """Start Chromium in one of `MODES`. Playwright's own browsers are never downloaded."""
    return playwright.chromium.launch(executable_path=chromium(), args=[*_QUIET, *MODES[mode]], timeout=60_000)


@dataclass(slots=True)
class House:
    """A running archive with accounts and radiographs; what it holds is found by `studies`."""

    running: Running

    @property
    def url(self) -> str:
        """The root of the web server, without a slash at its end."""
        return self.running.url

    def page(self, place: str = "") -> str:
        """Give the address of a place of the application: `page("studies/1.2.3")`."""
        return f"{self.url}/app/{place}"

    def studies(self, **filters: str) -> list[dict[str, Any]]:
        """Give studies as `GET /api/studies` finds them."""
        with self.running.session() as session:
            answer = session.get(f"{self.url}/api/studies", params=filters, timeout=60)
            answer.raise_for_status()
            matches: list[dict[str, Any]] = answer.json()["matches"]
            return matches

    def keep(self, files: Sequence[Path | bytes], place: Path) -> None:
        """Import files, or objects that are written below `place` first."""
        place.mkdir(parents=True, exist_ok=True)
        paths = []
        for number, given in enumerate(files):
            path = given if isinstance(given, Path) else place / f"{number:04}.dcm"
            if isinstance(given, bytes):
                path.write_bytes(given)
            paths.append(str(path))
        if paths:
            self.running.run("import", *paths)


def start_house(place: Path) -> House:
    """Start an archive below `place` with `READERS`, the radiographs of pydicom-data and made ones of two dates."""
    running = start_radiotheque(place)
    try:
        house = House(running)
        for name, role in READERS.items():
            _add_reader(house, name, role)
        house.keep([*radiographs(), *made()], place / "made")
    except BaseException:
        running.kill()
        raise
    return house


def _add_reader(house: House, name: str, role: str) -> None:
    with house.running.session() as session:
        given = {"name": name, "password": PASSWORD, "roles": [role]}
        session.post(f"{house.url}/api/users", json=given, timeout=60).raise_for_status()


def radiographs() -> list[Path]:
    """Give the radiographs among the files of the Python packages."""
    found = []
    for path in shared.packaged_good():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = dcmread(path, stop_before_pixels=True, force=True)
        if header.get("Modality") in RADIOGRAPHS:
            found.append(path)
    return found


def made() -> list[bytes]:
    """Give made radiographs: a chest with a prior of the same patient, and one that is white where others are black."""
    chest = {"rows": 500, "columns": 400, "extra": {"BodyPartExamined": "CHEST", "ViewPosition": "PA"}}
    return [
        phantom(study="now", study_date="20260301", accession="NOW1", **chest),
        phantom(study="before", study_date="20240312", accession="BEFORE1", seed=1, **chest),
        phantom(study="inverse", patient_id="PH-0002", patient_name="Phantom^Inès", photometric="MONOCHROME1", **chest),
    ]


@dataclass(slots=True)
class Watched:
    """A page and what went wrong in it: errors, and requests to anybody but our own server."""

    page: Page
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def listen(self, url: str) -> None:
        """Note what goes wrong from now on; `url` is our own server."""
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self.page.on("console", lambda said: self._said(said.type, said.text))
        self.page.on("request", lambda asked: self._asked(asked.url, url))

    def _said(self, kind: str, text: str) -> None:
        # what Chromium says by itself of every answer 401, 404 or 409: the application has answered it
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.errors.append(f"console: {text}")

    def _asked(self, asked: str, url: str) -> None:
        if not asked.startswith((f"{url}/", "blob:", "data:", PDF_READER, "chrome://resources/")):
            self.foreign.append(asked)

    def check(self) -> None:
        """Fail when the page broke, broke its policy, or asked somebody else."""
        assert self.errors == []
        assert self.foreign == []


@contextlib.contextmanager
def new_page(browser: Browser, house: House, **options: Any) -> Iterator[Page]:
    """Give a page in a context of its own, as a browser without a past; at its end it must have kept its promises.

    `options` are those of a Playwright context: `locale="fr-FR"`, `viewport={"width": 360, "height": 740}`.
    """
    given = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **options}
    context = browser.new_context(base_url=house.url, **given)
    context.set_default_timeout(15_000)
    try:
        watched = Watched(context.new_page())
        watched.listen(house.url)
        yield watched.page
        watched.check()
    finally:
        context.close()


def sign_in(context: BrowserContext, name: str = "lea") -> dict[str, Any]:
    """Give a context the session of a reader, by the API and not by the form; gives the session."""
    answer = context.request.post("/api/session", data={"name": name, "password": PASSWORD})
    assert answer.ok, answer.text()
    session: dict[str, Any] = answer.json()
    return session


def axe_findings(page: Page) -> list[str]:
    """Give what axe-core finds critical or serious on the page, a line each with the element.

    Left out is the hidden region in which React Aria says things aloud: what it said last names an element that may be
    gone by now.
    """
    found = Axe().run(page, context={"exclude": [["[data-live-announcer]"]]}).response["violations"]
    return [
        f"{each['impact']}: {each['id']}: {each['help']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in ("critical", "serious")
        for node in each["nodes"]
    ]


def in_theme(page: Page, theme: str) -> None:
    """Show the page in a theme, "dark" or "light", at once: colours that are still fading have no contrast to measure."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def shot(page: Page, name: str) -> Path:
    """Keep a picture of the page as a build artefact, under its name."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path)
    return path

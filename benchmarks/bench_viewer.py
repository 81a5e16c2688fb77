"""How soon a radiograph is seen in Chromium without a GPU, beside OHIF in the same browser; and the weight of the code.

Studies of two DX images of 3000×2500 pixels and 16 bits in an archive as it is started by default, on loopback. Times
are the page's own (`performance.now`), noted at the moment at which the viewport says which image it shows and in which
quality; OHIF's when its canvas has anything bright in its middle. Both show one viewport and the images in turn.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, ViewportSize, sync_playwright

from benchmarks.bench import Bench
from benchmarks.measure import Figures, Promise, Verdict
from benchmarks.ohif import VERSION, ohif_dist
from benchmarks.ohif import serving as serving_ohif
from benchmarks.systems import SEALED, System
from benchmarks.workload import DEEP, accession, deep_study, uid
from browser.engine_page import BUILT, build
from browser.engine_page import serving as serving_page
from browser.harness import chromium
from tools.frontend import OUT

OHIF = f"OHIF {VERSION}"
SLOW_BYTES_S = 1_500_000
VIEWPORT: ViewportSize = {"width": 1400, "height": 900}
CODE = ("document", "script", "stylesheet")
ACCOUNT, PASSWORD = "bench", "correct horse battery staple"
LOOKED_MS = 2000
"""How long the first image is looked at before the next is asked for."""

NAVIGATED, CLICKED, SLOW = DEEP, DEEP + 2, DEEP + 4
"""A study for each way in, so that nothing of it is in the browser's cache; every second, for two have one patient."""

IN_TURN = {
    "name": "One viewport",
    "shared": True,
    "priority": 900,
    "match": {"modalities": ["DX"], "body_parts": [], "views": [], "laterality": [], "min_images": 2, "max_images": 0},
    "rows": 1,
    "columns": 1,
    "slots": [
        {
            "row": 0,
            "column": 0,
            "from": "current",
            "prior": 1,
            "select": {"view": [], "laterality": [], "index": 0},
            "align": "centre",
            "same_scale": False,
        }
    ],
}
"""A protocol that hangs all images of a study in one place, as OHIF does."""

_WATCH = """() => {
  window.seen = [];
  const note = ({ dataset }) => window.seen.push({
    at: performance.now(), quality: dataset.quality ?? "", instance: dataset.instance ?? "",
  });
  const added = ({ target, addedNodes }) => [target, ...[...addedNodes].flatMap((one) =>
    one instanceof Element ? [one, ...one.querySelectorAll("[data-cell]")] : [])];
  new MutationObserver((changes) => new Set(changes.flatMap(added))
    .forEach((one) => one instanceof HTMLElement && one.dataset.cell === "0" && note(one)))
    .observe(document, {
      subtree: true, childList: true, attributes: true, attributeFilter: ["data-quality", "data-instance"],
    });
  const begin = () => { window.pressed = performance.now(); window.seen = []; };
  addEventListener("keydown", begin, true);
  addEventListener("pointerdown", begin, true);
}"""
_OHIF_WATCH = """() => {
  const look = () => {
    const canvas = document.querySelector("canvas.cornerstone-canvas");
    if (canvas && canvas.width > 300) {
      const data = canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 8, 8).data;
      if (data.some((value, at) => at % 4 !== 3 && value > 8)) return void (window.drawnAt = performance.now());
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the rounds are played on: a driver of browsers, the archive, and the address at which OHIF is served."""

    playwright: Playwright
    system: System
    ohif: str

    @property
    def url(self) -> str:
        """The root of the archive's web server, without a slash at its end."""
        return _url(self.system)


def run(bench: Bench) -> Iterator[Verdict]:
    """Open studies again and again in new browsers, ours and OHIF's in turn; then draw, then weigh."""
    with bench.systems(SEALED) as systems, sync_playwright() as playwright, ExitStack() as stack:
        system = systems[SEALED]
        _furnish(system)
        dist = ohif_dist(bench.workload.parent / "ohif")
        ohif = stack.enter_context(serving_ohif(dist, f"{_url(system)}/dicom-web"))
        found = _rounds(Stage(playwright, system, ohif), bench.rounds)
    bench.record.trials("viewer", found)
    yield from _judged(bench, found)
    yield from _drawing(bench)
    yield from _weights(bench)


def _rounds(stage: Stage, rounds: int) -> dict[str, list[Figures]]:
    """Give the figures of each viewer, the order reversed each round; a first one that warms the disks is left out."""
    viewers: Mapping[str, Callable[[Stage], Figures]] = {SEALED: _ours, OHIF: _theirs}
    found: dict[str, list[Figures]] = {name: [] for name in viewers}
    for number in range(rounds + 1):
        for name in list(viewers) if number % 2 else list(viewers)[::-1]:
            figures = viewers[name](stage)
            if number:
                found[name].append(figures)
    return found


def _judged(bench: Bench, found: Mapping[str, list[Figures]]) -> Iterator[Verdict]:
    absolute = [
        ("preview of a 3000×2500 DX from the click", "preview_ms", 300),
        ("full quality of it from the click", "full_ms", 1000),
        ("next image of the study from the key", "next_ms", 150),
        ("preview from the click at 1.5 MB/s", "slow_preview_ms", 700),
    ]
    for what, figure, most in absolute:
        promise = Promise(f"viewer, {what}", figure, "ms", most, at_most=True, ratio=False)
        yield from bench.hold([(SEALED, promise)], found, "")
    beside = [
        Promise("viewer, first full picture from navigation", "navigation_ms", "ms", 0.25, at_most=True),
        Promise("viewer, application code transferred until then", "code_kb", "kB", 0.1, at_most=True),
    ]
    yield from bench.hold([(SEALED, promise) for promise in beside], found, OHIF)


def _furnish(system: System) -> None:
    """Put the studies in, make an account, and lay down how they hang."""
    with requests.Session() as session:
        session.headers.update(system.headers)
        session.headers["Accept"] = "application/dicom+json, application/json"
        for study in (NAVIGATED, CLICKED, SLOW):
            for file in deep_study(study):
                _post(session, f"{_url(system)}/dicom-web/studies", data=file)
        account = {"name": ACCOUNT, "password": PASSWORD, "roles": ["radiologist"]}
        _post(session, f"{_url(system)}/api/users", json=account)
        _post(session, f"{_url(system)}/api/protocols", json=IN_TURN)
    system.wait_until_idle()


def _post(session: requests.Session, address: str, **body: Any) -> None:
    headers = {"Content-Type": "application/dicom"} if "data" in body else {}
    answer = session.post(address, headers=headers, timeout=60, **body)
    if not answer.ok:
        raise SystemExit(f"{address} answered {answer.status_code}: {answer.text[:300]}")


def _url(system: System) -> str:
    return f"http://{system.http[0]}:{system.http[1]}"


@contextmanager
def _browser(playwright: Playwright, *more: str) -> Iterator[Browser]:
    """Start a browser without a past and without a GPU; WebGL is there by software, for those who want it."""
    flags = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-background-networking", *more]
    browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
    try:
        yield browser
    finally:
        browser.close()


def _ours(stage: Stage) -> Figures:
    with _browser(stage.playwright) as browser:
        # the page's policy forbids the way in which Playwright waits for what a page computes
        context = browser.new_context(viewport=VIEWPORT, bypass_csp=True, locale="en-GB")
        answer = context.request.post(f"{stage.url}/api/session", data={"name": ACCOUNT, "password": PASSWORD})
        if not answer.ok:
            raise SystemExit(f"signing in was answered {answer.status}: {answer.text()[:300]}")
        context.add_init_script(f"({_WATCH})()")
        straight = _navigated(context, f"{stage.url}/app/studies/{uid(NAVIGATED)}", f"{stage.url}/", _full)
        page = context.new_page()
        clicked = _clicked(page, stage.url, CLICKED)
        following = {"next_ms": _next(page)}
        page.close()
        slow = _clicked(context.new_page(), stage.url, SLOW, SLOW_BYTES_S)
        return {**straight, **clicked, **following, "slow_preview_ms": slow["preview_ms"]}


def _theirs(stage: Stage) -> Figures:
    # it asks an archive at another address: the browser lets it, and brings the archive's token along
    with _browser(stage.playwright, "--disable-web-security") as browser:
        context = browser.new_context(viewport=VIEWPORT, extra_http_headers=dict(stage.system.headers))
        context.add_init_script(f"({_OHIF_WATCH})()")
        address = f"{stage.ohif}/viewer?StudyInstanceUIDs={uid(NAVIGATED)}"
        return _navigated(context, address, f"{stage.ohif}/", _drawn)


def _navigated(context: BrowserContext, address: str, code: str, until: Callable[[Page], float]) -> Figures:
    """Go to an address in an empty browser; give when the picture was whole, and what code had come by then."""
    page = context.new_page()
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    page.goto(address)
    at_ms = until(page)
    sizes = [each.sizes()["responseBodySize"] for each in list(finished) if _is_code(each, code)]
    page.close()
    return {"navigation_ms": at_ms, "code_kb": sum(sizes) / 1000}


def _is_code(request: Request, code: str) -> bool:
    name = request.url.partition("?")[0]
    return name.startswith(code) and (request.resource_type in CODE or name.endswith((".js", ".wasm", ".css")))


def _full(page: Page) -> float:
    page.wait_for_function("window.seen?.some(({ quality }) => quality === 'full')", timeout=60_000)
    return float(page.evaluate("window.seen.find(({ quality }) => quality === 'full').at"))


def _drawn(page: Page) -> float:
    page.wait_for_function("window.drawnAt", timeout=120_000)
    return float(page.evaluate("window.drawnAt"))


def _clicked(page: Page, url: str, study: int, bytes_s: int = 0) -> Figures:
    """Open a study from the worklist, over a line so fast (0: as it is); give what was seen when, from the click."""
    page.goto(f"{url}/app/?q={accession(study)}")
    row = page.locator(f"[role=row][data-key='{uid(study)}']")
    row.click(timeout=60_000)
    opening = page.get_by_role("button", name="Open", exact=True)
    opening.wait_for()
    page.get_by_role("complementary").get_by_role("img").first.wait_for()
    page.wait_for_timeout(LOOKED_MS)
    if bytes_s:
        _slow(page, bytes_s)
    opening.click()
    _full(page)
    seen = page.evaluate("window.seen.map((one) => ({ ...one, at: one.at - window.pressed }))")
    at = {quality: [one["at"] for one in seen if one["quality"] == quality] for quality in ("preview", "full")}
    return {"preview_ms": min(at["preview"] + at["full"]), "full_ms": min(at["full"])}


def _slow(page: Page, bytes_s: int) -> None:
    line = {"offline": False, "latency": 0, "downloadThroughput": bytes_s, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)


def _next(page: Page) -> float:
    """Give how long the next image takes when the first was looked at for a moment."""
    page.wait_for_timeout(LOOKED_MS)
    now = page.locator("[data-cell='0']").get_attribute("data-instance")
    is_next = "({ quality, instance }) => quality === 'full' && instance !== now"
    page.keyboard.press("PageDown")
    page.wait_for_function(f"(now) => window.seen.some({is_next})", arg=now, timeout=30_000)
    return float(page.evaluate(f"(now) => window.seen.find({is_next}).at - window.pressed", now))


def _drawing(bench: Bench) -> Iterator[Verdict]:
    """Give how many windows a second are shown on a canvas of 1400×900 without WebGL, and how many could be drawn."""
    build()
    rounds: list[Figures] = []
    with sync_playwright() as playwright, serving_page() as shelf, _browser(playwright, "--disable-3d-apis") as browser:
        page = browser.new_page(viewport=VIEWPORT)
        page.goto(f"{shelf.url}/testpage.html")
        wish = {"image": [2500, 3000], "size": [1400, 900], "mode": "cpu", "forMs": 1000}
        for _ in range(bench.rounds):
            shown = page.evaluate("(wish) => window.engine.benchOnScreen(wish)", wish)
            drawn = page.evaluate("(wish) => window.engine.bench(wish)", wish)
            rounds.append({"shown_s": shown, "drawn_s": drawn["windowing"]})
    bench.record.trials("viewer, windowing", {SEALED: rounds})
    name = "viewer, windowing at 1400×900 without WebGL"
    shown = Promise(f"{name}, on the screen", "shown_s", "frames/s", 30, ratio=False)
    drawn = Promise(f"{name}, as fast as it draws", "drawn_s", "frames/s", 0, ratio=False, shown_only=True)
    yield from bench.hold([(SEALED, shown), (SEALED, drawn)], {SEALED: rounds}, "")


def _weights(bench: Bench) -> Iterator[Verdict]:
    """Weigh what was built, gzipped as a server sends it, without WASM; the engine with the page that tests it."""
    weights = [
        ("whole application", OUT, 450),
        ("engine", BUILT, 60),
    ]
    for what, folder, most in weights:
        promise = Promise(f"viewer, {what} gzipped, without WASM", "kb", "kB", most, at_most=True, ratio=False)
        yield from bench.hold([(SEALED, promise)], {SEALED: [{"kb": _gzipped_kb(folder.rglob("*"))}]}, "")


def _gzipped_kb(paths: Iterable[Path]) -> float:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths if path.suffix in (".js", ".css")) / 1000

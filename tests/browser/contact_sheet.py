"""`make contact-sheet`: every radiograph at hand as the viewer shows it, and beside it as the server renders it.

A fresh archive takes the radiographs of the shared data (`tests/shared.py`), or of pydicom-data where those are not here,
and Chromium opens each. The sheets go to build/contact; under each pair stands the file, how large it is, and what
the viewport said when it could not show it.
"""

import io
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, TimeoutError, sync_playwright
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from browser.harness import RADIOGRAPHS, House, new_page, sign_in, start_browser
from peers.server import start_radiotheque
from shared import REPOSITORY, packaged_good, shared_dicom

OUT = REPOSITORY / "build" / "contact"
TILE, LABEL, ACROSS, DOWN = 480, 34, 2, 3


@dataclass(frozen=True, slots=True)
class Film:
    """A file to be shown, and where its instance is kept."""

    path: Path
    study: str
    series: str
    instance: str
    what: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair of pictures, and what is to be written under it."""

    film: Film
    viewer: Image.Image
    rendered: Image.Image | None
    words: str


def main() -> int:
    """Make the sheets; give the exit code: 1 when a viewport had a problem."""
    files = [path for path in shared_dicom() or packaged_good() if _is_wanted(path)]
    with tempfile.TemporaryDirectory() as folder:
        house = House(start_radiotheque(Path(folder)))
        try:
            films = _kept(house, files, Path(folder) / "films")
            ill = _laid_out(_all_shown(house, films))
        finally:
            house.running.stop()
    print(f"{len(films)} images on the sheets in {OUT.relative_to(REPOSITORY)}; not shown:")
    print("\n".join(ill) or "none")
    return 1 if ill else 0


def _header(path: Path) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dcmread(path, stop_before_pixels=True, force=True)


def _is_wanted(path: Path) -> bool:
    """Say whether a file is an image that a reader of radiographs meets: slices are, but for those of a whole disc."""
    header = _header(path)
    return "Rows" in header and (header.get("Modality") in RADIOGRAPHS or "media-set" not in path.parts)


def _kept(house: House, files: Sequence[Path], place: Path) -> list[Film]:
    """Import all, each that shares a UID with another in a study of its own."""
    place.mkdir(parents=True)
    films: list[Film] = []
    seen: set[str] = set()
    patients: dict[str, object] = {}
    for number, path in enumerate(files):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = dcmread(path, force=True)
            target = place / f"{number:04}.dcm"
            patient = ds.get("PatientID", ""), ds.get("IssuerOfPatientID", "")
            if ds.SOPInstanceUID in seen or patients.setdefault(ds.StudyInstanceUID, patient) != patient:
                ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = (generate_uid() for _ in range(3))
                ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
                ds.save_as(target, implicit_vr=ds.original_encoding[0], little_endian=ds.original_encoding[1])
            else:
                shutil.copyfile(path, target)
        seen.add(ds.SOPInstanceUID)
        what = (
            f"{ds.get('Modality', '')} {ds.get('Columns')} x {ds.get('Rows')} {ds.get('PhotometricInterpretation', '')}"
        )
        films.append(Film(path, str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID), what))
    house.running.run("import", str(place))
    return films


def _all_shown(house: House, films: Sequence[Film]) -> Iterator[Shown]:
    with house.running.session() as session:
        account = {"name": "lea", "password": "correct horse battery staple", "roles": ["radiologist"]}
        session.post(f"{house.url}/api/users", json=account, timeout=60).raise_for_status()
    with sync_playwright() as playwright:
        browser = start_browser(playwright, "gl")
        with new_page(browser, house, viewport={"width": 960, "height": 900}) as page:
            sign_in(page.context)
            for film in films:
                yield _shown(page, house, film)
        browser.close()


def _shown(page: Page, house: House, film: Film) -> Shown:
    words = _opened(page, house, film)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return Shown(film, picture, _rendered(house, film), words)


def _opened(page: Page, house: House, film: Film) -> str:
    """Show a film alone, in the window that is made for a second monitor; give what is said where it cannot be shown."""
    page.goto(house.page(f"studies/{film.study}?window=2"))
    cell = page.locator("[data-cell='0']")
    shown = page.locator(f"[data-cell='0'][data-instance='{film.instance}'][data-quality='full']")
    problem = cell.locator(".viewer-problem")
    wish = {"kind": "show", "study": film.study, "patient": "", "instance": film.instance, "frame": 1}
    raw = page.get_by_role("button", name="Show all the same")  # a study of images FOR PROCESSING alone
    try:
        cell.or_(raw).first.wait_for(timeout=30_000)
        if raw.count():
            raw.click()
        cell.wait_for(timeout=30_000)
        page.evaluate("(wish) => new BroadcastChannel('radiotheque.viewer').postMessage(wish)", wish)
        page.locator(f"[data-cell='0'][data-wanted='{film.instance}']").wait_for(timeout=20_000)
        shown.or_(problem).first.wait_for(timeout=90_000)
    except TimeoutError:
        return " ".join(page.locator("body").inner_text().split())
    return " ".join(problem.inner_text().split()) if problem.count() else ""


def _rendered(house: House, film: Film) -> Image.Image | None:
    url = f"{house.running.web}/studies/{film.study}/series/{film.series}/instances/{film.instance}/frames/1"
    with house.running.session() as session:
        query = {"viewport": f"{TILE},{TILE}", "accept": "image/png"}
        answer = session.get(f"{url}/rendered", params=query, timeout=120)
    return Image.open(io.BytesIO(answer.content)).convert("RGB") if answer.ok else None


def _laid_out(shown: Iterator[Shown]) -> list[str]:
    """Write the sheets, each when it is full; give what was said of images that do not show."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    ill = []
    for number, pairs in enumerate(batched(shown, ACROSS * DOWN)):
        sheet = Image.new("RGB", (ACROSS * 2 * TILE, DOWN * (TILE + LABEL)), (40, 40, 48))
        for place, one in enumerate(pairs):
            _paste(sheet, one, (place % ACROSS * 2 * TILE, place // ACROSS * (TILE + LABEL)))
        sheet.save(OUT / f"sheet-{number + 1:02}.png")
        ill += [f"{one.film.path.name}: {one.words}" for one in pairs if one.words]
        print("\n".join(one.film.path.name for one in pairs), flush=True)
    return ill


def _paste(sheet: Image.Image, one: Shown, at: tuple[int, int]) -> None:
    left, top = at
    for number, picture in enumerate((one.viewer, one.rendered)):
        if picture is not None:
            small = picture.copy()
            small.thumbnail((TILE - 4, TILE - 4), Image.Resampling.LANCZOS)
            sheet.paste(small, (left + number * TILE + (TILE - small.width) // 2, top + (TILE - small.height) // 2))
    pen = ImageDraw.Draw(sheet)
    pen.text((left + 6, top + TILE + 2), f"{one.film.path.parent.name}/{one.film.path.name}", fill=(240, 240, 240))
    rendered = "" if one.rendered else "not rendered"
    pen.text((left + 6, top + TILE + 16), f"{one.film.what}  {one.words}  {rendered}", fill=(255, 200, 90))


if __name__ == "__main__":
    sys.exit(main())

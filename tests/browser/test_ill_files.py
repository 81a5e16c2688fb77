"""Broken and ill-meant files in the viewer: a clear message in the viewport, the rest of the study, and a server alive.

Each study with such a file gets a sound image of the same patient beside it. A few files are opened in `make test`, all
that are at hand by `make hostile`.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Response, expect
from pydicom import config

from browser.harness import House, Pages, shot, sign_in
from hostile.ill_files import ill_file, made_ill_files, shared_ill_files
from phantoms import phantom, phantom_dataset

FEW = (
    "deflated 256 MiB",
    "65535 × 65535 and no pixels",
    "2147483647 frames",
    "no rows",
    "bits that contradict",
    "window of width 0",
    "RLE of 255 segments",
    "JPEG 2000 of 2³¹ × 2³¹",
    "a PNG that says JPEG",
    "numbers that are none",
    "markup in names",
    "a name of 10,000 letters",
    "an unknown character set",
    "value representation ZZ",
    "nested 30 deep",
)
"""What `make test` opens, as far as the archive takes it in."""

MOST_OF_FEW_REFUSED = 6
STOW = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
SETTLED = "[data-quality='full'], :has(.viewer-problem, .viewer-card, .viewer-report pre, .viewer-pdf iframe, .viewer-nothing)"
NO_WORDS = ("undefined", "[object", "NaN", "null", "Traceback")
"""What a message to a reader never says."""


@dataclass(slots=True)
class Study:
    """A study with at least one ill file in it, their names, and the SOP Instance UID of the sound image beside them."""

    uid: str
    names: list[str] = field(default_factory=list)
    sound: str = ""


def stowed(house: House, session: requests.Session, data: bytes) -> requests.Response:
    return session.post(f"{house.running.web}/studies", data=data, headers=STOW, timeout=60)


def kept(house: House, files: Mapping[str, bytes]) -> Sequence[Study]:
    """Send files; give the studies of those that were taken in, each with a sound image more."""
    names = {ill_file(name, data).instance: name for name, data in reversed(files.items())}
    with house.running.session() as session:
        for data in files.values():
            stowed(house, session, data)
        found = _ill_studies(house, session, names)
        for study in found.values():
            _accompany(house, session, study)
    return list(found.values())


def _ill_studies(house: House, session: requests.Session, names: Mapping[str, str]) -> Mapping[str, Study]:
    answer = session.get(f"{house.running.web}/instances", params={"limit": "5000"}, timeout=60)
    assert answer.ok, answer.text[:300]
    found: dict[str, Study] = {}
    for item in answer.json():
        study, instance = (item[tag]["Value"][0] for tag in ("0020000D", "00080018"))
        if instance in names:
            found.setdefault(study, Study(study)).names.append(names[instance])
    return found


def _accompany(house: House, session: requests.Session, study: Study) -> None:
    """Put a sound image into a study, of the patient whose it is."""
    answer = session.get(f"{house.url}/api/studies/{study.uid}/display", timeout=60)
    assert answer.ok, (study.names, answer.text[:300])
    patient = answer.json()["study"]["patient"]
    wishes: dict[str, Any] = {
        "patient_id": patient["id"],
        "issuer": patient["issuer"],
        "series_number": 99,
        "extra": {"StudyInstanceUID": study.uid},
        "rows": 64,
        "columns": 64,
        "study": f"beside {study.uid}",
    }
    answer = stowed(house, session, phantom(**wishes))
    study.sound = str(phantom_dataset(**wishes).SOPInstanceUID)
    assert answer.ok, (study.names, answer.text[:300])


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    """The files made here by name."""
    with config.disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of the values that are wrong on purpose
        return made_ill_files()


@pytest.fixture
def reader_page(pages: Pages) -> Iterator[Page]:
    with pages() as page:
        sign_in(page.context)
        yield page


def faults(page: Page, house: House, studies: Sequence[Study]) -> str:
    """Open studies one after the other; give what is wrong, a line a study with the names of its files."""
    heard: list[str] = []
    page.on("response", lambda answer: heard.extend(_broken(answer)))
    page.on("dialog", lambda dialog: heard.append(f"a dialog: {dialog.message}"))
    found = []
    for study in studies:
        heard.clear()
        wrong = [*_opened(page, house, study), *heard]
        if wrong:
            found.append(f"{', '.join(study.names)}: {'; '.join(wrong)}")
    return "\n".join(found)


def _broken(answer: Response) -> Sequence[str]:
    return [f"{answer.status} of {answer.url}"] if answer.status >= 500 and answer.status != 503 else []


def _opened(page: Page, house: House, study: Study) -> Sequence[str]:
    """Open a study, and all in it that does not hang; give what is wrong."""
    page.goto(house.page(f"studies/{study.uid}"))
    wrong = _settled(page)
    sound = page.locator(f"[data-instance='{study.sound}'][data-quality='full']")
    for thumb in page.locator(".viewer-thumb").all():
        if thumb.get_attribute("data-hung") is None:
            thumb.click()
            wrong += _settled(page)
    for thumb in page.locator(".viewer-thumb").all():
        if not sound.count():
            thumb.click()
            wrong += _settled(page)
    if not sound.count():
        wrong.append("the sound image does not show")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append("the page is wider than the window")
    return wrong


def _settled(page: Page) -> list[str]:
    """Wait until every viewport shows something; give what is wrong with the messages."""
    expect(page.locator(".viewer-cell").first).to_be_visible(timeout=30_000)
    waiting = page.locator(f".viewer-cell:not({SETTLED})")
    try:
        expect(waiting).to_have_count(0, timeout=30_000)
    except AssertionError:
        return [f"a viewport shows nothing: {waiting.first.inner_text()[:100]!r}"]
    said = [" ".join(one.split()) for one in page.locator(".viewer-problem").all_inner_texts()]
    return [f"no clear message: {one!r}" for one in said if len(one) < 40 or any(word in one for word in NO_WORDS)]


def _alive(page: Page, house: House) -> None:
    """See that the server still serves, and that the worklist with all the names in it is whole."""
    page.goto(house.page("?q=NOW1"))
    expect(page.locator("[role=row][data-key]")).to_have_count(1)
    page.goto(house.page())
    expect(page.locator("[role=row][data-key]").nth(3)).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    with house.running.session() as session:
        assert session.get(f"{house.url}/api/status", timeout=60).ok


def test_an_ill_file_gives_a_message_and_the_rest_of_its_study_opens(
    reader_page: Page, house: House, files: Mapping[str, bytes]
) -> None:
    studies = kept(house, {name: files[name] for name in FEW})
    assert len(studies) >= len(FEW) - MOST_OF_FEW_REFUSED
    assert faults(reader_page, house, studies) == ""
    shot(reader_page, "viewer-ill-file")
    _alive(reader_page, house)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_ill_file_gives_a_message_and_the_rest_of_its_study_opens(
    reader_page: Page, house: House, files: Mapping[str, bytes]
) -> None:
    every = dict(files) | {file.name: file.data for file in shared_ill_files()}
    studies = kept(house, every)
    assert len(studies) > len(files) // 2
    assert faults(reader_page, house, studies) == ""
    _alive(reader_page, house)

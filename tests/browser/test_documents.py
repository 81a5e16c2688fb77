"""Videos and documents in the viewer: they really play, step and show, by keys too, and say so when they cannot."""

from pathlib import Path
from typing import Any

import pytest
import typst
from playwright.sync_api import Page, expect
from pydicom.uid import UID

from browser.harness import PDF_READER, House, axe_findings, shot
from clips import COLUMNS, FRAMES, HEVC, MPEG2, ROWS, grey, mp4, mpeg2, transport_stream, video
from peers.processes import wait_for
from phantoms import part10, phantom_dataset

PDF, CDA = "1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.104.2"
WHO: dict[str, Any] = {"patient_name": "Film^Fanny", "patient_id": "PH-0200"}


def encapsulated(content: bytes, media: str, sop_class: str, name: str) -> bytes:
    """A document as a DICOM object (PS3.3 A.45)."""
    ds = phantom_dataset(study=name, modality="DOC", **WHO)
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        del ds[keyword]
    ds.SOPClassUID = UID(sop_class)
    ds.MIMETypeOfEncapsulatedDocument, ds.EncapsulatedDocumentLength = media, len(content)
    ds.EncapsulatedDocument = content + bytes(len(content) % 2)
    return part10(ds)


def study(name: str, **wishes: Any) -> str:
    return str(phantom_dataset(study=name, **{**WHO, **wishes}).StudyInstanceUID)


@pytest.fixture(scope="module", autouse=True)
def _kept(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    place: Path = tmp_path_factory.mktemp("documents")
    pdf = typst.compile(b"#set document(title: [Findings])\nNothing to be seen here.", format="pdf")
    files = [
        video(mp4(), name="film-mp4", **WHO),
        video(transport_stream(), name="film-ts", **WHO),
        video(mpeg2(place), MPEG2, name="film-mpeg2", **WHO),
        video(mp4()[:400] + bytes(4000), name="film-ill", **WHO),
        video(transport_stream(stream_type=0x24), HEVC, name="film-hevc", **WHO),
        encapsulated(pdf, "application/pdf", PDF, "pdf"),
        encapsulated(b"<ClinicalDocument/>", "text/xml", CDA, "cda"),
    ]
    house.keep(files, place / "kept")


def opened(page: Page, house: House, name: str) -> Any:
    """Open a study and give its first viewport."""
    page.goto(house.page(f"studies/{study(name)}"))
    cell = page.locator("[data-cell='0']")
    expect(cell.get_by_text("Film, Fanny").first).to_be_visible()
    return cell


def number_of(page: Page) -> int:
    return int(page.locator(".viewer-film").get_attribute("data-frame") or 0)


def grey_shown(page: Page) -> int:
    """Give the grey amid the video as the browser decodes it."""
    return int(
        page.evaluate(
            """() => {
                const canvas = document.createElement("canvas");
                canvas.width = canvas.height = 1;
                const context = canvas.getContext("2d");
                const video = document.querySelector("video");
                context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
                return context.getImageData(0, 0, 1, 1).data[0];
            }"""
        )
    )


def ready(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 3")


@pytest.mark.parametrize("name", ["film-mp4", "film-ts"])
def test_a_video_plays(reader: Page, house: House, name: str) -> None:
    cell = opened(reader, house, name)
    ready(reader)
    size = reader.evaluate("() => { const v = document.querySelector('video'); return [v.videoWidth, v.videoHeight]; }")
    assert size == [COLUMNS, ROWS]
    assert reader.evaluate("() => document.querySelector('video').duration") == pytest.approx(FRAMES / 25, abs=0.05)
    cell.focus()
    reader.keyboard.press("Space")
    reader.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
    reader.wait_for_function("() => document.querySelector('video').ended")
    assert number_of(reader) == FRAMES
    shot(reader, f"viewer-{name}")
    assert axe_findings(reader) == []


def test_frames_are_stepped_by_keys(reader: Page, house: House) -> None:
    cell = opened(reader, house, "film-mp4")
    ready(reader)
    cell.focus()
    for key, number in (
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowDown", 4),
        ("ArrowUp", 3),
        ("ArrowLeft", 2),
        ("End", FRAMES),
    ):
        reader.keyboard.press(key)
        expect(reader.locator(f".viewer-film[data-frame='{number}']")).to_be_attached()
        reader.wait_for_function("() => !document.querySelector('video').seeking")
        assert grey_shown(reader) == pytest.approx(grey(number - 1), abs=3)
    reader.keyboard.press("Home")
    expect(reader.locator(".viewer-film[data-frame='1']")).to_be_attached()
    reader.keyboard.press("K")
    reader.wait_for_function("() => document.querySelector('video').currentTime > 0.1")


def test_it_is_played_from_ranges(reader: Page, house: House) -> None:
    with reader.expect_response(lambda answer: "/rendered?accept=video%2Fmp4" in answer.url) as found:
        opened(reader, house, "film-mp4")
    assert (found.value.status, found.value.headers["content-type"]) == (206, "video/mp4")
    assert found.value.headers["content-range"].startswith("bytes 0-")


def test_the_strip_shows_a_frame_of_the_video(reader: Page, house: House) -> None:
    opened(reader, house, "film-mp4")
    picture = reader.locator(".viewer-thumb img")
    expect(picture).to_be_visible()
    reader.wait_for_function("() => document.querySelector('.viewer-thumb img').naturalWidth > 0")


def test_mpeg_2_is_told_to_be_for_other_programs_and_is_given(reader: Page, house: House) -> None:
    cell = opened(reader, house, "film-mpeg2")
    expect(cell.get_by_role("alert")).to_contain_text("MPEG-2")
    expect(cell.get_by_alt_text("A frame of the video")).to_be_visible()
    with reader.expect_download() as found:
        cell.get_by_role("link", name="Download the video").click()
    assert found.value.suggested_filename.endswith(".mpg")
    assert found.value.path().read_bytes()[:4] == b"\0\0\1\xba"
    shot(reader, "viewer-film-mpeg2")


def test_what_the_browser_cannot_decode_is_told_in_the_viewport(reader: Page, house: House) -> None:
    cell = opened(reader, house, "film-ill")
    expect(cell.get_by_role("alert")).to_contain_text("cannot play this video (H.264)")
    expect(cell.get_by_role("link", name="Download the video")).to_be_visible()
    expect(cell.get_by_role("button", name="Try again")).to_be_visible()


def test_hevc_in_a_transport_stream_is_offered_for_download(reader: Page, house: House) -> None:
    cell = opened(reader, house, "film-hevc")
    expect(cell.get_by_role("alert")).to_contain_text("container that browsers do not play")


def test_a_pdf_shows_in_the_viewport(reader: Page, house: House) -> None:
    with reader.expect_request(lambda asked: asked.url.startswith(PDF_READER)):  # else the browser shows no document
        cell = opened(reader, house, "pdf")
    expect(cell.locator("iframe")).to_have_attribute("title", "Encapsulated PDF Storage")
    link = cell.get_by_role("link", name="Open the PDF")

    def reached() -> bool:
        link.focus()
        reader.keyboard.press("Tab")
        return bool(reader.evaluate("() => document.activeElement.tagName === 'IFRAME'"))

    wait_for(reached)  # while the browser still puts its reader in place, the key leads nowhere
    with reader.context.expect_page() as found:
        cell.get_by_role("link", name="Open the PDF").press("Enter")
    found.value.wait_for_load_state()
    assert found.value.url.endswith("/rendered?accept=application%2Fpdf")
    shot(reader, "viewer-pdf")


def test_other_documents_are_cards_to_download(reader: Page, house: House) -> None:
    cell = opened(reader, house, "cda")
    with reader.expect_download() as found:
        cell.get_by_role("link", name="Download the document").click()
    assert found.value.suggested_filename.endswith(".xml")
    assert found.value.path().read_bytes().rstrip(b"\0") == b"<ClinicalDocument/>"

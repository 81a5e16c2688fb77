"""A running house prints what a reader sees: at true size, under the current identity, audited, within Scope."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np
import pypdfium2
import pytest
import requests

from drafts import annotation, view
from peers.processes import wait_for
from peers.server import Running
from phantoms import phantom, phantom_dataset

TIMEOUT_S = 60
DPI = 300


class Reader:
    """Someone at a running house."""

    def __init__(self, house: Running, token: str) -> None:
        self.house, self.session = house, requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def store(self, **wishes: Any) -> dict[str, Any]:
        """Send a radiograph; give it as an image to be printed, all of it shown as it is."""
        headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
        url = f"{self.house.web}/studies"
        answer = self.session.post(url, data=phantom(**wishes), headers=headers, timeout=TIMEOUT_S)
        assert answer.ok, answer.text
        ds = phantom_dataset(**wishes)
        instance = str(ds.SOPInstanceUID)
        whole = view(instance, area=None, rotation=0, flip_h=False, invert=False, window=None)
        series = str(ds.SeriesInstanceUID)
        return {"study": str(ds.StudyInstanceUID), "series": series, "instance": instance, "frame": 1, "view": whole}

    def call(self, method: str, path: str, given: Any = None, **query: str) -> requests.Response:
        url = f"{self.house.url}/api{path}"
        return self.session.request(method, url, json=given, params=query, timeout=TIMEOUT_S)

    def printed(self, *images: dict[str, Any], media: str = "pdf", sheet: str = "A4") -> bytes:
        answer = self.call("POST", "/print", {"format": media, "sheet": sheet, "images": images})
        assert answer.ok, answer.text
        return answer.content


@pytest.fixture(scope="module")
def reader(archive: Running) -> Iterator[Reader]:
    someone = Reader(archive, archive.token)
    with someone.session:
        yield someone


def page_of(pdf: bytes, number: int = 0) -> np.ndarray[Any, Any]:
    return np.array(pypdfium2.PdfDocument(pdf)[number].render(scale=DPI / 72).to_pil().convert("L"))


def words(pdf: bytes) -> str:
    return str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range())


def box_mm(page: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Give width and height of what is not white between head and foot."""
    top, bottom = int(32.5 / 25.4 * DPI), page.shape[0] - int(26.5 / 25.4 * DPI)
    dark = page[top:bottom] < 250
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    return (columns[-1] - columns[0] + 1) / DPI * 25.4, (rows[-1] - rows[0] + 1) / DPI * 25.4


def test_a_radiograph_is_printed_at_its_true_size(reader: Reader) -> None:
    image = reader.store(
        patient_id="PRINT-1", patient_name="Présbourg^Zoé", rows=1000, columns=800, photometric="MONOCHROME1"
    )
    pdf = reader.printed(image)
    # 0.148 mm a pixel at the detector: 118.4 × 148 mm
    assert box_mm(page_of(pdf)) == pytest.approx((118.4, 148.0), abs=0.5)
    said = words(pdf)
    for word in ("Présbourg, Zoé", "PRINT-1", "1960-02-29", "2024-03-12", "at detector", "True size", "1 / 1", "tests"):
        assert word in said


def test_a_part_that_is_turned_has_the_size_of_the_part(reader: Reader) -> None:
    image = reader.store(patient_id="PRINT-2", rows=1000, columns=800)
    image["view"] |= {"area": [100.0, 200.0, 500.0, 800.0], "rotation": 90}
    # 400 columns and 600 rows of 0.148 mm, a quarter turned: 88.8 × 59.2 mm
    assert box_mm(page_of(reader.printed(image))) == pytest.approx((88.8, 59.2), abs=0.5)


def test_a_calibration_and_the_drawings_of_the_draft_are_printed(reader: Reader) -> None:
    image = reader.store(patient_id="PRINT-3", rows=1000, columns=800)
    plain = page_of(reader.printed(image))
    content = {
        "version": 0,
        "annotations": [annotation("arrow", image["instance"], points=[[100.0, 100.0], [700.0, 900.0]])],
        "key_images": [],
        "views": [],
        "calibrations": [{"instance": image["instance"], "mm_per_pixel": 0.1}],
    }
    assert reader.call("PUT", f"/studies/{image['study']}/annotations/draft", content).ok
    pdf = reader.printed(image)
    assert box_mm(page_of(pdf)) == pytest.approx((80.0, 100.0), abs=0.5)
    assert "calibrated by the reader" in words(pdf)
    assert page_of(pdf).max() == plain.max() == 255


def test_a_large_image_is_printed_at_its_true_size_too(reader: Reader) -> None:
    image = reader.store(patient_id="PRINT-7", rows=4300, columns=1000, extra={"ImagerPixelSpacing": ["0.05", "0.05"]})
    assert box_mm(page_of(reader.printed(image))) == pytest.approx((50.0, 215.0), abs=0.5)


def test_an_image_without_millimetres_is_not_called_true(reader: Reader) -> None:
    image = reader.store(patient_id="PRINT-4", modality="OT")
    said = words(reader.printed(image))
    assert "Not to scale" in said
    assert "5 cm" not in said


def test_a_print_bears_the_corrected_name_and_is_audited(reader: Reader) -> None:
    image = reader.store(patient_id="PRINT-5", patient_name="Falsch^Zoé")
    values = {"PatientName": ["Richtig^Zoé"]}
    assert reader.call("POST", "/amendments", {"study": image["study"], "values": values, "reason": "misspelt"}).ok
    said = words(reader.printed(image))
    assert "Richtig, Zoé" in said
    assert "Falsch" not in said

    def kinds() -> set[str]:
        return {entry["kind"] for entry in reader.call("GET", "/audit", study=image["study"]).json()["entries"]}

    wait_for(lambda: "print" in kinds())


def test_several_images_as_png_come_as_a_zip(reader: Reader) -> None:
    image = reader.store(patient_id="PRINT-8")
    answer = reader.call("POST", "/print", {"format": "png", "sheet": "A4", "images": [image, image]})
    assert (answer.headers["content-type"], answer.ok) == ("application/zip", True)
    assert 'filename="print.zip"' in answer.headers["content-disposition"]
    assert ZipFile(BytesIO(answer.content)).namelist() == ["page-01.png", "page-02.png"]


def test_what_stands_around_a_print_and_in_it_is_french_for_a_french_reader(reader: Reader) -> None:
    image = reader.store(patient_id="PRINT-9")
    drawn = annotation("cardiothoracic_ratio", image["instance"])
    content = {"version": 0, "annotations": [drawn], "key_images": [], "views": [], "calibrations": []}
    assert reader.call("PUT", f"/studies/{image['study']}/annotations/draft", content).ok
    english = reader.printed(image)
    reader.session.headers["Accept-Language"] = "fr"
    try:
        french = reader.printed(image)
    finally:
        del reader.session.headers["Accept-Language"]
    assert "Grandeur réelle" in words(french)
    assert "Imprimé le" in words(french)
    assert "True size" in words(english)
    box = slice(int(40 / 25.4 * DPI), int(250 / 25.4 * DPI))  # the picture, between head and foot
    assert not np.array_equal(page_of(french)[box], page_of(english)[box])  # the names of values in it


def test_what_cannot_be_printed_is_refused(reader: Reader) -> None:
    image = reader.store(patient_id="PRINT-6")
    none = {"format": "png", "sheet": "A4", "images": []}
    assert reader.call("POST", "/print", none).status_code == 400
    missing = {"format": "pdf", "sheet": "A4", "images": [{**image, "study": "1.2.3"}]}
    assert reader.call("POST", "/print", missing).status_code == 404
    senseless = {**image, "view": {"rotation": "up"}}
    assert reader.call("POST", "/print", {"images": [senseless]}).status_code == 400

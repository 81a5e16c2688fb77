"""One object by query parameters (PS3.18 9)."""

import io
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import RLELossless

from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.samples import SERIES, STUDY, image
from unit.wire.dicomweb.shelf import Shelf
from unit.wire.dicomweb.test_rendered import report, state


def wado(*objects: bytes, number: int = 1, series: int = 1, **parameters: str) -> Answer:
    shelf = Shelf()
    for each in objects or (image(1),):
        shelf.put(each)
    return asked_of(shelf, number=number, series=series, **parameters)


def asked_of(shelf: Shelf, held: str = "", *, number: int = 1, series: int = 1, **parameters: str) -> Answer:
    """Ask a shelf; `held` is the tag of what the client has already."""
    asked = {
        "requestType": "WADO",
        "studyUID": STUDY,
        "seriesUID": f"{STUDY}.{series}",
        "objectUID": f"{SERIES}.{number}",
        **parameters,
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    headers = {"If-None-Match": held} if held else {}
    return ask(dicomweb_routes(shelf, WebSettings()), "GET", f"/wado?{query}", headers)


def test_an_image_is_a_jpeg_unless_something_else_is_asked_for() -> None:
    answer = wado()
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(answer.body)).size == (16, 8)
    assert wado(contentType="image/png").headers["content-type"] == "image/png"
    assert wado(contentType="image/jls,image/gif").headers["content-type"] == "image/gif"
    assert wado(contentType="video/mpeg").status == 406


def test_the_object_itself_in_explicit_little_endian_or_the_syntax_asked_for() -> None:
    answer = wado(image(1, syntax=RLELossless), contentType="application/dicom")
    assert answer.headers["content-type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    kept = wado(image(1, syntax=RLELossless), contentType="application/dicom", transferSyntax=RLELossless)
    assert kept.body == image(1, syntax=RLELossless)
    assert wado(contentType="application/dicom", transferSyntax="1.2.840.10008.1.2").status == 406


@pytest.mark.parametrize(
    "parameters",
    [
        {"requestType": "wado"},
        {"requestType": ""},
        {"objectUID": ""},
        {"studyUID": "x"},
        {"contentType": "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"},
        {"contentType": "application/dicom", "rows": "5"},
        {"contentType": "application/dicom", "transferSyntax": "nonsense"},
        {"windowCenter": "5"},
        {"frameNumber": "0"},
        {"region": "0,0,2,1"},
        {"region": "0.5,0,0.5,1"},
        {"imageQuality": "500"},
    ],
)
def test_what_makes_no_sense_is_400(parameters: dict[str, str]) -> None:
    assert wado(**parameters).status == 400


def test_what_is_not_done_here_is_said_to_be_so() -> None:
    assert wado(anonymize="yes").status == 406


def test_what_is_not_there_is_404() -> None:
    assert wado(number=99).status == 404
    assert wado(frameNumber="2").status == 404


def test_size_window_region_and_frame() -> None:
    assert Image.open(io.BytesIO(wado(columns="8").body)).size == (8, 4)
    windowed = wado(contentType="image/png", windowCenter="64", windowWidth="2")
    greys = np.asarray(Image.open(io.BytesIO(windowed.body)).convert("L"))
    assert (greys.flat[0], greys.flat[100]) == (0, 255)
    quarter = wado(contentType="image/png", region="0.5,0.5,1.0,1.0")
    assert Image.open(io.BytesIO(quarter.body)).size == (8, 4)
    window = {"contentType": "image/png", "windowCenter": "192", "windowWidth": "384"}
    first, third = (wado(image(1, frames=3), frameNumber=number, **window).body for number in ("1", "3"))
    assert np.asarray(Image.open(io.BytesIO(first))).mean() < np.asarray(Image.open(io.BytesIO(third))).mean()


def test_under_a_presentation_state() -> None:
    objects = image(1), state()
    names = {"presentationUID": f"{SERIES}.50", "presentationSeriesUID": f"{STUDY}.9"}
    answer = wado(*objects, contentType="image/png", **names)
    greys = np.asarray(Image.open(io.BytesIO(answer.body)).convert("L"))
    assert (greys.flat[0], greys.flat[100]) == (255, 0)
    assert wado(*objects, windowCenter="1", windowWidth="2", **names).status == 400


def test_a_picture_under_a_presentation_state_that_was_rejected_is_410_to_who_holds_it_too() -> None:
    shelf = Shelf()
    for each in (image(1), state()):
        shelf.put(each)
    names = {"presentationUID": f"{SERIES}.50", "presentationSeriesUID": f"{STUDY}.9"}
    etag = asked_of(shelf, **names).headers["etag"]
    assert asked_of(shelf, etag, **names).status == 304
    shelf.gone.add(f"{SERIES}.50")
    assert asked_of(shelf, **names).status == 410
    assert asked_of(shelf, etag, **names).status == 410
    assert asked_of(shelf).status == 200


def test_a_report_is_html() -> None:
    answer = wado(report(), number=60, series=8)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"Diagnostic report" in answer.body

"""Rendered resources: which pictures, in which shape, with which parameters (PS3.18 8.3.5, 8.7.4, 10.4.1.1.3)."""

import io
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from radiotheque.wire.dicomweb import WebSettings, dicomweb_routes
from unit.wire.dicomweb.asgi import Answer, ask
from unit.wire.dicomweb.samples import CR, SERIES, STUDY, image
from unit.wire.dicomweb.shelf import Shelf

PATH = f"/dicom-web/studies/{STUDY}"
ONE = f"{PATH}/series/{STUDY}.1/instances/{SERIES}.1"


def shelf_of(*objects: bytes) -> Shelf:
    shelf = Shelf()
    for each in objects:
        shelf.put(each)
    return shelf


def get(shelf: Shelf, url: str, accept: str = "", **headers: str) -> Answer:
    fields = {**({"Accept": accept} if accept else {}), **headers}
    answer = ask(dicomweb_routes(shelf, WebSettings()), "GET", url, fields)
    if "content-length" in answer.headers:
        assert int(answer.headers["content-length"]) == len(answer.body)
    return answer


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "JPEG"),
        ("*/*", "JPEG"),
        ("image/*", "JPEG"),
        ("image/jpeg", "JPEG"),
        ("image/png", "PNG"),
        ("image/gif", "GIF"),
    ],
)
def test_an_image_alone_is_one_picture_jpeg_by_default(accept: str, form: str) -> None:
    answer = get(shelf_of(image(1)), f"{ONE}/rendered", accept)
    assert (answer.status, answer.headers["content-type"]) == (200, f"image/{form.lower()}")
    picture = opened(answer.body)
    assert (picture.format, picture.size) == (form, (16, 8))


def test_a_window_maps_values_to_greys() -> None:
    answer = get(shelf_of(image(1)), f"{ONE}/rendered?window=64,2,linear-exact", "image/png")
    picture = np.asarray(opened(answer.body).convert("L"))
    # PS3.3 C.11.2.1.3.2: all below 63 black, all from 65 on white
    assert (picture.flat[:63] == 0).all()
    assert (picture.flat[66:] == 255).all()


def test_a_viewport_fits_the_picture_into_it() -> None:
    answer = get(shelf_of(image(1)), f"{ONE}/rendered?viewport=8,8", "image/png")
    assert opened(answer.body).size == (8, 4)
    region = get(shelf_of(image(1)), f"{ONE}/rendered?viewport=4,4,0,0,4,4", "image/png")
    assert opened(region.body).size == (4, 4)


@pytest.mark.parametrize(
    "query",
    ["window=1", "window=1,a,linear", "window=1,2,cubic", "viewport=0,5", "viewport=1,2,3", "viewport=99999,9", "quality=0",
     "quality=101", "annotation=everything", "iccprofile=maybe"],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_400(query: str) -> None:
    assert get(shelf_of(image(1)), f"{ONE}/rendered?{query}", "image/png").status == 400


def test_the_quality_of_a_jpeg_is_heeded() -> None:
    shelf = shelf_of(image(1))
    low, high = (len(get(shelf, f"{ONE}/rendered?quality={q}&viewport=512,512", "image/jpeg").body) for q in (5, 100))
    assert low < high


def test_an_icc_profile_is_put_in_when_asked_for() -> None:
    shelf = shelf_of(image(1))
    for media in ("image/jpeg", "image/png"):
        assert "icc_profile" not in opened(get(shelf, f"{ONE}/rendered", media).body).info
        with_one = opened(get(shelf, f"{ONE}/rendered?iccprofile=srgb", media).body)
        with_one.load()
        assert with_one.info["icc_profile"][36:40] == b"acsp"


def test_several_frames_are_parts_and_a_single_part_of_them_only_a_film() -> None:
    shelf = shelf_of(image(1, frames=3))
    many = get(shelf, f"{ONE}/rendered", 'multipart/related; type="image/jpeg"')
    assert [headers["content-location"] for headers, _ in many.parts()] == [
        f"http://pacs.test{ONE}/frames/{number}/rendered" for number in (1, 2, 3)
    ]
    assert get(shelf, f"{ONE}/rendered", "image/jpeg").status == 406
    film = get(shelf, f"{ONE}/rendered?window=192,384,linear", "image/gif")
    assert opened(film.body).n_frames == 3  # type: ignore[attr-defined]
    assert get(shelf, f"{ONE}/frames/2/rendered", "image/jpeg").status == 200
    assert len(get(shelf, f"{ONE}/frames/1,3/rendered", "multipart/related; type=image/png").parts()) == 2
    assert get(shelf, f"{ONE}/frames/1,9/rendered", "multipart/related; type=image/png").status == 206


def test_a_study_is_rendered_in_parts_unless_it_is_one_picture_and_that_is_asked_for() -> None:
    shelf = shelf_of(image(1))
    alone = get(shelf, f"{PATH}/rendered", "image/jpeg")
    assert (alone.status, alone.headers["content-type"]) == (200, "image/jpeg")
    assert len(get(shelf, f"{PATH}/rendered").parts()) == 1
    assert len(get(shelf, f"{PATH}/rendered", "*/*").parts()) == 1
    shelf.put(image(2))
    assert len(get(shelf, f"{PATH}/rendered").parts()) == 2
    assert get(shelf, f"{PATH}/rendered", "image/jpeg").status == 406


def test_thumbnails_at_every_level_are_one_small_picture() -> None:
    shelf = shelf_of(image(1, frames=3), image(2))
    for place in (PATH, f"{PATH}/series/{STUDY}.1", ONE, f"{ONE}/frames/2"):
        answer = get(shelf, f"{place}/thumbnail")
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
        assert max(opened(answer.body).size) == 256
    assert opened(get(shelf, f"{ONE}/thumbnail?viewport=32,32", "image/png").body).size == (32, 16)


def test_what_is_held_already_is_304_and_other_parameters_are_another_picture() -> None:
    shelf = shelf_of(image(1))
    etag = get(shelf, f"{ONE}/rendered", "image/png").headers["etag"]
    assert get(shelf, f"{ONE}/rendered", "image/png", **{"If-None-Match": etag}).status == 304
    assert get(shelf, f"{ONE}/rendered?window=1,2,linear", "image/png", **{"If-None-Match": etag}).status == 200


def reference(number: int, frames: tuple[int, ...]) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CR, f"{SERIES}.{number}"
    if frames:
        item.ReferencedFrameNumber = list(frames)
    return item


def state(*, frames: tuple[int, ...] = (), images: tuple[int, ...] = (1,)) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.11.1", f"{SERIES}.50"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.Modality = STUDY, f"{STUDY}.9", "PR"
    series = Dataset()
    series.SeriesInstanceUID = f"{STUDY}.1"
    series.ReferencedImageSequence = [reference(number, frames) for number in images]
    dataset.ReferencedSeriesSequence = [series]
    window = Dataset()
    window.WindowCenter, window.WindowWidth = "64", "2"
    dataset.SoftcopyVOILUTSequence = [window]
    dataset.PresentationLUTShape = "INVERSE"
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return out.getvalue()


PR = f"{PATH}/series/{STUDY}.9/instances/{SERIES}.50"


def test_a_presentation_state_shows_its_images_as_it_says() -> None:
    answer = get(shelf_of(image(1), state()), f"{PR}/rendered", "image/png")
    assert answer.status == 200
    picture = np.asarray(opened(answer.body).convert("L"))
    assert (picture.flat[0], picture.flat[100]) == (255, 0)


def test_a_presentation_state_of_some_frames_shows_those() -> None:
    shelf = shelf_of(image(1, frames=3), state(frames=(2, 3)))
    parts = get(shelf, f"{PR}/rendered", 'multipart/related; type="image/png"').parts()
    assert [headers["content-location"].split("/")[-2] for headers, _ in parts] == ["2", "3"]


def test_a_presentation_state_and_a_window_are_400_and_without_its_images_it_is_404() -> None:
    assert get(shelf_of(image(1), state()), f"{PR}/rendered?window=1,2,linear").status == 400
    assert get(shelf_of(state()), f"{PR}/rendered").status == 404


def test_a_presentation_state_whose_image_was_rejected_is_404_to_who_holds_its_picture_too() -> None:
    shelf = shelf_of(image(1), state())
    etag = get(shelf, f"{PR}/rendered").headers["etag"]
    assert get(shelf, f"{PR}/rendered", **{"If-None-Match": etag}).status == 304
    shelf.gone.add(f"{SERIES}.1")
    assert get(shelf, f"{PR}/rendered").status == 404
    assert get(shelf, f"{PR}/rendered", **{"If-None-Match": etag}).status == 404


def test_an_image_of_a_presentation_state_that_comes_later_changes_the_tag() -> None:
    shelf = shelf_of(image(1), state(images=(1, 2)))
    etag = get(shelf, f"{PR}/rendered").headers["etag"]
    shelf.put(image(2))
    again = get(shelf, f"{PR}/rendered", 'multipart/related; type="image/jpeg"', **{"If-None-Match": etag})
    assert (again.status, len(again.parts())) == (200, 2)
    both = get(shelf, f"{PR}/rendered", **{"If-None-Match": etag})
    assert both.status == 200
    assert both.headers["etag"] != etag


def test_some_of_the_frames_asked_for_are_206_in_a_single_part_too() -> None:
    # PS3.18 10.4.3.1: some, but not all, of the target
    answer = get(shelf_of(image(1)), f"{ONE}/frames/1,2/rendered", "image/jpeg")
    assert (answer.status, answer.headers["content-type"]) == (206, "image/jpeg")
    assert get(shelf_of(image(1)), f"{ONE}/frames/1/rendered", "image/jpeg").status == 200


def report(text: str = "No <b>fracture</b> & nothing else") -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.11", f"{SERIES}.60"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.Modality = STUDY, f"{STUDY}.8", "SR"
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 192", "Dupont^Élodie"
    dataset.ValueType, dataset.ConceptNameCodeSequence = "CONTAINER", [code("Diagnostic report")]
    finding, length, unit = Dataset(), Dataset(), Dataset()
    finding.RelationshipType, finding.ValueType = "CONTAINS", "TEXT"
    finding.ConceptNameCodeSequence, finding.TextValue = [code("Finding")], text
    length.RelationshipType, length.ValueType, length.ConceptNameCodeSequence = "CONTAINS", "NUM", [code("Length")]
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "mm", "UCUM", "millimetre"
    measured = Dataset()
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = "12.5", [unit]
    length.MeasuredValueSequence = [measured]
    dataset.ContentSequence = [finding, length]
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return out.getvalue()


def code(meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "1", "99TEST", meaning
    return item


SR = f"{PATH}/series/{STUDY}.8/instances/{SERIES}.60/rendered"


def test_a_report_is_html_by_default_with_nothing_in_it_taken_for_markup() -> None:
    answer = get(shelf_of(report()), SR)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    text = answer.body.decode()
    assert "Élodie" in text
    assert "No &lt;b&gt;fracture&lt;/b&gt; &amp; nothing else" in text
    assert "12.5 mm" in text


@pytest.mark.parametrize(
    ("accept", "expected"), [("text/plain", "Length: 12.5 mm"), ("text/xml", "<value>12.5 mm</value>")]
)
def test_a_report_as_text_and_xml(accept: str, expected: str) -> None:
    answer = get(shelf_of(report()), SR, accept)
    assert answer.headers["content-type"].startswith(accept)
    assert expected in answer.body.decode()


def test_what_is_not_given_says_what_is() -> None:
    several = json.loads(get(shelf_of(image(1, frames=3)), f"{ONE}/rendered", "image/jpeg").body)["detail"]
    assert several == "it is rendered as image/jpeg, image/png, image/gif; several pictures go in a multipart/related"
    one = json.loads(get(shelf_of(image(1)), f"{ONE}/rendered", "image/jls").body)["detail"]
    assert one == "it is rendered as image/jpeg, image/png, image/gif"
    report_only = json.loads(get(shelf_of(report()), SR, "image/png").body)["detail"]
    assert report_only == "it is rendered as text/html, text/plain, text/xml"


def test_dicom_and_rendered_types_together_are_400_and_a_jpeg_is_what_the_resource_says() -> None:
    shelf = shelf_of(image(1))
    assert get(shelf, f"{ONE}/rendered", "application/dicom+json, image/jpeg").status == 400
    assert get(shelf, f"{ONE}/thumbnail", "application/octet-stream, image/jpeg").status == 400
    assert get(shelf, f"{ONE}/frames/1", "application/octet-stream, image/png").status == 400
    assert get(shelf, f"{ONE}/frames/1", "application/octet-stream, image/jpeg").status == 200


def test_a_report_is_no_picture() -> None:
    assert get(shelf_of(report()), SR, "image/png").status == 406


def test_an_encapsulated_pdf_is_given_without_its_padding() -> None:
    pdf = b"%PDF-1.4 odd"[:11]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.104.1", f"{SERIES}.70"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, f"{STUDY}.7"
    dataset.MIMETypeOfEncapsulatedDocument, dataset.EncapsulatedDocumentLength = "application/pdf", len(pdf)
    dataset.EncapsulatedDocument = pdf + b"\0"
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, implicit_vr=False, little_endian=True, enforce_file_format=True)
    answer = get(shelf_of(out.getvalue()), f"{PATH}/series/{STUDY}.7/instances/{SERIES}.70/rendered")
    assert (answer.headers["content-type"], answer.body) == ("application/pdf", pdf)


def test_the_report_of_a_foreign_maker() -> None:
    path = Path(pydicom.data.get_testdata_file("reportsi.dcm"))
    shelf = Shelf()
    dataset = shelf.put(path.read_bytes())
    url = f"/dicom-web/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    answer = get(shelf, f"{url}/instances/{dataset.SOPInstanceUID}/rendered", "text/plain")
    # DCMTK's dcmdump shows (0040,a160) UT [Enter text] and the concept (0008,0104) LO [Report Text] in it
    assert "Report Text: Enter text" in answer.body.decode()

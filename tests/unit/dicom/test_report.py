"""Reports read as DCMTK reads them, in three forms, and nothing in them comes alive."""

import contextlib
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pydicom
import pytest

from phantoms import part10, phantom
from radiotheque.core.errors import RadiothequeError, TooLarge, Unsupported
from radiotheque.dicom.report import HTML, TEXT, XML, encapsulated_pdf, render_report
from shared import needs_shared, shared, shared_dicom


def item(kind, name, **values):
    ds = pydicom.Dataset()
    ds.RelationshipType, ds.ValueType = "CONTAINS", kind
    concept = pydicom.Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = "1", "99X", name
    ds.ConceptNameCodeSequence = [concept]
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def measured(name, value, unit):
    units, number = pydicom.Dataset(), pydicom.Dataset()
    units.CodeValue, units.CodingSchemeDesignator, units.CodeMeaning = unit, "UCUM", unit
    number.NumericValue, number.MeasurementUnitsCodeSequence = value, [units]
    return item("NUM", name, MeasuredValueSequence=[number])


def report(*items, name="Mueller^Zoé"):
    ds = item("CONTAINER", "Radiology Report")
    del ds.RelationshipType
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.22", "1.2.3"
    ds.SpecificCharacterSet, ds.PatientName, ds.PatientID = "ISO_IR 192", name, "P1"
    ds.ContentSequence = list(items)
    return part10(ds)


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words, self.tags = [], set()
        self.depth = 0

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.depth += tag not in ("meta", "br")

    def handle_endtag(self, tag):
        self.depth -= 1

    def handle_data(self, data):
        self.words.append(data)


def read_html(made):
    words = Words()
    words.feed(made.decode())
    assert words.depth == 0
    return words


def test_every_form_says_patient_findings_and_numbers():
    findings = item(
        "CONTAINER",
        "Findings",
        ContentSequence=[measured("Width", "12.5", "mm"), item("TEXT", "Note", TextValue="clear\nlungs")],
    )
    made = {
        kind: render_report(report(findings, item("PNAME", "Observer", PersonName="Curie^Marie")), kind)
        for kind in (HTML, TEXT, XML)
    }
    for kind, (media_type, data) in made.items():
        assert media_type == f"{kind}; charset=utf-8"
        text = data.decode()
        for words in ("Radiology Report", "Mueller, Zoé", "P1", "Findings", "12.5 mm", "Curie, Marie"):
            assert words in text
    assert "  Width: 12.5 mm\n  Note: clear\n    lungs\n" in made[TEXT][1].decode()
    tree = ElementTree.fromstring(made[XML][1])
    assert tree.findtext("content/item/item/value") == "12.5 mm"
    read_html(made[HTML][1])


def test_moments_are_as_iso_8601_has_them_for_readers_and_as_sent_for_programs():
    moments = (
        ("DATE", "Date", "20050530"),
        ("TIME", "Time", "101530.25"),
        ("DATETIME", "DateTime", "20050530101530+0200"),
    )
    made = report(*(item(kind, kind, **{keyword: value}) for kind, keyword, value in moments))
    for form in (HTML, TEXT):
        said = render_report(made, form)[1].decode()
        assert all(shown in said for shown in ("2005-05-30", "10:15:30", "2005-05-30 10:15:30 +02:00"))
    assert "20050530101530+0200" in render_report(made, XML)[1].decode()


def test_nothing_in_a_value_comes_alive():
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x00\x0b"
    data = report(item("TEXT", evil, TextValue=evil), name=evil.replace("=", ""))
    words = read_html(render_report(data, HTML)[1])
    assert not words.tags & {"script", "img"}
    assert "onerror" in "".join(words.words)
    ElementTree.fromstring(render_report(data, XML)[1])


def test_depth_is_limited():
    deep = item("CONTAINER", "bottom")
    for _ in range(80):
        deep = item("CONTAINER", "level", ContentSequence=[deep])
    with pytest.raises(TooLarge):
        render_report(report(deep), HTML)


def test_an_image_is_no_report_and_a_picture_no_form_of_one():
    with pytest.raises(Unsupported):
        render_report(phantom(), HTML)
    with pytest.raises(Unsupported):
        render_report(report(), "image/jpeg")


@pytest.mark.parametrize(
    "path", [*shared_dicom("dicom/sr"), *shared_dicom("dicom/ko"), *shared_dicom("rdsr")], ids=lambda p: p.name
)
@pytest.mark.filterwarnings("ignore")
def test_sample_reports_render_in_every_form(path):
    try:
        made = {kind: render_report(path.read_bytes(), kind)[1] for kind in (HTML, TEXT, XML)}
    except Unsupported:
        assert "ContentSequence" not in pydicom.dcmread(path)
        return
    ElementTree.fromstring(made[XML])
    read_html(made[HTML])


THEIR_OWN = {
    "Concept",
    "Modifier",
    "Observation",
    "Context",
    "observed",
    "empty",
    "Annex",
    "Selected",
    "Image",
    "Properties",
}


@needs_shared
@pytest.mark.parametrize("name", ["dx-rdsr-canon_cxdi", "mg-rdsr-hologic_2d", "rf-rdsr-ge", "dual-rdsr-dx"])
@pytest.mark.skipif(shutil.which("dsr2html") is None, reason="DCMTK is not installed")
def test_our_html_has_the_names_and_numbers_of_dcmtks(name):
    path = shared("rdsr", f"openrem_{name}.dcm")
    theirs = subprocess.run(["dsr2html", str(path)], capture_output=True, check=True).stdout.decode("utf-8", "replace")
    body = unescape(
        re.sub(r"<[^>]*>", " ", theirs[theirs.index("<h1>") : theirs.index("<small>", theirs.index("<h1>"))])
    )
    ours = " ".join(read_html(render_report(path.read_bytes(), HTML)[1]).words)
    words = set(re.findall(r"[A-Za-z]{4,}", body)) - THEIR_OWN
    assert words - set(re.findall(r"[A-Za-z]{4,}", ours)) == set()
    numbers = set(re.findall(r"(?<![\d.:-])\d+\.\d+(?![\d.:-])", body))
    assert {number for number in numbers if number not in ours} == set()


@needs_shared
def test_a_pdf_is_given_as_it_is_and_what_only_says_so_is_not():
    data = shared("hostile", "documents", "encapsulated_pdf_valid.dcm").read_bytes()
    media_type, document = encapsulated_pdf(data)
    assert media_type == "application/pdf"
    assert document.startswith(b"%PDF-")
    assert document.rstrip().endswith(b"%%EOF")
    for name in ("encapsulated_html_as_pdf", "encapsulated_cda_external_entity"):
        with pytest.raises(Unsupported):
            encapsulated_pdf(shared("hostile", "documents", f"{name}.dcm").read_bytes())


@pytest.mark.parametrize("path", shared_dicom("hostile/structure"), ids=lambda p: p.name)
@pytest.mark.filterwarnings("ignore")
def test_hostile_structures_are_refused_or_rendered(path):
    with contextlib.suppress(RadiothequeError):
        assert render_report(path.read_bytes(), HTML)[1]

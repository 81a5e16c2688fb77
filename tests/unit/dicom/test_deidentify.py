"""Identity is taken away by the standard's table, and foreign programs read what is left."""

import re
import subprocess
import warnings
from collections import Counter
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from deidentified import KEY, WHO, left, made
from phantoms import part10, phantom, phantom_dataset
from radiotheque.core.errors import Malformed, Undecodable, Unsupported
from radiotheque.dicom.deidentify import deidentify
from radiotheque.dicom.deidentify_order import Order, Pseudonyms, patient_of
from radiotheque.dicom.deidentify_profile import options_of
from radiotheque.dicom.deidentify_values import blank_document, shifted
from radiotheque.dicom.syntaxes import EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE, JPEG_2000_LOSSLESS, RLE_LOSSLESS
from shared import packaged_good, shared_dicom


def test_a_radiograph_loses_who_it_is_of_and_says_so() -> None:
    extra = {
        "OtherPatientIDs": "IPP-778812",
        "PatientAddress": "12 rue des Lilas",
        "InstitutionName": "Hôpital Saint-Anselme",
        "OperatorsName": "Kowalczyk^Anna",
        "StudyDescription": "Thorax Présbourg",
        "DeviceSerialNumber": "SN-99812",
    }
    data = phantom(**WHO, extra=extra)
    done, ds = made(data)
    assert left(data, done) == []
    assert ds.PatientName == ds.PatientID == KEY.patient(patient_of("", "IPP-778812", ""))
    assert ds.PatientBirthDate == ds.AccessionNumber == ds.StudyDate == ""
    for gone in ("OtherPatientIDs", "PatientAddress", "InstitutionName", "OperatorsName", "StudyDescription"):
        assert gone not in ds
    assert ds.PatientIdentityRemoved == "YES"
    assert ds.LongitudinalTemporalInformationModified == "REMOVED"
    assert ds.BurnedInAnnotation == "NO"
    assert [code.CodeValue for code in ds.DeidentificationMethodCodeSequence] == ["113100", "113101"]
    assert np.array_equal(ds.pixel_array, dcmread(BytesIO(data)).pixel_array)


def test_what_was_done_is_counted() -> None:
    done, _ = made(phantom(**WHO))
    counts = {(deed.keyword, deed.action): deed.count for deed in done.deeds}
    assert counts["PatientName", "Z"] == counts["StudyInstanceUID", "U"] == counts["StudyDescription", "X"] == 1


def test_group_0002_and_the_preamble_are_made_anew() -> None:
    data = bytearray(phantom(**WHO))
    data[:9] = b"PRESBOURG"
    done, ds = made(bytes(data))
    assert done.part10[:128] == bytes(128)
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID == done.sop_instance
    assert "SourceApplicationEntityTitle" not in ds.file_meta


def test_uids_stay_one_with_another_over_instances_and_keys_part_projects() -> None:
    one, other = phantom(**WHO, instance="1"), phantom(**WHO, instance="2")
    first, second = (made(data)[1] for data in (one, other))
    assert first.StudyInstanceUID == second.StudyInstanceUID != dcmread(BytesIO(one)).StudyInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    uid = KEY.uid("1.2.3")
    assert re.fullmatch(r"2\.25\.[1-9]\d{0,38}", uid)  # PS3.5 B.2
    number = int(uid.removeprefix("2.25."))
    assert (number >> 76 & 0xF, number >> 62 & 3) == (8, 2)  # RFC 9562 5.8: version and variant
    assert uid != Pseudonyms(b"x" * 32).uid("1.2.3")


def test_dates_move_by_one_whole_number_of_days_for_all_of_a_patient() -> None:
    early, late = phantom(**WHO), phantom(**{**WHO, "study_date": "20240401", "study": "2"})
    (_, one), (_, two) = made(early, "research"), made(late, "research")
    days = [date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}") for day in (one.StudyDate, two.StudyDate)]
    assert (days[1] - days[0]).days == 20  # from 12 March to 1 April 2024
    assert 1 <= (date(2024, 3, 12) - days[0]).days <= 5 * 365
    assert one.StudyTime == "101500"
    assert one.PatientBirthDate == ""
    assert one.PatientSex == "F"
    assert one.LongitudinalTemporalInformationModified == "MODIFIED"


def test_times_go_where_they_are_not_to_be_kept() -> None:
    _, ds = made(phantom(**WHO), "research", keep_times=False)
    assert ds.StudyTime == ""
    assert ds.StudyDate


@pytest.mark.parametrize(
    ("vr", "value", "moved"),
    [
        ("DA", "20240301", "20240229"),  # 2024 is a leap year
        ("DA", "2024.03.01", "20240229"),
        ("DA", "20240230", ""),
        ("DA", "00010101", ""),
        ("DT", "20240301101500.5+0100", "20240229101500.5+0100"),
        ("DT", "2024", ""),
        ("TM", "101500", "101500"),
    ],
)
def test_a_date_moves_one_day_back(vr: str, value: str, moved: str) -> None:
    assert shifted(vr, value, -1, keep_times=True) == moved


def test_full_dates_stay_when_asked_for() -> None:
    data = phantom(**WHO)
    done, ds = made(data, "basic", "retain_longitudinal_full_dates")
    assert (ds.StudyDate, ds.PatientBirthDate) == ("20240312", "")
    assert ds.LongitudinalTemporalInformationModified == "UNMODIFIED"
    assert left(data, done, dates=True) == []


def nested() -> bytes:
    ds = phantom_dataset(**WHO)
    person = Dataset()
    person.ResponsiblePerson = "Présbourg^Paul"
    person.PersonName = "Présbourg^Paul"
    person.RetrieveURL = "https://pacs.example.org/IPP-778812"
    ds.AnatomicRegionSequence = Items([person])
    ds.private_block(0x0009, "ACME PRIVATE", create=True).add_new(0x01, "LO", "Présbourg Zoé")
    inner = ds.private_block(0x0019, "ACME PRIVATE", create=True)
    item = Dataset()
    item.PatientName = "Présbourg^Zoé"
    inner.add_new(0x01, "SQ", Items([item]))
    ds.add_new(0x50003000, "OW", b"Presbourg!")
    ds.add_new(0x60000010, "US", 8)
    ds.add_new(0x60003000, "OW", b"\1" * 8)
    ds.add_new(0x60004000, "LT", "Présbourg")
    return part10(ds)


def test_nothing_is_left_in_items_private_elements_curves_and_overlays() -> None:
    data = nested()
    done, ds = made(data)
    assert left(data, done) == []
    assert not [element for element in ds.iterall() if element.tag.is_private]
    assert not [tag for tag in list(ds.keys()) if 0x5000 <= tag.group <= 0x60FF]


def test_safe_private_elements_stay_when_asked_for() -> None:
    ds = phantom_dataset(**WHO)
    ds.private_block(0x0903, "GEIIS PACS", create=True).add_new(0x10, "US", 1)
    ds.private_block(0x0009, "ACME PRIVATE", create=True).add_new(0x01, "LO", "secret")
    ds.private_block(0x0011, "ACME DECLARED", create=True).add_new(0x02, "DS", "1.5")
    declared = Dataset()
    declared.PrivateGroupReference, declared.PrivateCreatorReference = 0x0011, "ACME DECLARED"
    declared.BlockIdentifyingInformationStatus = "SAFE"
    ds.PrivateDataElementCharacteristicsSequence = Items([declared])
    _, kept = made(part10(ds), "basic", "retain_safe_private")
    assert kept.private_block(0x0903, "GEIIS PACS")[0x10].value == 1
    assert kept.private_block(0x0011, "ACME DECLARED")[0x02].value == 1.5
    assert (0x0009, 0x0010) not in kept
    assert "113111" in [code.CodeValue for code in kept.DeidentificationMethodCodeSequence]


def coded(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code


def item(kind: str, concept: tuple[str, str], **values: Any) -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = "CONTAINS", kind
    made.ConceptNameCodeSequence = Items([coded(*concept)])
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def report() -> bytes:
    ds = phantom_dataset(**WHO)
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        del ds[keyword]
    ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.88.11", "SR"
    finding = item("TEXT", ("121071", "Finding"), TextValue="Présbourg: fracture of the left radius, 12.03.2024")
    observer = item("PNAME", ("121008", "Person Observer Name"), PersonName="Kowalczyk^Anna")
    accession = item("TEXT", ("121022", "Accession Number"), TextValue="ACC-55120")
    ds.ContentSequence = Items([finding, observer, accession])
    return part10(ds)


def test_a_report_keeps_its_words_of_the_field_when_structured_content_is_cleaned() -> None:
    data = report()
    done, ds = made(data, "research")
    assert left(data, done) == []
    finding, observer = ds.ContentSequence
    assert finding.TextValue == "fracture of the left radius"
    assert observer.PersonName == "ANONYMIZED"


def test_a_report_keeps_no_content_otherwise() -> None:
    data = report()
    done, ds = made(data)
    assert left(data, done) == []
    assert [each.TextValue for each in ds.ContentSequence] == ["ANONYMIZED"]


def state() -> bytes:
    ds = phantom_dataset(**WHO)
    ds.SOPClassUID, ds.ContentCreatorName = "1.2.840.10008.5.1.4.1.1.11.1", "Kowalczyk^Anna"
    text, annotation = Dataset(), Dataset()
    text.UnformattedTextValue = "fracture? ask Kowalczyk about IPP-778812"
    annotation.GraphicLayer, annotation.TextObjectSequence = "L1", Items([text])
    ds.GraphicAnnotationSequence = Items([annotation])
    return part10(ds)


def test_texts_on_images_are_cleaned_with_the_graphics_or_gone_with_them() -> None:
    data = state()
    done, ds = made(data, "research")
    assert left(data, done) == []
    assert ds.GraphicAnnotationSequence[0].TextObjectSequence[0].UnformattedTextValue == "fracture"
    _, ds = made(data)
    assert "TextObjectSequence" not in ds.GraphicAnnotationSequence[0]
    assert ds.GraphicAnnotationSequence[0].GraphicLayer == "L1"


def document(media: str = "application/pdf") -> bytes:
    ds = phantom_dataset(**WHO)
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.104.1"
    ds.EncapsulatedDocument, ds.MIMETypeOfEncapsulatedDocument = b"%PDF-1.4 Presbourg ", media
    return part10(ds)


def test_a_document_is_refused_unless_a_blank_one_is_asked_for() -> None:
    with pytest.raises(Unsupported, match="document"):
        made(document())
    with pytest.raises(Unsupported, match="PDF"):
        made(document("text/XML"), documents=True)
    _, ds = made(document(), documents=True)
    assert ds.EncapsulatedDocument == blank_document()


def test_the_blank_document_is_a_page_without_text() -> None:
    import pypdfium2

    pages = pypdfium2.PdfDocument(blank_document())
    assert len(pages) == 1
    assert pages[0].get_textpage().get_text_range() == ""


@pytest.mark.parametrize("charset", ["ISO_IR 192", "ISO_IR 100", ""])
@pytest.mark.parametrize("syntax", [IMPLICIT_LE, EXPLICIT_LE, EXPLICIT_BE, RLE_LOSSLESS, JPEG_2000_LOSSLESS])
def test_every_encoding_comes_out_clean_and_with_its_pixels(syntax: str, charset: str) -> None:
    data = phantom(**{**WHO, "charset": charset, "syntax": syntax, "patient_name": "Muller^Zoe"})
    done, ds = made(data)
    assert left(data, done) == []
    assert np.array_equal(ds.pixel_array, dcmread(BytesIO(data)).pixel_array)
    assert done.transfer_syntax == (EXPLICIT_LE if syntax == EXPLICIT_BE else syntax)


def test_a_uid_that_the_survey_did_not_find_is_not_let_through() -> None:
    data = phantom(**WHO)
    order = Order(options_of("basic"), {}, "P", -1)
    with pytest.raises(Undecodable, match="survey"):
        deidentify(data, order)


def errors(path: Path) -> Counter[str]:
    """Give what dciodvfy calls an error, without values and numbers of items."""
    run = subprocess.run([DCIODVFY, "-new", str(path)], capture_output=True, check=False)
    lines = (run.stdout + run.stderr).decode("utf-8", "replace").splitlines()
    return Counter(re.sub(r"\[\d+\]|<[^/][^>]*>", "", line) for line in lines if line.startswith("Error"))


DCIODVFY = str(Path(__file__).parents[3] / ".venv" / "bin" / "dciodvfy")
WELL_MADE = [
    path
    for path in (*shared_dicom(), *packaged_good())
    if path.stat().st_size < 3_000_000 and "SR" not in path.name and "report" not in path.name
]


@pytest.mark.parametrize("path", WELL_MADE[::4], ids=lambda path: path.name)
@pytest.mark.parametrize("profile", ["basic", "research"])
def test_what_comes_out_is_clean_and_no_worse_dicom_than_what_went_in(profile: str, path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            done, ds = made(data, profile)
        except (Unsupported, Undecodable, Malformed):
            pytest.skip("not an instance, or one that is refused")
        assert left(data, done) == []
        str(ds)
    out = tmp_path / "out.dcm"
    out.write_bytes(done.part10)
    worse = errors(out).keys() - errors(path).keys()
    assert not worse, worse

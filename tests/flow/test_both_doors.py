"""C-FIND and QIDO-RS give the same of what a header holds and no column has: sequences, private attributes, unmatched keys.

The values are those that the made object was given; JSON is as PS3.18 F.2 writes them.
"""

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from peers.scu import identifier
from peers.server import Running, start_radiotheque
from phantoms import phantom

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
SYNTAXES = pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
MEANING = "Thorax, postéro-antérieur"
UNKNOWN = b"\x01\x02\x03\x04"


def made() -> Dataset:
    """Give an image with codes inside codes, a device's serial number and private attributes."""
    dataset = pydicom.dcmread(BytesIO(phantom(rows=16, columns=16)))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientID, dataset.DeviceSerialNumber = "BOTH-DOORS", "SN-77"
    dataset.ReferringPhysicianName = "Roentgen^Wilhelm"
    procedure, modifier, request = Dataset(), Dataset(), Dataset()
    modifier.CodeValue, modifier.CodingSchemeDesignator = "MOD1", "99LOCAL"
    procedure.CodeValue, procedure.CodingSchemeDesignator, procedure.CodeMeaning = "XR1", "99LOCAL", MEANING
    procedure.ContextIdentifier = ""
    procedure.PurposeOfReferenceCodeSequence = Sequence([modifier])
    request.ScheduledProcedureStepID, request.ReasonForTheRequestedProcedure = "SPS1", "cough"
    request.ScheduledProtocolCodeSequence = Sequence([modifier])
    dataset.ProcedureCodeSequence = Sequence([procedure])
    dataset.RequestAttributesSequence = Sequence([request])
    block = dataset.private_block(0x0011, "RADIOTHEQUE TESTS", create=True)
    block.add_new(0x01, "LO", "PRIV")
    block.add_new(0x02, "UN", UNKNOWN)
    block.add_new(0x03, "US", 513)
    return dataset


@pytest.fixture(scope="module")
def kept() -> Dataset:
    return made()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, kept: Dataset) -> Iterator[Running]:
    place: Path = tmp_path_factory.mktemp("both")
    running = start_radiotheque(place, sealing="off")
    try:
        file = BytesIO()
        kept.save_as(file, enforce_file_format=True)
        body = b"--X\r\nContent-Type: application/dicom\r\n\r\n" + file.getvalue() + b"\r\n--X--"
        media = 'multipart/related; type="application/dicom"; boundary=X'
        running.session().post(f"{running.web}/studies", body, headers={"Content-Type": media}).raise_for_status()
        running.add_peer("PEER", 104)
        yield running
    finally:
        running.stop()


def qido(archive: Running, resource: str, **parameters: str) -> tuple[dict[str, Any], requests.Response]:
    answer = archive.session().get(f"{archive.web}/{resource}", params={"PatientID": "BOTH-DOORS", **parameters})
    assert answer.status_code == 200, answer.text
    (match,) = answer.json()
    return match, answer


def cfind(
    archive: Running, asked: Dataset, syntax: str = ExplicitVRLittleEndian, *, agreed: bytes = b""
) -> tuple[int, Dataset]:
    """Give status and identifier of the one match; `agreed` is proposed by extended negotiation."""
    entity = AE(ae_title="PEER")
    entity.add_requested_context(FIND, syntax)
    extended = SOPClassExtendedNegotiation()
    extended.sop_class_uid, extended.service_class_application_information = FIND, agreed
    association = entity.associate(*archive.dicom, ae_title=archive.aet, ext_neg=[extended] if agreed else None)
    assert association.is_established
    (match, end) = association.send_c_find(asked, FIND)
    association.release()
    assert end[0].Status == 0x0000
    return match[0].Status, match[1]


def image_level(kept: Dataset, **keys: Any) -> Dataset:
    asked = identifier("IMAGE", PatientID="BOTH-DOORS", **keys)
    asked.StudyInstanceUID, asked.SeriesInstanceUID = kept.StudyInstanceUID, kept.SeriesInstanceUID
    asked.SOPInstanceUID = ""
    return asked


PROCEDURE = {
    "vr": "SQ",
    "Value": [
        {
            "00080100": {"vr": "SH", "Value": ["XR1"]},
            "00080102": {"vr": "SH", "Value": ["99LOCAL"]},
            "00080104": {"vr": "LO", "Value": [MEANING]},
            "0008010F": {"vr": "CS"},
            "0040A170": {
                "vr": "SQ",
                "Value": [
                    {
                        "00080100": {"vr": "SH", "Value": ["MOD1"]},
                        "00080102": {"vr": "SH", "Value": ["99LOCAL"]},
                    }
                ],
            },
        }
    ],
}


@pytest.mark.parametrize("resource", ["studies", "series", "instances"])
@pytest.mark.parametrize("field", ["00081032", "ProcedureCodeSequence", "all"])
def test_qido_answers_a_sequence_with_all_that_its_items_hold(archive: Running, resource: str, field: str) -> None:
    match, _ = qido(archive, resource, includefield=field)
    assert match["00081032"] == PROCEDURE


@SYNTAXES
@pytest.mark.parametrize("level", ["STUDY", "IMAGE"])
def test_c_find_answers_a_sequence_with_all_that_its_items_hold(
    archive: Running, kept: Dataset, syntax: str, level: str
) -> None:
    asked = image_level(kept, ProcedureCodeSequence=[])
    if level == "STUDY":
        asked = identifier("STUDY", PatientID="BOTH-DOORS", ProcedureCodeSequence=[])
    _, match = cfind(archive, asked, syntax)
    assert match.ProcedureCodeSequence == kept.ProcedureCodeSequence


def test_c_find_answers_of_a_sequence_what_is_asked_for_inside_it(archive: Running, kept: Dataset) -> None:
    inner, outer = Dataset(), Dataset()
    inner.CodeValue, inner.CodeMeaning = "", ""
    outer.CodeValue, outer.PurposeOfReferenceCodeSequence = "", Sequence([inner])
    _, match = cfind(archive, image_level(kept, ProcedureCodeSequence=[outer]))
    (item,) = match.ProcedureCodeSequence
    assert [each.keyword for each in item] == ["CodeValue", "PurposeOfReferenceCodeSequence"]
    assert item.CodeValue == "XR1"
    (modifier,) = item.PurposeOfReferenceCodeSequence
    assert (modifier.CodeValue, modifier["CodeMeaning"].VM) == ("MOD1", 0)


def test_a_sequence_of_which_a_part_is_a_column_is_answered_whole_when_asked_for(
    archive: Running, kept: Dataset
) -> None:
    by_web, _ = qido(archive, "series", includefield="RequestAttributesSequence")
    (inside,) = by_web["00400275"]["Value"]
    assert inside["00401002"] == {"vr": "LO", "Value": ["cough"]}
    assert inside["00400008"]["Value"][0]["00080100"] == {"vr": "SH", "Value": ["MOD1"]}
    by_web, _ = qido(archive, "series")
    assert by_web["00400275"] == {"vr": "SQ", "Value": [{"00400009": {"vr": "SH", "Value": ["SPS1"]}}]}
    asked = identifier("SERIES", RequestAttributesSequence=[])
    asked.StudyInstanceUID, asked.SeriesInstanceUID = kept.StudyInstanceUID, ""
    _, match = cfind(archive, asked)
    assert match.RequestAttributesSequence == kept.RequestAttributesSequence


def test_a_key_that_is_not_matched_on_is_said_and_its_value_is_answered(archive: Running, kept: Dataset) -> None:
    """PS3.4 C.4.1.1.3: an unsupported optional key's value is returned all the same, with status FF01."""
    by_web, answer = qido(archive, "instances", DeviceSerialNumber="XX")
    status, by_dimse = cfind(archive, image_level(kept, DeviceSerialNumber="XX"))
    assert answer.headers["Warning"].startswith("299 ")
    assert "DeviceSerialNumber" in answer.headers["Warning"]
    assert status == 0xFF01
    assert by_web["00181000"] == {"vr": "LO", "Value": ["SN-77"]}
    assert by_dimse.DeviceSerialNumber == "SN-77"


def test_names_that_fuzzy_matching_is_not_applied_to_are_said(archive: Running, kept: Dataset) -> None:
    """PS3.18 8.3.4.2, and PS3.4 table C.4-1: FF01 where an optional key is not matched on as was agreed."""
    names = {"PatientName": "Paule Phantam", "ReferringPhysicianName": "Roentgen^Wilhelm"}
    _, answer = qido(archive, "studies", fuzzymatching="true", **names)
    assert [text.partition(": ")[2] for text in answer.headers["Warning"].split(", 299 ")] == [
        "The fuzzymatching parameter is not supported for ReferringPhysicianName. Only literal matching has been performed."
    ]
    _, answer = qido(archive, "studies", fuzzymatching="true", PatientName=names["PatientName"])
    assert "Warning" not in answer.headers
    statuses = []
    for name in (names["ReferringPhysicianName"], ""):
        asked = identifier("STUDY", PatientID="BOTH-DOORS", PatientName=names["PatientName"])
        asked.ReferringPhysicianName, asked.StudyInstanceUID = name, ""
        status, match = cfind(archive, asked, agreed=b"\0\0\1")  # fuzzy semantic matching (PS3.4 C.5.1.1)
        assert match.StudyInstanceUID == kept.StudyInstanceUID
        statuses.append(status)
    assert statuses == [0xFF01, 0xFF00]


@SYNTAXES
def test_private_attributes_are_answered_as_the_header_has_them(archive: Running, kept: Dataset, syntax: str) -> None:
    """JSON writes UN as InlineBinary (PS3.18 F.2.7), what has another VR in the file by that one."""
    by_web, _ = qido(archive, "instances", includefield="00110010,00111001,00111002,00111003")
    assert by_web["00110010"] == {"vr": "LO", "Value": ["RADIOTHEQUE TESTS"]}
    assert by_web["00111001"] == {"vr": "LO", "Value": ["PRIV"]}
    assert by_web["00111002"] == {"vr": "UN", "InlineBinary": base64.b64encode(UNKNOWN).decode()}
    assert by_web["00111003"] == {"vr": "US", "Value": [513]}
    asked = image_level(kept)
    for tag, vr in ((0x00110010, "LO"), (0x00111001, "LO"), (0x00111002, "UN"), (0x00111003, "US")):
        asked.add_new(tag, vr, None)
    _, by_dimse = cfind(archive, asked, syntax)
    if syntax == ExplicitVRLittleEndian:
        assert [by_dimse[0x0011, low].VR for low in (0x1001, 0x1002, 0x1003)] == ["LO", "UN", "US"]
        assert [by_dimse[0x0011, low].value for low in (0x1001, 0x1002, 0x1003)] == ["PRIV", UNKNOWN, 513]
    else:  # no VR on the wire: the bytes
        assert [by_dimse[0x0011, low].value for low in (0x1001, 0x1002, 0x1003)] == [b"PRIV", UNKNOWN, b"\x01\x02"]


def test_the_metadata_have_the_same(archive: Running, kept: Dataset) -> None:
    where = f"studies/{kept.StudyInstanceUID}/series/{kept.SeriesInstanceUID}/instances/{kept.SOPInstanceUID}"
    (metadata,) = archive.session().get(f"{archive.web}/{where}/metadata").json()
    match, _ = qido(archive, "instances", includefield="all")
    assert {tag: match[tag] for tag in metadata if tag[:4] in ("0011", "0040")} == {
        tag: metadata[tag] for tag in metadata if tag[:4] in ("0011", "0040")
    }

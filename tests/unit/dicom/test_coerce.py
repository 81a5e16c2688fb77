"""Heads with another identity in them, read back by pydicom and DCMTK (PS3.3 C.12.1.1.9)."""

import io
import warnings
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicom_oracle import MISDECLARED, UNREADABLE, canonical, every_file, read, run
from radiotheque.core.errors import Malformed, RadiothequeError
from radiotheque.core.instance import Form
from radiotheque.dicom.coerce import amend_head
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.framing import deflate
from radiotheque.dicom.header import read_head
from radiotheque.dicom.syntaxes import DEFLATED_LE, EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

CLASS = "1.2.840.10008.5.1.4.1.1.7"
WHEN = 1_700_000_000.25
FRENCH = {"PatientName": ("LÉA^Zoé",), "PatientID": ("NEW",), "StudyDescription": ()}
CHINESE = {"PatientName": ("Wang^XiaoDong=王^小東",), "PatientID": ("NEW",)}
CHANGED = ("00080005", "00100010", "00100020", "00081030", "04000561")
# of these the whole is no longer the same with what is behind the last element gone, or not to be compared
ODD = UNREADABLE | MISDECLARED | {"numbers_nan_inf.dcm", "trailing_garbage.dcm"}


def amended(data: bytes, changes: dict[str, tuple[str, ...]], **options: Any) -> bytes:
    header = read_head(data, form=Form.PART10)
    cut = header.pixel_offset if header.pixel_offset >= 0 else len(data)
    head = amend_head(
        data[:cut],
        dataset_offset=header.dataset_offset,
        transfer_syntax=header.transfer_syntax,
        changes=changes,
        when=WHEN,
        system="ARCHIVE",
        **options,
    )
    return head + data[cut:]


def rest(dataset: Dataset) -> dict[str, Any]:
    made = canonical(dataset.to_json_dict())
    return {tag: element for tag, element in made.items() if tag not in CHANGED}


@pytest.mark.parametrize("changes", [FRENCH, CHINESE], ids=["French", "Chinese"])
@pytest.mark.parametrize("path", [path for path in every_file() if path.name not in ODD], ids=lambda path: path.name)
def test_the_change_is_in_it_and_nothing_else_is_changed(path: Path, changes: dict[str, tuple[str, ...]]) -> None:
    data = path.read_bytes()
    try:
        made = amended(data, changes)
    except RadiothequeError as error:
        pytest.skip(f"refused: {error}")
    before, after = read(data), read(made)
    try:
        expected = rest(before)
    except (ValueError, TypeError, NotImplementedError) as error:
        pytest.skip(f"pydicom cannot read its values: {error}")
    assert rest(after) == expected
    assert str(after.PatientName) == changes["PatientName"][0]
    assert after.PatientID == "NEW"
    original = after.OriginalAttributesSequence[-1]
    assert original.ModifyingSystem == "ARCHIVE"
    assert original.AttributeModificationDateTime == "20231114221320.250000+0000"
    assert original.ReasonForTheAttributeModification == "COERCE"
    previous = original.ModifiedAttributesSequence[0]
    assert previous.get("PatientID") == before.get("PatientID")
    assert str(previous.get("PatientName", "")) == str(before.get("PatientName", ""))
    if before.get("StudyDescription") and "StudyDescription" in changes:
        assert previous.StudyDescription == before.StudyDescription
        assert after.StudyDescription == ""


def a_file(syntax: str = EXPLICIT_LE, **values: Any) -> bytes:
    dataset = Dataset()
    for name, value in {
        "SOPClassUID": CLASS,
        "SOPInstanceUID": "1.2.3",
        "StudyInstanceUID": "1.2.4",
        "SeriesInstanceUID": "1.2.5",
        "PatientName": "A^B",
        "PatientID": "OLD",
        "Rows": 1,
        **values,
    }.items():
        setattr(dataset, name, value)
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = syntax == IMPLICIT_LE, syntax != EXPLICIT_BE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_dataset(stream, dataset)
    raw = stream.getvalue()
    return file_meta(CLASS, "1.2.3", syntax) + (deflate(raw) if syntax == DEFLATED_LE else raw)


@pytest.mark.parametrize("syntax", [EXPLICIT_LE, IMPLICIT_LE, EXPLICIT_BE, DEFLATED_LE])
def test_it_works_in_every_encoding(syntax: str, tmp_path: Path) -> None:
    made = amended(a_file(syntax), FRENCH)
    dataset = read(made)
    assert (str(dataset.PatientName), dataset.PatientID, dataset.Rows) == ("LÉA^Zoé", "NEW", 1)
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    path = tmp_path / "x.dcm"
    path.write_bytes(made)
    assert run("dcmdump", "-q", path).returncode == 0


def test_a_character_set_that_holds_the_new_name_stays() -> None:
    made = amended(a_file(SpecificCharacterSet="ISO_IR 100", StudyDescription="Été"), {"PatientName": ("É",)})
    assert b"PN\x02\0\xc9 " in made
    assert read(made).SpecificCharacterSet == "ISO_IR 100"


def test_one_that_does_not_gives_way_to_utf_8_for_all_text() -> None:
    item = Dataset()
    item.CodeMeaning = "Épaule"
    data = a_file(SpecificCharacterSet="ISO_IR 100", StudyDescription="Été", ProcedureCodeSequence=[item])
    dataset = read(amended(data, {"PatientName": ("Łucja",)}))
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert dataset.StudyDescription == "Été"
    assert dataset.ProcedureCodeSequence[0].CodeMeaning == "Épaule"


def test_earlier_original_attributes_are_kept() -> None:
    once = amended(a_file(), {"PatientID": ("SECOND",)}, reason="CORRECT", source="RIS")
    twice = read(amended(once, {"PatientID": ("THIRD",)}))
    items = twice.OriginalAttributesSequence
    assert [item.ModifiedAttributesSequence[0].PatientID for item in items] == ["OLD", "SECOND"]
    assert (items[0].ReasonForTheAttributeModification, items[0].SourceOfPreviousValues) == ("CORRECT", "RIS")


def test_an_attribute_that_was_not_there_is_added_and_not_among_the_previous() -> None:
    dataset = read(amended(a_file(), {"PatientBirthDate": ("19700101",)}))
    assert dataset.PatientBirthDate == "19700101"
    assert "PatientBirthDate" not in dataset.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]


def test_a_dotted_path_sets_the_only_item_of_a_sequence() -> None:
    changes = {"IssuerOfPatientIDQualifiersSequence.UniversalEntityID": ("1.2.250",)}
    assert read(amended(a_file(), changes)).IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == "1.2.250"


def test_no_change_gives_the_same_bytes() -> None:
    assert amended(a_file(), {}) == a_file()


def test_the_same_change_gives_the_same_bytes() -> None:
    assert amended(a_file(), FRENCH) == amended(a_file(), FRENCH)


@pytest.mark.parametrize("name", ["NoSuchKeyword", "RequestAttributesSequence", "A.B.C"])
def test_what_cannot_be_amended_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        amended(a_file(), {name: ("x",)})


def test_numbers_are_written_in_their_vr() -> None:
    dataset = read(amended(a_file(EXPLICIT_BE), {"Rows": ("513",)}))
    assert dataset.Rows == 513
    assert io.BytesIO(a_file()).read(132)[128:] == b"DICM"


@pytest.mark.parametrize(
    "path", [path for path in every_file() if "dx_chest_pa" in path.name], ids=lambda path: path.name
)
def test_dciodvfy_finds_no_new_fault(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    written = tmp_path / "x.dcm"
    written.write_bytes(amended(data, FRENCH))
    before = set(run("dciodvfy", path).stderr.splitlines())
    assert {line for line in run("dciodvfy", written).stderr.splitlines() if line.startswith(b"Error")} <= before

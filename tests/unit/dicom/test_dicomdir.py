"""DICOMDIRs of known rows: read by pydicom and DCMTK, checked by dciodvfy."""

import gc
import shutil
import warnings
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.fileset import FileSet

from dicom_oracle import every_file, run
from radiotheque.core.errors import RadiothequeError
from radiotheque.core.instance import Form
from radiotheque.dicom.dicomdir import Row, file_id, record_type, write_dicomdir
from radiotheque.dicom.header import read_head
from radiotheque.dicom.syntaxes import EXPLICIT_LE

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

DX = "1.2.840.10008.5.1.4.1.1.1.1"


def a_row(number: int, **values: str) -> Row:
    attributes = {
        "PatientID": f"P{number // 8}",
        "PatientName": "Müller^Zoé",
        "StudyInstanceUID": f"1.2.{number // 4}",
        "SeriesInstanceUID": f"1.3.{number // 2}",
        "StudyDate": "20240102",
        "StudyTime": "1200",
        "StudyID": "S1",
        "AccessionNumber": "A1",
        "StudyDescription": "Thorax",
        "Modality": "DX",
        "SeriesNumber": "1",
        "InstanceNumber": str(number % 2 + 1),
        **values,
    }
    given = {name: (value,) for name, value in attributes.items() if value}
    return Row(file_id(number), DX, f"1.2.3.{number}", EXPLICIT_LE, given)


def test_dciodvfy_finds_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    path.write_bytes(write_dicomdir([a_row(number) for number in range(20)], file_set_id="TEST"))
    found = run("dciodvfy", path)
    assert b"Error" not in found.stderr, found.stderr
    assert run("dcmdump", path).returncode == 0


def test_pydicom_walks_the_records_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    rows = [a_row(number) for number in range(20)]
    path.write_bytes(write_dicomdir(rows, file_set_id="TEST"))
    dataset = dcmread(path)
    assert dataset.FileSetID == "TEST"
    kinds = [record.DirectoryRecordType for record in dataset.DirectoryRecordSequence]
    assert [kinds.count(kind) for kind in ("PATIENT", "STUDY", "SERIES", "IMAGE")] == [3, 5, 10, 20]
    assert str(dataset.DirectoryRecordSequence[0].PatientName) == "Müller^Zoé"
    files = [
        (record.ReferencedSOPInstanceUIDInFile, tuple(record.ReferencedFileID))
        for record in dataset.DirectoryRecordSequence
        if record.DirectoryRecordType == "IMAGE"
    ]
    assert files == [(row.sop_instance, row.file_id) for row in rows]


def entries_of(medium: Path) -> dict[str, Path]:
    """Give what pydicom finds by following the offsets of a DICOMDIR."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # of the folder that FileSet keeps for itself
        files = FileSet(medium)
        entries = {entry.SOPInstanceUID: Path(entry.path) for entry in files}
        del files
        gc.collect()
    return entries


def test_a_medium_of_every_sample_is_whole(tmp_path: Path) -> None:
    rows, seen = [], set()
    for path in every_file():
        try:
            header = read_head(path.read_bytes(), form=Form.PART10)
        except RadiothequeError:
            continue
        if header.identity.sop_instance in seen or header.dataset_offset < 132:
            continue
        seen.add(header.identity.sop_instance)
        row = Row(
            file_id(len(rows)),
            header.identity.sop_class,
            header.identity.sop_instance,
            header.transfer_syntax,
            header.attributes,
        )
        target = tmp_path.joinpath(*row.file_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        rows.append(row)
    medium = tmp_path / "DICOMDIR"
    medium.write_bytes(write_dicomdir(rows))
    entries = entries_of(medium)
    assert set(entries) == seen
    assert all(path.is_file() for path in entries.values())
    assert run("dcmdump", medium).returncode == 0


def test_what_a_record_must_have_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    missing = dict.fromkeys(("PatientID", "StudyDate", "StudyTime", "StudyID", "SeriesNumber", "InstanceNumber"), "")
    path.write_bytes(write_dicomdir([a_row(1, **missing)]))
    assert b"Error" not in run("dciodvfy", path).stderr


def test_two_unidentified_patients_stay_apart() -> None:
    rows = [a_row(1, PatientID="", PatientName="A"), a_row(9, PatientID="", PatientName="B")]
    assert write_dicomdir(rows).count(b"PATIENT ") == 2


def test_an_empty_medium_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    path.write_bytes(write_dicomdir([]))
    assert len(dcmread(path).DirectoryRecordSequence) == 0


@pytest.mark.parametrize(
    ("suffix", "type_"),
    [("1", "IMAGE"), ("11.1", "PRESENTATION"), ("88.11", "SR DOCUMENT"), ("88.59", "KEY OBJECT DOC"), ("104.1", "ENCAP DOC"),
     ("9.1.1", "WAVEFORM"), ("481.2", "RT DOSE"), ("66", "RAW DATA"), ("9999", "PRIVATE")],
)  # fmt: skip
def test_every_class_has_its_record_type(suffix: str, type_: str) -> None:
    assert record_type(f"1.2.840.10008.5.1.4.1.1.{suffix}") == type_


def test_file_ids_are_fit_for_a_medium() -> None:
    for index in (0, 999, 1000, 123_456):
        assert all(len(part) <= 8 and part.isalnum() and part == part.upper() for part in file_id(index))
    assert len({file_id(index) for index in range(5000)}) == 5000

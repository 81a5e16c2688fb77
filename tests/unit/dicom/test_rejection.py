"""Rejection notes, read from Key Object Selections that pydicom wrote."""

from io import BytesIO

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from radiotheque.core.errors import Malformed
from radiotheque.dicom import filemeta
from radiotheque.dicom.framing import reading
from radiotheque.dicom.rejection import KEY_OBJECT_SELECTION, rejection_note


def _item(**attributes: object) -> Dataset:
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def _note(code: str, scheme: str = "DCM", instances: tuple[str, ...] = ("1.2.3.1", "1.2.3.2")) -> bytes:
    objects = [
        _item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.1.1", ReferencedSOPInstanceUID=uid) for uid in instances
    ]
    series = _item(SeriesInstanceUID="1.2.3", ReferencedSOPSequence=objects)
    data = _item(
        SOPClassUID=KEY_OBJECT_SELECTION,
        SOPInstanceUID="1.9.9",
        StudyInstanceUID="1.2",
        SeriesInstanceUID="1.9",
        Modality="KO",
        ConceptNameCodeSequence=[_item(CodeValue=code, CodingSchemeDesignator=scheme, CodeMeaning="x")],
        CurrentRequestedProcedureEvidenceSequence=[_item(StudyInstanceUID="1.2", ReferencedSeriesSequence=[series])],
    )
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _read(note: bytes) -> object:
    _, offset = filemeta.split(note)
    return rejection_note(reading(note), len(note), transfer_syntax=str(ExplicitVRLittleEndian), dataset_offset=offset)


@pytest.mark.parametrize("code", ["113001", "113037", "113038", "113039"])
def test_a_note_names_its_reason_and_its_objects(code: str) -> None:
    note = _read(_note(code))

    assert note is not None
    assert note.code == code
    assert note.objects == (("1.2", "1.2.3", "1.2.3.1"), ("1.2", "1.2.3", "1.2.3.2"))


@pytest.mark.parametrize(("code", "scheme"), [("113000", "DCM"), ("113001", "99LOCAL")])
def test_a_key_object_with_another_title_is_no_rejection(code: str, scheme: str) -> None:
    assert _read(_note(code, scheme)) is None


def test_a_note_without_an_instance_uid_is_malformed() -> None:
    with pytest.raises(Malformed):
        _read(_note("113001", instances=("",)))

"""Rejection notes as a Change Requester sends them."""

from pydicom import Dataset
from pydicom.uid import generate_uid

from phantoms import part10

KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"


def rejection_note(film: Dataset, code: str = "113001", *, filed_in: Dataset | None = None) -> bytes:
    """Give a Key Object Selection Document that rejects one film (IHE RAD TF-3 4.66.4.1.3; PS3.3 A.35.4).

    It lies in the study of the film, or of another one.
    """
    place = film if filed_in is None else filed_in
    note = Dataset()
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"):
        setattr(note, keyword, place.get(keyword))
    note.StudyTime, note.StudyID, note.AccessionNumber, note.ReferringPhysicianName = place.StudyTime, "1", "A0001", ""
    note.SpecificCharacterSet = place.SpecificCharacterSet
    note.SOPClassUID, note.SOPInstanceUID, note.SeriesInstanceUID = KEY_OBJECTS, generate_uid(), generate_uid()
    note.Modality, note.SeriesNumber, note.InstanceNumber, note.Manufacturer = "KO", 99, 1, "Made by a test"
    note.ContentDate, note.ContentTime, note.ValueType, note.ContinuityOfContent = (
        "20240312",
        "1200",
        "CONTAINER",
        "SEPARATE",
    )
    title = Dataset()
    title.CodeValue, title.CodingSchemeDesignator = code, "DCM"
    title.CodeMeaning = "Rejected for Quality Reasons"
    note.ConceptNameCodeSequence = [title]
    named = Dataset()
    named.ReferencedSOPClassUID, named.ReferencedSOPInstanceUID = film.SOPClassUID, film.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedSOPSequence = film.SeriesInstanceUID, [named]
    evidence = Dataset()
    evidence.StudyInstanceUID, evidence.ReferencedSeriesSequence = film.StudyInstanceUID, [series]
    note.CurrentRequestedProcedureEvidenceSequence = [evidence]
    item = Dataset()
    item.RelationshipType, item.ValueType, item.ReferencedSOPSequence = "CONTAINS", "IMAGE", [named]
    note.ContentSequence = [item]
    return part10(note)

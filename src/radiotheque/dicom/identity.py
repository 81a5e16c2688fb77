"""Whose image it is, when and where it was taken, as a viewer writes it beside the picture."""

from typing import Any

from pydicom.dataset import Dataset

from radiotheque.dicom.functional import groups
from radiotheque.dicom.rendertypes import IdentityModel

_LONGEST = 400
_DATES = (
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
    ("SeriesDate", "SeriesTime"),
    ("StudyDate", "StudyTime"),
)


def identity_of(ds: Dataset, frame: int = 0) -> IdentityModel:
    """Give the identity of an image; a name is DICOM's own string, with its carets and equals signs."""
    return {
        "patient_name": _text(ds.get("PatientName")),
        "patient_id": _text(ds.get("PatientID")),
        "issuer": _text(ds.get("IssuerOfPatientID")),
        "birth_date": _text(ds.get("PatientBirthDate")),
        "sex": _text(ds.get("PatientSex")),
        "study_date": _text(ds.get("StudyDate")),
        "acquired": acquired(ds, frame),
        "accession": _text(ds.get("AccessionNumber")),
        "institution": _text(ds.get("InstitutionName")),
        "station": _text(ds.get("StationName")),
        "description": _text(ds.get("SeriesDescription")) or _text(ds.get("StudyDescription")),
    }


def acquired(ds: Dataset, frame: int = 0) -> str:
    """Give when a frame, counted from 0, was taken, as YYYYMMDDHHMMSS, shorter where less is known, "" for nothing."""
    moments = [item.get("FrameAcquisitionDateTime") for item in groups(ds, frame, "FrameContentSequence")]
    for moment in (*moments, ds.get("AcquisitionDateTime")):
        digits = _digits(moment)
        if len(digits) >= 8:
            return digits[:14]
    for date, time in _DATES:
        day = _digits(ds.get(date))
        if len(day) == 8:
            return (day + _digits(ds.get(time)))[:14]
    return ""


def _digits(value: Any) -> str:
    """Give the digits before a fraction or a zone; dates of the ACR-NEMA standard have dots or colons in them."""
    text = str(value or "").strip()
    whole = text if text[4:5] == "." else text.partition(".")[0]
    return "".join(letter for letter in whole.partition("+")[0].partition("-")[0] if letter.isdecimal())


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = "\\".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST].strip()

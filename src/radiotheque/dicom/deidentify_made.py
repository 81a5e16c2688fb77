"""What a de-identified instance says of itself (PS3.3 C.7.1.1, C.7.6.1; PS3.15 E.2, E.3)."""

from pydicom.dataset import Dataset

from radiotheque.dicom.deidentify_order import Order
from radiotheque.dicom.deidentify_profile import BASIC_CODE, CODES, Option
from radiotheque.dicom.sopclasses import Kind, kind

METHOD = "PS3.15 2026d Annex E Basic Profile"


def declare(ds: Dataset, order: Order, boxes: int | None) -> None:
    """Set the attributes that say that identity was removed, and how; `boxes` is how many were masked."""
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = METHOD
    spoken = [BASIC_CODE, *(CODES[option] for option in sorted(order.options, key=lambda each: CODES[each][0]))]
    ds.DeidentificationMethodCodeSequence = [_code(*each) for each in spoken]
    ds.LongitudinalTemporalInformationModified = _dates(order.options)
    ds.pop("PrivateDataElementCharacteristicsSequence", None)
    if kind(str(ds.get("SOPClassUID", ""))) is Kind.IMAGE:
        _declare_pixels(ds, order, boxes or 0)


def _dates(options: frozenset[Option]) -> str:
    if Option.FULL_DATES in options:
        return "UNMODIFIED"
    return "MODIFIED" if Option.MODIFIED_DATES in options else "REMOVED"


def _declare_pixels(ds: Dataset, order: Order, boxes: int) -> None:
    if order.seen or boxes:
        ds.BurnedInAnnotation = "NO"
    if boxes:
        types = [str(each) for each in ds.get("ImageType") or ()]
        ds.ImageType = ["DERIVED", *(types[1:] or ["PRIMARY"])]
        ds.DerivationDescription = f"{boxes} areas of burned in annotation masked"
        ds.DerivationCodeSequence = [_code("113047", "Pixel by pixel mask")]


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code

"""An instance → the same without identity, by the Basic Profile of PS3.15 Annex E and the options ordered.

Runs in a child of the workbench: it is given no key, only the UIDs, the pseudonym and the shift made with it. What
Table E.1-1 does not name is kept, but for names of persons, unknown elements and free text, which are treated alike
wherever they stand. Group 0002 is made anew.
"""

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydicom import config
from pydicom.datadict import dictionary_has_tag, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from radiotheque.core.errors import Undecodable, Unsupported
from radiotheque.dicom import syntaxes as ts
from radiotheque.dicom.deidentify_content import clean_content, clean_graphics, dummy_content, dummy_graphics
from radiotheque.dicom.deidentify_made import declare
from radiotheque.dicom.deidentify_order import WELL_KNOWN, Deed, Deidentified, Order
from radiotheque.dicom.deidentify_pixels import masked
from radiotheque.dicom.deidentify_private import keep_safe_private
from radiotheque.dicom.deidentify_profile import Action, Option, settled, table
from radiotheque.dicom.deidentify_text import clean, words_of
from radiotheque.dicom.deidentify_values import DATES, FREE_TEXT, TEXTS, blank_document, dummy, is_instance_uid, shifted
from radiotheque.dicom.encode import LOSSLESS
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.reading import FOREIGN, Bytes, read_part10
from radiotheque.dicom.sopclasses import Kind, kind
from radiotheque.dicom.syntaxes import syntax
from radiotheque.dicom.transcode import transcode

_KEPT = "the object is kept as it came"


def uids_in(part10: Bytes) -> list[str]:
    """Give every UID of an instance, of its pixels' header too, that may name an object of someone. Raises `Undecodable`."""
    ds, _ = read_part10(part10)
    found: dict[str, None] = {}
    with _leniently():
        for element in _elements(ds):
            if element.VR == "UI" and element.value:
                given = element.value if isinstance(element.value, list | tuple) or element.VM > 1 else [element.value]
                found |= {str(uid): None for uid in given if is_instance_uid(str(uid))}
    return list(found)


def deidentify(part10: Bytes, order: Order) -> Deidentified:
    """Give the instance without identity.

    Raises `Undecodable`, and `Unsupported` for what cannot be cleaned: an encapsulated document that was not asked for,
    masks on a video.
    """
    data, source = _plain(bytes(part10))
    ds, _ = read_part10(data)
    _refuse(ds, order)
    with _leniently():
        boxes = masked(ds, source, order)
        work = _Work(order, str(ds.get("SOPClassUID", "")), words_of(_identity(ds)))
        work.dataset(ds)
        declare(ds, order, boxes)
        made = _written(ds, source if boxes is None else ts.EXPLICIT_LE)
    if boxes is not None and source != ts.EXPLICIT_LE:
        made = _encoded_again(made, source)
    final, name = read_part10(made)
    deeds = tuple(
        Deed(f"{tag:08X}", keyword_for_tag(tag) or "", action, count)
        for (tag, action), count in sorted(work.deeds.items())
    )
    return Deidentified(made, str(final.SOPInstanceUID), name, deeds, boxes or 0)


def _plain(data: bytes) -> tuple[bytes, str]:
    """Give the file with its data set little endian and not deflated, and the transfer syntax that it then is in."""
    _, source = read_part10(data)
    row = syntax(source)
    if row.big_endian or row.deflated:
        return transcode(data, ts.EXPLICIT_LE), ts.EXPLICIT_LE
    return data, source


def _refuse(ds: Dataset, order: Order) -> None:
    if kind(str(ds.get("SOPClassUID", ""))) is not Kind.DOCUMENT and "EncapsulatedDocument" not in ds:
        return
    if not order.documents:
        raise Unsupported(
            "an encapsulated document is not exported de-identified unless a blank one in its place will do"
        )
    if ds.get("MIMETypeOfEncapsulatedDocument") != "application/pdf":
        raise Unsupported("of encapsulated documents only PDF can be made blank; leave the others out")


def _identity(ds: Dataset) -> Iterator[str]:
    """Yield the values that say who it is of, and who had to do with it: names, identifiers, addresses."""
    for element in _elements(ds):
        if element.VR == "PN" or element.keyword in _IDENTIFIERS:
            yield str(element.value).replace("=", " ")


_IDENTIFIERS = frozenset(
    {
        "PatientID",
        "OtherPatientIDs",
        "PatientBirthName",
        "PatientAddress",
        "PatientTelephoneNumbers",
        "AccessionNumber",
        "InstitutionName",
        "InstitutionAddress",
        "InstitutionalDepartmentName",
        "MilitaryRank",
        "MedicalRecordLocator",
        "StationName",
        "StudyID",
        "AdmissionID",
        "RequestedProcedureID",
        "ScheduledProcedureStepID",
        "PerformedProcedureStepID",
    }
)


def _elements(ds: Dataset) -> Iterator[DataElement]:
    for tag in list(ds.keys()):
        element = _element(ds, tag)
        if element is None:
            continue
        yield element
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _elements(item)


def _element(ds: Dataset, tag: Any) -> DataElement | None:
    """Give an element, None for one whose bytes are no value of its VR."""
    try:
        element: DataElement = ds[tag]
        str(element.value)  # names are decoded when they are asked for
    except FOREIGN:
        return None
    return element


@dataclass(slots=True)
class _Work:
    """The way through one instance. `deeds` counts by tag and action."""

    order: Order
    sop_class: str
    identity: frozenset[str]
    deeds: Counter[tuple[int, str]] = field(default_factory=Counter)

    def dataset(self, ds: Dataset, *, nested: bool = False) -> None:
        """Treat every element of a data set or item."""
        safe = keep_safe_private(ds) if Option.SAFE_PRIVATE in self.order.options else frozenset()
        for tag in list(ds.keys()):
            element = None if tag.is_private and int(tag) not in safe else _element(ds, tag)
            if element is None or tag.element == 0:
                self._remove(ds, tag)
            elif tag.is_private:
                self._keep(ds, element, nested=nested)
            else:
                self._treat(ds, element, nested=nested)

    def _treat(self, ds: Dataset, element: DataElement, *, nested: bool) -> None:
        row = table().row(int(element.tag))
        basic = _unlisted(element, self.identity) if row is None else row.basic
        said = basic if row is None else row.action(self.order.options)
        fallback = settled(basic, element.keyword, self.sop_class, nested=nested)
        if fallback == Action.CLEAN:
            fallback = Action.DUMMY  # of an attribute not in the table it is not known whether it may be empty
        action = settled(said, element.keyword, self.sop_class, nested=nested)
        if action == Action.CLEAN and not self._cleaned(ds, element, fallback):
            action = fallback
        if action == Action.KEEP:
            self._keep(ds, element, nested=nested)
        elif action != Action.CLEAN:
            self._replace(ds, element, action)

    def _keep(self, ds: Dataset, element: DataElement, *, nested: bool) -> None:
        if element.VR == "SQ":
            for item in element.value or ():
                self.dataset(item, nested=True)

    def _replace(self, ds: Dataset, element: DataElement, action: str) -> None:
        if action == Action.REMOVE:
            self._remove(ds, element.tag)
            return
        self.deeds[int(element.tag), action] += 1
        if action == Action.UID and element.VR == "SQ":  # U* of Table E.1-1: the UIDs inside are replaced
            self._keep(ds, element, nested=True)
        elif action == Action.UID:
            element.value = self._mapped(element)
        elif element.keyword in ("PatientName", "PatientID"):
            element.value = self.order.pseudonym
        elif action == Action.ZERO:
            element.value = [] if element.VR == "SQ" else None
        else:
            self._dummy(element)

    def _remove(self, ds: Dataset, tag: Any) -> None:
        self.deeds[int(tag), Action.REMOVE] += 1
        del ds[tag]

    def _mapped(self, element: DataElement) -> Any:
        given = element.value if element.VM > 1 else [element.value] if element.value else []
        made = [self._uid(str(uid)) for uid in given]
        return made if len(made) > 1 else (made[0] if made else "")

    def _uid(self, uid: str) -> str:
        if uid.startswith(WELL_KNOWN):
            return uid
        try:
            return self.order.uids[uid]
        except KeyError as error:
            raise Undecodable(f"a UID appeared in the object that its survey had not found; {_KEPT}") from error

    def _dummy(self, element: DataElement) -> None:
        if element.keyword == "ContentSequence":
            element.value = dummy_content(element.value, self.item)
        elif element.keyword == "GraphicAnnotationSequence":
            element.value = dummy_graphics(element.value)
        elif element.keyword == "EncapsulatedDocument":
            element.value = blank_document()
        elif element.VR == "SQ":
            for item in element.value or ():
                self.dataset(item, nested=True)
                _dummy_texts(item)
        else:
            element.value = dummy(element.VR)

    def item(self, item: Dataset) -> Dataset:
        """Treat an item of a sequence that is kept; give it."""
        self.dataset(item, nested=True)
        return item

    def text(self, text: str) -> str:
        """Give what may be left of a text."""
        return clean(text, self.identity)

    def moment(self, vr: str, value: str) -> str:
        """Give a date, time or moment as the options let it be, "" for one that must go."""
        options = self.order.options
        if Option.FULL_DATES in options:
            return value
        if Option.MODIFIED_DATES in options:
            return shifted(vr, value, self.order.shift_days, keep_times=self.order.keep_times)
        return ""

    def _cleaned(self, ds: Dataset, element: DataElement, fallback: str) -> bool:
        """Clean an element where it stands; give whether anything of it is left."""
        if element.VR == "SQ":
            return self._clean_sequence(element)
        if element.VR not in DATES | TEXTS or not element.value:
            return False
        given = [str(value) for value in element.value] if element.VM > 1 else [str(element.value)]
        treat = self.text if element.VR in TEXTS else lambda value: self.moment(element.VR, value)
        left = [made for made in map(treat, given) if made]
        if not left:
            return False
        element.value = left if len(left) > 1 else left[0]
        self.deeds[int(element.tag), Action.CLEAN] += 1
        return True

    def _clean_sequence(self, element: DataElement) -> bool:
        self.deeds[int(element.tag), Action.CLEAN] += 1
        if element.keyword == "ContentSequence":
            element.value = clean_content(element.value, self)
        elif element.keyword == "GraphicAnnotationSequence":
            element.value = clean_graphics(element.value, self)
        else:
            self._keep(Dataset(), element, nested=True)
        return bool(element.value)

    @property
    def options(self) -> frozenset[Option]:
        """The options ordered."""
        return self.order.options


def _unlisted(element: DataElement, identity: frozenset[str]) -> str:
    """Give the action for what Table E.1-1 does not name; addresses on the web name objects of someone."""
    if element.VR in ("UN", "UR") or not dictionary_has_tag(element.tag):
        return Action.REMOVE
    if element.VR == "PN":
        return Action.ZERO
    if element.VR in FREE_TEXT:
        return Action.CLEAN
    if element.VR in TEXTS and element.keyword not in _COMMON and words_of([str(element.value)]) & identity:
        return Action.CLEAN
    # an overlay without its data (which the table removes) would be no overlay (PS3.3 C.9.2)
    return Action.REMOVE if 0x6000 <= element.tag.group <= 0x60FF else Action.KEEP


_COMMON = frozenset(
    {
        *("Manufacturer", "ManufacturerModelName", "SoftwareVersions"),
        *("CodeMeaning", "CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion"),
    }
)
"""Texts of products and codes, in which a word may be equal to a name."""


def _dummy_texts(item: Dataset) -> None:
    for element in item:
        if element.VR in TEXTS | {"PN"}:
            element.value = dummy(element.VR)


def _written(ds: Dataset, name: str) -> bytes:
    row = syntax(name)
    body = DicomBytesIO()
    body.is_implicit_VR, body.is_little_endian = row.implicit, True
    if not ds.get("SOPClassUID") or not ds.get("SOPInstanceUID"):
        raise Undecodable(f"the object has no SOP Class or SOP Instance UID; {_KEPT}")
    try:
        write_dataset(body, ds)
    except FOREIGN as error:
        raise Undecodable(f"the object cannot be written without identity ({type(error).__name__}); {_KEPT}") from error
    return file_meta(str(ds.SOPClassUID), str(ds.SOPInstanceUID), name) + body.getvalue()


def _encoded_again(made: bytes, source: str) -> bytes:
    """Give a masked file in its own transfer syntax where that can be written lossless, else as it is: uncompressed."""
    row = syntax(source)
    return transcode(made, source) if source in LOSSLESS or not row.encapsulated else made


@contextmanager
def _leniently() -> Iterator[None]:
    """Odd values that came are not warned about: they are treated, and the verifier looks behind."""
    settings = config.settings
    modes = settings.reading_validation_mode, settings.writing_validation_mode
    settings.reading_validation_mode = settings.writing_validation_mode = config.IGNORE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        settings.reading_validation_mode, settings.writing_validation_mode = modes

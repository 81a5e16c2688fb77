"""A DICOMDIR from rows that are already known, without opening a file (PS3.3 F, PS3.10 8, PS3.11 profile STD-GEN)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import fsdecode
from struct import pack_into

from radiotheque.core.errors import Malformed
from radiotheque.dicom.charsets import UTF_8, charset
from radiotheque.dicom.dictionary import tag_of
from radiotheque.dicom.filemeta import MEDIA_SOP_CLASS, TRANSFER_SYNTAX, file_meta, split, text
from radiotheque.dicom.framing import opened, reading
from radiotheque.dicom.sopclasses import MEDIA_STORAGE_DIRECTORY, Kind, kind
from radiotheque.dicom.syntaxes import EXPLICIT_LE
from radiotheque.dicom.walker import ELEMENT, EXPLICIT, OPEN_ITEM, Limits
from radiotheque.dicom.writer import element, header, item, sequence, values, vr_for

type Attributes = Mapping[str, tuple[str, ...]]
type FileID = tuple[str, ...]

MAX_COMPONENTS = 8
"""Of a File ID (PS3.10 8.2)."""
_REFERENCED_FILE_ID = 0x00041500
_RECORD_IN_USE = 0x00041410
_LIMITS = Limits(depth=8, elements=10_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """One file of the medium. `file_id` are folder and file names of at most 8 capitals, digits or _ (PS3.10 8.2);

    `attributes` those of `Header.attributes`, as they are now.
    """

    file_id: tuple[str, ...]
    sop_class: str
    sop_instance: str
    transfer_syntax: str
    attributes: Attributes


@dataclass(slots=True)
class _Record:
    """One directory record: its bytes, and the records it leads to. Offsets are filled in at the end."""

    content: bytearray
    children: list["_Record"] = field(default_factory=list)
    offset: int = 0


def file_id(index: int) -> tuple[str, ...]:
    """Give a fit File ID for the file of this 0-based number, 1,000 to a folder."""
    return ("DICOM", f"D{index // 1000:07d}", f"I{index % 1000:07d}")


def referenced_files(data: bytes) -> Iterator[FileID]:
    """Give the Referenced File ID of every record of a DICOMDIR that is in use, in their order (PS3.3 F.3.2.2).

    Raises `Malformed` for what is no DICOMDIR and for a name that leads out of its medium, `TooLarge`.
    """
    meta, offset = split(data)
    if not data or text(meta, MEDIA_SOP_CLASS) != MEDIA_STORAGE_DIRECTORY:
        raise Malformed("it is not a Media Storage Directory")
    dataset = opened(
        reading(data), len(data), transfer_syntax=text(meta, TRANSFER_SYNTAX) or EXPLICIT_LE, dataset_offset=offset
    )
    in_use = True
    for token, tag, _, _, start, stop in dataset.walk(_LIMITS):
        if token == OPEN_ITEM:
            in_use = True
        elif token == ELEMENT and tag == _RECORD_IN_USE:
            in_use = dataset.source.take(start, stop) != bytes(2)
        elif token == ELEMENT and tag == _REFERENCED_FILE_ID and in_use and start < stop:
            yield _file_id(dataset.source.take(start, stop))


def _file_id(value: bytes) -> FileID:
    parts = tuple(fsdecode(part.strip(b" \0")) for part in value.split(b"\\"))
    if len(parts) > MAX_COMPONENTS or any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        raise Malformed(f"{parts!r} is no File ID")
    return parts


def write_dicomdir(rows: Iterable[Row], *, file_set_id: str = "") -> bytes:
    """Give a DICOMDIR of the rows: patients, studies, series and instances in the order they first come.

    What its records must have and a row has not is filled in so that any reader takes it (dates 19000101,
    numbers by position). Text is in ISO_IR 192 where it is not ASCII.
    """
    roots = _tree(rows)
    meta = file_meta(MEDIA_STORAGE_DIRECTORY, _INSTANCE, EXPLICIT_LE)
    head = bytearray(
        element(0x00041130, "CS", file_set_id.encode("ascii", "replace")[:16], EXPLICIT)
        + element(0x00041200, "UL", bytes(4), EXPLICIT)
        + element(0x00041202, "UL", bytes(4), EXPLICIT)
        + element(0x00041212, "US", bytes(2), EXPLICIT)
    )
    start = len(meta) + len(head) + 12  # behind the header of Directory Record Sequence
    ordered: list[_Record] = []
    end = _place(roots, start, ordered)
    _link(roots)
    if roots:
        first_at = len(head) - 10 - 24
        pack_into("<I", head, first_at + 8, roots[0].offset)
        pack_into("<I", head, first_at + 20, roots[-1].offset)
    records = b"".join(item(bytes(record.content), EXPLICIT) for record in ordered)
    return meta + bytes(head) + header(0x00041220, "SQ", end - start, EXPLICIT) + records


_INSTANCE = "2.25.156427351062485913271906425138940721655"
"""One SOP Instance UID for all of them: a DICOMDIR is never sent or kept, only read from its medium."""


def _place(records: Sequence[_Record], at: int, ordered: list[_Record]) -> int:
    for record in records:
        record.offset = at
        ordered.append(record)
        at = _place(record.children, at + 8 + len(record.content), ordered)
    return at


# Every record begins with its three links, so they are always at the same bytes: UL, US, UL (PS3.3 F.3.2.2)
_NEXT_AT, _LOWER_AT = 8, 30
_LINKS = (
    element(0x00041400, "UL", bytes(4), EXPLICIT)
    + element(0x00041410, "US", b"\xff\xff", EXPLICIT)
    + element(0x00041420, "UL", bytes(4), EXPLICIT)
)


def _link(records: Sequence[_Record]) -> None:
    for record, following in zip(records, [*records[1:], None], strict=False):
        pack_into("<I", record.content, _NEXT_AT, following.offset if following else 0)
        pack_into("<I", record.content, _LOWER_AT, record.children[0].offset if record.children else 0)
        _link(record.children)


def _tree(rows: Iterable[Row]) -> list[_Record]:
    roots: list[_Record] = []
    known: dict[tuple[str, ...], _Record] = {}

    def under(siblings: list[_Record], key: tuple[str, ...], type_: str, attributes: Attributes) -> _Record:
        record = known.get(key)
        if record is None:
            record = known[key] = _record(type_, attributes, len(siblings) + 1)
            siblings.append(record)
        return record

    for row in rows:
        path = [_one(row.attributes, name) for name in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")]
        whose = _one(row.attributes, "IssuerOfPatientID") + ("" if path[0] else _one(row.attributes, "PatientName"))
        patient = under(roots, (whose, path[0]), "PATIENT", row.attributes)
        study = under(patient.children, (whose, *path[:2]), "STUDY", row.attributes)
        series = under(study.children, (whose, *path), "SERIES", row.attributes)
        series.children.append(_instance(row, len(series.children) + 1))
    return roots


def _one(attributes: Attributes, name: str) -> str:
    given = attributes.get(name)
    return given[0] if given else ""


# The keys of each type of record (PS3.3 F.5), with what stands in for a missing one of type 1; None: it may be empty.
# "#" is the position among its siblings.
_KEYS: dict[str, dict[str, str | None]] = {
    "PATIENT": {"PatientName": None, "PatientID": "UNIDENTIFIED"},
    "STUDY": {
        "StudyDate": "19000101",
        "StudyTime": "000000",
        "AccessionNumber": None,
        "StudyDescription": None,
        "StudyInstanceUID": None,
        "StudyID": "#",
    },
    "SERIES": {"Modality": "OT", "SeriesInstanceUID": None, "SeriesNumber": "#"},
    "IMAGE": {"InstanceNumber": "#"},
    "PRESENTATION": {
        "PresentationCreationDate": "19000101",
        "PresentationCreationTime": "000000",
        "InstanceNumber": "#",
        "ContentLabel": "UNNAMED",
        "ContentDescription": None,
        "ContentCreatorName": None,
    },
    "SR DOCUMENT": {
        "InstanceNumber": "#",
        "CompletionFlag": "PARTIAL",
        "VerificationFlag": "UNVERIFIED",
        "ContentDate": "19000101",
        "ContentTime": "000000",
    },
    "KEY OBJECT DOC": {"InstanceNumber": "#", "ContentDate": "19000101", "ContentTime": "000000"},
    "ENCAP DOC": {
        "ContentDate": None,
        "ContentTime": None,
        "InstanceNumber": "#",
        "DocumentTitle": None,
        "MIMETypeOfEncapsulatedDocument": "application/octet-stream",
    },
    "WAVEFORM": {"InstanceNumber": "#", "ContentDate": "19000101", "ContentTime": "000000"},
    "RT DOSE": {"InstanceNumber": "#", "DoseSummationType": "PLAN"},
    "RT STRUCTURE SET": {
        "InstanceNumber": "#",
        "StructureSetLabel": "UNNAMED",
        "StructureSetDate": None,
        "StructureSetTime": None,
    },
    "RT PLAN": {"InstanceNumber": "#", "RTPlanLabel": "UNNAMED", "RTPlanDate": None, "RTPlanTime": None},
    "RT TREAT RECORD": {"InstanceNumber": "#", "TreatmentDate": None, "TreatmentTime": None},
    "RAW DATA": {"InstanceNumber": "#", "ContentDate": "19000101", "ContentTime": "000000"},
    "SPECTROSCOPY": {"InstanceNumber": "#", "ContentDate": "19000101", "ContentTime": "000000"},
    "REGISTRATION": {
        "InstanceNumber": "#",
        "ContentDate": "19000101",
        "ContentTime": "000000",
        "ContentLabel": "UNNAMED",
    },
    "FIDUCIAL": {"InstanceNumber": "#", "ContentDate": "19000101", "ContentTime": "000000", "ContentLabel": "UNNAMED"},
    "VALUE MAP": {"InstanceNumber": "#", "ContentDate": "19000101", "ContentTime": "000000", "ContentLabel": "UNNAMED"},
    "STEREOMETRIC": {"InstanceNumber": "#"},
    "PRIVATE": {"InstanceNumber": "#"},
}
_CODED = {"SR DOCUMENT", "KEY OBJECT DOC"}
_PRIVATE_RECORD = "2.25.156427351062485913271906425138940721656"

_TYPE_OF_KIND = {
    Kind.IMAGE: "IMAGE",
    Kind.PRESENTATION_STATE: "PRESENTATION",
    Kind.REPORT: "SR DOCUMENT",
    Kind.KEY_OBJECTS: "KEY OBJECT DOC",
    Kind.DOCUMENT: "ENCAP DOC",
    Kind.WAVEFORM: "WAVEFORM",
    Kind.OTHER: "PRIVATE",
}
_TYPE_OF_CLASS = {
    f"1.2.840.10008.5.1.4.1.1.{suffix}": type_
    for suffix, type_ in (
        ("481.2", "RT DOSE"),
        ("481.3", "RT STRUCTURE SET"),
        ("481.5", "RT PLAN"),
        ("481.8", "RT PLAN"),
        ("481.4", "RT TREAT RECORD"),
        ("481.6", "RT TREAT RECORD"),
        ("481.7", "RT TREAT RECORD"),
        ("481.9", "RT TREAT RECORD"),
        ("66", "RAW DATA"),
        ("4.2", "SPECTROSCOPY"),
        ("66.1", "REGISTRATION"),
        ("66.3", "REGISTRATION"),
        ("66.2", "FIDUCIAL"),
        ("67", "VALUE MAP"),
        ("77.1.5.3", "STEREOMETRIC"),
    )
}


def record_type(sop_class: str) -> str:
    """Give the Directory Record Type of a SOP Class (PS3.3 F.5); PRIVATE for one that the standard has none for."""
    return _TYPE_OF_CLASS.get(sop_class) or _TYPE_OF_KIND[kind(sop_class)]


def _record(type_: str, attributes: Attributes, position: int, reference: bytes = b"") -> _Record:
    elements: dict[int, bytes] = {}
    plain = True
    for name, stand_in in _KEYS[type_].items():
        given = tuple(value for value in attributes.get(name, ()) if value) or ((stand_in,) if stand_in else ())
        tag, text = tag_of(name), tuple(str(position) if value == "#" else value for value in given)
        vr = vr_for(tag)
        elements[tag] = element(tag, vr, values(vr, text, _UTF_8_SET, EXPLICIT) or b"", EXPLICIT)
        plain = plain and all(map(str.isascii, text))
    if type_ in _CODED:
        elements[0x0040A043] = _concept(attributes)
    elif type_ == "ENCAP DOC":
        elements[0x0040A043] = _concept(attributes) if attributes.get(_CONCEPT) else sequence(0x0040A043, [], EXPLICIT)
        elements |= _optional(attributes, "HL7InstanceIdentifier")
    elif type_ == "PRESENTATION":
        elements |= _referenced_series(attributes)
    if not plain:
        elements[0x00080005] = element(0x00080005, "CS", UTF_8.encode(), EXPLICIT)
    head = _LINKS + element(0x00041430, "CS", type_.encode(), EXPLICIT)
    if type_ == "PRIVATE":
        head += element(0x00041432, "UI", _PRIVATE_RECORD.encode(), EXPLICIT)
    return _Record(bytearray(head + reference + b"".join(elements[tag] for tag in sorted(elements))))


_UTF_8_SET = charset((UTF_8,))
_CONCEPT = "ConceptNameCodeSequence.CodeValue"


def _optional(attributes: Attributes, name: str) -> dict[int, bytes]:
    text = _one(attributes, name)
    return {tag_of(name): _text(name, text)} if text else {}


def _text(name: str, *given: str) -> bytes:
    tag = tag_of(name)
    return element(tag, vr_for(tag), values(vr_for(tag), given, _UTF_8_SET, EXPLICIT) or b"", EXPLICIT)


def _referenced_series(attributes: Attributes) -> dict[int, bytes]:
    """Give the series that a presentation state is for (PS3.3 Table F.5-23), where it is one."""
    series = attributes.get("ReferencedSeriesSequence.SeriesInstanceUID", ())
    images = "ReferencedSeriesSequence.ReferencedImageSequence."
    classes, instances = (
        attributes.get(images + name, ()) for name in ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID")
    )
    if len(series) != 1 or not classes or len(classes) != len(instances):
        return {}
    items = [
        _text("ReferencedSOPClassUID", sop_class) + _text("ReferencedSOPInstanceUID", sop_instance)
        for sop_class, sop_instance in zip(classes, instances, strict=True)
    ]
    content = sequence(0x00081140, items, EXPLICIT) + _text("SeriesInstanceUID", series[0])
    return {0x00081115: sequence(0x00081115, [content], EXPLICIT)}


def _concept(attributes: Attributes) -> bytes:
    """Give the Concept Name Code Sequence of a document title (PS3.3 Table 8.8-1)."""
    names = (("CodeValue", "121181"), ("CodingSchemeDesignator", "DCM"), ("CodeMeaning", "DICOM Object Catalog"))
    parts = [_text(name, _one(attributes, f"ConceptNameCodeSequence.{name}") or stand_in) for name, stand_in in names]
    return sequence(0x0040A043, [b"".join(parts)], EXPLICIT)


def _instance(row: Row, position: int) -> _Record:
    reference = b"".join(
        element(tag, vr, text.encode("ascii", "replace"), EXPLICIT)
        for tag, vr, text in (
            (0x00041500, "CS", "\\".join(row.file_id)),
            (0x00041510, "UI", row.sop_class),
            (0x00041511, "UI", row.sop_instance),
            (0x00041512, "UI", row.transfer_syntax),
        )
    )
    return _record(record_type(row.sop_class), row.attributes, position, reference)

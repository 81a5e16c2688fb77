"""Instances on their way onto a medium: a file each, and the DICOMDIR that names them (PS3.10 8, PS3.11 D).

The same for a ZIP that the web gives and for a folder that the command line writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from radiotheque.core.caller import Scope
from radiotheque.core.errors import RadiothequeError
from radiotheque.core.instance import Form, Location, Selection
from radiotheque.core.ports import Catalog
from radiotheque.core.query import Key, Level, Query, Single
from radiotheque.dicom.dicomdir import Row, file_id, write_dicomdir
from radiotheque.dicom.header import read_head
from radiotheque.dicom.sopclasses import Kind, kind

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive

DIRECTORY = "DICOMDIR"

type Indexed = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Attributes as the index has them, by SOP Instance UID."""

_FROM_ROWS = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "StudyInstanceUID",
    "StudyID",
    "AccessionNumber",
    "Modality",
    "SeriesInstanceUID",
    "SeriesNumber",
    "InstanceNumber",
    "ContentDate",
    "ContentTime",
)
_IMAGES = "ReferencedSeriesSequence.ReferencedImageSequence."
_FROM_HEADERS = (
    "PresentationCreationDate",
    "PresentationCreationTime",
    "ContentLabel",
    "ContentDescription",
    "ContentCreatorName",
    "CompletionFlag",
    "VerificationFlag",
    "DocumentTitle",
    "MIMETypeOfEncapsulatedDocument",
    "HL7InstanceIdentifier",
    "ConceptNameCodeSequence.CodeValue",
    "ConceptNameCodeSequence.CodingSchemeDesignator",
    "ConceptNameCodeSequence.CodeMeaning",
    "ReferencedSeriesSequence.SeriesInstanceUID",
    f"{_IMAGES}ReferencedSOPClassUID",
    f"{_IMAGES}ReferencedSOPInstanceUID",
)
"""What the records of those that are no images need beside the index (PS3.3 F.5)."""

_HEAD_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Filed:
    """An instance and its file on the medium. `place` is the path below its root, with slashes."""

    place: str
    location: Location
    row: Row


def indexed(catalog: Catalog, selection: Selection, scope: Scope) -> Indexed:
    """Give what the index knows of the selected instances."""
    named = (
        ("StudyInstanceUID", selection.studies),
        ("SeriesInstanceUID", selection.series),
        ("SOPInstanceUID", selection.instances),
    )
    keys = tuple(Key(name, Single(uids[0])) for name, uids in named if uids)
    page = catalog.find(Query(Level.IMAGE, keys, returned=_FROM_ROWS), scope)
    return {found.attributes["SOPInstanceUID"][0]: found.attributes for found in page.matches}


def filed(archive: "Archive", locations: Sequence[Location], known: Indexed, *, first: int = 0) -> list[Filed]:
    """Give the instances their places on the medium, the first of them numbered `first`."""
    files = []
    for index, location in enumerate(locations, first):
        name, identity = file_id(index), location.identity
        attributes = {**known.get(identity.sop_instance, {}), **_beside(archive, location)}
        row = Row(name, identity.sop_class, identity.sop_instance, location.transfer_syntax, attributes)
        files.append(Filed("/".join(name), location, row))
    return files


def directory_of(files: Sequence[Filed]) -> bytes:
    """Give the DICOMDIR of a medium that holds these files."""
    return write_dicomdir([file.row for file in files])


def _beside(archive: "Archive", location: Location) -> dict[str, tuple[str, ...]]:
    if kind(location.identity.sop_class) is Kind.IMAGE:
        return {}
    outgoing = archive.outgoing(location)
    head = b"".join(outgoing.chunks(0, _HEAD_BYTES))
    try:
        header = read_head(head, form=Form.PART10, transfer_syntax=outgoing.transfer_syntax, extra=_FROM_HEADERS)
    except RadiothequeError:
        return {}  # its record then holds what any record holds
    return {name: header.attributes[name] for name in _FROM_HEADERS if name in header.attributes}

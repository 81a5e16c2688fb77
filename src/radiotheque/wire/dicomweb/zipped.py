"""A study, series or instance as a ZIP with a DICOMDIR: outside PS3.18, and what people carry away (PS3.10 8, PS3.11 D)."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from radiotheque.core.caller import Scope
from radiotheque.core.errors import RadiothequeError
from radiotheque.core.instance import Form, Location, Selection
from radiotheque.core.query import Key, Level, Query, Single
from radiotheque.dicom.dicomdir import Row, file_id, write_dicomdir
from radiotheque.dicom.header import read_head
from radiotheque.dicom.sopclasses import Kind
from radiotheque.wire.dicomweb.accept import ZIP
from radiotheque.wire.dicomweb.parts import plain
from radiotheque.wire.dicomweb.rendering import kind_of
from radiotheque.wire.dicomweb.requests import PRIVATE, Desk, caller_of, selection_of
from radiotheque.wire.dicomweb.validators import etag_of, unchanged
from radiotheque.wire.dicomweb.zipping import Member, zip_chunks, zip_size

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive

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


def zip_of(request: Request, desk: Desk) -> Response:
    """Give what the path selects as a ZIP of exactly known length; needs the permission to export."""
    caller, selection = caller_of(request), selection_of(request)
    locations = desk.archive.locate(selection, caller, act="export")
    etag = etag_of(locations, ZIP)
    unmodified = unchanged(request, etag)
    if unmodified is not None:
        return unmodified
    members = _members(desk.archive, selection, caller.scope, locations)
    moment = max(location.received_at for location in locations)
    headers = {
        **PRIVATE,
        "ETag": etag,
        "Content-Type": ZIP,
        "Content-Length": str(zip_size(members)),
        "Content-Disposition": f'attachment; filename="{selection.studies[0]}.zip"',
    }
    return StreamingResponse(plain(zip_chunks(members, modified_at=moment)), headers=headers)


def _members(archive: "Archive", selection: Selection, scope: Scope, locations: Sequence[Location]) -> list[Member]:
    known = _indexed(archive, selection, scope)
    rows, members = [], []
    for index, location in enumerate(locations):
        name = file_id(index)
        identity = location.identity
        attributes = known.get(identity.sop_instance, {}) | _beside(archive, location)
        rows.append(Row(name, identity.sop_class, identity.sop_instance, location.transfer_syntax, attributes))
        members.append(_member(archive, location, "/".join(name)))
    directory = write_dicomdir(rows)
    return [Member("DICOMDIR", len(directory), lambda: iter((directory,))), *members]


def _indexed(archive: "Archive", selection: Selection, scope: Scope) -> dict[str, dict[str, tuple[str, ...]]]:
    named = (
        ("StudyInstanceUID", selection.studies),
        ("SeriesInstanceUID", selection.series),
        ("SOPInstanceUID", selection.instances),
    )
    keys = tuple(Key(name, Single(uids[0])) for name, uids in named if uids)
    page = archive.catalog.find(Query(Level.IMAGE, keys, returned=_FROM_ROWS), scope)
    return {found.attributes["SOPInstanceUID"][0]: found.attributes for found in page.matches}


def _beside(archive: "Archive", location: Location) -> dict[str, tuple[str, ...]]:
    if kind_of(location) is Kind.IMAGE:
        return {}
    outgoing = archive.outgoing(location)
    head = b"".join(outgoing.chunks(0, _HEAD_BYTES))
    try:
        header = read_head(head, form=Form.PART10, transfer_syntax=outgoing.transfer_syntax, extra=_FROM_HEADERS)
    except RadiothequeError:
        return {}  # its record then holds what any record holds
    return {name: header.attributes[name] for name in _FROM_HEADERS if name in header.attributes}


def _member(archive: "Archive", location: Location, name: str) -> Member:
    """An instance as kept has the size of its blob; only under an amended identity must it be made to know."""
    if location.amendments:
        made = archive.outgoing(location)
        return Member(name, made.size_bytes, made.chunks)
    return Member(name, location.blob.size_bytes, partial(_opened, archive, location))


def _opened(archive: "Archive", location: Location) -> Iterator[bytes]:
    return archive.outgoing(location).chunks()

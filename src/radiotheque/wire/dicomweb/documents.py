"""What is read rather than looked at: structured reports as text, encapsulated documents as they are."""

from typing import TYPE_CHECKING

from radiotheque.core.errors import NotFound, Unsupported
from radiotheque.core.instance import Location
from radiotheque.dicom.references import document_in
from radiotheque.dicom.reports import report_as
from radiotheque.dicom.sopclasses import Kind
from radiotheque.wire.dicomweb.rendering import kind_of

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive


def document_of(archive: "Archive", location: Location, media_type: str) -> tuple[str, bytes]:
    """Give a report in `media_type`, or the document in an encapsulated one. Raises `Unsupported`, `NotFound`."""
    whole = b"".join(archive.outgoing(location).chunks())
    if kind_of(location) is not Kind.DOCUMENT:
        text = archive.workbench.run(report_as, whole, media_type)
        return f"{media_type}; charset=utf-8", text
    kind, body = archive.workbench.run(document_in, whole)
    if not body:
        raise NotFound("there is no document in it")
    if kind != media_type:
        raise Unsupported(f"the document is {kind or 'of an unknown type'}")
    return kind, body

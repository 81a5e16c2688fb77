"""What is read rather than looked at: structured reports as text, encapsulated documents as they are."""

from typing import TYPE_CHECKING

from radiotheque.core.instance import Location
from radiotheque.core.ports import Remote
from radiotheque.dicom.sopclasses import Kind
from radiotheque.wire.dicomweb.rendering import kind_of

if TYPE_CHECKING:
    from radiotheque.archive.archive import Archive

RENDER_REPORT = Remote[tuple[str, bytes]]("radiotheque.dicom.report:render_report")
ENCAPSULATED_PDF = Remote[tuple[str, bytes]]("radiotheque.dicom.report:encapsulated_pdf")


def document_of(archive: "Archive", location: Location, media_type: str) -> tuple[str, bytes]:
    """Give a report in `media_type`, or the PDF in an encapsulated one. Raises `Unsupported`."""
    whole = b"".join(archive.outgoing(location).chunks())
    if kind_of(location) is Kind.DOCUMENT:
        return archive.workbench.run(ENCAPSULATED_PDF, whole)
    return archive.workbench.run(RENDER_REPORT, whole, media_type)

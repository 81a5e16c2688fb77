"""Do two kept blobs hold the same data elements?"""

from radiotheque.core.errors import Unsupported
from radiotheque.core.instance import BlobName
from radiotheque.core.ports import BlobStore, Workbench
from radiotheque.dicom import filemeta
from radiotheque.dicom.framing import reading
from radiotheque.dicom.sameness import element_digest
from radiotheque.dicom.syntaxes import syntax
from radiotheque.dicom.walker import Read

_META_BYTES = 64 << 10
_INFLATED_AT_ONCE_BYTES = 64 << 20


def same_elements(one: BlobName, other: BlobName, *, blobs: BlobStore, workbench: Workbench) -> bool:
    """Say whether two blobs of one transfer syntax have equal elements, whatever their lengths and padding.

    What is deflated is inflated in a child process. False when either cannot be read as a data set:
    then nobody may say that they are the same.
    """
    try:
        return _digest(one, blobs, workbench) == _digest(other, blobs, workbench)
    except Unsupported:
        return False


def _digest(name: BlobName, blobs: BlobStore, workbench: Workbench) -> bytes:
    def read(start: int, stop: int) -> bytes:
        with blobs.open(name, start, stop) as stream:
            return stream.read()

    size = blobs.size(name)
    meta, offset = filemeta.split(read(0, _META_BYTES))
    declared = filemeta.text(meta, filemeta.TRANSFER_SYNTAX)
    if declared and syntax(declared).deflated:
        if size > _INFLATED_AT_ONCE_BYTES:
            raise Unsupported("a deflated object of this size is not compared")
        return workbench.run(digest_of, read(0, size), declared, offset)
    return element_digest(_buffered(read, size), size, transfer_syntax=declared, dataset_offset=offset)


def digest_of(data: bytes, transfer_syntax: str, dataset_offset: int) -> bytes:
    """Give the element digest of a file in memory."""
    return element_digest(reading(data), len(data), transfer_syntax=transfer_syntax, dataset_offset=dataset_offset)


def _buffered(read: Read, size: int, window: int = 1 << 20) -> Read:
    """Give a reader that opens the blob once for a run of small reads."""
    held: list[tuple[int, bytes]] = [(0, b"")]

    def piece(start: int, stop: int) -> bytes:
        base, data = held[0]
        if start < base or stop > base + len(data):
            base, data = start, read(start, min(size, max(stop, start + window)))
            held[0] = (base, data)
        return data[start - base : stop - base]

    return piece

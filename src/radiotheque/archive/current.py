"""One kept object as it is now: a range reader over the blob with the current identity in its head."""

from dataclasses import dataclass

from radiotheque.archive.retrieve import current_head
from radiotheque.core.instance import Location
from radiotheque.core.ports import BlobStore
from radiotheque.dicom.framing import spliced
from radiotheque.dicom.walker import Read

WINDOW_BYTES = 64 << 10
WHOLE_HEAD_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Current:
    """`read(start, stop)` gives bytes of a Part 10 file of `size` bytes under the current identity.

    So many bytes from the data set's first on as `at_hand` says are in memory; others are read from the blob.
    """

    read: Read
    size: int
    transfer_syntax: str
    dataset_offset: int
    at_hand: int


def current(location: Location, blobs: BlobStore) -> Current:
    """Give the reader of an instance; what stands before its Pixel Data is read at once, the rest when asked for."""
    size = location.blob.size_bytes
    window = _Window(location, blobs)
    read: Read = window.read
    at_hand = window.size
    if location.amendments:
        cut = location.pixel_offset if location.pixel_offset >= 0 else size
        head = current_head(location, window.read(0, cut))
        read, size = spliced(head, window.read, cut, size)
        at_hand = len(head)
    return Current(read, size, location.transfer_syntax, location.dataset_offset, at_hand - location.dataset_offset)


class _Window:
    """Reads of one blob, the first of them wide enough for the whole header."""

    def __init__(self, location: Location, blobs: BlobStore) -> None:
        self._name, self._blobs = location.blob.name, blobs
        # The walk looks at the Pixel Data element's own header too: a few bytes more spare a second read.
        head = location.pixel_offset + 256 if location.pixel_offset >= 0 else WINDOW_BYTES
        self._start, self._bytes = 0, self._open(0, min(max(head, 4096), location.blob.size_bytes))

    @property
    def size(self) -> int:
        """How many bytes from the blob's first on are in memory."""
        return len(self._bytes)

    def _open(self, start: int, stop: int) -> bytes:
        with self._blobs.open(self._name, start, stop) as stream:
            return stream.read()

    def read(self, start: int, stop: int) -> bytes:
        """Give bytes [start, stop), cut at the end of the blob."""
        if start >= self._start and stop <= self._start + len(self._bytes):
            return self._bytes[start - self._start : stop - self._start]
        return self._open(start, stop) if stop > start else b""

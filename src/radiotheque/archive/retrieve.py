"""Selection → bytes: what is kept is given back under its current identity, transcoded if asked."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from radiotheque.archive.evened import evened
from radiotheque.core.errors import Damaged, Unsupported
from radiotheque.core.instance import Location
from radiotheque.core.ports import BlobStore, Remote, Workbench
from radiotheque.core.uid import UID
from radiotheque.dicom.coerce import amend_head
from radiotheque.dicom.filemeta import clean_preamble
from radiotheque.dicom.syntaxes import syntax as syntax_of

TRANSCODE = Remote[bytes]("radiotheque.dicom.transcode:transcode")

PIECE_BYTES = 1 << 20
MODIFYING_SYSTEM = "RADIOTHEQUE"
IN_MEMORY_BYTES = 512 << 20
"""An object that must be rewritten as a whole (transcoded, deflated) is held in memory up to this size."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One instance on its way out: a whole Part 10 file, its size known before its first byte.

    `dataset_offset` is the first byte of the data set in it, for those who send the data set alone.
    `etag` is a strong validator without quotes.
    """

    location: Location
    transfer_syntax: UID
    size_bytes: int
    dataset_offset: int
    etag: str
    _open: Callable[[int, int], Iterator[bytes]]

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield bytes [start, stop) in pieces of about 1 MiB. Raises `Damaged`, `Unavailable`."""
        end = self.size_bytes if stop is None else min(stop, self.size_bytes)
        return self._open(start, end)

    def message(self) -> Iterator[bytes]:
        """Yield the data set as a DIMSE message carries it: as `chunks`, but of even length (PS3.8 E.1).

        Raises `Unsupported` when it is odd and cannot be made even.
        """
        start, size = self.dataset_offset, self.size_bytes
        if (size - start) % 2 == 0:
            return self.chunks(start)
        kept = self.location
        pixels = size - (kept.blob.size_bytes - kept.pixel_offset) if kept.pixel_offset >= 0 else -1
        return evened(self.chunks, start, size, transfer_syntax=self.transfer_syntax, pixels=pixels)

    def read(self) -> bytes:
        """Give all bytes at once."""
        return b"".join(self.chunks())


def outgoing(
    location: Location, *, syntax: UID | None, blobs: BlobStore, workbench: Workbench, at_once_bytes: int = 0
) -> Outgoing:
    """Give the instance as a Part 10 file in `syntax`, None for the one it is kept in.

    One of at most `at_once_bytes` is read now, in one opening of its blob; a larger one when its bytes are asked for.

    The bytes are those received, but for: the preamble (emptied unless it is a TIFF header, so that no program
    rides in it), the current identity where it was amended (with an Original Attributes Sequence), and the
    pixel encoding when another syntax is asked for. Raises `Unsupported` when it cannot be transcoded.
    """
    tag = etag(location, "part10", syntax or location.transfer_syntax)
    if syntax is not None and syntax != location.transfer_syntax:
        return _transcoded(location, syntax, tag, blobs=blobs, workbench=workbench)
    if location.amendments:
        return _amended(location, tag, blobs)
    if location.blob.size_bytes <= at_once_bytes:
        return _read_at_once(location, tag, blobs)
    preamble = _preamble(location, blobs)
    whole = partial(_spliced, _Splice(blobs, location, preamble, len(preamble)))
    return Outgoing(location, location.transfer_syntax, location.blob.size_bytes, location.dataset_offset, tag, whole)


def etag(location: Location, representation: str, syntax: str) -> str:
    """Give a validator over blob, amendment version, representation and transfer syntax."""
    what = f"{location.blob.name}\0{location.version}\0{representation}\0{syntax}"
    return hashlib.blake2b(what.encode(), digest_size=12).hexdigest()


def read_all(location: Location, blobs: BlobStore, limit_bytes: int = IN_MEMORY_BYTES) -> bytes:
    """Give the whole kept file. Raises `Unsupported` when it is larger than `limit_bytes`."""
    if location.blob.size_bytes > limit_bytes:
        raise Unsupported(
            "an object of {size_bytes} bytes is given back only as it was received", size_bytes=location.blob.size_bytes
        )
    with blobs.open(location.blob.name) as stream:
        return stream.read()


def read_head_of(location: Location, blobs: BlobStore) -> bytes:
    """Give the kept file up to its Pixel Data element, the whole of it when it has none (or is deflated)."""
    if location.pixel_offset < 0:
        return read_all(location, blobs, 64 << 20)
    with blobs.open(location.blob.name, 0, location.pixel_offset) as stream:
        head = stream.read()
    if len(head) != location.pixel_offset:
        raise Damaged("the blob of {sop_instance} is cut short", sop_instance=location.identity.sop_instance)
    return head


def _preamble(location: Location, blobs: BlobStore) -> bytes:
    if location.dataset_offset < 132:
        return b""  # kept without a preamble, as some old files come
    with blobs.open(location.blob.name, 0, 128) as stream:
        return clean_preamble(stream.read())


def _read_at_once(location: Location, tag: str, blobs: BlobStore) -> Outgoing:
    data = read_all(location, blobs)
    size = location.blob.size_bytes
    if len(data) != size:
        raise Damaged("the blob of {sop_instance} is cut short", sop_instance=location.identity.sop_instance)
    preamble = clean_preamble(data[:128]) if location.dataset_offset >= 132 else b""
    if not data.startswith(preamble):
        data = preamble + data[len(preamble) :]
    return Outgoing(location, location.transfer_syntax, size, location.dataset_offset, tag, partial(_sliced, data))


def _amended(location: Location, tag: str, blobs: BlobStore) -> Outgoing:
    head = current_head(location, read_head_of(location, blobs))
    cut = location.pixel_offset if location.pixel_offset >= 0 else location.blob.size_bytes
    size = len(head) + location.blob.size_bytes - cut
    whole = partial(_spliced, _Splice(blobs, location, head, cut))
    return Outgoing(location, location.transfer_syntax, size, location.dataset_offset, tag, whole)


def current_head(location: Location, head: bytes) -> bytes:
    """Give the head with the current identity in it; the same bytes when nothing was amended."""
    if not location.amendments:
        return head
    # The moment of the amendment, not of the request: equal requests get equal bytes, as their ETag says.
    amended = amend_head(
        head,
        dataset_offset=location.dataset_offset,
        transfer_syntax=location.transfer_syntax,
        changes=location.amendments,
        when=location.amended_at,
        system=MODIFYING_SYSTEM,
    )
    return clean_preamble(amended[:128]) + amended[128:] if location.dataset_offset >= 132 else amended


def _transcoded(location: Location, syntax: UID, tag: str, *, blobs: BlobStore, workbench: Workbench) -> Outgoing:
    if syntax_of(location.transfer_syntax).video:
        raise Unsupported("a video is given back only as it was received")
    data = read_all(location, blobs)
    if location.amendments:
        cut = location.pixel_offset if location.pixel_offset >= 0 else len(data)
        data = current_head(location, data[:cut]) + data[cut:]
    made = workbench.run(TRANSCODE, data, str(syntax))
    offset = dataset_offset_of(made)
    return Outgoing(location, syntax, len(made), offset, tag, partial(_sliced, made))


def dataset_offset_of(part10: bytes) -> int:
    """Give where the data set begins in a file of our own making: behind preamble and group length (PS3.10 7.1)."""
    return 132 + 12 + int.from_bytes(part10[140:144], "little")


def _sliced(data: bytes, start: int, stop: int) -> Iterator[bytes]:
    for at in range(start, stop, PIECE_BYTES):
        yield data[at : min(at + PIECE_BYTES, stop)]


@dataclass(frozen=True, slots=True)
class _Splice:
    """A file of two: `head`, then the kept file from its byte `cut` on."""

    blobs: BlobStore
    location: Location
    head: bytes
    cut: int


def _spliced(splice: _Splice, start: int, stop: int) -> Iterator[bytes]:
    head, cut = splice.head, splice.cut
    if start < len(head):
        yield head[start:stop]
    first = max(start, len(head)) - len(head) + cut
    last = stop - len(head) + cut
    if first >= last:
        return
    with splice.blobs.open(splice.location.blob.name, first, last) as stream:
        yield from stream.chunks(PIECE_BYTES)

"""Object → blob → row → answer: the way in, and the order that is the promise."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from radiotheque.archive.admission import Rules, admit, bounded, misnamed
from radiotheque.core.errors import Busy, Malformed, OutOfSpace, Unavailable
from radiotheque.core.instance import (
    Arrival,
    Blob,
    BlobName,
    Buffer,
    Concern,
    Form,
    Header,
    Incoming,
    OtherKey,
    Receipt,
    Twin,
    fresh_blob_name,
)
from radiotheque.core.ports import BlobStore, Catalog, KeyRing, Observer, Put, StudyKeys, Unobserved
from radiotheque.dicom.filemeta import file_meta
from radiotheque.dicom.framing import value_end
from radiotheque.dicom.header import Truncated, read_head

GLANCE_BYTES = 32 << 10
HEAD_BYTES = 256 << 10
LONG_HEAD_BYTES = 64 << 20

type Sameness = Callable[[BlobName, BlobName], bool]
"""Whether two kept blobs hold the same data elements."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What the way in needs of the house."""

    rules: Rules
    keys: StudyKeys
    ring: KeyRing
    blobs: BlobStore
    catalog: Catalog
    same: Sameness
    observer: Observer = field(default_factory=Unobserved)


def receive(incoming: Incoming, intake: Intake) -> Receipt:
    """Take one object in, and return only when it cannot be lost.

    The order is the promise: bytes first, then the rows that name them, then the answer. A crash in between
    leaves a blob nobody names, which a sweep offers again; never a row without its bytes. So nothing here
    undoes, but for bytes that the index certainly did not take. Raises `Malformed`, `Refused` or `Unavailable`.
    """
    try:
        header, pixel_end = _believed(incoming, intake.rules)
    except Truncated:
        return _receive_long_headed(incoming, intake)
    return _take(header, incoming, intake, pixel_end)


def _believed(incoming: Incoming, rules: Rules) -> tuple[Header, int]:
    """Give what is believed of an object by its first bytes, and where its Pixel Data end by their own length.

    The headers of most images are a few KiB long. Only when a glance at those does not come to the Pixel Data, or
    understands nothing, all that is looked at first is gathered, and decides.
    """
    glanced = incoming.peek(GLANCE_BYTES)
    if len(glanced) == GLANCE_BYTES:
        with suppress(Malformed):
            return _read(incoming, glanced, rules, glance=True)
    return _read(incoming, incoming.peek(HEAD_BYTES), rules)


def _take(header: Header, incoming: Incoming, intake: Intake, pixel_end: int) -> Receipt:
    verdict = admit(header, incoming, intake.rules)
    doubt = misnamed(header)
    header, prefix = _framed(header, incoming)
    key = intake.keys.key_for(header.identity.study)
    stream = Digesting(incoming.chunks(), prefix, header.dataset_offset, intake.rules)
    kept = intake.blobs.put(fresh_blob_name(key.key_id), stream)
    arrival = Arrival(header, stream.blob(kept.name), incoming.origin, verdict)
    receipt = _record(arrival, kept, intake)
    missing = pixel_end + len(prefix) - arrival.blob.size_bytes
    if pixel_end >= 0 and missing > 0:
        receipt = _doubted(receipt, f"pixel data cut short: {missing} bytes miss; kept as it came")
    if doubt:
        receipt = _doubted(receipt, doubt)
    intake.observer.received(incoming.origin.channel, receipt.outcome, arrival.blob.size_bytes)
    return receipt


def _doubted(receipt: Receipt, said: str) -> Receipt:
    return replace(receipt, warnings=(said, *receipt.warnings), concern=Concern.MISMATCH)


def _read(
    incoming: Incoming, data: bytes, rules: Rules, *, complete: bool = False, glance: bool = False
) -> tuple[Header, int]:
    header = read_head(
        data,
        form=incoming.form,
        transfer_syntax=incoming.transfer_syntax,
        sop_class=incoming.sop_class,
        sop_instance=incoming.sop_instance,
        default_issuer=incoming.origin.default_issuer,
        default_charset=incoming.origin.default_charset,
        extra=rules.indexed,
        complete=complete,
        glance=glance,
    )
    return header, value_end(data, header.pixel_offset, header.transfer_syntax)


def _framed(header: Header, incoming: Incoming) -> tuple[Header, bytes]:
    """Give the preamble and group 0002 that a bare data set is kept under, and the header with offsets behind it."""
    if incoming.form is Form.PART10:
        return header, b""
    identity = header.identity
    prefix = file_meta(
        identity.sop_class,
        identity.sop_instance,
        header.transfer_syntax,
        calling_aet=incoming.origin.caller.name,
        called_aet=incoming.origin.called_aet,
    )
    pixel_offset = header.pixel_offset + len(prefix) if header.pixel_offset >= 0 else -1
    return replace(header, dataset_offset=len(prefix), pixel_offset=pixel_offset), prefix


def _write(arrival: Arrival, kept: Put, intake: Intake) -> Receipt | Twin | OtherKey:
    try:
        return intake.catalog.record(arrival)
    except (OutOfSpace, Busy):
        # The transaction could not begin, or not end: a sender that tries again each minute would fill the disk
        # with copies. Any other failure may hide a commit, and then the bytes stay.
        kept.discard()
        raise


def _record(arrival: Arrival, kept: Put, intake: Intake) -> Receipt:
    answer = _write(arrival, kept, intake)
    tries = 0
    while not isinstance(answer, Receipt):
        # Other bytes are kept under this SOP Instance UID, or another process made another key the study's own. Elements
        # are compared outside any transaction; a third object may slip in meanwhile, so the catalog may ask again.
        tries += 1
        if tries > 5:
            kept.discard()
            raise Unavailable("the same UIDs arrive many times at once; nothing was kept, send again")
        if isinstance(answer, OtherKey):
            kept = _under_its_key(arrival, kept, intake)
            arrival = replace(arrival, blob=replace(arrival.blob, name=kept.name))
        else:
            syntax = arrival.header.transfer_syntax
            same = syntax == answer.transfer_syntax and intake.same(answer.blob, arrival.blob.name)
            arrival = replace(arrival, compared=(answer.blob, same))
        answer = _write(arrival, kept, intake)
    if not answer.names_blob:
        kept.discard()
    return answer


def _under_its_key(arrival: Arrival, kept: Put, intake: Intake) -> Put:
    """Keep an object's bytes again, under the key that is its study's own by now."""
    study = arrival.header.identity.study
    intake.keys.forget(study)
    try:
        with intake.blobs.open(kept.name) as stream:
            return intake.blobs.put(fresh_blob_name(intake.keys.key_for(study).key_id), stream.chunks())
    finally:
        kept.discard()


def _receive_long_headed(incoming: Incoming, intake: Intake) -> Receipt:
    """Take in an object whose Study Instance UID lies behind 256 KiB: spooled under a one-time key first."""
    spool = _Spooled(incoming, intake)
    try:
        header, pixel_end = _read(spool, spool.peek(LONG_HEAD_BYTES), intake.rules, complete=True)
        return _take(header, spool, intake, pixel_end)
    finally:
        spool.discard()


class _Spooled:
    """An incoming object read again from a blob under a key that is used for nothing else."""

    def __init__(self, incoming: Incoming, intake: Intake) -> None:
        self.origin, self.form, self.study = incoming.origin, incoming.form, incoming.study
        self.transfer_syntax = incoming.transfer_syntax
        self.sop_class, self.sop_instance = incoming.sop_class, incoming.sop_instance
        self._blobs = intake.blobs
        name = fresh_blob_name(intake.ring.fresh().key_id)
        self._put = intake.blobs.put(name, Digesting(incoming.chunks(), b"", 0, intake.rules))

    def peek(self, size: int) -> bytes:
        with self._blobs.open(self._put.name, 0, size) as stream:
            return stream.read()

    def chunks(self) -> Iterator[Buffer]:
        with self._blobs.open(self._put.name) as stream:
            yield from stream.chunks()

    def discard(self) -> None:
        self._put.discard()


class Digesting:
    """The object's bytes on their way to the store, hashed and counted as they pass."""

    def __init__(self, chunks: Iterator[Buffer], prefix: bytes, dataset_offset: int, rules: Rules) -> None:
        self._chunks, self._prefix, self._rules = chunks, prefix, rules
        self._meta_left = 0 if prefix else dataset_offset
        self._meta, self._dataset = hashlib.sha256(prefix), hashlib.sha256()
        self._size_bytes = len(prefix)

    def __iter__(self) -> Iterator[Buffer]:
        if self._prefix:
            yield self._prefix
        update = self._dataset.update
        for chunk in self._chunks:
            size = len(chunk)
            self._size_bytes += size
            bounded(self._size_bytes, self._rules)
            if self._meta_left:
                self._split(memoryview(chunk))
            else:
                update(chunk)
            yield chunk
        if self._meta_left:
            raise Malformed("the object ends before its data set; nothing was kept")

    def _split(self, chunk: memoryview) -> None:
        meta = chunk[: self._meta_left]
        self._meta_left -= len(meta)
        self._meta.update(meta)
        self._dataset.update(chunk[len(meta) :])

    def blob(self, name: BlobName) -> Blob:
        """Give what was kept, after the stream has ended."""
        return Blob(name, self._size_bytes, self._dataset.digest(), self._meta.digest())

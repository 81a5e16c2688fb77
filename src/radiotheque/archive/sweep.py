"""Blobs that no row names → offered again, or quarantined. The sweep never deletes: only a person erases.

Such a blob is what a crash between bytes and rows leaves, and what an older catalog, restored, does not know.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import batched
from typing import Protocol

import structlog

from radiotheque.archive.admission import Rules
from radiotheque.archive.receive import HEAD_BYTES, LONG_HEAD_BYTES, Digesting
from radiotheque.core.aetitle import parse_aetitle
from radiotheque.core.errors import Gone, Malformed, NotFound, RadiothequeError, Unavailable
from radiotheque.core.instance import (
    Arrival,
    BlobName,
    Form,
    Header,
    Keep,
    Origin,
    OtherKey,
    Receipt,
    Twin,
    fresh_blob_name,
)
from radiotheque.core.ports import BlobStore, PeerDirectory, Put
from radiotheque.dicom import filemeta
from radiotheque.dicom.header import Truncated, read_head

log = structlog.get_logger(__name__)

GRACE_S = 24 * 3600.0
BATCH = 500


class SweptCatalog(Protocol):
    """What the sweep needs of the catalog."""

    def named(self, names: Iterable[BlobName]) -> set[BlobName]:
        """Give those of the names that a row of any kind names."""
        ...

    def record(self, arrival: Arrival) -> Receipt | Twin | OtherKey: ...

    def note_orphan(self, name: BlobName, reason: str) -> None:
        """Remember a blob that no row will name, with why, for a person to decide on; open as a case."""
        ...


@dataclass(slots=True)
class Swept:
    """What a sweep found. `unread` blobs could not be opened (their keys are missing), and are offered next time."""

    seen: int = 0
    found_again: int = 0
    orphans: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep needs of the house. `peers` give the issuer and character set that a sender's objects are read with."""

    blobs: BlobStore
    catalog: SweptCatalog
    same: Callable[[BlobName, BlobName], bool]
    origin: Origin
    peers: PeerDirectory | None = None

    def run(self, now: float, *, grace_s: float = GRACE_S, progress: Callable[[Swept], None] | None = None) -> Swept:
        """Go through all blobs; those older than `grace_s` seconds that no row names are offered again.

        `progress` is told every `BATCH` blobs, and after each that was offered.

        Raises `Unavailable` when the index or the store is away: what was not offered yet is so next time.
        """
        swept = Swept()
        tell = progress or (lambda _swept: None)
        for name in self._unnamed(swept, tell):
            if now - made_at(name) >= grace_s:
                self._offer(name, swept)
                tell(swept)
        log.info("swept", **asdict(swept))
        return swept

    def _unnamed(self, swept: Swept, progress: Callable[[Swept], None]) -> Iterator[BlobName]:
        for names in batched(self.blobs.names(), BATCH):
            swept.seen += len(names)
            progress(swept)
            known = self.catalog.named(names)
            yield from (name for name in names if name not in known)

    def _offer(self, name: BlobName, swept: Swept) -> None:
        try:
            receipt = self._record(self._arrival(name))
        except Unavailable:
            raise  # our fault, not the blob's: a case would keep it from ever being offered again
        except RadiothequeError as error:
            if isinstance(error, NotFound) and not isinstance(error, Gone):
                # its key is not in this ring, or a receive has just taken it back
                log.warning("blob not read", blob=name, reason=str(error))
                swept.unread += 1
                return
            self.catalog.note_orphan(name, f"{type(error).__name__}: {error}")
            swept.orphans += 1
            return
        if receipt.names_blob:
            swept.found_again += 1
        else:
            self.catalog.note_orphan(name, f"equal to what is kept ({receipt.outcome})")
            swept.orphans += 1

    def _arrival(self, name: BlobName) -> Arrival:
        origin, header = self._believed(name)
        with self.blobs.open(name) as stream:
            digesting = Digesting(stream.chunks(), b"", header.dataset_offset, Rules(max_object_bytes=1 << 62))
            for _ in digesting:
                pass
        return Arrival(header, digesting.blob(name), replace(origin, received_at=made_at(name)), Keep())

    def _believed(self, name: BlobName) -> tuple[Origin, Header]:
        try:
            return self._read(name, HEAD_BYTES)
        except Truncated:
            return self._read(name, LONG_HEAD_BYTES, complete=True)

    def _read(self, name: BlobName, size: int, *, complete: bool = False) -> tuple[Origin, Header]:
        with self.blobs.open(name, 0, size) as stream:
            head = stream.read()
        origin = self._origin_of(head)
        return origin, read_head(
            head,
            form=Form.PART10,
            default_issuer=origin.default_issuer,
            default_charset=origin.default_charset,
            complete=complete,
        )

    def _origin_of(self, head: bytes) -> Origin:
        """Give where a blob came from: what a peer sent is read as on the day it came, or its patient is another one."""
        meta, _ = filemeta.split(head)
        ours = filemeta.text(meta, filemeta.IMPLEMENTATION_CLASS) == filemeta.IMPLEMENTATION_CLASS_UID
        sender = filemeta.text(meta, filemeta.SOURCE_AET)
        if self.peers is None or not ours or not sender:
            return self.origin
        try:
            peer = self.peers.get(parse_aetitle(sender))
        except (NotFound, Malformed):
            return self.origin
        return replace(
            self.origin,
            default_issuer=peer.issuer or self.origin.default_issuer,
            default_charset=peer.charset or self.origin.default_charset,
        )

    def _record(self, arrival: Arrival) -> Receipt:
        swept, again = arrival.blob.name, None
        answer = self.catalog.record(arrival)
        while not isinstance(answer, Receipt):
            if isinstance(answer, Twin):
                syntax = arrival.header.transfer_syntax
                same = syntax == answer.transfer_syntax and self.same(answer.blob, arrival.blob.name)
                arrival = replace(arrival, compared=(answer.blob, same))
            else:
                again = self._under(answer.key_id, swept)
                arrival = replace(arrival, blob=replace(arrival.blob, name=again.name))
            answer = self.catalog.record(arrival)
        if again is not None and answer.names_blob:
            self.catalog.note_orphan(swept, f"kept again as {again.name}, under its study's own key")
        elif again is not None:
            again.discard()
        return answer

    def _under(self, key_id: str, name: BlobName) -> Put:
        """Keep a blob's bytes again, under the key that is its study's own."""
        with self.blobs.open(name) as stream:
            return self.blobs.put(fresh_blob_name(key_id), stream.chunks())


def made_at(name: BlobName) -> float:
    """Give when a blob was named, in seconds since the epoch: the time in its version 7 UUID (RFC 9562 5.7)."""
    return int(name.rpartition("/")[2][:12], 16) / 1000

"""Is everything that the index names still there, byte for byte?"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from radiotheque.archive.commit import Failure, check_bytes
from radiotheque.core.instance import Blob, BlobName
from radiotheque.core.ports import BlobStore
from radiotheque.database.engine import Database

_PAGE = 500

_INSTANCES = (
    "SELECT id, uid, blob_name, size_bytes, dataset_sha256, meta_sha256, dataset_offset "
    "FROM instance WHERE id > ? ORDER BY id LIMIT ?"
)
# a discarded object keeps its bytes; one that was released has its row among the instances; a blob that a sweep could
# not index (size 0) was never promised to anyone, and there is no hash to compare it with
_QUARANTINED = (
    "SELECT id, instance_uid, blob_name, size_bytes, dataset_sha256, meta_sha256, header "
    "FROM quarantine WHERE id > ? AND state <> 'released' AND size_bytes > 0 ORDER BY id LIMIT ?"
)

_WORDS = {
    Failure.NO_SUCH_OBJECT: "the blob is missing",
    Failure.PROCESSING_FAILURE: "the blob was tampered with, or its bytes are not those that were received",
    Failure.RESOURCE_LIMITATION: "the blob cannot be read now",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An instance whose bytes did not check out."""

    instance: str
    blob: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the check has come: instances and bytes checked, of how many instances in all."""

    checked: int
    size_bytes: int
    total: int


def verify(
    database: Database, blobs: BlobStore, progress: Callable[[Progress], None] = lambda _progress: None
) -> Iterator[Fault]:
    """Read every kept object again, compare size and SHA-256 with the index, and yield what is wrong as it is found.

    Changes nothing, and may run beside a server. Raises `Unavailable` when the index cannot be read.
    """
    total = _count(database)
    size_bytes = 0
    for checked, (instance, blob, dataset_offset) in enumerate(_kept(database), 1):
        failure = check_bytes(blob, dataset_offset, blobs)
        size_bytes += blob.size_bytes
        progress(Progress(checked, size_bytes, total))
        if failure is not Failure.NONE:
            yield Fault(instance, blob.name, _WORDS.get(failure, failure.name))


def _count(database: Database) -> int:
    with database.reader() as reader:
        row = reader.one("SELECT (SELECT count(*) FROM instance) + (SELECT count(*) FROM quarantine)")
    return int(row[0]) if row else 0


def _kept(database: Database) -> Iterator[tuple[str, Blob, int]]:
    for sql in (_INSTANCES, _QUARANTINED):
        last = 0
        while rows := _page(database, sql, last):
            for row in rows:
                last = row[0]
                offset = row[6] if sql is _INSTANCES else json.loads(row[6])["dataset_offset"]
                yield str(row[1]), Blob(BlobName(row[2]), row[3], bytes(row[4]), bytes(row[5])), offset


def _page(database: Database, sql: str, last: int) -> Sequence[tuple[Any, ...]]:
    with database.reader() as reader:
        return reader.all(sql, (last, _PAGE))

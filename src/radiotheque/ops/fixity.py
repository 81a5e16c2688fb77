"""Kept bytes read again by the clock, a little at a time, those first that were not looked at for longest."""

from dataclasses import dataclass

import structlog

from radiotheque.archive.commit import Failure, check_bytes
from radiotheque.core.instance import Blob, BlobName
from radiotheque.core.ports import BlobStore
from radiotheque.database.engine import Database, session_of

log = structlog.get_logger(__name__)

RUN_BYTES = 2 << 30
_PAGE = 100
_MARK = "fixity"
_NEXT = (
    "SELECT id, uid, blob_name, size_bytes, dataset_sha256, meta_sha256, dataset_offset "
    "FROM instance WHERE id > ? ORDER BY id LIMIT ?"
)
_REMEMBER = "INSERT INTO mark(name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


@dataclass(frozen=True, slots=True)
class Fixity:
    """Goes round and round through all instances, `run_bytes` a run, remembering where it was."""

    database: Database
    blobs: BlobStore
    run_bytes: int = RUN_BYTES

    def run(self) -> str:
        """Check the next instances; give counts in words. Damage is an error in the log with the instance and the blob."""
        last, checked, size_bytes, damaged = self._last(), 0, 0, 0
        while size_bytes < self.run_bytes:
            with self.database.reader() as session:
                rows = session.all(_NEXT, (last, _PAGE))
            for row in rows:
                blob = Blob(BlobName(row[2]), row[3], bytes(row[4]), bytes(row[5]))
                damaged += self._damaged(str(row[1]), blob, row[6])
                last, checked, size_bytes = row[0], checked + 1, size_bytes + blob.size_bytes
            if not rows:
                last = 0  # all were looked at: the next run begins again
                break
        self.database.write(lambda tx: session_of(tx).run(_REMEMBER, (_MARK, last)))
        return f"{checked} objects, {size_bytes >> 20} MiB, {damaged} damaged"

    def _last(self) -> int:
        with self.database.reader() as session:
            row = session.one("SELECT value FROM mark WHERE name = ?", (_MARK,))
        return int(row[0]) if row else 0

    def _damaged(self, instance: str, blob: Blob, dataset_offset: int) -> bool:
        failure = check_bytes(blob, dataset_offset, self.blobs)
        if failure is Failure.NONE:
            return False
        log.error("kept bytes do not check out", instance=instance, blob=blob.name, reason=failure.name)
        return True

"""How much room a volume has left, and what kind of volume it is."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from radiotheque.blobs.disk import translating
from radiotheque.core.errors import OutOfSpace, Refused
from radiotheque.core.instance import BlobName, Buffer
from radiotheque.core.ports import BlobReader, BlobStore, Put

_FRESH_FOR_S = 0.5
_GB = 10**9

_NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "smb2",
        "ncpfs",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.rclone",
        "fuse.goofys",
        "9p",
        "lustre",
        "beegfs",
        "davfs",
        "fuse.davfs2",
        "ocfs2",
        "gfs2",
        "orangefs",
    ]
)


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of a volume: all, those still free to us, and the reserve below which nothing new is taken."""

    total_bytes: int
    free_bytes: int
    reserve_bytes: int


class Reserve:
    """Refuses new objects when free space falls below a reserve: `share` of the volume or `floor_bytes`, the smaller."""

    def __init__(self, folder: Path, *, share: float = 0.05, floor_bytes: int = 5 * _GB, holds: str = "images") -> None:
        """`holds` says what is kept there, for the message."""
        self._folder, self._holds = folder, holds
        self._share = share
        self._floor_bytes = floor_bytes
        self._looked_at = -_FRESH_FOR_S
        self._room = Room(0, 0, 0)

    def room(self) -> Room:
        """Give what the volume says now. Raises `Unavailable`."""
        with translating("free space cannot be read"):
            facts = os.statvfs(self._folder)
        total = facts.f_blocks * facts.f_frsize
        free = facts.f_bavail * facts.f_frsize
        return Room(total, free, min(int(total * self._share), self._floor_bytes))

    def check(self) -> None:
        """Raise `OutOfSpace` below the reserve. What the volume said is believed for half a second."""
        now = time.monotonic()
        if now - self._looked_at >= _FRESH_FOR_S:
            self._room = self.room()
            self._looked_at = now
        if self._room.free_bytes < self._room.reserve_bytes:
            raise OutOfSpace(
                f"free space for the {self._holds} {self._room.free_bytes / _GB:.2f} GB is below the reserve of "
                f"{self._room.reserve_bytes / _GB:.2f} GB: nothing new is kept, reads go on; add space, then send again"
            )


class Reserved:
    """A `BlobStore` around another that takes nothing new while a volume beside it, the index's, is below its reserve.

    A blob whose row would find no room is of no use; and the room that is left is for the audit trail of reads.
    """

    def __init__(self, store: BlobStore, reserve: Reserve) -> None:
        self._store, self._reserve = store, reserve

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> Put:
        """Keep a stream; see `BlobStore.put`."""
        self._reserve.check()
        return self._store.put(name, chunks)

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> BlobReader:
        """Open bytes [start, stop)."""
        return self._store.open(name, start, stop)

    def size(self, name: BlobName) -> int:
        """Give the size in bytes."""
        return self._store.size(name)

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order."""
        return self._store.names(after)

    def close(self) -> None:
        """Close the store inside."""
        self._store.close()


_MOUNTS = Path("/proc/self/mountinfo")


def refuse_network_file_system(folder: Path, *, mounts: Path = _MOUNTS) -> None:
    """Raise `Refused` when `folder` (or its nearest existing parent) lies on a network file system.

    There fsync, locks and SQLite's shared memory promise less than the archive does.
    """
    kind = file_system_of(folder, mounts=mounts)
    if kind in _NETWORK:
        raise Refused(
            f"{folder} is on a network file system ({kind}), which cannot promise durable writes; use a local disk, "
            "or an object store by --blobs with PostgreSQL by --database"
        )


def file_system_of(folder: Path, *, mounts: Path = _MOUNTS) -> str:
    """Give the type of the file system that holds `folder`, as the kernel calls it ("ext4", "nfs4"), "" when unknown."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    place = place.resolve()
    best = ("", "")
    with mounts.open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:  # proc(5): … mount point is the fifth field, the type follows " - "
            fields, _, rest = line.partition(" - ")
            at = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields.split(" ")[4])
            if place.is_relative_to(at) and len(at) >= len(best[0]):
                best = (at, rest.split(" ")[0])
    return best[1]

"""Where the rows of the audit trail go while the index takes none: small files whose space is taken beforehand.

A file is zeros to its full size from its making on, so that a record finds its place on a full disk. Records stand one
behind the other, from the beginning: length (4 bytes, little endian), then the rows as JSON, sealed by AES-256-GCM under
a key of the ring or, where nothing is sealed, behind a digest; four zeros end them. A record that a power cut has torn
does not check out and ends them too: nobody was told that it was kept.
"""

import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from structlog import get_logger

from radiotheque.core.errors import OutOfSpace, RadiothequeError, Unavailable

PLACES = 8
"""So many processes of one data folder, commands beside the server among them, can have a file of their own."""

_LENGTH, _NONCE, _DIGEST = 4, 12, 16
_END = bytes(_LENGTH)

_log = get_logger("radiotheque.audit")

type Row = dict[str, str | float]


class Spill(Protocol):
    """Keeps rows durably that the index did not take, until it takes them."""

    def rows(self) -> Sequence[Row]:
        """Give the rows that are kept, oldest first."""
        ...

    def keep(self, rows: Sequence[Row]) -> None:
        """Keep rows; durable on return. Raises `Unavailable`, `OutOfSpace`."""
        ...

    def clear(self) -> None:
        """Forget all rows: the index has them."""
        ...

    def close(self) -> None: ...


class NoSpill:
    """No place for rows but the index."""

    def rows(self) -> Sequence[Row]:
        return ()

    def keep(self, rows: Sequence[Row]) -> None:
        raise Unavailable("there is no other place for the audit trail")

    def clear(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""


class FileSpill:
    """One file, locked as this process's own. With `left`, files of processes that are dead, until their rows are told."""

    def __init__(self, fd: int, key: bytes, left: Sequence["FileSpill"] = ()) -> None:
        self._fd, self._seal, self._left = fd, AESGCM(key) if key else None, list(left)
        self._size = os.fstat(fd).st_size
        self._rows, self._end = self._read()

    def rows(self) -> Sequence[Row]:
        """Give the rows that are kept, those of dead processes first."""
        return [*(row for spill in self._left for row in spill.rows()), *self._rows]

    def keep(self, rows: Sequence[Row]) -> None:
        """Keep rows; durable on return. Raises `OutOfSpace` when the file has no room, `Unavailable`."""
        record = self._closed(json.dumps(rows, separators=(",", ":")).encode(), self._end)
        data = len(record).to_bytes(_LENGTH, "little") + record
        if self._end + len(data) + _LENGTH > self._size:
            raise OutOfSpace("the reserve of the audit trail is used up")
        try:
            os.pwrite(self._fd, data + _END, self._end)
            os.fdatasync(self._fd)
        except OSError as error:
            raise Unavailable(f"the reserve of the audit trail cannot be written: {error.strerror}") from error
        self._end += len(data)
        self._rows += rows

    def clear(self) -> None:
        """Forget all rows; what the disk does not forget is offered to the index again, which knows it then."""
        for spill in self._left:
            spill.clear()
            spill.close()
        self._left.clear()
        try:
            os.pwrite(self._fd, _END, 0)
            os.fdatasync(self._fd)
        except OSError as error:
            _log.warning("the reserve of the audit trail was not cleared", error=error.strerror)
            return
        self._rows, self._end = [], 0

    def close(self) -> None:
        """Let another process have the file."""
        for spill in self._left:
            spill.close()
        os.close(self._fd)

    def _read(self) -> tuple[list[Row], int]:
        rows: list[Row] = []
        at = 0
        while length := int.from_bytes(os.pread(self._fd, _LENGTH, at), "little"):
            opened = self._opened(os.pread(self._fd, min(length, self._size), at + _LENGTH), at)
            if opened is None:
                break
            rows += json.loads(opened)
            at += _LENGTH + length
        return rows, at

    def _closed(self, data: bytes, at: int) -> bytes:
        if self._seal is None:
            return blake2b(data, digest_size=_DIGEST, salt=at.to_bytes(8)).digest() + data
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._seal.encrypt(nonce, data, at.to_bytes(8))

    def _opened(self, record: bytes, at: int) -> bytes | None:
        """Give what is in a record at its place, None when it does not check out."""
        if self._seal is None:
            data = record[_DIGEST:]
            return (
                data if blake2b(data, digest_size=_DIGEST, salt=at.to_bytes(8)).digest() == record[:_DIGEST] else None
            )
        try:
            return self._seal.decrypt(record[:_NONCE], record[_NONCE:], at.to_bytes(8))
        except (InvalidTag, ValueError):
            return None


def open_spill(folder: Path, *, size_bytes: int, key: bytes) -> Spill:
    """Give the spill of this process in a folder, and in it the rows that dead processes left.

    One whose space cannot be taken is none: the trail is then as good as the index.
    """
    if not size_bytes:
        return NoSpill()
    held: list[int] = []
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        held += _hold(folder)
        _take_space(held[0], size_bytes, folder)
    except OSError as error:
        _log.warning("no reserve for the audit trail", error=error.strerror)
        for fd in held:
            os.close(fd)
        return NoSpill()
    return FileSpill(held[0], key, list(_with_rows(held[1:], key)))


def _with_rows(fds: Sequence[int], key: bytes) -> Iterator[FileSpill]:
    """Yield the spills that hold rows, and let go of the others."""
    for fd in fds:
        spill = FileSpill(fd, key)
        if spill.rows():
            yield spill
        else:
            spill.close()


def _hold(folder: Path) -> Iterator[int]:
    """Lock and yield the first file that no process holds, made where there is none, and all others that are there.

    Raises `OSError` when every place is taken.
    """
    found = False
    for number in range(PLACES):
        path = folder / f"{number}"
        if found and not path.exists():
            continue
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        found = True
        yield fd
    if not found:
        raise BlockingIOError(errno.EAGAIN, f"all {PLACES} places are taken")


def _take_space(fd: int, size_bytes: int, folder: Path) -> None:
    """Let the file have its full size in written blocks: what is only promised by the disk may be refused when it is full.

    One that was smaller stays so when there is no room. Raises `OSError` when it has no room at all.
    """
    have = os.fstat(fd).st_size
    try:
        for at in range(have, size_bytes, 1 << 16):
            os.pwrite(fd, bytes(min(1 << 16, size_bytes - at)), at)
        os.fsync(fd)
    except OSError:
        os.ftruncate(fd, have)
        if not have:
            raise
    if have < size_bytes:
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)


def kept_elsewhere(spill: Spill, rows: Sequence[Row], why: RadiothequeError) -> None:
    """Keep in the spill what the index did not take; raise the index's own error when that cannot be either."""
    try:
        if rows:
            spill.keep(rows)
    except RadiothequeError as error:
        raise why from error

"""The key log: records only ever added, in two files that are the same, both durable before a key is used."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from radiotheque.keys.folder import KeyFolders, key_errors, locked, sync_folder
from radiotheque.keys.records import SIZE, Record, unpack


class KeyLog:
    """Records by number. Any number of processes may add and read; a record that was torn is nobody's key."""

    def __init__(self, folders: KeyFolders) -> None:
        self._folders = folders

    def exists(self) -> bool:
        """Say whether either file holds anything."""
        return any(path.exists() and path.stat().st_size for path in self._folders.logs)

    def read(self, number: int) -> Record | None:
        """Give the record of this number from the first file that has it whole, None when neither has."""
        for path in self._folders.logs:
            record = unpack(_read_at(path, number))
            if record is not None:
                return record
        return None

    def add(self, make: Callable[[int], Sequence[Record]]) -> None:
        """Add what `make` gives for the next free number, durable in both files on return. Raises `Unavailable`."""
        with locked(self._folders):
            self.add_locked(make)

    def add_locked(self, make: Callable[[int], Sequence[Record]]) -> None:
        """Do what `add` does for a caller that holds the lock."""
        with key_errors("new keys cannot be written in two places, so none is given out"):
            number = self.mend_locked()
            data = b"".join(record.pack() for record in make(number))
            for path in self._folders.logs:
                _write_at(path, number * SIZE, data)

    def replace(self, number: int, record: Record) -> None:
        """Write `record` over another in both files, durably. Raises `Unavailable`."""
        with locked(self._folders), key_errors("the key log cannot be changed"):
            self.mend_locked()
            for path in self._folders.logs:
                _write_at(path, number * SIZE, record.pack())

    def mend_locked(self) -> int:
        """Bring both files to one length and give the next free number.

        A crash between the two writes leaves one shorter, a lost disk leaves one empty: whole records are
        copied across, a torn one is left behind as a gap. Nothing is ever cut off.
        """
        sizes = [path.stat().st_size if path.exists() else 0 for path in self._folders.logs]
        count = -(-max(sizes) // SIZE)
        if sizes == [count * SIZE] * 2:
            return count
        start = min(sizes) // SIZE
        first, second = (_read_at(path, start, count - start) for path in self._folders.logs)
        data = b"".join(_whole(first, second, at) for at in range(0, (count - start) * SIZE, SIZE))
        for path in self._folders.logs:
            _write_at(path, start * SIZE, data)
        return count


def _whole(first: bytes, second: bytes, at: int) -> bytes:
    for data in (first[at : at + SIZE], second[at : at + SIZE]):
        if unpack(data) is not None:
            return data
    return bytes(SIZE)


def _read_at(path: Path, number: int, count: int = 1) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        return os.pread(fd, count * SIZE, number * SIZE)
    except OSError:  # a bad disk: the other file answers
        return b""
    finally:
        os.close(fd)


def _write_at(path: Path, at: int, data: bytes) -> None:
    fresh = not path.exists()
    fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        while data:
            written = os.pwrite(fd, data, at)
            data, at = data[written:], at + written
        os.fsync(fd)
    finally:
        os.close(fd)
    if fresh:
        sync_folder(path.parent)

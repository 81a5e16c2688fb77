"""The two folders of a key ring, and the master key in the first of them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from radiotheque.core.errors import Conflict, Damaged, Refused, Unavailable

MASTER_BYTES = 32
_MARK = "radiotheque master key 1 "


@dataclass(frozen=True, slots=True)
class KeyFolders:
    """Where a ring lies: `main` holds the master key and the key log, `copy` the log again."""

    main: Path
    copy: Path

    @property
    def master(self) -> Path:
        """The file of the master key."""
        return self.main / "master.key"

    @property
    def unfinished(self) -> Path:
        """The master key before the log that it opens is durable."""
        return self.main / "master.key.new"

    @property
    def logs(self) -> tuple[Path, Path]:
        """The two files of the key log, the same byte for byte."""
        return self.main / "study-keys.log", self.copy / "study-keys.log"


@contextmanager
def key_errors(doing: str) -> Iterator[None]:
    """Turn the operating system's errors into `Unavailable`."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{doing}: {error.strerror or error}; look at the folders of the keys, then try again"
        ) from error


def check_place(folders: KeyFolders, data: Path | None) -> None:
    """Raise `Refused` when a folder of the keys lies in the data folder, where one theft takes both, or both are one."""
    main, copy = folders.main.resolve(), folders.copy.resolve()
    if main == copy:
        raise Refused(f"the keys and their copy are both to lie in {main}: give two folders, best on two disks")
    for folder in (main, copy):
        if data is not None and folder.is_relative_to(data.resolve()):
            raise Refused(
                f"the folder of the keys, {folder}, lies inside the data folder {data}: keys and blobs lie apart"
            )


def make_key_folder(folder: Path) -> None:
    """Make a folder, mode 0700, and its missing parents, durably."""
    if folder.is_dir():
        return
    make_key_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in the folder are durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def locked(folders: KeyFolders) -> Iterator[None]:
    """Keep other processes, and other threads, from changing the ring meanwhile."""
    with key_errors("the key ring cannot be locked"):
        fd = os.open(folders.main / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        with key_errors("the key ring cannot be locked"):
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def read_master(path: Path) -> bytes:
    """Give the 32 bytes of the master key. Raises `Refused` when others may read the file, `Damaged`, `Unavailable`."""
    with key_errors("the master key cannot be read"), open(path, encoding="ascii", errors="replace") as file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        text = file.read(256).strip()
    if mode & 0o077:
        raise Refused(f"{path} has mode {mode:04o}, so others on this machine may read it; run: chmod 600 {path}")
    try:
        master = bytes.fromhex(text.removeprefix(_MARK))
    except ValueError:
        master = b""
    if not text.startswith(_MARK) or len(master) != MASTER_BYTES:
        raise Damaged(f"{path} is no master key; restore it with `radiotheque keys import` and the recovery key")
    return master


def write_master(path: Path, master: bytes) -> None:
    """Write a master key, mode 0600, durably. Raises `Conflict` when the file is there already."""
    try:
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already, and stays as it was; move it away first") from error
    try:
        os.write(fd, f"{_MARK}{master.hex()}\n".encode())
        os.fsync(fd)
    finally:
        os.close(fd)
    sync_folder(path.parent)

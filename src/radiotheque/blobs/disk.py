"""The few words in which a file store speaks to the operating system, so that tests can cut the power between two of them."""

import ctypes
import errno
import fcntl
import os
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass

from radiotheque.core.errors import Damaged, OutOfSpace, RadiothequeError, Unavailable
from radiotheque.core.instance import Buffer

_NO_UNNAMED_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.EPERM, errno.ENOSYS}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SYNC_FILE_RANGE_WRITE = 2  # <linux/fs.h>: start writing dirty pages, wait for nothing

_libc = ctypes.CDLL(None, use_errno=True)
_sync_file_range = getattr(_libc, "sync_file_range", None)


def translating(doing: str) -> AbstractContextManager[None]:
    """Turn what the operating system says into our words; `doing` says what was tried and what was kept."""
    return _Translating(doing)


class _Translating(AbstractContextManager[None]):
    """A class and no generator, which would cost more than some of the system calls it stands around."""

    __slots__ = ("_doing",)

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise _translated(error, self._doing) from error


def _translated(error: OSError, doing: str) -> RadiothequeError:
    text = f"{doing}: {error.strerror or error}"
    if error.errno in _FULL:
        return OutOfSpace(f"{text}; free some space, then send again")
    return Unavailable(f"{text}; look at the disk and its mount, then try again")


def damaged(error: OSError, what: str) -> Damaged:
    """Give the error of bytes that were kept and that the disk does not give back."""
    return Damaged(f"{what} cannot be read from the disk: {error.strerror or error}; restore it from a copy")


@dataclass(frozen=True, slots=True)
class Draft:
    """A file being written that has no name yet, or (`path` not "") one in the folder of drafts."""

    fd: int
    path: str = ""


class Disk:
    """The operating system's own calls. `unnamed` files need no cleaning after a crash; not every file system has them.

    Folders that drafts are published into are opened once and stay open, for they are few and every blob needs one.
    """

    def __init__(self, *, unnamed: bool = True) -> None:
        self._unnamed = unnamed
        self._folders: dict[str, int] = {}

    def create(self, drafts: str) -> Draft:
        """Open a new file in the folder `drafts` for writing, mode 0600, locked as in use."""
        if self._unnamed:
            try:
                return Draft(os.open(drafts, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            except OSError as error:
                if error.errno not in _NO_UNNAMED_FILES:
                    raise
                self._unnamed = False
        path = os.path.join(drafts, secrets.token_hex(16))
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_SH)
        return Draft(fd, path)

    def write(self, draft: Draft, data: Buffer) -> None:
        """Append all of `data`."""
        written = os.write(draft.fd, data)
        if written == len(data):
            return
        with memoryview(data) as view:
            while written < len(view):
                written += os.write(draft.fd, view[written:])

    def start_writeback(self, draft: Draft, start: int, length: int) -> None:
        """Let the disk begin with bytes that the later `sync` will wait for. A hint: it promises nothing."""
        if _sync_file_range is not None:
            _sync_file_range(draft.fd, ctypes.c_int64(start), ctypes.c_int64(length), _SYNC_FILE_RANGE_WRITE)

    def sync(self, draft: Draft) -> None:
        """Return when the file's bytes and size are durable."""
        os.fdatasync(draft.fd)

    def publish(self, draft: Draft, path: str) -> None:
        """Give the draft its name. Raises FileExistsError rather than replace one."""
        if draft.path:
            os.link(draft.path, path)
            os.unlink(draft.path)
            return
        folder, _, name = path.rpartition("/")
        # linkat(AT_SYMLINK_FOLLOW), which os.link uses only when given a folder
        os.link(f"/proc/self/fd/{draft.fd}", name, dst_dir_fd=self._folder(folder), follow_symlinks=True)

    def abandon(self, draft: Draft) -> None:
        """Remove a draft that was not published."""
        if draft.path:
            os.unlink(draft.path)

    def close(self, draft: Draft) -> None:
        os.close(draft.fd)

    def sync_folder(self, path: str) -> None:
        """Return when the names in the folder are durable."""
        fd = self._folders.get(path)
        if fd is not None:
            os.fsync(fd)
            return
        fd = _open_folder(path)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def make_folder(self, path: str) -> None:
        """Make a folder, mode 0700. Raises FileExistsError."""
        os.mkdir(path, 0o700)

    def remove(self, path: str) -> None:
        os.unlink(path)

    def release(self) -> None:
        """Close the folders that were kept open; they are opened again when needed."""
        while self._folders:
            os.close(self._folders.popitem()[1])

    def _folder(self, path: str) -> int:
        fd = self._folders.get(path)
        if fd is None:
            fd = _open_folder(path)
            first = self._folders.setdefault(path, fd)
            if first != fd:  # another thread was faster
                os.close(fd)
            fd = first
        return fd

    def __del__(self) -> None:
        self.release()


def _open_folder(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def make_folders(disk: Disk, path: str) -> None:
    """Make a folder and its missing parents, each durable in its own parent."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(os.path.abspath(path))
    make_folders(disk, parent)
    try:
        disk.make_folder(path)
    except FileExistsError:
        return
    disk.sync_folder(parent)


def remove_dead_drafts(folder: str) -> int:
    """Remove drafts whose writer is gone, and give their number; a draft still locked by a writer stays."""
    removed = 0
    for entry in os.scandir(folder):
        fd = os.open(entry.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(entry.path)
            removed += 1
        except BlockingIOError:
            continue
        finally:
            os.close(fd)
    return removed

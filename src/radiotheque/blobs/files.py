"""Blobs as files: draft, fdatasync, link that replaces nothing, fsync of the folder."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from radiotheque.blobs.disk import Disk, Draft, damaged, make_folders, remove_dead_drafts, translating
from radiotheque.blobs.naming import join_name, split_name
from radiotheque.blobs.space import Reserve
from radiotheque.core.errors import Conflict, Damaged, NotFound, Unavailable
from radiotheque.core.instance import BlobName, Buffer

_DRAFTS = "drafts"  # longer than a fan-out folder's name, so never one of them
_LAYOUT = "layout"
_LAYOUT_TEXT = b"radiotheque blobs 1\n"
_SMALL = 64 << 10
_GATHER = 256 << 10
_WRITEBACK = 1 << 20


class FileStore:
    """A `BlobStore` in a folder: `<first two letters of the key id>/<key id>-<unique part>`.

    Key ids are random, so 256 folders made beforehand share the blobs evenly, a new study costs no
    new folder, and folders in order are names in order. Several processes may use one folder.
    """

    def __init__(self, root: Path, *, reserve: Reserve | None = None, disk: Disk | None = None) -> None:
        self._root = str(root)
        self._drafts = os.path.join(self._root, _DRAFTS)
        self._disk = disk or Disk()
        with translating(f"the blob folder {root} cannot be prepared"):
            _prepare(self._disk, self._root)
            remove_dead_drafts(self._drafts)
        self._folders = set(os.listdir(self._root)) - {_DRAFTS, _LAYOUT}
        self._reserve = reserve or Reserve(root)

    def put(self, name: BlobName, chunks: Iterable[Buffer]) -> "FilePut":
        """Keep a stream as a file; see `BlobStore.put`."""
        path = self._path(name)
        self._reserve.check()
        with translating("the disk takes no new file, nothing was kept"):
            self._ensure_folder(os.path.dirname(path))
            draft = self._disk.create(self._drafts)
        try:
            return self._fill(draft, name, path, chunks)
        finally:
            self._disk.close(draft)

    def _fill(self, draft: Draft, name: BlobName, path: str, chunks: Iterable[Buffer]) -> "FilePut":
        published = False
        try:
            size = _write_all(self._disk, draft, chunks)
            with translating("the disk did not take the object, nothing was kept"):
                self._disk.sync(draft)
                self._publish(draft, name, path)
                published = True
                self._disk.sync_folder(os.path.dirname(path))
        except BaseException:
            self._undo(draft, path, published=published)
            raise
        return FilePut(name, size, self._disk, path)

    def _publish(self, draft: Draft, name: BlobName, path: str) -> None:
        try:
            self._disk.publish(draft, path)
        except FileExistsError as error:
            raise Conflict(f"a blob named {name} is kept already, and stays as it was") from error

    def _undo(self, draft: Draft, path: str, *, published: bool) -> None:
        with translating("a file that was not finished cannot be removed"):
            if published:
                self._disk.remove(path)
            else:
                self._disk.abandon(draft)

    def _ensure_folder(self, folder: str) -> None:
        """Make a folder that was not foreseen: key ids of ours are hexadecimal, and theirs are all there."""
        short = os.path.basename(folder)
        if short not in self._folders:
            make_folders(self._disk, folder)
            self._folders.add(short)

    def _path(self, name: str) -> str:
        return blob_path(self._root, name)

    def open(self, name: BlobName, start: int = 0, stop: int | None = None) -> "FileReader":
        """Open bytes [start, stop) of a file; reads hold no lock and share no position."""
        fd = self._open_file(name)
        size = os.fstat(fd).st_size
        end = size if stop is None else min(stop, size)
        return FileReader(fd, name, (min(start, end), end), size)

    def _open_file(self, name: BlobName) -> int:
        try:
            return os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NotFound(f"no blob is named {name}") from error
        except OSError as error:
            raise Unavailable(f"the blob {name} cannot be opened: {error.strerror}; try again") from error

    def size(self, name: BlobName) -> int:
        """Give the size in bytes. Raises `NotFound`, `Unavailable`."""
        try:
            return os.stat(self._path(name)).st_size
        except FileNotFoundError as error:
            raise NotFound(f"no blob is named {name}") from error
        except OSError as error:
            raise Unavailable(f"the blob {name} cannot be looked at: {error.strerror}; try again") from error

    def names(self, after: str = "") -> Iterator[BlobName]:
        """Yield all names greater than `after`, in order; one folder of 256 is in memory at a time."""
        with translating("the blob folder cannot be listed"):
            folders = sorted(set(os.listdir(self._root)) - {_DRAFTS, _LAYOUT})
        for folder in folders:
            if folder < after[: len(folder)]:
                continue
            yield from (name for name in self._names_in(folder) if name > after)

    def _names_in(self, folder: str) -> list[BlobName]:
        with translating("the blob folder cannot be listed"):
            files = os.listdir(os.path.join(self._root, folder))
        found = (join_name(*file.partition("-")[::2]) for file in files)
        return sorted(name for name in found if name is not None)

    def close(self) -> None:
        """Close the folders."""
        self._disk.release()


def blob_path(root: str, name: str) -> str:
    """Give the path of a blob's file. Raises `Malformed`."""
    key_id, unique = split_name(name)
    return f"{root}/{key_id[:2]}/{key_id}-{unique}"


def _prepare(disk: Disk, root: str) -> None:
    """Make the folders and the layout mark, all durable; does nothing when the mark is there."""
    mark = os.path.join(root, _LAYOUT)
    if os.path.exists(mark):
        _check_layout(mark)
        return
    make_folders(disk, root)
    for short in [_DRAFTS, *(f"{number:02x}" for number in range(256))]:
        with suppress(FileExistsError):
            disk.make_folder(os.path.join(root, short))
    draft = disk.create(os.path.join(root, _DRAFTS))
    try:
        disk.write(draft, _LAYOUT_TEXT)
        disk.sync(draft)
        disk.publish(draft, mark)
    except FileExistsError:  # another process was faster and wrote the same
        disk.abandon(draft)
    finally:
        disk.close(draft)
    disk.sync_folder(root)
    disk.sync_folder(os.path.dirname(os.path.abspath(root)))


def _check_layout(mark: str) -> None:
    with open(mark, "rb") as file:
        text = file.read(len(_LAYOUT_TEXT) + 1)
    if text != _LAYOUT_TEXT:
        raise Unavailable(
            f"{mark} says {text[:40]!r}: these blobs were laid out by another version; upgrade Radiotheque"
        )


def _write_all(disk: Disk, draft: Draft, chunks: Iterable[Buffer]) -> int:
    """Write a stream and give its size: small pieces are gathered, large ones written as they are."""
    gathered = bytearray()
    written = started = 0
    for chunk in chunks:
        if len(chunk) < _SMALL:
            gathered += chunk
            if len(gathered) < _GATHER:
                continue
            chunk = b""
        written += _write(disk, draft, gathered) + _write(disk, draft, chunk)
        gathered.clear()
        if written - started >= _WRITEBACK:
            disk.start_writeback(draft, started, written - started)
            started = written
    return written + _write(disk, draft, gathered)


def _write(disk: Disk, draft: Draft, data: Buffer) -> int:
    if len(data):
        with translating("the disk did not take the object, nothing was kept"):
            disk.write(draft, data)
    return len(data)


class FilePut:
    """A file just put; `discard` works once."""

    __slots__ = ("_disk", "_path", "name", "size_bytes")

    def __init__(self, name: BlobName, size_bytes: int, disk: Disk, path: str) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self._disk = disk
        self._path = path

    def discard(self) -> None:
        """Remove the file just put. Raises `Conflict` the second time, `Unavailable`."""
        path, self._path = self._path, ""
        if not path:
            raise Conflict(f"the blob {self.name} was discarded before; nothing was removed")
        with translating("a duplicate's blob could not be removed, it stays until the next sweep"):
            self._disk.remove(path)


class FileEraser:
    """Destroys originals kept by a `FileStore` in the same folder (`Eraser`)."""

    def __init__(self, root: Path, *, disk: Disk | None = None) -> None:
        self._root = str(root)
        self._disk = disk or Disk()

    def erase(self, name: BlobName) -> None:
        """Remove a blob, durably. Raises `NotFound`, `Unavailable`."""
        path = blob_path(self._root, name)
        try:
            with translating(f"the blob {name} could not be erased and is still there"):
                self._disk.remove(path)
                self._disk.sync_folder(os.path.dirname(path))
        except Unavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise NotFound(f"no blob is named {name}") from error
            raise


class FileReader:
    """Bytes [start, stop) of an open file; `size_bytes` is the whole file's size."""

    __slots__ = ("_at", "_fd", "_name", "_stop", "size_bytes")

    def __init__(self, fd: int, name: str, span: tuple[int, int], size_bytes: int) -> None:
        self._fd = fd
        self._name = name
        self._at, self._stop = span
        self.size_bytes = size_bytes

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes, fewer only at the end. Raises `Damaged` when the disk does not give them back."""
        left = self._stop - self._at
        wanted = left if size < 0 else min(size, left)
        if wanted <= 0:
            return b""
        try:
            data = os.pread(self._fd, wanted, self._at)
            while len(data) < wanted and (more := os.pread(self._fd, wanted - len(data), self._at + len(data))):
                data += more
        except OSError as error:
            raise damaged(error, f"the blob {self._name}") from error
        if len(data) < wanted:
            raise Damaged(f"the blob {self._name} became shorter while it was read; restore it from a copy")
        self._at += wanted
        return data

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield what is left in pieces of `size` bytes; tells the kernel to read ahead."""
        os.posix_fadvise(self._fd, self._at, self._stop - self._at, os.POSIX_FADV_SEQUENTIAL)
        while data := self.read(size):
            yield data

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> "FileReader":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

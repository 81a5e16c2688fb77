"""What can always be made again: renditions, joined metadata, blocks of far blobs; bounded in size, never fsynced."""

import heapq
import os
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

import structlog

from radiotheque.blobs.disk import translating
from radiotheque.blobs.sealing import seal_bytes, unseal_bytes
from radiotheque.blobs.space import Reserve
from radiotheque.core.errors import Damaged, OutOfSpace, Unavailable
from radiotheque.core.ports import Derived

_GB = 10**9
_CHECK = 4
CHECKED_S = 10.0
"""A file that checked out is believed for so long while it stays the same file: the CRC of 600 KB takes 0.17 ms.

What is believed is that nobody has written since, for every write shows in the facts (see `SETTLED_NS`), and that the disk
gives the same bytes twice within seconds: originals that are kept unsealed are given out on no more. Sealed values are
authenticated in full each time.
"""
SETTLED_NS = 1_000_000_000
"""A file changed more lately than this is not believed: a second write within one tick of the kernel's clock (10 ms at
most) leaves the times as they are.
"""
_MOST_CHECKED = 4096
_LONGEST = 180
_CUT = "+cut+"
_DRAFT = "+draft"  # quote() leaves no plus sign in a name

_log = structlog.get_logger()

type _Facts = tuple[int, int, int, int]
"""Inode, size in bytes, times of the last change of content and of the inode in ns: they change with any write."""


class FileDerived:
    """A `Derived` store in a folder, of at most about `limit_bytes`: beyond that the oldest files go.

    The part of a name before its first slash is a folder, so all that is derived from one study or blob
    is evicted at once. Values are replaced whole or not at all; a torn or changed one counts as absent.
    On a disk below its reserve nothing new is kept, silently: it can be made again.
    """

    def __init__(self, root: Path, *, limit_bytes: int = 20 * _GB, reserve: Reserve | None = None) -> None:
        self._root = root
        self._limit_bytes = limit_bytes
        with translating(f"the folder of derived data {root} cannot be made"):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._reserve = reserve or Reserve(root)
        self._tidying = threading.Lock()
        self._checked: dict[str, tuple[_Facts, float]] = {}
        self._since_tidied = limit_bytes  # unknown after a start: the first put looks

    def put(self, name: str, data: bytes) -> None:
        """Keep `data`, replacing what was there, unless the disk is full. Raises `Unavailable`."""
        try:
            self._reserve.check()
            with translating("derived data could not be kept"):
                _write(self._path(name), data)
        except OutOfSpace as error:
            _log.info("derived.not-kept", reason=str(error))
            self.tidy(limit_bytes=self._limit_bytes // 4)
            return
        self._since_tidied += len(data)
        if self._since_tidied >= self._limit_bytes // 16:
            self._since_tidied = 0
            threading.Thread(target=self._tidy_beside, name="derived-tidy", daemon=True).start()

    def _tidy_beside(self) -> None:
        try:
            self.tidy()
        except Unavailable as error:
            _log.warning("derived.not-tidied", reason=str(error))

    def get(self, name: str) -> bytes | None:
        """Give what is kept under `name`, None when nothing is or it does not check out. Raises `Unavailable`."""
        path = self._path(name)
        with translating("derived data could not be read"):
            try:
                facts, check, data = _read(path)
            except (FileNotFoundError, NotADirectoryError):
                return None
        if self._checked_out(path, facts):
            return data
        if zlib.crc32(data).to_bytes(_CHECK, "big") != check:
            return None
        self._note_checked(path, facts)
        return data

    def _checked_out(self, path: str, facts: _Facts) -> bool:
        """Say whether this very file checked out a moment ago."""
        known = self._checked.get(path)
        return known is not None and known[0] == facts and time.monotonic() - known[1] < CHECKED_S

    def _note_checked(self, path: str, facts: _Facts) -> None:
        if time.time_ns() - max(facts[2:]) < SETTLED_NS:
            return
        if len(self._checked) >= _MOST_CHECKED:
            self._checked.clear()
        self._checked[path] = (facts, time.monotonic())

    def evict(self, prefix: str) -> None:
        """Forget everything whose name begins with `prefix`. Raises `Unavailable`."""
        with translating("derived data could not be forgotten"):
            for path, name in self._files(prefix):
                if name.startswith(prefix) or (_CUT in name and prefix.startswith(name.partition(_CUT)[0])):
                    _remove(path)

    def tidy(self, *, limit_bytes: int | None = None) -> None:
        """Remove the oldest files until nine tenths of the limit are left; does nothing while another thread does."""
        if not self._tidying.acquire(blocking=False):
            return
        try:
            with translating("derived data could not be tidied"):
                self._tidy(self._limit_bytes if limit_bytes is None else limit_bytes)
        finally:
            self._tidying.release()

    def _tidy(self, limit_bytes: int) -> None:
        ages: list[tuple[int, int, str]] = []
        for path, _ in self._files(""):
            with suppress(FileNotFoundError):
                facts = os.stat(path)
                ages.append((facts.st_mtime_ns, facts.st_size, path))
        excess = sum(size for _, size, _ in ages) - limit_bytes
        if excess <= 0:
            return
        excess += limit_bytes // 10
        heapq.heapify(ages)
        while ages and excess > 0:
            _, size, path = heapq.heappop(ages)
            _remove(path)
            excess -= size

    def _files(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield the path and name of every file that may begin with `prefix`."""
        head, slash, _ = prefix.partition("/")
        if slash:
            yield from _files_in(self._folder(head))
            return
        for fan in _listed(str(self._root)):
            for folder in _listed(fan):
                yield from _files_in(folder)

    def _folder(self, head: str) -> str:
        fan = sha256(head.encode()).hexdigest()[:2]
        return f"{self._root}/{fan}/{_quoted(head)}"

    def _path(self, name: str) -> str:
        head, slash, rest = name.partition("/")
        return f"{self._folder(head)}/{_quoted(slash + rest)}"


def _read(path: str) -> tuple[_Facts, bytes, bytes]:
    """Give the facts of a file, its check and its data. The facts come first: what is written meanwhile changes them."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        facts = found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        return facts, os.read(fd, _CHECK), _read_rest(fd, found.st_size - _CHECK)
    finally:
        os.close(fd)


def _read_rest(fd: int, size: int) -> bytes:
    data = os.read(fd, max(size, 0))
    while len(data) < size and (more := os.read(fd, size - len(data))):  # one read gives at most 2 GiB
        data += more
    return data


def _quoted(text: str) -> str:
    """Give a file name for any text, never empty or hidden; a very long one is cut, and told apart by its hash."""
    name = "=" + quote(text, safe="")
    if len(name) <= _LONGEST:
        return name
    kept = text[:_LONGEST]
    while len(quote(kept, safe="")) > _LONGEST:
        kept = kept[:-1]
    return f"={quote(kept, safe='')}{_CUT}{sha256(text.encode()).hexdigest()[:32]}"


def _files_in(folder: str) -> Iterator[tuple[str, str]]:
    """Yield path and name of every file in a folder, where they are cut up to the cut."""
    head = unquote(os.path.basename(folder)[1:])
    for path in _listed(folder):
        if not path.endswith(_DRAFT):
            yield path, head + unquote(os.path.basename(path)[1:])


def _listed(folder: str) -> list[str]:
    try:
        return [f"{folder}/{entry}" for entry in os.listdir(folder)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _write(path: str, data: bytes) -> None:
    draft = f"{path}.{threading.get_native_id()}{_DRAFT}"
    try:
        with open(_open_draft(draft), "wb", buffering=0) as file:
            file.write(zlib.crc32(data).to_bytes(_CHECK, "big"))
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) or 0 :]
        os.replace(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def _open_draft(draft: str) -> int:
    flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC
    for _ in range(3):  # the folder is made when missing, and may be removed as empty in between
        try:
            return os.open(draft, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(draft), mode=0o700, exist_ok=True)
    return os.open(draft, flags, 0o600)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
    with suppress(OSError):  # not empty: the folder stays
        os.rmdir(os.path.dirname(path))


class MemoryDerived:
    """A `Derived` store in memory, for tests."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        """Keep `data`, replacing what was there."""
        self._values[name] = bytes(data)

    def get(self, name: str) -> bytes | None:
        """Give what is kept under `name`."""
        return self._values.get(name)

    def evict(self, prefix: str) -> None:
        """Forget everything whose name begins with `prefix`."""
        for name in [name for name in list(self._values) if name.startswith(prefix)]:
            self._values.pop(name, None)


class SealedDerived:
    """A `Derived` store around another that seals values under the ring's key for derived data (blob-format.md).

    Names are not sealed: they hold UIDs at most, never a patient.
    """

    def __init__(self, inside: Derived, secret: bytes) -> None:
        self._inside = inside
        self._secret = secret

    def put(self, name: str, data: bytes) -> None:
        """Keep `data` sealed, replacing what was there."""
        self._inside.put(name, seal_bytes(self._secret, name, data))

    def get(self, name: str) -> bytes | None:
        """Give what is kept under `name`, None when nothing is or it does not check out."""
        sealed = self._inside.get(name)
        if sealed is None:
            return None
        try:
            return unseal_bytes(self._secret, name, sealed)
        except Damaged:
            _log.warning("derived.damaged", name=name)
            return None

    def evict(self, prefix: str) -> None:
        """Forget everything whose name begins with `prefix`."""
        self._inside.evict(prefix)

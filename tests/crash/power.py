"""A disk as it is after a power cut, replayed from the system calls of a whole house.

What the model does: bytes last from fsync or fdatasync of their file on, names from fsync of their folder on (POSIX
promises no more; ext4 and XFS often keep more). `Cut.STRICT` keeps exactly that; `Cut.NAMES` keeps every name too, each
with its synced bytes; `Cut.TORN` keeps every name and a random choice of the writes that were not synced; `Cut.KILL` is
no power cut but kill -9 between two system calls, in the middle of a commit or of making keys: it keeps everything.
What it does not: a sector torn in its middle, a disk that lies about a flush, and the file `-shm` of SQLite, which is
mapped memory and made anew after a crash.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from crash.syscalls import NAMES, OPENS, SYNCS, WRITES, Call

TRACED = (*OPENS, *WRITES, *NAMES, *SYNCS)


class Cut(Enum):
    """What of the unsynced is left."""

    STRICT = "strict"
    NAMES = "names"
    TORN = "torn"
    KILL = "kill"


@dataclass(slots=True)
class File:
    """Bytes now, bytes that last, and the writes between them as (offset, bytes); offset -1 sets the length."""

    now: bytearray = field(default_factory=bytearray)
    lasting: bytes = b""
    pending: list[tuple[int, bytes | int]] = field(default_factory=list)


def _apply(data: bytearray, offset: int, what: bytes | int) -> None:
    if isinstance(what, int):
        del data[what:]
        data.extend(bytes(what - len(data)))
        return
    data.extend(bytes(max(0, offset - len(data))))
    data[offset : offset + len(what)] = what


class Disk:
    """The files and folders below `root`, which itself is there from the beginning."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self.now: dict[str, File | None] = {}
        self.lasting: dict[str, File | None] = {}
        self._unnamed: dict[str, File] = {}
        self._open: dict[int, tuple[str, int]] = {}  # descriptor → path, position

    def take(self, call: Call) -> bool:
        """Replay a call; say whether it changed what is below the root."""
        if call.name in OPENS:
            return self._opened(call)
        if call.name in NAMES:
            return self._named(call)
        if not call.path.startswith(self._root) and f"{call.path}/" != self._root:
            return False
        if call.name in ("fsync", "fdatasync"):
            self._sync(call.path)
        elif call.name in WRITES:
            self._write(call)
        return True

    def _opened(self, call: Call) -> bool:
        path = call.opened
        if not path.startswith(self._root):
            self._open.pop(call.opened_fd, None)
            return False
        self._open[call.opened_fd] = (path, 0)
        if "O_TMPFILE" in call.arguments:
            self._unnamed[path] = File()
        elif "O_CREAT" in call.arguments and path not in self.now:
            self.now[path] = File()
        elif "O_TRUNC" in call.arguments:
            raise AssertionError(f"{path} is cut when opened: the model has no word for it")
        return "O_CREAT" in call.arguments

    def _named(self, call: Call) -> bool:
        places = call.places
        if not places[-1].startswith(self._root):
            return False
        match call.name:
            case "mkdir" | "mkdirat":
                self.now[places[-1]] = None
            case "unlink" | "unlinkat" | "rmdir":
                self.now.pop(places[-1], None)
            case "rename" | "renameat" | "renameat2":
                self.now[places[-1]] = self.now.pop(places[0])
            case _:
                self.now[places[-1]] = self._source(places[0])
        return True

    def _source(self, path: str) -> File | None:
        if path.startswith("/proc/self/fd/"):
            path = self._open[int(path.rpartition("/")[2])][0]
        return self._unnamed.get(path) or self.now[path]

    def _file(self, path: str) -> File | None:
        return self._unnamed.get(path) or self.now.get(path)

    def _write(self, call: Call) -> None:
        file = self._file(call.path)
        if file is None or call.path.endswith("-shm"):
            return
        if call.name == "ftruncate":
            change: tuple[int, bytes | int] = (-1, call.numbers[-1])
        elif call.name == "pwrite64":
            change = (call.numbers[-1], call.texts[0])
        elif call.name == "write":
            path, at = self._open[call.fd]
            self._open[call.fd] = (path, at + len(call.texts[0]))
            change = (at, call.texts[0])
        else:
            raise AssertionError(f"the model has no word for {call.name}")
        _apply(file.now, *change)
        file.pending.append(change)

    def _sync(self, path: str) -> None:
        file = self._file(path)
        if file is not None:
            file.lasting = bytes(file.now)
            file.pending.clear()
            return
        for name in [*self.lasting, *self.now]:
            if name.rpartition("/")[0] == path:
                if name in self.now:
                    self.lasting[name] = self.now[name]
                else:
                    self.lasting.pop(name, None)

    def survivors(self, cut: Cut, seed: int = 0) -> dict[str, bytes | None]:
        """Give what is left when the power is cut now: path below the root → bytes, None for a folder."""
        names = self.lasting if cut is Cut.STRICT else self.now
        chance = random.Random(seed)
        left: dict[str, bytes | None] = {}
        for path, file in sorted(names.items()):
            parent = path.rpartition("/")[0]
            whole = f"{parent}/" == self._root or parent.removeprefix(self._root) in left
            if whole and not path.endswith("-shm"):
                left[path.removeprefix(self._root)] = None if file is None else _left(file, cut, chance)
        return left


def _left(file: File, cut: Cut, chance: random.Random) -> bytes:
    if cut is not Cut.TORN:
        return bytes(file.now) if cut is Cut.KILL else file.lasting
    data = bytearray(file.lasting)
    for change in file.pending:
        if chance.random() < 0.5:
            _apply(data, *change)
    return bytes(data)


def lay_out(left: dict[str, bytes | None], target: Path) -> None:
    """Write survivors into a new folder."""
    target.mkdir()
    for path, data in left.items():
        if data is None:
            (target / path).mkdir()
        else:
            (target / path).write_bytes(data)
            (target / path).chmod(0o600)


def cuts(calls: Iterable[Call], disk: Disk, ledger: Path) -> Iterator[int]:
    """Replay, and stop at every moment after which something more lasts, is named or was promised; yield its number.

    Folders are not counted: 256 of them are made in a row, before anything is kept.
    """
    number = 0
    for call in calls:
        counts = call.name in (*SYNCS, *NAMES) and not call.name.startswith("mkdir")
        if call.path == str(ledger) or (disk.take(call) and counts):
            number += 1
            yield number

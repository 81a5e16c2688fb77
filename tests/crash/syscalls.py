"""What processes told the kernel, as strace saw it: which call began and ended before which other."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "fallocate")
SYNCS = ("fsync", "fdatasync", "msync", "sync_file_range")
NAMES = ("mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "rmdir")
OPENS = ("openat", "open", "creat")
SENDS = ("sendto", "sendmsg")

_LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+|\?)(.*)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)
_FD = re.compile(r"(-?\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2}|socket:|pipe:|TCP:|[^>\\])*)>(\(deleted\))?")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded; `began` and `ended` are line numbers of the trace, so they order all threads."""

    name: str
    arguments: str
    result: str
    began: int
    ended: int

    @property
    def fd(self) -> int:
        """The descriptor that is its first argument, -1 when that is none."""
        found = _FD.match(self.arguments)
        return int(found[1]) if found and found[1].lstrip("-").isdigit() else -1

    @property
    def path(self) -> str:
        """What its first descriptor is open on; ` (deleted)` behind a file without a name."""
        return _path(_FD.match(self.arguments))

    @property
    def opened(self) -> str:
        """What the descriptor that it gave is open on."""
        return _path(_FD.search(self.result))

    @property
    def opened_fd(self) -> int:
        found = _FD.search(self.result)
        return int(found[1]) if found else -1

    @property
    def texts(self) -> list[bytes]:
        """Its strings and buffers, whole."""
        found = list(_TEXT.finditer(self.arguments))
        assert not any(each[2] for each in found), "the trace cut a buffer"
        return [bytes.fromhex(each[1].replace("\\x", "")) for each in found]

    @property
    def places(self) -> list[str]:
        """Its path arguments, each joined to the folder whose descriptor stands before it."""
        found = []
        folder = ""
        for piece in re.finditer(f"{_FD.pattern}|{_TEXT.pattern}", self.arguments):
            if piece[1] is not None:
                folder = _path(_FD.match(piece[0]))
            else:
                found.append(os.path.join(folder, bytes.fromhex(piece[4].replace("\\x", "")).decode()))
        return found

    @property
    def numbers(self) -> list[int]:
        """Its last plain numbers, behind all buffers."""
        behind = self.arguments.rpartition('"')[2].rpartition(">")[2]
        return [int(number) for number in re.findall(r"-?\b\d+\b", behind)]


def _path(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    text = re.sub(r"\\x([0-9a-f]{2})", lambda byte: chr(int(byte[1], 16)), found[2])
    return text + (" (deleted)" if found[3] else "")


def read_trace(trace: Path) -> Iterator[Call]:
    """Yield the calls that succeeded, in the order in which they ended."""
    waiting: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(trace.read_text("ascii", "replace").splitlines()):
        found = _LINE.match(line)
        if found is None:
            continue
        thread, text, began = found[1], found[2], number
        if text.endswith("<unfinished ...>"):
            waiting[thread] = (text.removesuffix("<unfinished ...>"), number)
            continue
        if resumed := _RESUMED.match(text):
            before, began = waiting.pop(thread, ("", number))
            text = before + resumed[2]
        call = _CALL.match(text)
        if call and not call[3].startswith(("-", "?")):
            yield Call(call[1], call[2], call[3] + call[4], began, number)


def strace(*arguments: str, calls: Sequence[str], trace: Path, buffers: int = 64) -> list[str]:
    """Give the command line of strace for threads and children, every path and `buffers` bytes of each buffer shown."""
    options = ["-f", "-y", "-xx", "-s", str(buffers), "-o", str(trace), "-e", f"trace={','.join(calls)}"]
    return ["strace", *options, *arguments]


@cache
def why_not() -> str:
    """Say why nothing can be traced here, "" when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed: run `make test`, which installs it"
    tried = subprocess.run(["strace", "-f", "-o", os.devnull, "true"], capture_output=True, text=True)
    return "" if tried.returncode == 0 else f"the kernel does not let us trace: {tried.stderr.strip()[-200:]}"


def need_strace() -> None:
    """Skip the test where nothing can be traced."""
    if reason := why_not():
        pytest.skip(reason)

"""One server at a time for an index in a file: a lock in its data folder, which lasts as long as who took it.

The kernel gives a lock back when the last process that holds it ends, however it ends: what is left of the file after a
power cut keeps nobody out. Commands that work beside a server take no lock; SQLite keeps their writing apart.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path

from radiotheque.core.errors import Unavailable

FILE_NAME = "serving.lock"

PATIENCE_S = 3.0
"""Who was killed a moment ago may still be ending."""

_LOOK_S = 0.05


def serve_alone(data: Path, *, patience_s: float = PATIENCE_S) -> int:
    """Take the lock of a data folder for the house of this process; give the file descriptor that holds it.

    It is given on to a program that this process becomes, and to what that forks. Raises `Unavailable` when another
    process serves the folder, or when it cannot be written.
    """
    path = data / FILE_NAME
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
    try:
        _lock(fd, patience_s)
    except BlockingIOError as taken:
        who = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
        os.close(fd)
        raise Unavailable(
            f"{data} is served already, by process {who or '(unknown)'}; end that first, or serve another folder"
        ) from taken
    except OSError as error:
        os.close(fd)
        raise Unavailable(f"{path} cannot be locked: {error.strerror}") from error
    with contextlib.suppress(OSError):  # a full disk: who is in the way is then not named
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode("ascii"), 0)
    os.set_inheritable(fd, True)
    return fd


def _lock(fd: int, patience_s: float) -> None:
    end = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(_LOOK_S)
        else:
            return

"""The workbench: one call in a child process that holds no keys, bounded in memory and time.

Foreign bytes are decoded, rendered and packed here, so that a codec that breaks takes nothing with it. A child gets
a function's name and its arguments, works, and answers; it has no open file, no socket but this one and a bare
environment. What it answers is read by an unpickler that knows only plain values, our nouns and our errors: a child
that was taken over cannot run anything here.

Large byte strings do not pass through the socket: they lie in memory that both sides see (one file in memory each way).
A `bytes` argument arrives as `bytes`; a `memoryview` as a `memoryview` that is valid during the call, uncopied; so does
a `Streamed` one, which is never whole in the memory of the caller.
"""

import io
import math
import mmap
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from enum import Enum
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from radiotheque.core.errors import Busy, Damaged, RadiothequeError, TooLarge, Unavailable, Undecodable
from radiotheque.core.ports import Remote, Streamed

_LARGE = 64 << 10
_KEEP_SHARED = 32 << 20
_MAX_REPLY = 64 << 20
_START_S = 60.0
_PRELOAD = ("radiotheque.dicom.pictures", "radiotheque.dicom.viewing", "radiotheque.dicom.transcode")
_NEVER_LOADED = ("gdcm", "requests")
"""Loaded by pydicom where they are installed, to decode and download what nobody here asks it for: 21 MB a child."""


class ChildWorkbench:
    """Runs functions in a small pool of child processes, started on demand, kept warm, ended when idle (see `stand_by`).

    `size` children at most (the number of cores by default), each with `memory_bytes` above what it has after its
    imports and what it was handed, and `time_s` of wall time a call. Idle children end after `idle_s`. Safe to call
    from any thread; a call waits up to `wait_s` for a child, then raises `Busy`.
    """

    def __init__(
        self,
        *,
        size: int = 0,
        memory_bytes: int = 512 << 20,
        time_s: float = 10.0,
        idle_s: float = 60.0,
        wait_s: float = 60.0,
        preload: Sequence[str] = _PRELOAD,
    ) -> None:
        self._memory_bytes, self._time_s, self._idle_s, self._wait_s = memory_bytes, time_s, idle_s, wait_s
        self._preload = tuple(preload)
        self._free = threading.Semaphore(size or os.cpu_count() or 1)
        self._lock = threading.Condition()
        self._idle: list[tuple[float, _Child]] = []
        self._working = 0
        self._stand_by_at = math.inf
        self._tender: threading.Thread | None = None
        self._closed = False

    def run[T](self, function: Callable[..., T], *args: Any) -> T:
        """Call a module-level function, or a `Remote` one, in a child and give its answer.

        Plain values, byte strings, frozen dataclasses and enums go both ways. The function's own `RadiothequeError`
        comes back as raised. Raises `Undecodable` when the child died, ran out of memory or failed in any other way,
        `TooLarge` when it ran out of time, `Busy` when no child became free.
        """
        if not self._free.acquire(timeout=self._wait_s):
            raise Busy("no worker became free to decode the object; try again")
        with self._lock:
            self._working += 1
        try:
            child = self._take()
            try:
                return self._call(child, function, args)
            except _Died:
                if not child.used:
                    raise
            # a warm child may have been killed by somebody while it waited: the work is tried once more
            return self._call(self._start(), function, args)
        except _Died as error:
            raise Undecodable(
                "the worker process ended while it worked on the object ({error}); it is kept", error=error
            ) from None
        finally:
            with self._lock:
                self._working -= 1
                if not self._idle:  # its child has ended: another may have to stand by
                    self._lock.notify_all()
            self._free.release()

    def stand_by(self, after_s: float) -> None:
        """From `after_s` on let an unused child wait whenever there is no other, so that no call pays for a start.

        Returns at once. Unused, because a child that has worked may hold much memory: it still ends after `idle_s`.
        """
        with self._lock:
            self._stand_by_at = time.monotonic() + after_s
            self._lock.notify_all()
            self._tend()

    def close(self) -> None:
        """End all idle children and refuse calls from now on; calls under way end by themselves."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            self._lock.notify_all()
        for _, child in idle:
            child.end()
        if self._tender is not None:
            self._tender.join()

    def _take(self) -> "_Child":
        while True:
            with self._lock:
                if self._closed:
                    raise Unavailable("the workbench is closed")
                if not self._idle:
                    break
                child = self._idle.pop()[1]
            if child.alive():
                return child
            child.end()
        return self._start()

    def _start(self) -> "_Child":
        return _Child(self._memory_bytes, self._preload)

    def _call[T](self, child: "_Child", function: Callable[..., T], args: tuple[Any, ...]) -> T:
        kept = False
        try:
            answer: T = child.call(function, args, self._time_s)
            kept = True
            return answer
        except RadiothequeError:
            kept = child.sound
            raise
        finally:
            if kept:
                self._put_back(child)
            else:
                child.end()

    def _put_back(self, child: "_Child") -> None:
        with self._lock:
            closed = self._closed
            if not closed:
                self._idle.append((time.monotonic(), child))
                self._tend()
        if closed:
            child.end()

    def _tend(self) -> None:
        """Start the thread that ends and starts waiting children, if it does not run. The caller holds the lock."""
        if self._tender is None and not self._closed:
            self._tender = threading.Thread(target=self._tend_children, name="workbench-tender", daemon=True)
            self._tender.start()

    def _tend_children(self) -> None:
        """End children that nobody called for `idle_s`, and start one when it is time that one stands by."""
        while True:
            with self._lock:
                if self._closed:
                    return
                now = time.monotonic()
                over = next((each for each in self._idle if each[0] + self._idle_s <= now), None)
                if over is None:
                    if self._idle or self._working or now < self._stand_by_at:
                        self._lock.wait(self._until_next(now))
                    else:
                        self._add_fresh(now)
                    continue
                self._idle.remove(over)
            over[1].end()

    def _until_next(self, now: float) -> float:
        """Give the seconds until a waiting child's time is over, or one is to stand by.

        `idle_s` at most: the time of a child that is put back meanwhile, unannounced, is not over before.
        """
        ends = [since + self._idle_s for since, _ in self._idle]
        starts = [] if self._idle or self._working else [self._stand_by_at]
        return max(min([*ends, *starts, now + self._idle_s]) - now, 0.0)

    def _add_fresh(self, now: float) -> None:
        """Start the child that stands by. The caller holds the lock: a call that comes meanwhile takes this child."""
        try:
            self._idle.append((math.inf, self._start()))
        except OSError:  # no process or memory to spare: a call will say so, should it come to that
            self._stand_by_at = now + self._idle_s


class _Died(Exception):
    """The child ended before it answered."""


class _Child:
    """One child process and the memory shared with it. Used by one thread at a time."""

    def __init__(self, memory_bytes: int, preload: Sequence[str]) -> None:
        self.used = False
        self.sound = True
        ours, theirs = socket.socketpair()
        self._inbox, self._outbox = os.memfd_create("inbox"), os.memfd_create("outbox")
        fds = (theirs.fileno(), self._inbox, self._outbox)
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from radiotheque.workbench import serve_calls; "
            f"serve_calls({fds!r}, {memory_bytes}, {tuple(preload)!r})"
        )
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-E", "-s", "-c", code],
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=_bare_environment(),
            )
        self._line = Connection(ours.detach())

    def alive(self) -> bool:
        return self._process.poll() is None

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], time_s: float) -> Any:
        try:
            return self._call(function, args, time_s)
        except (EOFError, OSError):
            self.sound = False
            raise _Died(f"exit status {self._process.wait()}") from None

    def _call(self, function: Callable[..., Any], args: tuple[Any, ...], time_s: float) -> Any:
        name = function.name if isinstance(function, Remote) else f"{function.__module__}:{function.__qualname__}"
        packed = _packed((name, args, time_s), self._inbox)  # may fail: nothing was said to the child yet
        if not self.used and not self._line.poll(_START_S):
            self.sound = False
            raise Unavailable("a worker process did not start in time; try again")
        if not self.used:
            self._line.recv_bytes()  # it has done its imports
        self._line.send_bytes(packed)
        if not self._line.poll(time_s):
            self.sound = False
            raise TooLarge(
                "the work on the object took longer than {time_s} s and was stopped; it is kept", time_s=f"{time_s:g}"
            )
        self.sound = False  # until its answer is understood
        kind, *answer = _Unpacker(self._line.recv_bytes(_MAX_REPLY), self._outbox).load()
        self.used = self.sound = True
        for memory in (self._inbox, self._outbox):
            if os.fstat(memory).st_size > _KEEP_SHARED:
                os.ftruncate(memory, 0)
        if kind == "answer":
            return answer[0]
        if kind == "error" and isinstance(answer[0], RadiothequeError):
            raise answer[0]
        self.sound = kind == "failed"
        raise Undecodable("the object could not be worked on: {answer}; it is kept", answer=str(answer[0])[:2000])

    def end(self) -> None:
        """Kill the process and forget the memory. May be called twice."""
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
        self._line.close()
        for descriptor in (self._inbox, self._outbox):
            if descriptor >= 0:
                os.close(descriptor)
        self._inbox = self._outbox = -1


def _bare_environment() -> dict[str, str]:
    """Give an environment without secrets; one thread a codec and one arena, so that the address limit means something."""
    single = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM", "MALLOC_ARENA_MAX")
    return {"PATH": os.defpath, "LANG": "C.UTF-8", **dict.fromkeys(single, "1")}


class _Packer(pickle.Pickler):
    """Pickles, with large byte strings set aside."""

    def __init__(self, out: io.BytesIO) -> None:
        super().__init__(out, protocol=5)
        self.aside: list[bytes | memoryview | Streamed] = []
        self._end = 0

    def persistent_id(self, obj: Any) -> tuple[int, int, bool] | None:
        if isinstance(obj, Streamed):
            return self._set_aside(obj, obj.size_bytes, view=True)
        view = isinstance(obj, memoryview)
        if not view and not (type(obj) is bytes and len(obj) >= _LARGE):
            return None
        size = obj.nbytes if view else len(obj)
        return self._set_aside(obj.cast("B") if view and obj.format != "B" else obj, size, view=view)

    def _set_aside(self, piece: bytes | memoryview | Streamed, size: int, *, view: bool) -> tuple[int, int, bool]:
        self.aside.append(piece)
        start, self._end = self._end, self._end + size
        return start, size, view


def _packed(value: Any, memory: int) -> bytes:
    """Give a value pickled, its large byte strings written to `memory` (a file in memory)."""
    out = io.BytesIO()
    packer = _Packer(out)
    packer.dump(value)
    at = 0
    for each in packer.aside:
        end = at + (each.size_bytes if isinstance(each, Streamed) else memoryview(each).nbytes)
        for piece in each.pieces() if isinstance(each, Streamed) else (each,):
            at = _write(memory, piece, at)
        if at != end:
            raise Undecodable("there are fewer or more bytes of the object than it says; it is kept")
    return out.getvalue()


def _write(memory: int, piece: bytes | memoryview, at: int) -> int:
    """Write to a file in memory at an offset; give the offset behind it. A pwrite takes at most 2 GiB."""
    rest = memoryview(piece)
    while rest.nbytes:
        written = os.pwrite(memory, rest, at)
        at, rest = at + written, rest[written:]
    return at


def _piece(memory: int, start: int, size: int) -> bytes:
    """Give bytes of a file in memory. A pread gives at most 2 GiB."""
    data = os.pread(memory, size, start)
    if len(data) != size:
        raise Damaged("the worker process answered with memory that is not there; the object is kept")
    return data


class _Unpacker(pickle.Unpickler):
    """Unpickles an answer: plain values, frozen dataclasses and enums of ours, our errors; nothing that acts."""

    def __init__(self, data: bytes, memory: int) -> None:
        super().__init__(io.BytesIO(data))
        self._memory = memory

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "radiotheque" and module in sys.modules:
            found = getattr(sys.modules[module], name, None)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, RadiothequeError | Enum)):
                return found
        raise Damaged("the worker process answered with something that is not a plain value; the object is kept")

    def persistent_load(self, pid: Any) -> bytes:
        start, size, _ = pid
        return _piece(self._memory, start, size)


class _Opener(pickle.Unpickler):
    """Unpickles a call in the child, with the byte strings that were set aside."""

    def __init__(self, data: bytes, memory: int) -> None:
        super().__init__(io.BytesIO(data))
        self._memory = memory
        self._map: memoryview | None = None

    def persistent_load(self, pid: Any) -> bytes | memoryview:
        start, size, view = pid
        if not view:
            return _piece(self._memory, start, size)
        if size == 0:
            return memoryview(b"")
        if self._map is None:
            self._map = memoryview(mmap.mmap(self._memory, 0, prot=mmap.PROT_READ))
        return self._map[start : start + size]


def serve_calls(descriptors: tuple[int, int, int], memory_bytes: int, preload: Sequence[str]) -> None:
    """Be a child: answer calls on the line until it closes. Called by the code that `_Child` starts."""
    line, inbox, outbox = Connection(descriptors[0]), descriptors[1], descriptors[2]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for module in _NEVER_LOADED:
        sys.modules.setdefault(module, None)  # type: ignore[arg-type]  # an import of it then finds nothing
    for module in preload:
        import_module(module)
    baseline = _address_space()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal is for the server
    line.send_bytes(b"ready")
    while True:
        try:
            call = line.recv_bytes()
        except (EOFError, OSError):
            return
        limit = baseline + os.fstat(inbox).st_size + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        reply, sound = _reply(call, inbox, outbox)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        line.send_bytes(reply)
        if not sound:
            return


def _bare(error: RadiothequeError) -> RadiothequeError:
    """Give the error with its words and their values alone: notes and causes stay here."""
    bare = type(error)(*error.args)
    bare.text, bare.values = error.text, error.values
    return bare


def _address_space() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _reply(call: bytes, inbox: int, outbox: int) -> tuple[bytes, bool]:
    """Give the packed answer of a call, and whether the child is still sound after it."""
    try:
        name, args, time_s = _Opener(call, inbox).load()
        # should the parent die, this ends the child: the default action of SIGALRM
        signal.setitimer(signal.ITIMER_REAL, time_s + 5)
        module, _, function = name.partition(":")
        answer = getattr(import_module(module), function)(*args)
        del args
        return _packed(("answer", answer), outbox), True
    except RadiothequeError as error:
        return pickle.dumps(("error", _bare(error))), True
    except MemoryError:
        return pickle.dumps(("memory", "it needs more memory than is allowed")), False
    except Exception as error:  # noqa: BLE001 - the answer guard of the child: whatever failed must reach the parent
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__} in {os.path.basename(where.filename)} line {where.lineno}"
        return pickle.dumps(("failed", said)), True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

"""Child processes of tests: started in a group of their own, ended by pid, their output kept in a file."""

import contextlib
import os
import random
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    """Give a TCP port of 127.0.0.1 that was free a moment ago.

    Not one of those that connections going out are given (from 32768 on), or one of them may have taken it before the
    program that it is for begins to listen; nor is the one 10,000 higher, at which SeaweedFS speaks gRPC.
    """
    while True:
        port = random.SystemRandom().randrange(12_000, 22_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True, slots=True)
class Child:
    """A running program and where it writes what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def first_line(self, timeout_s: float) -> bytes:
        """Give the first line of standard output; b"" when the program ended or said nothing in time."""
        stream = self.process.stdout
        assert stream is not None
        said = b""
        end = time.monotonic() + timeout_s
        while not said.endswith(b"\n"):
            ready, _, _ = select.select([stream], [], [], max(0.0, end - time.monotonic()))
            piece = os.read(stream.fileno(), 65536) if ready else b""
            if not piece:
                return b""
            said += piece
        return said.splitlines()[0]

    def end(self, timeout_s: float = 20.0) -> None:
        """Ask the program to end, then make it; its own children go with its group."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout_s)
        self.kill()

    def kill(self) -> None:
        """End the program and its children at once (SIGKILL), as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def said(self) -> str:
        """Give the end of what it logged, for a failing test to show."""
        return self.log.read_text(errors="replace")[-4000:]


def start(command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> Child:
    """Start `command` with standard error in `log`, and standard output there too unless it is read."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sink,
            env=None if env is None else dict(env),
            start_new_session=True,
        )
    return Child(process, log)


def wait_until(ready: Callable[[], bool], child: Child, timeout_s: float = 30.0) -> None:
    """Return as soon as `ready()` holds; the time-out is a failure that shows the child's log."""
    end = time.monotonic() + timeout_s
    while not ready():
        if child.process.poll() is not None or time.monotonic() > end:
            child.kill()
            raise AssertionError(f"the program did not become ready: {child.said()}")
        select.select([], [], [], 0.05)


def wait_for(ready: Callable[[], bool], seconds: float = 90.0) -> None:
    """Return when `ready()` holds: the other side has no event to wait for, so it is asked again."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s")
        select.select([], [], [], 0.2)


def listens(port: int) -> bool:
    """Say whether somebody accepts connections on `port` of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0

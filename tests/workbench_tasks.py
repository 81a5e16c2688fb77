"""Functions that the workbench's tests run in a child: they must be importable by name there."""

import os
import signal
import sys
import time
from enum import Enum

from radiotheque.core.errors import Malformed
from radiotheque.core.query import Level


def add(left: int, right: int) -> int:
    return left + right


def length_and_type(data: bytes | memoryview) -> tuple[int, str, int]:
    return len(data), type(data).__name__, sum(data[:3])


def blob(size: int) -> bytes:
    return b"ab" * (size // 2)


def pid() -> int:
    return os.getpid()


def refuse(words: str) -> None:
    raise Malformed(words)


def fail() -> None:
    {}["Lefevre^Helene"]


def eat(size: int) -> int:
    return len(bytearray(size))


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def noun() -> Level:
    return next(iter(Level))


class Foreign(Enum):
    ONE = 1


def foreign() -> Foreign:
    return Foreign.ONE


class Trap:
    def __reduce__(self):
        return os.system, ("true",)


def trap() -> Trap:
    return Trap()


def environment() -> dict[str, str]:
    return dict(os.environ)


def descriptors() -> list[str]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}"))
        except FileNotFoundError:
            found.append("closed")
    return found


def joined(*pieces):
    return b"".join(pieces)


def loaded() -> list[str]:
    return [name for name, module in sys.modules.items() if module is not None]

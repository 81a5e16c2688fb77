"""Starts the child that forks houses, gives it orders, and ends it by pid."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
KILLED = -9


@dataclass(frozen=True, slots=True)
class Ended:
    """How a fork ended: its exit status (-9 when it killed itself) and, when it lived, the steps it took."""

    status: int
    labels: list[str]


@dataclass(frozen=True, slots=True)
class Nursery:
    """A process with everything imported, that forks a house for each order."""

    process: subprocess.Popen[str]

    def order(self, act: str, place: Path, *, sealing: bool, die_at: int = 0, run: int = 0) -> Ended:
        """Have `act` done in the house below `place`, killed at step `die_at` (from 1; 0: not at all)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        place.mkdir(parents=True, exist_ok=True)
        order: dict[str, Any] = {
            "act": act,
            "place": str(place),
            "sealing": sealing,
            "die_at": die_at,
            "run": run,
        }
        print(json.dumps(order), file=self.process.stdin, flush=True)
        ended = json.loads(self.process.stdout.readline())
        return Ended(ended["status"], ended["labels"])


@contextmanager
def nursery(log: Path, under: Sequence[str] = ()) -> Iterator[Nursery]:
    """Start the child for the block, `under` another program (strace) if need be; what it says goes to `log`."""
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [*under, sys.executable, "-m", "crash.line_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])},
        )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(60)
        process.stdout.close()

"""One run of the benchmarks: what each file gets, and what it gives back."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Figures, Promise, Record, Verdict, verdict
from benchmarks.systems import System, Wanted, running


@dataclass(frozen=True, slots=True)
class Bench:
    """How many rounds, where the workload is kept, and where results go."""

    rounds: int
    workload: Path
    record: Record

    @contextmanager
    def systems(self, *names: str, store_port: int = 11199) -> Iterator[dict[str, System]]:
        """Start the named systems with empty stores; their files go when they end."""
        with (
            tempfile.TemporaryDirectory(dir=self.workload.parent, prefix="run-") as folder,
            running(Wanted(Path(folder), names, store_port)) as systems,
        ):
            yield systems

    def hold(
        self,
        promises: Sequence[tuple[str, Promise]],
        rounds: Mapping[str, Sequence[Figures]],
        beside: str,
    ) -> Iterator[Verdict]:
        """Hold (system, promise) pairs against the rounds, record and yield each verdict."""
        for system, promise in promises:
            found = verdict(promise, rounds, system, beside if promise.ratio else "")
            self.record.verdict(found)
            yield found

"""What is measured and how: CPU and memory of whole process trees, paired rounds, ratios, promises."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

type Figures = dict[str, float]
"""What one trial gave, by name: `MB_s`, `inst_s`, `req_s`, `p50_ms`, `p95_ms`, `cpu_s_GB`, `rss_mb`, `failed`…"""


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure and its bound: of the ratio to the peer in the same round, or of the figure itself."""

    what: str
    figure: str
    unit: str
    bound: float
    at_most: bool = False
    ratio: bool = True
    shown_only: bool = False
    """Promised to nobody: a figure to set the others beside."""

    def judge(self, value: float) -> bool:
        """Say whether `value` keeps the promise."""
        return value <= self.bound if self.at_most else value >= self.bound

    @property
    def target(self) -> str:
        if self.shown_only:
            return "–"
        sign = "≤" if self.at_most else "≥"
        return f"{sign} {self.bound:g}×" if self.ratio else f"{sign} {self.bound:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A promise held against the rounds of one run. `peer` is () for a promise about the figure itself."""

    promise: Promise
    system: str
    beside: str
    ours: tuple[float, ...]
    peer: tuple[float, ...] = ()

    @property
    def values(self) -> list[float]:
        """The ratios of the paired rounds, or the figures of the rounds."""
        if not self.promise.ratio:
            return list(self.ours)
        return [mine / other for mine, other in zip(self.ours, self.peer, strict=True) if other]

    @property
    def met(self) -> bool:
        return self.promise.shown_only or (bool(self.values) and self.promise.judge(statistics.median(self.values)))

    def row(self) -> str:
        """Give the row of the table: what, system, target, figure, peer's figure, ratio (min-max), met."""
        spread = _spread(self.values) + ("×" if self.promise.ratio else "")
        cells = (
            self.promise.what,
            self.system,
            self.promise.target,
            f"{_spread(self.ours)} {self.promise.unit}",
            f"{_spread(self.peer)} {self.promise.unit}" if self.peer else "–",
            spread if self.promise.ratio else "–",
            "–" if self.promise.shown_only else "yes" if self.met else "NO",
        )
        return "| " + " | ".join(cells) + " |"


HEAD = "| promise | measured | target | ours | peer | ratio (min–max) | met |\n|---|---|---|---|---|---|---|"


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "–"
    middle = f"{statistics.median(values):.3g}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.3g}–{max(values):.3g})"


def paired[S](systems: Mapping[str, S], rounds: int, trial: Callable[[S, int], Figures]) -> dict[str, list[Figures]]:
    """Run `trial(system, round)` on every system in every round, the order reversed each time, so that

    what else the machine does hits all alike.
    """
    found: dict[str, list[Figures]] = {name: [] for name in systems}
    for number in range(rounds):
        order = list(systems) if number % 2 == 0 else list(systems)[::-1]
        for name in order:
            os.sync()
            found[name].append(trial(systems[name], number))
    return found


def verdict(
    promise: Promise, rounds: Mapping[str, Sequence[Figures]], system: str, beside: str = "", peer_figure: str = ""
) -> Verdict:
    """Hold a promise against the rounds of `system` and of the peer `beside`."""
    ours = tuple(figures[promise.figure] for figures in rounds[system])
    peer = tuple(figures[peer_figure or promise.figure] for figures in rounds[beside]) if beside else ()
    return Verdict(promise, system, beside, ours, peer)


@dataclass(slots=True)
class Tree:
    """CPU and memory of a process and all below it, between `start` and the reading."""

    roots: Sequence[int]
    _cpu: float = 0.0

    def start(self) -> "Tree":
        self._cpu = self._spent()
        for process in self.processes():
            _write(f"/proc/{process.pid}/clear_refs", "5")  # forget the peak resident size so far (proc(5))
        return self

    def cpu_s(self) -> float:
        """Seconds of CPU spent since `start`, by children that have ended too."""
        return self._spent() - self._cpu

    def peak_mb(self) -> float:
        """The sum of the peak resident sizes since `start`, in MB of a million bytes; shared pages count in each."""
        return sum(_peak_kib(process.pid) for process in self.processes()) * 1024 / 1e6

    def processes(self) -> list[psutil.Process]:
        """Give the processes that live now."""
        found: list[psutil.Process] = []
        for pid in self.roots:
            root = psutil.Process(pid)
            found += [root, *root.children(recursive=True)]
        return found

    def _spent(self) -> float:
        return sum(_cpu_s(process) for process in self.processes())


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _peak_kib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text)
    except OSError as error:
        raise SystemExit(
            f"cannot reset the peak memory of a process ({error}); run the benchmarks as its user"
        ) from error


def percentile(values: Sequence[float], part: float) -> float:
    """Give the value below which `part` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def fsync_ms(folder: Path, times: int = 40) -> tuple[float, float]:
    """Give median and 95th percentile, in ms, of writing 4 KiB and fsyncing it on the disk of `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path, taken = folder / "fsync-probe", []
    with path.open("wb") as stream:
        for _ in range(times):
            stream.write(b"\0" * 4096)
            stream.flush()
            start = time.perf_counter()
            os.fsync(stream.fileno())
            taken.append((time.perf_counter() - start) * 1e3)
    path.unlink()
    return statistics.median(taken), percentile(taken, 0.95)


def machine() -> str:
    """Name the machine: processor, cores, memory, kernel, Python."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GB, Linux {platform.release()}, Python {platform.python_version()}"
    )


@dataclass(slots=True)
class Record:
    """Keeps every trial and verdict as JSON lines."""

    path: Path
    about: dict[str, Any] = field(default_factory=dict)

    def trials(self, bench: str, rounds: Mapping[str, Sequence[Figures]]) -> None:
        """Write the rounds of one comparison."""
        self._write(
            {"bench": bench, "system": name, "round": number, **figures} for name, number, figures in _flat(rounds)
        )

    def verdict(self, found: Verdict) -> None:
        """Write one verdict."""
        promise = found.promise
        row: dict[str, Any] = {
            "promise": promise.what,
            "system": found.system,
            "beside": found.beside,
            "target": promise.target,
        }
        row["shown_only"] = promise.shown_only
        self._write([{**row, "values": found.values, "met": found.met, "row": found.row()}])

    def _write(self, rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as stream:
            stream.writelines(json.dumps({**self.about, **row}) + "\n" for row in rows)


def _flat(rounds: Mapping[str, Sequence[Figures]]) -> Iterator[tuple[str, int, Figures]]:
    for name, all_figures in rounds.items():
        for number, figures in enumerate(all_figures):
            yield name, number, figures

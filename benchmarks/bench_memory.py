"""Memory: eight associations of 15 MB images at once, and what one more association costs."""

from collections.abc import Iterator, Sequence

from benchmarks.bench import Bench
from benchmarks.bench_store import send
from benchmarks.ingest import ingest
from benchmarks.measure import Figures, Promise, Verdict
from benchmarks.systems import PEER, SEALED, UNSEALED, System
from benchmarks.workload import LARGE, load

FEW, MANY = 2, 8
BIG_BYTES = 12_000_000


def run(bench: Bench) -> Iterator[Verdict]:
    """Measure the peak resident size of all processes of a fresh server with two, then with eight associations."""
    files = [file for file in load(LARGE, bench.workload) if len(file) > BIG_BYTES]
    rounds: dict[str, list[Figures]] = {UNSEALED: [], SEALED: [], PEER: []}
    for _ in range(min(bench.rounds, 3)):
        with bench.systems(*rounds) as systems:
            for name, system in systems.items():
                rounds[name].append(_trial(system, files))
    bench.record.trials("memory", rounds)
    whole = Promise(f"memory of the whole server, {MANY} associations of 15 MB", "rss_mb", "MB", 250, True, False)
    more = Promise("memory of one more association", "more_mb", "MB", 4, True, False)
    for name in (UNSEALED, SEALED):
        yield from bench.hold([(name, whole), (name, more)], rounds, "")
    yield from bench.hold([(UNSEALED, Promise("the same, beside the peer", "rss_mb", "MB", 1, True))], rounds, PEER)


def _trial(system: System, files: Sequence[bytearray]) -> Figures:
    few = ingest(system, files, FEW, send)["rss_mb"]
    many = ingest(system, files, MANY, send)["rss_mb"]
    return {"rss_mb": many, "more_mb": max(0.0, many - few) / (MANY - FEW)}

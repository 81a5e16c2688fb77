"""C-STORE: large and small images, one and four associations, from a raw sender and from DCMTK's dcmsend."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.dul_client import EXPLICIT, Association, dataset_offset, identity
from benchmarks.ingest import ROUND_NUMBERS, figures, ingest
from benchmarks.measure import Figures, Promise, Verdict, paired
from benchmarks.systems import NODELAY, PEER, SEALED, TUNED, UNSEALED, System
from benchmarks.workload import CR, DX, LARGE, SMALL, Kind, load, rebadge

CONTEXTS = ((CR, EXPLICIT), (DX, EXPLICIT))

# (kind, associations): at least this ratio in throughput, unsealed and sealed; at most this in CPU
BOUNDS = {
    (LARGE, 1): (1.8, 1.5, 0.45, 0.65),
    (LARGE, 4): (1.2, 1.1, 0.45, 0.65),
    (SMALL, 1): (1.7, 1.7, 0.7, 0.7),
    (SMALL, 4): (1.4, 1.4, 0.7, 0.7),
}
DCMSEND_FILES = 100


def run(bench: Bench) -> Iterator[Verdict]:
    """Measure every set and number of associations, then dcmsend."""
    for kind in (LARGE, SMALL):
        files = load(kind, bench.workload)
        for associations in (1, 4):
            yield from _raw(bench, kind, files, associations)
    yield from _dcmsend(bench)


def _raw(bench: Bench, kind: Kind, files: Sequence[bytearray], associations: int) -> Iterator[Verdict]:
    with bench.systems(UNSEALED, SEALED, PEER, TUNED) as systems:
        rounds = paired(systems, bench.rounds, lambda system, _: ingest(system, files, associations, send))
    name = f"C-STORE {kind.name}, {associations} association{'s'[: associations - 1]}"
    bench.record.trials(name, rounds)
    fast, fast_sealed, lean, lean_sealed = BOUNDS[kind, associations]
    figure, unit = ("MB_s", "MB/s") if kind is LARGE else ("inst_s", "instances/s")
    yield from bench.hold(
        [
            (UNSEALED, Promise(name, figure, unit, fast)),
            (SEALED, Promise(name, figure, unit, fast_sealed)),
            (UNSEALED, Promise(f"{name}, server CPU", "cpu_s_GB", "s/GB", lean, at_most=True)),
            (SEALED, Promise(f"{name}, server CPU", "cpu_s_GB", "s/GB", lean_sealed, at_most=True)),
        ],
        rounds,
        PEER,
    )
    # shown, not promised: the peer without durability and checksums
    yield from bench.hold(
        [(UNSEALED, Promise(f"{name}, beside {TUNED}", figure, unit, 0.0, shown_only=True))], rounds, TUNED
    )


def send(system: System, files: Sequence[bytearray], wait: Callable[[], None]) -> int:
    """Send files on one association from memory and give how many were answered with Success."""
    known = [(*identity(file), memoryview(file)[dataset_offset(file) :]) for file in files]
    wait()
    association = Association(system.dicom, system.aet, CONTEXTS)
    stored = sum(association.store(sop_class, instance, data) == 0 for sop_class, instance, data in known)
    association.release()
    return stored


def _dcmsend(bench: Bench) -> Iterator[Verdict]:
    files = load(SMALL, bench.workload)[:DCMSEND_FILES]
    with (
        tempfile.TemporaryDirectory(dir=bench.workload) as folder,
        bench.systems(UNSEALED, SEALED, PEER, NODELAY) as systems,
    ):
        rounds = paired(systems, bench.rounds, lambda system, _: _dcmsend_trial(system, files, Path(folder)))
    name = "C-STORE small by dcmsend, 1 association"
    bench.record.trials(name, rounds)
    for system in (UNSEALED, SEALED):
        yield from bench.hold([(system, Promise(name, "inst_s", "instances/s", 12))], rounds, PEER)
        beside = Promise(f"{name}, beside {NODELAY}", "inst_s", "instances/s", 7)
        yield from bench.hold([(system, beside)], rounds, NODELAY)


def _dcmsend_trial(system: System, files: Sequence[bytearray], folder: Path) -> Figures:
    number = next(ROUND_NUMBERS)
    paths = [folder / f"{place:04d}.dcm" for place in range(len(files))]
    for file, path in zip(files, paths, strict=True):
        rebadge(file, number)
        path.write_bytes(file)
    command = ["/usr/bin/dcmsend", "-v", "-aec", system.aet, "-aet", "BENCH", "--max-send-pdu", "131072"]
    command += [system.dicom[0], str(system.dicom[1]), *map(str, paths)]
    tree = system.tree().start()
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    taken = time.perf_counter() - began
    return figures(system, files, (done.stdout.count("C-STORE Response (Success)"), taken), tree)

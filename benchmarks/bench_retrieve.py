"""WADO-RS: instances, frames, metadata and pictures, from one and eight clients."""

import itertools
from collections.abc import Callable, Iterator, Sequence

from benchmarks.bench import Bench
from benchmarks.bench_query import fill
from benchmarks.bench_store import send
from benchmarks.http_load import Request, load, search
from benchmarks.ingest import ingest
from benchmarks.measure import Promise, Verdict, paired
from benchmarks.systems import PEER, SEALED, UNSEALED, System
from benchmarks.workload import LARGE, small_series
from benchmarks.workload import load as images

SECONDS = 3.0
SERIES_INSTANCES = 300
STUDIES = 20_000
"""Small studies beside the probe images: what a request costs may depend on how full an archive is."""
DICOM = 'multipart/related; type="application/dicom"'
OCTETS = 'multipart/related; type="application/octet-stream"'
WINDOWS = itertools.count()

type Wanted = Callable[[int], Request]


def run(bench: Bench) -> Iterator[Verdict]:
    """Store the probe images once among a hospital's studies, then measure each operation with one and with eight clients."""
    large = images(LARGE, bench.workload)
    series = small_series(SERIES_INSTANCES, bench.workload)
    with bench.systems(UNSEALED, SEALED, PEER) as systems:
        for system in systems.values():
            ingest(system, large, 1, send)
            ingest(system, series, 1, send)
        # each system was sent other UIDs: what is asked for is what it keeps, looked up while nothing else is there
        paths: dict[str, Paths] = {
            name: (_paths(system, "DX"), _paths(system, "CR")) for name, system in systems.items()
        }
        yield from _measure(bench, systems, paths, EMPTY)
        for system in systems.values():
            fill(system, STUDIES)
        for operation in OPERATIONS:
            yield from _measure(bench, systems, paths, operation)


type Bounds = dict[int, tuple[float, float]]
"""Clients -> at least this ratio of requests/s, unsealed and sealed."""

type Paths = tuple[Sequence[str], Sequence[str]]
"""Instance paths of the large DX, and of the 300-instance series."""

type Operation = tuple[str, Callable[[Paths], Wanted], Bounds]


def _whole(paths: Paths) -> Wanted:
    return lambda number: Request(paths[0][number % len(paths[0])], DICOM)


def _small(paths: Paths) -> Wanted:
    return lambda number: Request(paths[1][number % len(paths[1])], DICOM)


def _frame(paths: Paths) -> Wanted:
    return lambda number: Request(f"{paths[0][number % len(paths[0])]}/frames/1", OCTETS)


def _metadata(paths: Paths) -> Wanted:
    series = paths[1][0].rsplit("/instances/", 1)[0]
    return lambda _: Request(f"{series}/metadata", "application/dicom+json")


def _rendered(accept: str, query: str, *, cold: bool) -> Callable[[Paths], Wanted]:
    """Give requests for pictures; a cold one has a window nobody asked for before, so nothing kept answers it."""

    def wanted(paths: Paths) -> Wanted:
        def request(number: int) -> Request:
            asked = [query] if query else []
            if cold:
                asked.append(f"window={8000 + next(WINDOWS) % 4000},{9000 + number % 3000},linear")
            return Request(
                f"{paths[0][number % len(paths[0])]}/rendered{'?' if asked else ''}{'&'.join(asked)}", accept
            )

        return request

    return wanted


OPERATIONS: Sequence[Operation] = (
    ("WADO-RS instance 15 MB", _whole, {1: (3.0, 2.0), 8: (1.8, 1.2)}),
    ("WADO-RS instance 0.5 MB", _small, {1: (6.0, 4.0), 8: (6.0, 4.0)}),
    ("frames/1 of a DX", _frame, {1: (4.0, 2.0), 8: (2.5, 1.3)}),
    (f"metadata of {SERIES_INSTANCES} instances", _metadata, {1: (100.0, 100.0), 8: (60.0, 60.0)}),
    ("rendered JPEG full, cold", _rendered("image/jpeg", "", cold=True), {1: (1.5, 1.5)}),
    ("rendered JPEG 512 px, cold", _rendered("image/jpeg", "viewport=512,512", cold=True), {1: (8.0, 8.0)}),
    ("rendered PNG full, cold", _rendered("image/png", "", cold=True), {1: (5.0, 5.0)}),
    ("rendered JPEG full, warm", _rendered("image/jpeg", "", cold=False), {1: (1.5, 1.5)}),
    ("rendered JPEG 512 px, warm", _rendered("image/jpeg", "viewport=512,512", cold=False), {1: (8.0, 8.0)}),
)


EMPTY: Operation = ("WADO-RS instance 0.5 MB in an archive of 316 images", _small, {1: (0.0, 0.0), 8: (0.0, 0.0)})
"""Shown beside the same in a full archive: the peer answers faster the less it holds."""


def _measure(
    bench: Bench, systems: dict[str, System], paths: dict[str, Paths], operation: Operation
) -> Iterator[Verdict]:
    what, wanted, bounds = operation
    for clients, (unsealed, sealed) in bounds.items():
        asks = {name: wanted(paths[name]) for name in systems}

        def trial(system: System, _: int, asks: dict[str, Wanted] = asks, clients: int = clients) -> dict[str, float]:
            return load(system, asks[system.name], clients, SECONDS)

        rounds = paired(systems, bench.rounds, trial)
        name = f"{what}, {clients} client{'s'[: clients - 1]}"
        bench.record.trials(name, rounds)
        promises = [(UNSEALED, unsealed), (SEALED, sealed)]
        yield from bench.hold(
            [(s, Promise(name, "req_s", "req/s", bound, shown_only=not bound)) for s, bound in promises], rounds, PEER
        )


def _paths(system: System, modality: str) -> Sequence[str]:
    """Give the paths of the instances of `modality`: of all the large DX, or of the 300-instance CR series."""
    series: dict[str, list[str]] = {}
    for item in search(system, "/instances", Modality=modality, limit="1000"):
        path = f"/studies/{item.StudyInstanceUID}/series/{item.SeriesInstanceUID}/instances/{item.SOPInstanceUID}"
        series.setdefault(str(item.SeriesInstanceUID), []).append(path)
    if modality == "DX":
        return sorted(path for paths in series.values() for path in paths)
    _, largest = max((len(paths), paths) for paths in series.values())
    return sorted(largest)

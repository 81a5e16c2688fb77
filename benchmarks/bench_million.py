"""Search among a million studies, on SQLite and on PostgreSQL: as administrator, radiologist and ward doctor.

The rows are written straight into the tables (`fill_catalog`); what is measured goes through the web door.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from benchmarks.bench import Bench
from benchmarks.bench_query import qido
from benchmarks.fill_catalog import SECRET, WARD
from benchmarks.measure import Figures, Promise, Verdict, percentile
from benchmarks.population import queries
from benchmarks.systems import UNSEALED, System
from contract.postgres import fresh_database, running_postgres
from peers.server import Running, start_radiotheque

FEW, MANY = 20_000, 1_000_000
REPEATS = 40
CALLERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "administrator": {},
    "radiologist": {"deny": [SECRET]},
    "ward doctor": {"allow": [WARD]},
}
# kind of query -> 95th percentile in ms at most, on SQLite and on PostgreSQL
BOUNDS = {
    "exact ID": (15, 15),
    "accession": (15, 15),
    "week": (15, 15),
    "modality": (15, 15),
    "newest": (15, 15),
    "prefix": (30, 30),
    "infix": (150, 40),
}
GROWTH = {"exact ID": 1.3, "newest": 1.3}

type Taken = dict[tuple[str, str], list[float]]
"""(caller, kind of query) -> milliseconds of each."""


@dataclass(frozen=True, slots=True)
class Held:
    """A server that holds `studies` in a database of the given make."""

    make: str
    studies: int
    system: System


def run(bench: Bench) -> Iterator[Verdict]:
    """Measure both databases, each with few and with a million studies."""
    for place, make in enumerate(("SQLite", "PostgreSQL")):
        taken = {}
        for studies in (FEW, MANY):
            with holding(bench, make, studies) as held:
                taken[studies] = latencies(held)
        yield from _judge(bench, make, place, taken)


def _judge(bench: Bench, make: str, place: int, taken: Mapping[int, Taken]) -> Iterator[Verdict]:
    for (caller, kind), values in taken[MANY].items():
        if kind not in BOUNDS:
            continue
        name = f"QIDO {kind} at {MANY:,} studies on {make}, {caller}"
        promise = Promise(f"{name}, p95", "p95_ms", "ms", BOUNDS[kind][place], True, False)
        rounds: dict[str, list[Figures]] = {UNSEALED: [{"p95_ms": percentile(values, 0.95)}]}
        bench.record.trials(name, rounds)
        yield from bench.hold([(UNSEALED, promise)], rounds, "")
    for kind, bound in GROWTH.items():
        few, many = (percentile(taken[count]["administrator", kind], 0.5) for count in (FEW, MANY))
        growth = Promise(f"QIDO {kind} on {make}, p50 at {MANY:,} beside {FEW:,}", "times", "×", bound, True, False)
        yield from bench.hold([(UNSEALED, growth)], {UNSEALED: [{"times": many / few}]}, "")


@contextmanager
def holding(bench: Bench, make: str, studies: int) -> Iterator[Held]:
    """Run a server on a database that was filled with `studies` while it was down."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=bench.workload.parent, prefix="million-")))
        database = ""
        if make == "PostgreSQL":
            database = fresh_database(stack.enter_context(running_postgres()))
        archive = start_radiotheque(folder, sealing="off", database=database)
        stack.callback(archive.stop)
        archive.stop()
        command = [sys.executable, "-m", "benchmarks.fill_catalog", "--studies", str(studies), "--repeats", "1"]
        subprocess.run(
            [*command, "--database", database or str(archive.data / "index.db")], check=True, stdout=subprocess.DEVNULL
        )
        archive.restart()
        yield Held(make, studies, _system(archive))


def _system(archive: Running) -> System:
    return System(UNSEALED, archive.dicom, archive.aet, archive.http, archive.token, archive.pid)


def latencies(held: Held) -> Taken:
    """Ask every kind of query as every caller in turn, each time for another study."""
    asks = {caller: qido(replace(held.system, token=token_of(held.system, caller))) for caller in CALLERS}
    draw = random.Random(held.studies)
    taken: Taken = {}
    for repeat in range(REPEATS + 1):
        for kind, query in queries(held.studies, draw).items():
            for caller, ask in asks.items():
                began = time.perf_counter()
                ask(query)
                if repeat:  # the first round fills the database's caches
                    taken.setdefault((caller, kind), []).append((time.perf_counter() - began) * 1e3)
    return taken


def token_of(system: System, caller: str) -> str:
    """Give the bearer token of a new program with the rights of a caller."""
    wanted = {"name": caller.replace(" ", "-"), "roles": ["radiologist"], **CALLERS[caller]}
    url = f"http://{system.http[0]}:{system.http[1]}/api/tokens"
    answer = requests.post(url, json=wanted, headers=system.headers, timeout=60)
    answer.raise_for_status()
    return str(answer.json()["secret"])

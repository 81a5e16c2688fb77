"""The worklist's first page among a million studies, on SQLite and on PostgreSQL: as it opens, filtered and searched.

The databases are those of `bench_million`: rows written straight into the tables, every hundredth study still unread.
What is measured goes through the web door: the catalog's search, how the reading stands, and the JSON.
"""

import http.client
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from benchmarks.bench import Bench
from benchmarks.bench_million import CALLERS, MANY, Held, holding, token_of
from benchmarks.fill_catalog import WARD_STUDIES
from benchmarks.measure import Figures, Promise, Verdict, percentile
from benchmarks.population import study
from benchmarks.systems import UNSEALED, System

REPEATS = 40
BOUND_MS = 100.0

type Questions = Mapping[str, Mapping[str, str]]


def questions(draw: random.Random, every: int = 1) -> Questions:
    """Give one of each kind of first page, for a study of the population: one in `every`, those that a ward may see."""
    wanted = study(draw.randrange(MANY // every) * every + every - 1)
    day = wanted["StudyDate"]
    return {
        "as it opens": {},
        "oldest first": {"order": "asc"},
        "unread": {"status": "new"},
        "unread mammograms": {"status": "new", "modality": "MG"},
        "CR thorax": {"q": "CR thorax"},
        "a name": {"q": wanted["PatientName"].replace("^", " ")},
        "the beginning of a name": {"q": wanted["PatientName"][:3]},
        "an accession number": {"q": wanted["AccessionNumber"]},
        "a day": {"since": day, "until": day},
        "by patient": {"sort": "patient", "order": "asc"},
    }


def run(bench: Bench) -> Iterator[Verdict]:
    """Measure both databases, each as every caller."""
    for make in ("SQLite", "PostgreSQL"):
        with holding(bench, make, MANY) as held:
            taken = latencies(held)
        for (caller, kind), values in taken.items():
            name = f"worklist {kind} at {MANY:,} studies on {make}, {caller}"
            promise = Promise(f"{name}, first page, p95", "p95_ms", "ms", BOUND_MS, True, False)
            rounds: dict[str, list[Figures]] = {UNSEALED: [{"p95_ms": percentile(values, 0.95)}]}
            bench.record.trials(name, rounds)
            yield from bench.hold([(UNSEALED, promise)], rounds, "")


def latencies(held: Held) -> dict[tuple[str, str], list[float]]:
    """Give (caller, kind of page) -> milliseconds of each, asked in turn."""
    asks = {caller: _ask(replace(held.system, token=token_of(held.system, caller))) for caller in CALLERS}
    draw = random.Random(held.studies)
    taken: dict[tuple[str, str], list[float]] = {}
    for repeat in range(REPEATS + 1):
        for caller, ask in asks.items():
            every = MANY // WARD_STUDIES if "allow" in CALLERS[caller] else 1
            for kind, query in questions(draw, every).items():
                began = time.perf_counter()
                ask(query)
                if repeat:  # the first round fills the database's caches
                    taken.setdefault((caller, kind), []).append((time.perf_counter() - began) * 1e3)
    return taken


def _ask(system: System) -> Callable[[Mapping[str, str]], int]:
    """Give what asks for a first page on a connection of its own, and says how many rows came."""
    connection = http.client.HTTPConnection(*system.http, timeout=60)

    def ask(query: Mapping[str, str]) -> int:
        connection.request("GET", f"/api/worklist?{urlencode(query)}", headers=system.headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the worklist answered {answer.status}: {body[:200]!r}")
        return len(json.loads(body)["studies"])

    return ask

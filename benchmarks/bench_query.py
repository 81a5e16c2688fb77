"""Search among 20,000 studies: QIDO-RS and C-FIND, every kind of key, beside the peer with the same studies."""

import http.client
import random
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, urlencode

from benchmarks.bench import Bench
from benchmarks.dul_client import EXPLICIT, IMPLICIT, STUDY_FIND, Association, element, uid_element
from benchmarks.ingest import FORK
from benchmarks.measure import Figures, Promise, Verdict, percentile
from benchmarks.population import CR, Study, dataset, queries
from benchmarks.systems import PEER, SEALED, UNSEALED, System

STUDIES = 20_000
LIMIT = 25
SENDERS = 4
REPEATS = 8
PROMISED = ("exact ID", "accession", "week", "modality", "prefix", "infix", "newest")
FIND_BOUNDS = {"exact ID": 1.5, "no hit": 0.8, "week": 4.0, "prefix": 4.0}
RETURNED: Mapping[str, tuple[int, int]] = {
    "StudyDate": (0x08, 0x20),
    "StudyTime": (0x08, 0x30),
    "AccessionNumber": (0x08, 0x50),
    "ModalitiesInStudy": (0x08, 0x61),
    "StudyDescription": (0x08, 0x1030),
    "PatientName": (0x10, 0x10),
    "PatientID": (0x10, 0x20),
    "PatientBirthDate": (0x10, 0x30),
    "StudyInstanceUID": (0x20, 0x0D),
    "NumberOfStudyRelatedInstances": (0x20, 0x1208),
}

type Ask = Callable[[Study], int]


def run(bench: Bench) -> Iterator[Verdict]:
    """Fill all systems by C-STORE, then ask each every kind of query in turn."""
    with bench.systems(UNSEALED, SEALED, PEER) as systems:
        for system in systems.values():
            fill(system, STUDIES)
        web = latencies({name: qido(system) for name, system in systems.items()}, bench.rounds)
        dicom = latencies({name: cfind(system) for name, system in systems.items()}, bench.rounds)
        first = {name: [_first_answer(system) for _ in range(bench.rounds)] for name, system in systems.items()}
    for kind in PROMISED:
        yield from _held(bench, f"QIDO {kind}, p50 at {STUDIES:,} studies", web[kind])
    for kind, bound in FIND_BOUNDS.items():
        promise = Promise(f"C-FIND {kind}, p50 at {STUDIES:,} studies", "p50_ms", "ms", bound, True, False)
        bench.record.trials(promise.what, dicom[kind])
        yield from bench.hold([(UNSEALED, promise), (SEALED, promise)], dicom[kind], PEER)
    early = Promise("C-FIND without keys, first answer, cancelled after 25", "first_ms", "ms", 30, True, False)
    yield from bench.hold([(UNSEALED, early), (SEALED, early)], first, PEER)


def _held(bench: Bench, name: str, rounds: Mapping[str, list[Figures]]) -> Iterator[Verdict]:
    bench.record.trials(name, rounds)
    faster = Promise(name, "per_s", "queries/s", 10)
    slowest = Promise(name.replace("p50", "p95"), "p95_ms", "ms", 10, True, False)
    for system in (UNSEALED, SEALED):
        yield from bench.hold([(system, faster), (system, slowest)], rounds, PEER)


def fill(system: System, count: int) -> None:
    """Put `count` studies of one tiny image in by C-STORE."""
    senders = [FORK.Process(target=_send, args=(system, range(start, count, SENDERS))) for start in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    if any(sender.exitcode for sender in senders):
        raise SystemExit(f"{system.name} did not take the {count} studies")
    system.wait_until_idle()


def _send(system: System, numbers: range) -> None:
    association = Association(system.dicom, system.aet, ((CR, EXPLICIT),))
    for number in numbers:
        instance, data = dataset(number)
        if association.store(CR, instance, memoryview(data)):
            raise SystemExit(f"study {number} was not taken")
    association.release()


def latencies(asks: Mapping[str, Ask], rounds: int) -> dict[str, dict[str, list[Figures]]]:
    """Ask all systems the same queries in turn; give {kind: {system: figures of each round}}."""
    found: dict[str, dict[str, list[Figures]]] = {}
    for number in range(rounds):
        taken: dict[tuple[str, str], list[float]] = {}
        draw = random.Random(number)
        for _ in range(REPEATS):
            for kind, query in queries(STUDIES, draw).items():
                for name in list(asks) if number % 2 == 0 else list(asks)[::-1]:
                    began = time.perf_counter()
                    asks[name](query)
                    taken.setdefault((kind, name), []).append((time.perf_counter() - began) * 1e3)
        for (kind, name), values in taken.items():
            middle = percentile(values, 0.5)
            figures = {"p50_ms": middle, "p95_ms": percentile(values, 0.95), "per_s": 1e3 / middle}
            found.setdefault(kind, {}).setdefault(name, []).append(figures)
    return found


def qido(system: System) -> Ask:
    """Give a function that searches over one kept connection, 25 answers at most."""
    connection = http.client.HTTPConnection(*system.http, timeout=300)
    headers = {"Accept": "application/dicom+json", **system.headers}

    def ask(query: Study) -> int:
        # '*' and '^' are not escaped: the peer's plugin 1.7 does not decode them, and would find nothing
        asked = urlencode({**query, "limit": LIMIT}, quote_via=quote, safe="*^")
        try:
            connection.request("GET", f"/dicom-web/studies?{asked}", headers=headers)
            answer = connection.getresponse()
        except (http.client.HTTPException, OSError):  # the peer closes idle connections within seconds
            connection.close()
            connection.request("GET", f"/dicom-web/studies?{asked}", headers=headers)
            answer = connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 204):
            raise SystemExit(f"{system.name} answered {answer.status} to {asked}: {body[:200]!r}")
        return len(body)

    return ask


def cfind(system: System) -> Ask:
    """Give a function that searches over one open association, cancelled after 25 answers."""
    association = Association(system.dicom, system.aet, ((STUDY_FIND, IMPLICIT),))
    return lambda query: association.find(identifier(query), limit=LIMIT)[0]


def identifier(query: Study) -> bytes:
    """Give the C-FIND identifier of a query at STUDY level, Implicit VR Little Endian."""
    keys = {tag: query.get(keyword, "") for keyword, tag in RETURNED.items()} | {(0x08, 0x52): "STUDY"}
    parts = [
        uid_element(*tag, value) if tag == (0x20, 0x0D) else element(*tag, value.encode())
        for tag, value in sorted(keys.items())
    ]
    return b"".join(parts)


def _first_answer(system: System) -> Figures:
    association = Association(system.dicom, system.aet, ((STUDY_FIND, IMPLICIT),))
    began = time.perf_counter()
    answers = association.first_answer(identifier({}))
    next(answers)
    taken = time.perf_counter() - began
    for number, answer in enumerate(answers, 2):
        if number == LIMIT:
            association.cancel()
        if answer.status not in (0xFF00, 0xFF01):
            break
    association.release()
    return {"first_ms": taken * 1e3}

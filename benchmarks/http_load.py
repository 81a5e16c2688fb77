"""Clients that ask for one thing after another over kept connections, and how many answers they got."""

import http.client
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import requests
from pydicom import Dataset

from benchmarks.measure import Figures, percentile
from benchmarks.systems import System

BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """A path below /dicom-web and what is accepted."""

    path: str
    accept: str


@dataclass(slots=True)
class Tally:
    """What one client saw."""

    latencies: list[float] = field(default_factory=list)
    size: int = 0
    failure: str = ""


def load(system: System, request: Callable[[int], Request], clients: int, seconds: float) -> Figures:
    """Ask `request(n)`, n counting up over all clients, for `seconds`; give requests/s, MB/s and latencies."""
    tallies = [Tally() for _ in range(clients)]
    tree = system.tree().start()
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_client, args=(system, (request, start, clients), began + seconds, tally))
        for start, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    return _figures(system, tallies, taken, tree.cpu_s())


def _figures(system: System, tallies: Sequence[Tally], taken: float, cpu_s: float) -> Figures:
    failed = next((tally.failure for tally in tallies if tally.failure), "")
    if failed:
        raise SystemExit(f"{system.name}: {failed}")
    latencies = [latency for tally in tallies for latency in tally.latencies]
    return {
        "req_s": len(latencies) / taken,
        "MB_s": sum(tally.size for tally in tallies) / 1e6 / taken,
        "p50_ms": percentile(latencies, 0.5) * 1e3,
        "p95_ms": percentile(latencies, 0.95) * 1e3,
        "cpu_ms_req": cpu_s / max(1, len(latencies)) * 1e3,
    }


def _client(system: System, asked: tuple[Callable[[int], Request], int, int], end: float, tally: Tally) -> None:
    request, number, step = asked
    connection = http.client.HTTPConnection(*system.http, timeout=300)
    buffer = bytearray(BUFFER_BYTES)
    while time.perf_counter() < end and not tally.failure:
        wanted = request(number)
        number += step
        began = time.perf_counter()
        headers = {"Accept": wanted.accept, **system.headers}
        connection.request("GET", f"/dicom-web{wanted.path}", headers=headers)
        answer = connection.getresponse()
        while size := answer.readinto(buffer):
            tally.size += size
        if answer.status != 200:
            tally.failure = f"{answer.status} to {wanted.path}: {bytes(buffer[:200])!r}"
        tally.latencies.append(time.perf_counter() - began)
    connection.close()


def search(system: System, path: str, **query: str) -> list[Dataset]:
    """Give the answers of a QIDO-RS search."""
    headers = {"Accept": "application/dicom+json", **system.headers}
    root = f"http://{system.http[0]}:{system.http[1]}/dicom-web"
    answer = requests.get(root + path, params=query, headers=headers, timeout=300)
    answer.raise_for_status()
    return [Dataset.from_json(item) for item in answer.json()]

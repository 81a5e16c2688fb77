"""STOW-RS: large images, one a request, from one and four clients."""

import http.client
import json
from collections.abc import Callable, Iterator, Sequence

from benchmarks.bench import Bench
from benchmarks.ingest import ingest
from benchmarks.measure import Promise, Verdict, paired
from benchmarks.systems import PEER, SEALED, TUNED, UNSEALED, System
from benchmarks.workload import LARGE, load

BOUNDARY = "BENCH"
BOUNDS = {1: 1.5, 4: 1.2}
REFERENCED = "00081199"  # Referenced SOP Sequence: one item an instance that was kept (PS3.18 10.5.3)


def run(bench: Bench) -> Iterator[Verdict]:
    """Measure both numbers of clients."""
    files = load(LARGE, bench.workload)
    for clients, bound in BOUNDS.items():
        with bench.systems(UNSEALED, SEALED, PEER, TUNED) as systems:
            rounds = paired(systems, bench.rounds, lambda system, _, n=clients: ingest(system, files, n, send))  # type: ignore[misc]
        name = f"STOW-RS large, {clients} client{'s'[: clients - 1]}"
        bench.record.trials(name, rounds)
        promises = [(system, Promise(name, "MB_s", "MB/s", bound)) for system in (UNSEALED, SEALED)]
        cpu = Promise(f"{name}, server CPU", "cpu_s_GB", "s/GB", 0.6, at_most=True)
        yield from bench.hold([*promises, (UNSEALED, cpu), (SEALED, cpu)], rounds, PEER)
        yield from bench.hold(
            [(UNSEALED, Promise(f"{name}, beside {TUNED}", "MB_s", "MB/s", 0.0, shown_only=True))], rounds, TUNED
        )


def send(system: System, files: Sequence[bytearray], wait: Callable[[], None]) -> int:
    """Send each file in a request of its own on one connection; give how many were kept."""
    bodies = [_body(file) for file in files]
    wait()
    connection = http.client.HTTPConnection(*system.http, timeout=300)
    stored = sum(_post(connection, system, body) for body in bodies)
    connection.close()
    return stored


def _body(file: bytearray) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    return head + file + f"\r\n--{BOUNDARY}--\r\n".encode()


def _post(connection: http.client.HTTPConnection, system: System, body: bytes) -> int:
    headers = {
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
        "Accept": "application/dicom+json",
        **system.headers,
    }
    connection.request("POST", "/dicom-web/studies", body, headers)
    answer = connection.getresponse()
    text = answer.read()
    return len(json.loads(text).get(REFERENCED, {}).get("Value", [])) if answer.status == 200 else 0

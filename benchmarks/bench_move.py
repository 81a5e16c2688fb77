"""C-MOVE and C-GET of whole studies over one association."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.bench_store import send
from benchmarks.dul_client import EXPLICIT, IMPLICIT, STUDY_GET, STUDY_MOVE, Association, element, uid_element
from benchmarks.http_load import search
from benchmarks.ingest import ingest
from benchmarks.measure import Figures, Promise, Verdict, paired
from benchmarks.systems import PEER, SEALED, STORE_SCP, UNSEALED, System
from benchmarks.workload import CR, DX, LARGE, load
from peers import dcmtk

BOUNDS = {UNSEALED: 1.0, SEALED: 0.8}


def run(bench: Bench) -> Iterator[Verdict]:
    """Store the large images once everywhere, then fetch all their studies in every round."""
    files = load(LARGE, bench.workload)
    with tempfile.TemporaryDirectory() as folder:
        receiver = dcmtk.receive(Path(folder), "--ignore", aet=STORE_SCP)
        try:
            yield from _measure(bench, files, receiver.port)
        finally:
            receiver.stop()


def _measure(bench: Bench, files: Sequence[bytearray], port: int) -> Iterator[Verdict]:
    with bench.systems(UNSEALED, SEALED, PEER, store_port=port) as systems:
        studies: dict[str, list[str]] = {}
        for name, system in systems.items():
            ingest(system, files, 1, send)
            studies[name] = _studies(system)
        size = sum(map(len, files))
        got = paired(systems, bench.rounds, lambda system, _: _get(system, studies[system.name]))
        moved = paired(systems, bench.rounds, lambda system, _: _move(system, studies[system.name], size))
    for what, rounds in (("C-GET", got), ("C-MOVE", moved)):
        bench.record.trials(f"{what} of a study", rounds)
        promises = [(name, Promise(f"{what} of a study", "MB_s", "MB/s", bound)) for name, bound in BOUNDS.items()]
        yield from bench.hold(promises, rounds, PEER)


def _studies(system: System) -> list[str]:
    return [str(item.StudyInstanceUID) for item in search(system, "/studies")]


def _identifier(study: str) -> bytes:
    return element(0x08, 0x52, b"STUDY") + uid_element(0x20, 0x0D, study)


def _get(system: System, studies: Sequence[str]) -> Figures:
    contexts = ((STUDY_GET, IMPLICIT), (CR, EXPLICIT), (DX, EXPLICIT))
    association = Association(system.dicom, system.aet, contexts, scp_roles=(CR, DX))
    began = time.perf_counter()
    answers = [association.get(_identifier(study)) for study in studies]
    taken = time.perf_counter() - began
    association.release()
    if any(status for _, status in answers):
        raise SystemExit(f"{system.name} failed a C-GET: {answers}")
    return {"MB_s": sum(size for size, _ in answers) / 1e6 / taken}


def _move(system: System, studies: Sequence[str], size: int) -> Figures:
    association = Association(system.dicom, system.aet, ((STUDY_MOVE, IMPLICIT),))
    began = time.perf_counter()
    statuses = [association.move(_identifier(study), STORE_SCP) for study in studies]
    taken = time.perf_counter() - began
    association.release()
    if any(statuses):
        raise SystemExit(f"{system.name} failed a C-MOVE: {statuses}")
    return {"MB_s": size / 1e6 / taken}

"""Memory of the whole running archive, all its processes, while one object far larger than any buffer comes in."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import requests

from peers.server import Running
from phantoms import part10, phantom_dataset

OBJECT_BYTES = 300 << 20
GROWTH_KIB = 20 << 10
PIECE = bytes(1 << 20)
TIMEOUT_S = 300


def peak_kib(pid: int) -> int:
    """Give the sum of the peaks of resident memory of a process and all below it (proc(5), VmHWM)."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(_peak(each.pid) for each in family)


def forget_peaks(pid: int) -> None:
    """Let the peaks begin anew at what is resident now (proc(5), clear_refs), so that none of the start hides another."""
    for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        Path(f"/proc/{each.pid}/clear_refs").write_text("5")


def _peak(pid: int) -> int:
    (line,) = [row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmHWM")]
    return int(line.split()[1])


def streamed(head: bytes) -> Iterator[bytes]:
    """Yield a file whose Pixel Data, the last element, are of `OBJECT_BYTES` zeros (PS3.5 7.1.2: OW, four bytes length)."""
    yield head
    for _ in range(OBJECT_BYTES // len(PIECE)):
        yield PIECE


def large_head(instance: str) -> bytes:
    """Give all of a file before its pixels; the rows and columns say as many as follow."""
    made = phantom_dataset(patient_id="LARGE", instance=instance, rows=16, columns=16)
    made.Rows, made.Columns, made.NumberOfFrames = 10240, 15360, 1  # of two bytes each: 300 MiB
    made["PixelData"].value = b""
    file = part10(made)
    assert file.endswith(b"\xe0\x7f\x10\x00OW\0\0\0\0\0\0")
    return file[:-4] + OBJECT_BYTES.to_bytes(4, "little")


def store(archive: Running, session: requests.Session, body: Iterator[bytes]) -> int:
    headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
    return session.post(f"{archive.web}/studies", data=body, headers=headers, timeout=TIMEOUT_S).status_code


def test_an_object_of_300_mib_by_stow_takes_no_more_memory_than_its_buffers(archive: Running) -> None:
    with archive.session() as session:
        assert store(archive, session, iter([part10(phantom_dataset(patient_id="LARGE"))])) == 200
        forget_peaks(archive.pid)
        before = peak_kib(archive.pid)
        assert store(archive, session, streamed(large_head("2"))) == 200
        grown = peak_kib(archive.pid) - before
    assert grown < GROWTH_KIB

"""strace on a running server: blob, folder and log of the index are synced before the Success is sent."""

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from crash.objects import Sent, made
from crash.syscalls import NAMES, SENDS, SYNCS, WRITES, Call, need_strace, read_trace, strace
from crash.wires import SUCCESS, c_store, know, stow
from peers.server import Running
from radiotheque.core.instance import Form

P_DATA_TF = b"\x04"  # PS3.8 9.3.5: on this association the server sends no other than its C-STORE-RSP
HTTP_OK = b"HTTP/1.1 200"


def family(pid: int) -> list[int]:
    """Give a process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


@contextmanager
def traced(house: Running, trace: Path) -> Iterator[None]:
    """Trace the running server for the block."""
    pids = [word for pid in family(house.pid) for word in ("-p", str(pid))]
    tracer = subprocess.Popen(
        strace(*pids, calls=(*SYNCS, *WRITES, *SENDS, *NAMES), trace=trace, buffers=1 << 20),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert tracer.stderr is not None
        attached = 0
        while attached < len(pids) // 2:
            line = tracer.stderr.readline()
            assert line, "strace ended before it was attached"
            attached += "attached" in line
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=60)


def first(calls: Sequence[Call], what: str, test: Callable[[Call], bool]) -> Call:
    """Give the first call that passes the test; the failure names it."""
    found = next((call for call in calls if test(call)), None)
    assert found is not None, f"not seen: {what}"
    return found


def after(calls: Sequence[Call], call: Call) -> list[Call]:
    """Give the calls that began when `call` had ended."""
    return [each for each in calls if each.began > call.ended]


def synced_before_the_answer(calls: Sequence[Call], sent: Sent, answer: bytes, *, sealed: bool = False) -> list[Call]:
    """Prove the order for one object; give the calls after its answer.

    Sealed, neither its UID nor its elements can be seen: the calls of one object at a time are told by their place.
    """
    # the data set itself, on its way into a file that has no name yet
    written = first(
        calls,
        "the blob's bytes",
        lambda call: "/blobs/drafts/" in call.path and (call.name == "write" if sealed else _holds(call, sent)),
    )
    blob = written.path
    rest = after(calls, written)
    synced = first(rest, "a sync of the blob", lambda call: call.name in SYNCS and call.path == blob)
    named = first(after(rest, synced), "the blob's name", lambda call: call.name == "linkat")
    folder = str(Path(named.places[-1]).parent)
    rest = after(rest, named)
    lasting = first(rest, "a sync of the blob's folder", lambda call: call.name == "fsync" and call.path == folder)
    row = first(
        after(rest, lasting),
        "the row in the log of the index",
        lambda call: call.path.endswith("index.db-wal") and (call.name == "pwrite64" if sealed else _names(call, sent)),
    )
    committed = first(
        after(rest, row),
        "a sync of the log",
        lambda call: call.name in ("fsync", "fdatasync") and call.path.endswith("index.db-wal"),
    )
    said = first(
        after(calls, written),
        "the answer",
        lambda call: call.name in (*SENDS, "write", "writev") and any(text.startswith(answer) for text in call.texts),
    )
    assert committed.ended < said.began, "the answer left before the log was synced"
    return after(calls, said)


def _holds(call: Call, sent: Sent) -> bool:
    return call.name == "write" and any(sent.instance.encode() in text for text in call.texts)


def _names(call: Call, sent: Sent) -> bool:
    return call.name == "pwrite64" and sent.instance.encode() in call.texts[0]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("sealing", ["off", "on"])
def test_everything_is_synced_before_success_is_sent(
    radiotheque: Callable[..., Running], tmp_path: Path, sealing: str
) -> None:
    """With sealing off the trace shows the object itself in file and log; sealed, that nothing of it is to be seen."""
    need_strace()
    house = radiotheque(sealing=sealing)
    know(house)
    sealed = sealing == "on"
    objects = [made(Form.PART10), made(Form.PART10, instance="2"), made(Form.PART10, patient_id="BY-WEB")]
    with house.session() as session, traced(house, tmp_path / "trace"):
        for sent in objects[:2]:
            assert c_store(house, sent, sent.data).status == SUCCESS
        assert stow(house, session, [objects[2].data]).status_code == 200
        session.get(f"{house.url}/healthz", timeout=60)  # the call that sent the answer before has surely returned
    calls = list(read_trace(tmp_path / "trace"))
    if sealed:
        assert not [call for call in calls if call.path.startswith(str(house.data)) and _seen(call, objects)]
    rest = synced_before_the_answer(calls, objects[0], P_DATA_TF, sealed=sealed)
    rest = synced_before_the_answer(rest, objects[1], P_DATA_TF, sealed=sealed)
    synced_before_the_answer(rest, objects[2], HTTP_OK, sealed=sealed)


def _seen(call: Call, objects: Sequence[Sent]) -> bool:
    """Say whether a call shows the UID of an object: in the open it must not stand anywhere."""
    return any(sent.instance.encode() in text for text in call.texts for sent in objects)

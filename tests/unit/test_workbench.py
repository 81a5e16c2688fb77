"""The workbench does its work in children and outlives everything that happens to them."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psutil
import pytest

import workbench_tasks as tasks
from radiotheque.core.errors import Damaged, Malformed, TooLarge, Unavailable, Undecodable
from radiotheque.core.ports import Streamed
from radiotheque.core.query import Level
from radiotheque.workbench import ChildWorkbench


@pytest.fixture
def bench():
    bench = ChildWorkbench(size=2, preload=())
    yield bench
    bench.close()


def children():
    return {child.pid for child in psutil.Process().children()}


def test_a_call_gives_the_answer_of_another_process(bench):
    assert bench.run(tasks.add, 2, 3) == 5
    assert bench.run(tasks.pid) != os.getpid()
    assert bench.run(tasks.noun) is next(iter(Level))


def test_a_child_is_kept_for_the_next_call(bench):
    assert bench.run(tasks.pid) == bench.run(tasks.pid)


@pytest.mark.parametrize("size", [0, 3, 1 << 16, 15_000_001])
def test_byte_strings_of_any_size_arrive_whole(bench, size):
    data = (b"xyz" * (size // 3 + 1))[:size]
    assert bench.run(tasks.length_and_type, data) == (size, "bytes", sum(data[:3]))
    assert bench.run(tasks.length_and_type, memoryview(data)) == (size, "memoryview", sum(data[:3]))
    assert bench.run(tasks.blob, size) == b"ab" * (size // 2)


def test_a_streamed_argument_arrives_whole_between_others(bench):
    streamed = Streamed(3 << 20, lambda: iter([b"xyz" * (1 << 19)] * 2))
    assert bench.run(tasks.length_and_type, streamed) == (3 << 20, "memoryview", sum(b"xyz"))
    assert bench.run(tasks.joined, bytes(1 << 20), streamed, b"end" * (1 << 20)) == (
        bytes(1 << 20) + b"xyz" * (1 << 20) + b"end" * (1 << 20)
    )


@pytest.mark.parametrize("pieces", [[b"ab"], [b"abcd", b"e"]])
def test_a_streamed_argument_of_another_size_is_refused_and_the_child_stays(bench, pieces):
    with pytest.raises(Undecodable, match="fewer or more bytes"):
        bench.run(tasks.length_and_type, Streamed(4, lambda: iter(pieces)))
    first = children()
    assert bench.run(tasks.add, 1, 1) == 2
    assert children() == first


def test_an_error_of_the_stream_comes_as_raised_and_the_child_stays(bench):
    def broken():
        yield b"a"
        raise Unavailable("the disk is away")

    with pytest.raises(Unavailable, match="the disk is away"):
        bench.run(tasks.length_and_type, Streamed(4, broken))
    assert bench.run(tasks.add, 1, 1) == 2


def test_its_own_errors_come_back_as_raised(bench):
    with pytest.raises(Malformed, match=r"^not an image$"):
        bench.run(tasks.refuse, "not an image")


def test_any_other_failure_is_damaged_and_tells_no_value(bench):
    with pytest.raises(Damaged, match="KeyError") as raised:
        bench.run(tasks.fail)
    assert "Helene" not in str(raised.value)
    assert bench.run(tasks.add, 1, 1) == 2


def test_too_much_memory_is_damaged_and_the_next_call_works():
    bench = ChildWorkbench(size=1, memory_bytes=256 << 20, preload=())
    with pytest.raises(Damaged, match="memory"):
        bench.run(tasks.eat, 1 << 30)
    assert bench.run(tasks.eat, 128 << 20) == 128 << 20
    bench.close()


def test_what_was_handed_in_does_not_count_as_memory():
    bench = ChildWorkbench(size=1, memory_bytes=128 << 20, preload=())
    assert bench.run(tasks.length_and_type, memoryview(bytes(200 << 20)))[0] == 200 << 20
    bench.close()


def test_too_long_is_stopped_and_the_next_call_works():
    bench = ChildWorkbench(size=1, time_s=0.3, preload=())
    with pytest.raises(TooLarge):
        bench.run(tasks.sleep, 60.0)
    assert bench.run(tasks.add, 1, 2) == 3
    bench.close()


def test_a_child_that_dies_at_work_is_damaged(bench):
    bench.run(tasks.add, 1, 1)
    with pytest.raises(Damaged):
        bench.run(tasks.die)
    assert bench.run(tasks.add, 1, 2) == 3


def test_a_child_killed_while_it_waits_is_replaced(bench):
    before = bench.run(tasks.pid)
    os.kill(before, signal.SIGKILL)
    assert bench.run(tasks.pid) != before


def test_an_answer_that_would_act_on_being_read_is_refused(bench):
    for function in (tasks.trap, tasks.foreign):
        with pytest.raises(Damaged, match="plain value"):
            bench.run(function)
    assert bench.run(tasks.add, 1, 2) == 3


def test_a_child_has_a_bare_environment_and_no_open_file(bench, monkeypatch, tmp_path):
    monkeypatch.setenv("RADIOTHEQUE_KEYS", "secret")
    with open(tmp_path / "key", "w") as key:
        os.set_inheritable(key.fileno(), True)
        assert "RADIOTHEQUE_KEYS" not in bench.run(tasks.environment)
        assert str(tmp_path / "key") not in bench.run(tasks.descriptors)


def test_calls_of_many_threads_share_two_children(bench):
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: bench.run(tasks.add, n, n), range(60))) == [2 * n for n in range(60)]
        assert len(set(pool.map(lambda _: bench.run(tasks.pid), range(20)))) <= 2


def test_children_end_when_nobody_calls():
    bench = ChildWorkbench(size=1, idle_s=0.05, preload=())
    process = psutil.Process(bench.run(tasks.pid))
    process.wait(timeout=30)
    assert bench.run(tasks.add, 1, 2) == 3
    bench.close()


def test_a_closed_workbench_has_no_children_and_takes_no_calls(bench):
    ours = bench.run(tasks.pid)
    bench.close()
    assert ours not in children()
    with pytest.raises(Unavailable):
        bench.run(tasks.add, 1, 2)
    assert not [thread for thread in threading.enumerate() if thread.name == "workbench-reaper"]


def test_children_end_with_a_parent_that_was_killed():
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "from radiotheque.workbench import ChildWorkbench; import workbench_tasks, time\n"
        "bench = ChildWorkbench(size=1, preload=()); print(bench.run(workbench_tasks.pid), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    child.wait(timeout=30)


def wait_for(ready):
    end = time.monotonic() + 30
    while not ready() and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert ready()


def test_a_child_that_stands_by_takes_the_first_call():
    with closing(ChildWorkbench(size=2, preload=())) as bench:
        others = children()
        bench.stand_by(0.0)
        wait_for(lambda: children() - others)
        (waiting,) = children() - others
        assert bench.run(tasks.pid) == waiting


def test_a_child_that_worked_and_became_idle_is_replaced_by_a_fresh_one():
    with closing(ChildWorkbench(size=2, preload=(), idle_s=0.2)) as bench:
        others = children()
        bench.stand_by(0.0)
        wait_for(lambda: children() - others)
        worked = bench.run(tasks.pid)
        wait_for(lambda: children() - others - {worked} and worked not in children())
        assert bench.run(tasks.pid) != worked


def test_no_child_stands_by_after_closing():
    others = children()
    bench = ChildWorkbench(size=2, preload=())
    bench.stand_by(0.0)
    bench.close()
    assert children() <= others


def test_a_child_that_stands_by_holds_no_codec_that_nobody_asks_it_for():
    with closing(ChildWorkbench(size=1)) as bench:
        assert not {"gdcm", "_gdcm", "requests", "urllib3"} & set(bench.run(tasks.loaded))

"""The dispatch loop, on a queue in memory: batches, failures, and work that waits for a quiet house."""

from collections.abc import Sequence

from radiotheque.archive.dispatch import Dispatcher, Task
from radiotheque.core.errors import Unavailable
from radiotheque.core.ports import Job


class Queue:
    """Jobs in a list."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = list(jobs)
        self.gone: list[int] = []
        self.back: list[tuple[int, float | None]] = []

    def relay(self) -> int:
        return 0

    def due(self, kinds: Sequence[str]) -> Sequence[str]:
        return [kind for kind in kinds if any(job.kind == kind for job in self.jobs)]

    def claim(self, kinds: Sequence[str], limit: int, lease_s: float) -> Sequence[Job]:
        taken = [job for job in self.jobs if job.kind in kinds][:limit]
        self.jobs = [job for job in self.jobs if job not in taken]
        return taken

    def done(self, ids: Sequence[int]) -> None:
        self.gone += ids

    def failed(self, job_id: int, error: str, retry_at: float | None) -> None:
        self.back.append((job_id, retry_at))


class Noon:
    def now(self) -> float:
        return 1000.0


def jobs(kind: str, *ids: int, attempts: int = 0) -> list[Job]:
    return [Job(each, kind, {}, attempts) for each in ids]


def test_jobs_are_done_in_batches_of_their_kind() -> None:
    queue, seen = Queue(*jobs("a", 1, 2, 3), *jobs("b", 4)), list[list[int]]()
    task = Task(lambda batch: seen.append([job.id for job in batch]), batch=2)
    dispatcher = Dispatcher(queue, {"a": task, "b": task}, Noon())

    assert dispatcher.turn() == 1  # one batch was full, so there may be more
    assert dispatcher.turn() == 0
    assert seen == [[1, 2], [4], [3]]
    assert sorted(queue.gone) == [1, 2, 3, 4]


def test_a_failed_batch_is_tried_again_later_and_given_up_at_last() -> None:
    def fail(_batch: Sequence[Job]) -> None:
        raise Unavailable("not now")

    queue = Queue(*jobs("a", 1), *jobs("a", 2, attempts=4))
    Dispatcher(queue, {"a": Task(fail, tries=5)}, Noon()).turn()

    assert queue.back == [(1, 1005.0), (2, None)]
    assert queue.gone == []


def test_work_that_computes_waits_until_nothing_arrives() -> None:
    queue = Queue(*jobs("settle", 1))
    dispatcher = Dispatcher(queue, {"settle": Task(lambda batch: None, when_quiet=True)}, Noon())

    dispatcher.wake()
    dispatcher.turn()
    assert queue.gone == []


def test_work_that_computes_is_done_in_a_quiet_house() -> None:
    queue = Queue(*jobs("settle", 1))
    Dispatcher(queue, {"settle": Task(lambda batch: None, when_quiet=True)}, Noon()).turn()
    assert queue.gone == [1]

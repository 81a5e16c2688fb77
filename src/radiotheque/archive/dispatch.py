"""Outbox → whoever listens. At least once, so every listener is idempotent."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from radiotheque.core.errors import RadiothequeError
from radiotheque.core.ports import Clock, Job, JobQueue

log = structlog.get_logger(__name__)

type Worker = Callable[[Sequence[Job]], None]
"""Does a batch of jobs of one kind; raising fails the whole batch, to be tried again later."""

GATHER_S = 0.25
"""How long a woken dispatcher lets events gather before it claims them."""

QUIET_S = 1.0
"""A house that told nothing for so long is quiet enough for tasks that wait for that."""

POSTPONED_S = 60.0
"""For so long at most such a task is put off in a house that is never quiet."""

RETRY_S = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Pauses between tries; the last one repeats until the job is given up."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with one kind of job. `batch` jobs at most are claimed at once, for `lease_s` seconds.

    `when_quiet`: it computes, so it waits until nothing arrives, and takes no time from those who send.
    """

    work: Worker
    batch: int = 32
    lease_s: float = 60.0
    tries: int = 5
    when_quiet: bool = False


class Dispatcher:
    """Threads that claim jobs by lease and run them; a killed process leaves its leases to run out."""

    def __init__(
        self,
        queue: JobQueue,
        tasks: Mapping[str, Task],
        clock: Clock,
        *,
        idle_s: float = 1.0,
        gather_s: float = GATHER_S,
    ) -> None:
        self._queue, self._tasks, self._clock = queue, tasks, clock
        self._idle_s, self._gather_s = idle_s, gather_s
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._woken_at = 0.0
        self._postponed_at = 0.0
        self._threads: list[threading.Thread] = []

    def start(self, threads: int = 1) -> None:
        """Begin to work."""
        for number in range(threads):
            thread = threading.Thread(target=self._run, name=f"dispatch-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def wake(self) -> None:
        """Look for work now; called after a commit that told something."""
        self._woken_at = time.monotonic()
        self._wake.set()

    def stop(self) -> None:
        """Finish the batch in hand and end."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._idle_s)
            # What comes in a burst is claimed together: a commit for hundreds of events, not for each.
            self._stop.wait(self._gather_s)
            self._wake.clear()
            while not self._stop.is_set() and self.turn():
                pass

    def turn(self) -> int:
        """Claim and do one batch of every kind that is due; give how many batches were full, so that more may be due."""
        full = 0
        try:
            self._queue.relay()
            for kind in self._queue.due(tuple(self._tasks)):
                task = self._tasks[kind]
                if task.when_quiet and self._postpone():
                    continue
                jobs = self._queue.claim((kind,), task.batch, task.lease_s)
                if jobs:
                    full += len(jobs) == task.batch
                    self._do(task, jobs)
        except RadiothequeError as error:
            log.warning("queue not reached", error=str(error))
            return 0
        return full

    def _postpone(self) -> bool:
        """Say whether work that can wait is to wait still, since objects are arriving."""
        now = time.monotonic()
        if now - self._woken_at >= QUIET_S:
            self._postponed_at = 0.0
            return False
        self._postponed_at = self._postponed_at or now
        return now - self._postponed_at < POSTPONED_S

    def _do(self, task: Task, jobs: Sequence[Job]) -> None:
        try:
            task.work(jobs)
        except Exception as error:  # noqa: BLE001  the dispatch loop outlives whatever a listener does
            log.warning("jobs failed", kind=jobs[0].kind, count=len(jobs), error=f"{type(error).__name__}: {error}")
            for job in jobs:
                self._failed(task, job, error)
        else:
            self._queue.done([job.id for job in jobs])

    def _failed(self, task: Task, job: Job, error: Exception) -> None:
        pause = RETRY_S[min(job.attempts, len(RETRY_S) - 1)]
        again = self._clock.now() + pause if job.attempts + 1 < task.tries else None
        self._queue.failed(job.id, f"{type(error).__name__}: {error}", again)

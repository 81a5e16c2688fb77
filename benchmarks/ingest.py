"""A trial that puts images in: senders in processes of their own, started together, and what they cost the server."""

import itertools
import multiprocessing
import random
import time
from collections.abc import Callable, Sequence

from benchmarks.measure import Figures, Tree
from benchmarks.systems import System
from benchmarks.workload import rebadge

FORK = multiprocessing.get_context("fork")  # the images are inherited, not copied to each sender
ROUND_NUMBERS = itertools.count(random.SystemRandom().randrange(1001, 6000))

type Send = Callable[[System, Sequence[bytearray], Callable[[], None]], int]
"""Prepares, calls the function that waits for the start, sends every file, and gives how many were kept."""


def ingest(system: System, files: Sequence[bytearray], senders: int, send: Send) -> Figures:
    """Send all files once, with new UIDs, by `senders` at once; the work that follows is waited for and counted."""
    number = next(ROUND_NUMBERS)
    ready, go, told = FORK.Semaphore(0), FORK.Event(), FORK.SimpleQueue()

    def wait() -> None:
        ready.release()
        go.wait()

    def sender(part: Sequence[bytearray]) -> None:
        for file in part:
            rebadge(file, number)
        told.put(send(system, part, wait))

    children = [FORK.Process(target=sender, args=(files[start::senders],)) for start in range(senders)]
    for child in children:
        child.start()
    for _ in children:
        ready.acquire()
    tree = system.tree().start()
    began = time.perf_counter()
    go.set()
    for child in children:
        child.join()
    taken = time.perf_counter() - began
    stored = 0 if any(child.exitcode for child in children) else sum(told.get() for _ in children)
    return figures(system, files, (stored, taken), tree)


def figures(system: System, files: Sequence[bytearray], outcome: tuple[int, float], tree: Tree) -> Figures:
    """Give the figures of a trial; `outcome` is how many images were kept and in how many seconds."""
    stored, taken = outcome
    if stored != len(files):
        raise SystemExit(f"{system.name} kept {stored} of {len(files)} images; its log tells why")
    size = sum(map(len, files))
    system.wait_until_idle()
    cpu = tree.cpu_s()
    return {
        "MB_s": size / 1e6 / taken,
        "inst_s": len(files) / taken,
        "cpu_s_GB": cpu / (size / 1e9),
        "cpu_ms_inst": cpu / len(files) * 1e3,
        "rss_mb": tree.peak_mb(),
    }

"""kill -9 at every step of the line: nothing acknowledged is lost, nothing is half there, a sweep finds the rest again."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from crash.nursery import KILLED, Nursery, nursery
from crash.truth import Ledger, check, house_at, sweep_all
from radiotheque.database.engine import session_of

KILLS_PER_FOLDER = 40
"""A folder lives through so many kills before it is swept and replaced: what is checked again and again stays small."""


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with nursery(tmp_path_factory.mktemp("nursery") / "log") as started:
        yield started


def one_of_each(labels: Sequence[str]) -> list[int]:
    """Give the first step of each kind, numbered from 1."""
    return sorted({label: at for at, label in reversed(list(enumerate(labels, 1)))}.values())


def campaign(forks: Nursery, place: Path, steps: Sequence[int], *, sealing: bool) -> None:
    """Kill a day's work at each of `steps`, checking after each kill; sweep every folder at its end."""
    for start in range(0, len(steps), KILLS_PER_FOLDER):
        folder = place / str(start)
        for run, step in enumerate(steps[start : start + KILLS_PER_FOLDER]):
            ended = forks.order("receive", folder, sealing=sealing, die_at=step, run=run)
            assert ended.status == KILLED, f"step {step} was not reached"
            with house_at(folder, sealing=sealing) as house:
                check(house, Ledger(folder / "ledger").read())
        found_again_and_goes_on(forks, folder, sealing=sealing)
        shutil.rmtree(folder)


def found_again_and_goes_on(forks: Nursery, folder: Path, *, sealing: bool) -> None:
    """A swept house holds every promise and every blob has its row; it takes in the next day's work as ever."""
    with house_at(folder, sealing=sealing) as house:
        sweep_all(house)
        check(house, Ledger(folder / "ledger").read())
    assert forks.order("receive", folder, sealing=sealing, run=1_000_000).status == 0
    with house_at(folder, sealing=sealing) as house:
        check(house, Ledger(folder / "ledger").read())


@pytest.mark.parametrize("sealing", [True, False], ids=["sealed", "plain"])
def test_a_kill_at_each_kind_of_step_loses_nothing_acknowledged(forks: Nursery, tmp_path: Path, sealing: bool) -> None:
    labels = forks.order("receive", tmp_path / "whole", sealing=sealing).labels
    assert {label.partition(":")[0] for label in labels} == {"keys", "disk", "index", "line"}
    kinds = one_of_each(labels)
    # every kind sealed, every fourth one plain: the blobs' wrapper is all that differs
    campaign(forks, tmp_path, kinds if sealing else kinds[::4], sealing=sealing)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("sealing", [True, False], ids=["sealed", "plain"])
def test_a_kill_at_every_single_step_loses_nothing_acknowledged(forks: Nursery, tmp_path: Path, sealing: bool) -> None:
    labels = forks.order("receive", tmp_path / "whole", sealing=sealing).labels
    assert len(labels) > 100
    campaign(forks, tmp_path, range(1, len(labels) + 1), sealing=sealing)


def without_its_catalog(forks: Nursery, place: Path) -> None:
    """Make a folder of a day's work whose index is gone, so that all of it is to be found again."""
    assert forks.order("receive", place, sealing=True).status == 0
    for file in (place / "data").glob("index.db*"):
        file.unlink()


def kill_sweeps(forks: Nursery, tmp_path: Path, *, all_steps: bool) -> None:
    without_its_catalog(forks, tmp_path / "lost")
    shutil.copytree(tmp_path / "lost", tmp_path / "tried")
    labels = forks.order("sweep", tmp_path / "tried", sealing=True).labels
    for step in range(1, len(labels) + 1) if all_steps else one_of_each(labels)[::4]:
        folder = tmp_path / f"killed-{step}"
        shutil.copytree(tmp_path / "lost", folder)
        assert forks.order("sweep", folder, sealing=True, die_at=step).status == KILLED
        with house_at(folder, sealing=True) as house:
            sweep_all(house)
            check(house, Ledger(folder / "ledger").read())
        shutil.rmtree(folder)


def test_a_sweep_that_is_killed_is_done_again(forks: Nursery, tmp_path: Path) -> None:
    kill_sweeps(forks, tmp_path, all_steps=False)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_sweep_that_is_killed_at_any_step_is_done_again(forks: Nursery, tmp_path: Path) -> None:
    kill_sweeps(forks, tmp_path, all_steps=True)


def kill_dispatch(forks: Nursery, tmp_path: Path, *, all_steps: bool) -> None:
    """Kill whoever works the outbox: when the leases of the dead have run out, all is done that was to be done."""
    assert forks.order("receive", tmp_path / "day", sealing=True).status == 0
    shutil.copytree(tmp_path / "day", tmp_path / "tried")
    labels = forks.order("dispatch", tmp_path / "tried", sealing=True).labels
    for step in range(1, len(labels) + 1) if all_steps else one_of_each(labels)[::2]:
        folder = tmp_path / f"killed-{step}"
        shutil.copytree(tmp_path / "day", folder)
        assert forks.order("dispatch", folder, sealing=True, die_at=step).status == KILLED
        with house_at(folder, sealing=True) as house:
            check(house, Ledger(folder / "ledger").read())
            house.database.write(lambda tx: session_of(tx).run("UPDATE outbox SET leased_until = 0"))
        assert forks.order("dispatch", folder, sealing=True).status == 0
        with house_at(folder, sealing=True) as house:
            assert house.catalog.outbox.waiting() == {}
            assert house.catalog.outbox.dead_letters() == []
            check(house, Ledger(folder / "ledger").read())
        shutil.rmtree(folder)


def test_a_dispatcher_that_is_killed_leaves_its_jobs_to_the_next(forks: Nursery, tmp_path: Path) -> None:
    kill_dispatch(forks, tmp_path, all_steps=False)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_dispatcher_that_is_killed_at_any_step_leaves_its_jobs(forks: Nursery, tmp_path: Path) -> None:
    kill_dispatch(forks, tmp_path, all_steps=True)

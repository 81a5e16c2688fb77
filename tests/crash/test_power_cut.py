"""The power is cut after each step of a whole house (blobs, index, keys): an image is there whole, or was never promised."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from crash.nursery import nursery
from crash.power import TRACED, Cut, Disk, cuts, lay_out
from crash.syscalls import SYNCS, Call, need_strace, read_trace, strace
from crash.truth import Ledger, check, house_at, sweep_all
from radiotheque.core.errors import RadiothequeError

WHOLE_BUFFERS = 4 << 20
PROMISES_A_DAY = 6  # of seven objects one is sent twice


def live_days(place: Path, runs: int, *, sealing: bool) -> list[Call]:
    """Let a house that does not exist yet live through days of work; give all that it told the kernel."""
    need_strace()
    trace = place.with_suffix(".trace")
    under = strace(calls=TRACED, trace=trace, buffers=WHOLE_BUFFERS)
    with nursery(place.with_suffix(".log"), under=under) as forks:
        for run in range(runs):
            assert forks.order("receive", place, sealing=sealing, run=run).status == 0
    return list(read_trace(trace))


def live_on(left: dict[str, bytes | None], said: bytes, target: Path, *, sealing: bool) -> int:
    """Open a house on what survived: every promise holds, before and after a sweep. Give how many there were."""
    lay_out(left, target)
    (target / "ledger").write_bytes(said)
    promises = Ledger(target / "ledger").read()
    with house_at(target, sealing=sealing) as house:
        check(house, promises)
        sweep_all(house)
        check(house, promises)
    shutil.rmtree(target)
    return len(promises.kept)


def noting(calls: Iterable[Call], ledger: Path, said: bytearray) -> Iterator[Call]:
    """Pass calls on, and note what the ledger says by then."""
    for call in calls:
        if call.name == "write" and call.path == str(ledger):
            said += call.texts[0]
        yield call


def cut_the_power(calls: Sequence[Call], place: Path, *, every: int, sealing: bool) -> tuple[int, int]:
    """Cut at every so manieth moment, in each of the four ways; give how many cuts, and the most promises of one."""
    disk, ledger, said = Disk(place), place / "ledger", bytearray()
    most = tried = 0
    for number in cuts(noting(calls, ledger, said), disk, ledger):
        if number % every:
            continue
        for cut in Cut:
            target = place.with_name(f"cut-{number}-{cut.value}")
            most = max(most, live_on(disk.survivors(cut, number), bytes(said), target, sealing=sealing))
            tried += 1
    return tried, most


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Call], Path]:
    """The first day of a sealed house, traced."""
    place = tmp_path_factory.mktemp("day") / "house"
    return live_days(place, 1, sealing=True), place


def test_a_power_cut_after_a_step_leaves_every_promise_whole(day: tuple[list[Call], Path]) -> None:
    calls, place = day
    tried, most = cut_the_power(calls, place, every=11, sealing=True)
    assert tried >= 20
    assert most >= PROMISES_A_DAY - 2, "the cuts did not come near the end of the day"


UNSYNCED: dict[str, Callable[[Call], bool]] = {
    "the bytes of blobs": lambda call: "/drafts/#" in call.path,
    "the folders of blobs": lambda call: call.path.rpartition("/")[0].endswith("/data/blobs"),
    "the log of the index": lambda call: call.path.endswith("-wal"),
    "the key logs": lambda call: call.path.endswith("study-keys.log"),
}


@pytest.mark.parametrize("what", UNSYNCED)
def test_the_replay_would_notice_a_sync_that_is_missing(day: tuple[list[Call], Path], what: str) -> None:
    """Without the syncs of `what`, the cut at the last promise of the day must break one: or this proves nothing."""
    calls, place = day
    last = max(at for at, call in enumerate(calls) if call.path == str(place / "ledger"))
    kept = [call for call in calls[: last + 1] if not (call.name in SYNCS and UNSYNCED[what](call))]
    assert len(kept) < last + 1, f"{what} were never synced"
    disk, said = Disk(place), bytearray()
    for _ in cuts(noting(kept, place / "ledger", said), disk, place / "ledger"):
        pass
    with pytest.raises((AssertionError, RadiothequeError)):
        live_on(disk.survivors(Cut.STRICT), bytes(said), place.with_name(f"without {what}"), sealing=True)


def test_the_last_promise_of_a_plain_house_survives_with_its_folders(tmp_path: Path) -> None:
    """No key ring is there whose folders are made beside the data's and synced with them."""
    place = tmp_path / "house"
    calls = live_days(place, 1, sealing=False)
    last = max(at for at, call in enumerate(calls) if call.path == str(place / "ledger"))
    disk, said = Disk(place), bytearray()
    for _ in cuts(noting(calls[: last + 1], place / "ledger", said), disk, place / "ledger"):
        pass
    for cut in Cut:
        assert live_on(disk.survivors(cut), bytes(said), tmp_path / cut.value, sealing=False) == PROMISES_A_DAY


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("sealing", [True, False], ids=["sealed", "plain"])
def test_a_power_cut_after_any_step_leaves_every_promise_whole(tmp_path: Path, sealing: bool) -> None:
    place = tmp_path / "house"
    tried, most = cut_the_power(live_days(place, 2, sealing=sealing), place, every=1, sealing=sealing)
    assert tried > 200
    assert most == 2 * PROMISES_A_DAY

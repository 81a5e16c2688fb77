"""The same proof where nothing can be traced: the blobs' disk records what it was told, the index is copied as it was.

What is simulated: all that was not synced below the blobs' folder is gone, at every step of one arrival. The index is
taken as it was before the arrival while nothing was acknowledged, and as its files were at the moment of Success
after; that a commit is synced by then is what `test_durable_before_answer` shows.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crash.objects import Sent, made, offer
from crash.truth import Ledger, check, house_at, settings_for, sweep_all
from radiotheque.app import House, build
from radiotheque.blobs.files import FileStore
from radiotheque.blobs.sealed import Sealed
from radiotheque.core.instance import Arrival, Form, Receipt, Twin
from radiotheque.core.ports import BlobStore
from radiotheque.testing.powercut import RecordingDisk, lay_out, survivors

WAYS = {"by C-STORE": {}, "as a file": {"form": Form.PART10}, "with a long head": {"long_head": True}}


class Noticing:
    """A catalog that notes how many steps the disk was told before a row was written."""

    def __init__(self, inner: Any, disk: RecordingDisk) -> None:
        self._inner, self._disk = inner, disk
        self.steps_before_row: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def record(self, arrival: Arrival) -> Receipt | Twin:
        self.steps_before_row.append(len(self._disk.steps))
        answer: Receipt | Twin = self._inner.record(arrival)
        return answer


def copy_index(place: Path, target: Path) -> None:
    target.mkdir()
    for file in (place / "data").glob("index.db*"):
        if not file.name.endswith("-shm"):
            shutil.copy2(file, target)


def one_arrival(place: Path, sent: Sent, *, sealing: bool) -> tuple[RecordingDisk, int]:
    """Take an object in on a recording disk; give the disk, and how many steps it was told before the row."""
    build(settings_for(place, sealing=sealing)).close()
    copy_index(place, place / "before")
    disk = RecordingDisk()
    house: House = build(settings_for(place, sealing=sealing))
    root = place / "data" / "blobs"
    shutil.rmtree(root)  # laid out again on the recording disk, so that its folders are known to have lasted
    store: BlobStore = FileStore(root, disk=disk)
    blobs = Sealed(store, house.ring) if sealing else store
    catalog = Noticing(house.catalog, disk)
    intake = replace(house.archive.intake, blobs=blobs, catalog=catalog)
    opened = replace(house, archive=replace(house.archive, intake=intake, blobs=blobs))
    assert offer(opened, sent).names_blob
    copy_index(place, place / "at-success")
    house.close()
    return disk, catalog.steps_before_row[0]


def reopened(place: Path, target: Path, left: dict[str, bytes | None], index: str) -> Path:
    (target / "data").mkdir(parents=True)
    lay_out(left, place / "data" / "blobs", target / "data" / "blobs")
    for name in ("keys", "keys-copy"):
        if (place / name).exists():
            shutil.copytree(place / name, target / name)
    for file in (place / index).iterdir():
        shutil.copy2(file, target / "data")
    return target


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sealing", [True, False], ids=["sealed", "plain"])
def test_a_cut_after_each_step_leaves_nothing_acknowledged_or_the_whole_image(
    tmp_path: Path, sealing: bool, way: str
) -> None:
    place, ledger = tmp_path / "house", Ledger(tmp_path / "ledger")
    place.mkdir()
    sent = made(**WAYS[way])  # type: ignore[arg-type]
    ledger.offered(sent.instance, sent.sha256)
    disk, before_row = one_arrival(place, sent, sealing=sealing)
    laid_out = next(at for at, step in enumerate(disk.steps) if step.path.endswith("/layout")) + 3
    for names_last in (False, True):
        for cut in range(laid_out, before_row + 1):
            left = survivors(disk.steps[:cut], names_last=names_last)
            target = reopened(place, tmp_path / f"cut-{cut}-{names_last}", left, "before")
            with house_at(target, sealing=sealing) as house:
                assert check(house, ledger.read()) == {}
                sweep_all(house)
                assert set(check(house, ledger.read()).values()) <= {sent.sha256}
    ledger.promised(sent.instance, sent.sha256, "kept")
    left = survivors(disk.steps[:before_row])
    target = reopened(place, tmp_path / "success", left, "at-success")
    with house_at(target, sealing=sealing) as house:
        assert check(house, ledger.read()) == {sent.instance: sent.sha256}

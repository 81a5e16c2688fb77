"""While the index takes no rows, reads go on and their rows are kept beside it; each is in the trail once, later."""

import fcntl
import os
from pathlib import Path
from typing import cast

import pytest

from radiotheque.core.caller import Caller
from radiotheque.core.errors import OutOfSpace, Unavailable
from radiotheque.core.ports import Act
from radiotheque.database.engine import Database
from radiotheque.security import NoSpill, Security, Spill, Trail, open_spill
from unit.security.held import HeldClock
from unit.security.test_audit import FullDisk

KEY = bytes(range(32))
SIZE = 64 << 10


def studies(security: Security) -> list[str]:
    return [entry.study for entry in security.audit.entries(limit=1000)][::-1]


@pytest.fixture(params=[KEY, b""], ids=["sealed", "plain"])
def spill(request: pytest.FixtureRequest, tmp_path: Path) -> Spill:
    return open_spill(tmp_path / "audit", size_bytes=SIZE, key=request.param)


def test_reads_go_on_while_the_index_is_full_and_their_rows_come_into_the_trail_in_order(
    security: Security, database: Database, me: Caller, clock: HeldClock, spill: Spill
) -> None:
    disk = FullDisk(database)
    trail = Trail(cast(Database, disk), clock, spill)
    for study in ("1.1", "1.2"):
        trail.read(Act(me, "view", study=study))
        trail.flush()
    assert [row["study"] for row in spill.rows()] == ["1.1", "1.2"]
    assert studies(security) == []
    disk.full = False
    trail.read(Act(me, "view", study="1.3"))
    trail.close()
    assert studies(security) == ["1.1", "1.2", "1.3"]


def test_what_a_dead_process_left_is_told_by_the_next_and_not_twice(
    security: Security, database: Database, me: Caller, clock: HeldClock, tmp_path: Path
) -> None:
    folder = tmp_path / "audit"
    dead = open_spill(folder, size_bytes=SIZE, key=KEY)
    trail = Trail(cast(Database, FullDisk(database)), clock, dead)
    trail.read(Act(me, "view", study="1.1"))
    trail.close()
    copy = (folder / "0").read_bytes()
    for _ in range(2):  # the second time as if the process had died before the file was cleared
        (folder / "0").write_bytes(copy)
        after = Trail(database, clock, open_spill(folder, size_bytes=SIZE, key=KEY))
        after.close()
        assert studies(security) == ["1.1"]
    assert open_spill(folder, size_bytes=SIZE, key=KEY).rows() == []


def test_rows_survive_without_a_close_and_are_unreadable_without_their_key(tmp_path: Path) -> None:
    row = {"at": 1_800_000_000.123456, "study": "1.2.3.4.5", "kind": "view"}
    folder = tmp_path / "audit"
    first = open_spill(folder, size_bytes=SIZE, key=KEY)
    first.keep([row])
    first.keep([row | {"study": "1.2.6"}])
    stored = (folder / "0").read_bytes()
    assert len(stored) == SIZE
    assert b"1.2.3.4.5" not in stored
    second = open_spill(folder, size_bytes=SIZE, key=KEY)  # the first still holds its file
    assert second.rows() == []
    first.close()
    second.close()
    assert open_spill(folder, size_bytes=SIZE, key=KEY).rows() == [row, row | {"study": "1.2.6"}]


def test_files_of_other_processes_that_died_are_taken_over(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    first, second = (open_spill(folder, size_bytes=SIZE, key=KEY) for _ in range(2))
    second.keep([{"study": "1.2"}])
    first.close()
    second.close()
    next_one = open_spill(folder, size_bytes=SIZE, key=KEY)
    assert next_one.rows() == [{"study": "1.2"}]
    next_one.clear()
    beside = open_spill(folder, size_bytes=SIZE, key=KEY)
    assert beside.rows() == []
    assert sorted(path.name for path in folder.iterdir()) == ["0", "1"]  # the second is free again


@pytest.mark.parametrize("key", [KEY, b""], ids=["sealed", "plain"])
def test_a_record_that_was_torn_was_not_kept_and_those_before_it_were(tmp_path: Path, key: bytes) -> None:
    folder = tmp_path / "audit"
    spill = open_spill(folder, size_bytes=SIZE, key=key)
    spill.keep([{"study": "1.1"}])
    whole = (folder / "0").read_bytes().rstrip(b"\0")
    spill.keep([{"study": "1.2"}])
    spill.close()
    stored = (folder / "0").read_bytes()
    end = len(stored.rstrip(b"\0"))
    for cut in range(len(whole) + 4, end):  # every length that a power cut may have left of the second
        (folder / "0").write_bytes(stored[:cut] + bytes(SIZE - cut))
        torn = open_spill(folder, size_bytes=SIZE, key=key)
        assert torn.rows() == [{"study": "1.1"}]
        torn.keep([{"study": "1.3"}])
        assert torn.rows() == [{"study": "1.1"}, {"study": "1.3"}]
        torn.close()


def test_a_full_spill_shows_nothing_more(database: Database, me: Caller, clock: HeldClock, tmp_path: Path) -> None:
    disk = FullDisk(database)
    trail = Trail(cast(Database, disk), clock, open_spill(tmp_path / "audit", size_bytes=1000, key=KEY))
    trail.read(Act(me, "view", study="1.1", detail="x" * 400))
    trail.flush()
    trail.read(Act(me, "view", study="1.2", detail="x" * 400))
    with pytest.raises(OutOfSpace, match="the disk is full"):
        trail.flush()
    with pytest.raises(Unavailable):
        trail.read(Act(me, "view", study="1.3"))
    disk.full = False
    trail.close()


def test_a_spill_without_a_place_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert isinstance(open_spill(tmp_path / "file" / "audit", size_bytes=SIZE, key=KEY), NoSpill)
    assert isinstance(open_spill(tmp_path / "audit", size_bytes=0, key=KEY), NoSpill)
    (tmp_path / "held").mkdir()
    held = [os.open(tmp_path / "held" / str(number), os.O_RDWR | os.O_CREAT) for number in range(8)]
    for fd in held:
        fcntl.flock(fd, fcntl.LOCK_EX)
    assert isinstance(open_spill(tmp_path / "held", size_bytes=SIZE, key=KEY), NoSpill)
    for fd in held:
        os.close(fd)

from collections.abc import Callable
from typing import cast

import pytest

from radiotheque.core.caller import Caller
from radiotheque.core.errors import Conflict, OutOfSpace, Unavailable
from radiotheque.core.ports import Act, Transaction
from radiotheque.database.engine import Database
from radiotheque.security import Security, Trail
from unit.security.held import HeldClock


def kinds(trail: Trail) -> list[str]:
    return [entry.kind for entry in trail.entries(limit=1000)]


def test_a_read_is_in_the_trail_once_it_was_flushed(security: Security, me: Caller) -> None:
    security.audit.read(Act(me, "view", study="1.2.3", detail="two frames"))
    security.audit.flush()
    entry = security.audit.entries()[0]
    assert (entry.caller, entry.door, entry.kind, entry.study) == ("tester", "cli", "view", "1.2.3")
    assert (entry.detail, entry.outcome) == ("two frames", "success")


def test_one_event_per_caller_study_act_and_minute(security: Security, me: Caller, clock: HeldClock) -> None:
    for study in ("1.2", "1.2", "1.3", "1.2"):
        security.audit.read(Act(me, "view", study=study))
    security.audit.read(Act(me, "export", study="1.2"))
    clock.at += 60
    security.audit.read(Act(me, "view", study="1.2"))
    security.audit.flush()
    assert sorted(kinds(security.audit)) == ["export", "view", "view", "view"]


def test_a_refused_act_is_told_apart_from_one_that_succeeded(security: Security, me: Caller) -> None:
    security.audit.read(Act(me, "view", study="1.2", outcome="refused"))
    security.audit.read(Act(me, "view", study="1.2"))
    security.audit.flush()
    assert {entry.outcome for entry in security.audit.entries()} == {"refused", "success"}


def test_a_written_act_goes_with_its_transaction(security: Security, database: Database, me: Caller) -> None:
    def fails(tx: Transaction) -> None:
        security.audit.wrote(tx, Act(me, "reject", study="1.2"))
        raise Conflict("no")

    with pytest.raises(Conflict):
        database.write(fails)
    assert kinds(security.audit) == []
    database.write(lambda tx: security.audit.wrote(tx, Act(me, "reject", study="1.2")))
    assert kinds(security.audit) == ["reject"]


def test_a_written_act_is_told_once_a_minute_however_often_it_is_done(
    security: Security, database: Database, me: Caller
) -> None:
    for _ in range(3):
        database.write(lambda tx: security.audit.wrote(tx, Act(me, "store", study="1.2")))
    database.write(lambda tx: security.audit.wrote(tx, Act(me, "store", study="1.2", detail="other")))
    assert kinds(security.audit) == ["store", "store"]


def test_entries_are_paged_from_the_newest(security: Security, me: Caller) -> None:
    for number in range(5):
        security.audit.read(Act(me, "view", study=f"1.{number}"))
    security.audit.flush()
    first = security.audit.entries(limit=2)
    second = security.audit.entries(limit=2, before=first[-1].entry_id)
    assert [entry.study for entry in (*first, *second)] == ["1.4", "1.3", "1.2", "1.1"]
    assert [entry.study for entry in security.audit.entries(study="1.3")] == ["1.3"]


def test_closing_writes_what_waits(security: Security, me: Caller) -> None:
    security.audit.read(Act(me, "view", study="1.2"))
    security.audit.close()
    assert kinds(security.audit) == ["view"]


def test_nothing_is_shown_after_the_trail_was_closed(security: Security, me: Caller) -> None:
    security.audit.close()
    with pytest.raises(Unavailable):
        security.audit.read(Act(me, "view", study="1.2"))


class FullDisk:
    """A database that takes nothing while it is full."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.full = True

    def write[T](self, act: Callable[[Transaction], T]) -> T:
        if self.full:
            raise OutOfSpace("the disk is full")
        return self.database.write(act)


def test_nothing_is_shown_while_the_trail_cannot_be_written_and_what_waited_is_written_after(
    security: Security, database: Database, me: Caller, clock: HeldClock
) -> None:
    disk = FullDisk(database)
    trail = Trail(cast(Database, disk), clock)
    trail.read(Act(me, "view", study="1.2"))
    with pytest.raises(OutOfSpace):
        trail.flush()
    with pytest.raises(Unavailable):
        trail.read(Act(me, "view", study="1.3"))
    disk.full = False
    trail.flush()
    trail.read(Act(me, "view", study="1.4"))
    trail.close()
    assert [entry.study for entry in security.audit.entries()] == ["1.4", "1.2"]

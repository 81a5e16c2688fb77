"""Chores are jobs that ask for themselves again; whoever works on the outbox runs them, one node at a time."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from radiotheque.archive.dispatch import Dispatcher, Task
from radiotheque.blobs.memory import MemoryStore
from radiotheque.catalog.outbox import Outbox
from radiotheque.core.caller import Door
from radiotheque.core.errors import NotFound, Unavailable
from radiotheque.core.instance import BlobName
from radiotheque.database.engine import Database, open_database
from radiotheque.ops import Chores, Fixity
from radiotheque.room import Chore
from radiotheque.security import Security, house_caller, open_room
from unit.ops.test_ops import DATASET, HEADER, keep
from unit.security.held import HeldClock

PERSON = house_caller(Door.CLI, "lea")


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "index.db") as opened:
        yield opened


@pytest.fixture
def security(database: Database, clock: HeldClock) -> Iterator[Security]:
    room = open_room(database, clock)
    yield room
    room.close()


class Node:
    """A process that works on the outbox."""

    def __init__(self, database: Database, security: Security, clock: HeldClock, do: Callable[[], str]) -> None:
        self.chores = Chores([Chore("sweep", 1000.0, do)], database, security.audit, clock)
        tasks = {"chore": Task(self.chores.work, batch=1, lease_s=60.0)}
        self.dispatcher = Dispatcher(Outbox(database, clock), tasks, clock)
        self.chores.schedule()


def test_a_chore_runs_when_its_time_has_come_and_again_after_its_period(database, security, clock) -> None:
    runs: list[float] = []
    node = Node(database, security, clock, lambda: runs.append(clock.at) or "3 blobs")
    assert node.dispatcher.turn() == 0
    for expected in (1, 2):
        clock.at += 1000.0
        assert node.dispatcher.turn() == 1
        assert len(runs) == expected
        assert node.dispatcher.turn() == 0
    (state,) = node.chores.states()
    assert (state.outcome, state.error, state.last_at, state.next_at) == ("3 blobs", "", clock.at, clock.at + 1000.0)


def test_scheduling_again_after_a_restart_moves_nothing(database, security, clock) -> None:
    node = Node(database, security, clock, lambda: "")
    due = node.chores.states()[0].next_at
    clock.at += 500.0
    again = Node(database, security, clock, lambda: "")
    assert again.chores.states()[0].next_at == due


def test_one_node_at_a_time_runs_it_and_another_takes_over_when_it_was_killed(database, security, clock) -> None:
    ran: list[str] = []
    node = Node(database, security, clock, lambda: ran.append("other") or "")
    clock.at += 1000.0
    assert len(Outbox(database, clock).claim(("chore",), 1, 60.0)) == 1  # by a node that then is killed
    assert node.chores.states()[0].running
    assert node.dispatcher.turn() == 0
    clock.at += 61.0
    assert node.dispatcher.turn() == 1
    assert ran == ["other"]


def test_a_failure_is_visible_and_tried_again_sooner(database, security, clock) -> None:
    def fails() -> str:
        raise Unavailable("the store is away")

    node = Node(database, security, clock, fails)
    clock.at += 1000.0
    node.dispatcher.turn()
    (state,) = node.chores.states()
    assert state.error == "Unavailable: the store is away"
    assert state.next_at == clock.at + 600.0


def test_a_person_may_run_it_now_and_that_is_audited(database, security, clock) -> None:
    node = Node(database, security, clock, lambda: "done")
    node.chores.run_now("sweep", PERSON)
    assert node.dispatcher.turn() == 1
    assert node.chores.states()[0].outcome == "done"
    with database.reader() as session:
        assert session.all("SELECT caller, detail FROM audit WHERE kind = 'chore.run'") == [("lea", "sweep")]


def test_an_unknown_chore_is_not_found(database, security, clock) -> None:
    with pytest.raises(NotFound, match="sweep"):
        Node(database, security, clock, lambda: "").chores.run_now("dance", PERSON)


def test_fixity_goes_on_where_it_was_and_begins_again_at_the_end(database) -> None:
    blobs = MemoryStore()
    for number in range(3):
        name = f"{number:032x}/{number:032x}"
        blobs.put(BlobName(name), [HEADER + (DATASET if number != 1 else b"the data sat")])
        keep(database, f"1.4.{number}", name)
    assert sha256(DATASET).digest() != sha256(b"the data sat").digest()
    whole = Fixity(database, blobs)
    assert whole.run() == "3 objects, 0 MiB, 1 damaged"
    assert whole.run() == "3 objects, 0 MiB, 1 damaged"

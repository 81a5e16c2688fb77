"""What the outbox and the change feed promise on every engine: at least once, leased, in order, nothing missed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from contract.catalogs import ALL, CR, HeldClock, Object, catalog_on, keep, numbered
from contract.postgres import fresh_database
from radiotheque.catalog import Catalog
from radiotheque.catalog.outbox import event_of
from radiotheque.core.caller import Scope
from radiotheque.core.events import InstanceKept, StudySettled
from radiotheque.core.ports import Job, Transaction
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database, open_database

KEPT = ("InstanceKept",)
SETTLED = ("StudySettled",)


def send(catalog: Catalog, number: int, *, key: str = "", not_before: float = 0.0) -> None:
    catalog.database.write(
        lambda tx: catalog.outbox.enqueue(tx, "send", {"number": number}, key=key, not_before=not_before)
    )


def numbers(jobs: list[Job] | tuple[Job, ...]) -> list[int]:
    return [job.payload["number"] for job in jobs]


def test_an_event_is_told_with_the_record_and_forgotten_when_done(catalog: Catalog) -> None:
    keep(catalog, Object())
    [job] = catalog.outbox.claim(KEPT, 10, 60)
    assert event_of(job.kind, job.payload) == InstanceKept(UID("1.2.1"), UID("1.2.1.1"), UID("1.2.1.1.1"), CR)
    catalog.outbox.done([job.id])
    assert catalog.outbox.claim(KEPT, 10, 60) == ()


def test_an_act_that_fails_tells_nothing(catalog: Catalog) -> None:
    def act(tx: Transaction) -> None:
        catalog.outbox.tell(tx, StudySettled(UID("1.2")))
        raise ValueError("the act failed")

    with pytest.raises(ValueError, match="the act failed"):
        catalog.database.write(act)
    assert catalog.outbox.waiting() == {}


def test_a_claimed_job_is_claimed_once_until_its_lease_runs_out(catalog: Catalog, clock: HeldClock) -> None:
    send(catalog, 1)
    [job] = catalog.outbox.claim(("send",), 10, 60)
    assert job.attempts == 0
    assert list(catalog.outbox.claim(("send",), 10, 60)) == []
    clock.time += 61
    [again] = catalog.outbox.claim(("send",), 10, 60)
    assert (again.id, again.attempts) == (job.id, 1)


def test_jobs_are_claimed_in_order_and_by_the_batch(catalog: Catalog) -> None:
    for number in range(5):
        send(catalog, number)
    assert numbers(list(catalog.outbox.claim(("send",), 3, 60))) == [0, 1, 2]
    assert numbers(list(catalog.outbox.claim(("send",), 3, 60))) == [3, 4]


def test_a_job_waits_for_its_time(catalog: Catalog, clock: HeldClock) -> None:
    send(catalog, 1, not_before=clock.time + 5)
    assert list(catalog.outbox.claim(("send",), 10, 60)) == []
    clock.time += 6
    assert numbers(list(catalog.outbox.claim(("send",), 10, 60))) == [1]


def test_a_job_with_a_key_replaces_the_one_that_waits(catalog: Catalog) -> None:
    send(catalog, 1, key="study 1")
    send(catalog, 2, key="study 1")
    send(catalog, 3, key="study 2")
    assert numbers(list(catalog.outbox.claim(("send",), 10, 60))) == [2, 3]


def test_a_keyed_job_asked_for_again_while_it_is_done_is_done_again(catalog: Catalog) -> None:
    send(catalog, 1, key="study 1")
    [job] = catalog.outbox.claim(("send",), 10, 60)
    send(catalog, 2, key="study 1")
    catalog.outbox.done([job.id])
    assert numbers(list(catalog.outbox.claim(("send",), 10, 60))) == [2]


def test_a_failed_job_comes_back_and_at_last_lies_with_the_dead_letters(catalog: Catalog, clock: HeldClock) -> None:
    send(catalog, 1)
    [job] = catalog.outbox.claim(("send",), 10, 60)
    catalog.outbox.failed(job.id, "peer away", clock.time + 30)
    assert list(catalog.outbox.claim(("send",), 10, 60)) == []
    clock.time += 31
    [job] = catalog.outbox.claim(("send",), 10, 60)
    catalog.outbox.failed(job.id, "peer refused", None)
    assert list(catalog.outbox.claim(("send",), 10, 60)) == []
    [dead] = catalog.outbox.dead_letters()
    assert (dead.payload, dead.error, dead.attempts) == ({"number": 1}, "peer refused", 2)
    assert catalog.outbox.revive([dead.id]) == 1
    [revived] = catalog.outbox.claim(("send",), 10, 60)
    assert revived.attempts == 0


def test_two_workers_never_get_the_same_job(catalog: Catalog) -> None:
    for number in range(60):
        send(catalog, number)
    got: list[int] = []
    lock = threading.Lock()

    def work() -> None:
        while jobs := catalog.outbox.claim(("send",), 4, 60):
            with lock:
                got.extend(numbers(list(jobs)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(60))


def test_a_study_settles_once_when_no_instance_has_come_for_a_while(catalog: Catalog, clock: HeldClock) -> None:
    start = clock.time
    for second in range(4):
        for one in numbered(1, instances=second + 1):
            catalog.record(one.arrival(at=start + second))
    clock.time = start + 5.5  # the first instance is old enough, the last is not
    assert list(catalog.outbox.claim(SETTLED, 10, 60)) == []
    clock.time = start + 8.5
    [job] = catalog.outbox.claim(SETTLED, 10, 60)
    assert event_of(job.kind, job.payload) == StudySettled(UID("1.2.1"))
    catalog.outbox.done([job.id])
    catalog.record(Object(instance="1.2.1.1.99").arrival(at=start + 9))
    clock.time = start + 20
    assert len(catalog.outbox.claim(SETTLED, 10, 60)) == 1


WORKER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from radiotheque.catalog import open_catalog
from radiotheque.database.engine import open_database
catalog = open_catalog(open_database(sys.argv[2]))
print(len(catalog.outbox.claim(("send",), 10, 3600)), flush=True)
time.sleep(600)
"""


def test_a_killed_worker_leaves_its_jobs_to_the_next(tmp_path: Path) -> None:
    path, clock = tmp_path / "index.db", HeldClock(2_000_000_000.0)
    with open_database(path) as database:
        catalog = catalog_on(database, clock=clock)
        send(catalog, 1)
        source = str(Path(__file__).resolve().parents[2] / "src")
        worker = subprocess.Popen([sys.executable, "-c", WORKER, source, str(path)], stdout=subprocess.PIPE)
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"1\n"
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        clock.time = 10_000_000_000.0
        assert numbers(list(catalog.outbox.claim(("send",), 10, 60))) == [1]


def test_the_feed_gives_positions_in_order_and_goes_on_where_it_was_left(catalog: Catalog) -> None:
    keep(catalog, *numbered(3))
    first = catalog.feed.changes(0, 2, ALL)
    rest = catalog.feed.changes(first[-1].position, 100, ALL)
    assert [one.position for one in (*first, *rest)] == [1, 2, 3]
    assert [one.payload["study"] for one in (*first, *rest)] == ["1.2.1", "1.2.2", "1.2.3"]
    assert catalog.feed.changes(3, 100, ALL) == []


def test_the_feed_forgets_from_the_oldest_on_and_knows_where_it_starts(database: Database) -> None:
    clock = HeldClock()
    catalog = catalog_on(database, clock=clock)
    assert (catalog.feed.start(), catalog.feed.forget(clock.time)) == (0, 0)
    for study in ("1.2.1", "1.2.2", "1.2.3"):
        keep(catalog, Object(study=study, series=f"{study}.1", instance=f"{study}.1.1"))
        catalog.outbox.relay()
        clock.time += 100.0
    assert catalog.feed.forget(clock.time - 250.0) == 1
    assert catalog.feed.start() == 1
    assert [one.position for one in catalog.feed.changes(1, 10, ALL)] == [2, 3]
    assert catalog.feed.forget(clock.time) == 2
    assert catalog.feed.start() == 3
    keep(catalog, Object(study="1.2.4", series="1.2.4.1", instance="1.2.4.1.1"))
    assert [one.position for one in catalog.feed.changes(3, 10, ALL)] == [4]
    assert catalog.feed.start() == 3


def test_many_changes_are_forgotten_some_at_a_time(database: Database) -> None:
    clock = HeldClock()
    catalog = catalog_on(database, clock=clock)
    keep(catalog, *numbered(7))
    catalog.outbox.relay()
    assert catalog.feed.forget(clock.time + 1.0, at_once=3) == 7
    assert catalog.feed.start() == 7


def test_a_change_is_fed_even_after_its_event_was_done(catalog: Catalog) -> None:
    keep(catalog, Object())
    catalog.outbox.done([job.id for job in catalog.outbox.claim(KEPT, 10, 60)])
    assert [one.kind for one in catalog.feed.changes(0, 10, ALL)] == ["InstanceKept"]


def test_the_feed_shows_each_caller_the_studies_in_their_scope(database: Database) -> None:
    catalog = catalog_on(database, tokens_for=lambda header, origin: {f"of {header.identity.study}"})
    keep(catalog, *numbered(3))
    seen = catalog.feed.changes(0, 10, Scope(allow=frozenset({"of 1.2.2"})))
    assert [one.payload["study"] for one in seen] == ["1.2.2"]


def test_a_reader_never_misses_the_writer_who_began_first_and_committed_last(postgres_server: str) -> None:
    with open_database(fresh_database(postgres_server)) as database:
        catalog = catalog_on(database)
        told, go_on = threading.Event(), threading.Event()

        def slow(tx: Transaction) -> None:
            catalog.outbox.tell(tx, StudySettled(UID("1.1")))
            told.set()
            go_on.wait(30)

        writer = threading.Thread(target=lambda: database.write(slow))
        writer.start()
        assert told.wait(30)
        database.write(lambda tx: catalog.outbox.tell(tx, StudySettled(UID("2.2"))))
        first = catalog.feed.changes(0, 10, ALL)
        assert [one.payload["study"] for one in first] == ["2.2"]
        go_on.set()
        writer.join()
        rest = catalog.feed.changes(first[-1].position, 10, ALL)
        assert [one.payload["study"] for one in rest] == ["1.1"]


def test_an_event_that_nobody_hears_leaves_for_the_feed_without_being_claimed(database: Database) -> None:
    catalog = catalog_on(database, heard=())
    keep(catalog, Object())
    assert catalog.outbox.claim(KEPT, 10, 60) == ()
    catalog.outbox.relay()
    assert "InstanceKept" not in catalog.outbox.waiting()
    assert [(one.position, one.kind) for one in catalog.feed.changes(0, 10, ALL)] == [(1, "InstanceKept")]


def test_changes_are_shown_without_a_commit_where_the_act_that_told_them_made_them_durable(database: Database) -> None:
    """On SQLite an event is told and fed in one durable transaction; elsewhere a position is given later, lazily."""
    catalog = catalog_on(database)
    keep(catalog, Object())
    assert len(catalog.feed.changes(0, 10, ALL)) == 1
    with database.reader() as session:
        flushed = session.one("SELECT value FROM mark WHERE name = 'feed flush'")
    assert flushed == (None if database.is_sqlite else (1,))

"""While a peer is held nothing is sent to it, on every database; released, all goes on at once."""

import threading
from collections.abc import Iterator

import pytest

from contract.catalogs import MODALITY, HeldClock, Object, catalog_on, keep
from radiotheque.catalog import Catalog
from radiotheque.catalog.commitments import Commitments
from radiotheque.core.aetitle import AETitle
from radiotheque.core.errors import Conflict, NotFound
from radiotheque.core.instance import Selection
from radiotheque.core.peer import Peer
from radiotheque.core.ports import Job, Transaction
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.database.engine import Database
from radiotheque.security import Security, open_room

VIEWER, OTHER = AETitle("VIEWER"), AETitle("OTHER")
SEND = ("send",)


@pytest.fixture
def security(database: Database, clock: HeldClock) -> Iterator[Security]:
    room = open_room(database, clock)
    for aet in (VIEWER, OTHER):
        room.peers.put(Peer(aet, "127.0.0.1", 104), MODALITY)
    yield room
    room.close()


@pytest.fixture
def catalog(database: Database, clock: HeldClock, security: Security) -> Catalog:
    return catalog_on(database, clock=clock, held=security.peers.held, audit=security.audit)


def send(catalog: Catalog, number: int, peer: str = VIEWER) -> None:
    payload = {"number": number, "peer": peer, "studies": [f"1.2.{number}"]}
    catalog.database.write(lambda tx: catalog.outbox.enqueue(tx, "send", payload, peer=peer))


def hold(security: Security, catalog: Catalog, peer: AETitle = VIEWER, *, held: bool = True) -> int:
    return security.peers.hold(peer, MODALITY, catalog.outbox.hold, held=held)


def claimed(catalog: Catalog) -> list[int]:
    return [job.payload["number"] for job in catalog.outbox.claim(SEND, 10, 60)]


def fail(catalog: Catalog, job: Job, retry_at: float | None) -> None:
    catalog.outbox.failed(job.id, "Unavailable: no answer", retry_at)


def test_what_waits_for_a_held_peer_and_what_comes_for_it_is_not_claimed(security: Security, catalog: Catalog) -> None:
    send(catalog, 1)
    send(catalog, 2, OTHER)
    assert hold(security, catalog) == 1
    send(catalog, 3)
    assert catalog.outbox.due(SEND) == ["send"]
    assert claimed(catalog) == [2]
    assert catalog.outbox.due(SEND) == []


def test_what_was_held_goes_on_at_once_and_no_try_was_counted(
    security: Security, catalog: Catalog, clock: HeldClock
) -> None:
    send(catalog, 1)
    (job,) = catalog.outbox.claim(SEND, 10, 60)
    fail(catalog, job, clock.time + 3600)
    hold(security, catalog)
    send(catalog, 2)
    assert hold(security, catalog, held=False) == 2
    jobs = catalog.outbox.claim(SEND, 10, 60)
    assert [(job.payload["number"], job.attempts) for job in jobs] == [(1, 1), (2, 0)]


def test_a_hold_outlasts_the_process(security: Security, catalog: Catalog, clock: HeldClock) -> None:
    send(catalog, 1)
    hold(security, catalog)
    room = open_room(catalog.database, clock)
    again = catalog_on(catalog.database, clock=clock, held=room.peers.held)
    send(again, 2)
    assert room.peers.get(VIEWER).held
    assert claimed(again) == []
    room.close()


@pytest.mark.parametrize("last", [False, True])
def test_a_send_in_hand_when_its_peer_is_held_waits_if_it_fails(
    security: Security, catalog: Catalog, clock: HeldClock, last: bool
) -> None:
    send(catalog, 1)
    (job,) = catalog.outbox.claim(SEND, 10, 60)
    hold(security, catalog)
    fail(catalog, job, None if last else clock.time)
    assert claimed(catalog) == []
    assert [one.state for one in catalog.outbox.waiting_jobs()] == ["held"]
    hold(security, catalog, held=False)
    assert claimed(catalog) == [1]


def test_a_send_in_hand_when_its_peer_is_held_is_done_with_if_it_succeeds(security: Security, catalog: Catalog) -> None:
    send(catalog, 1)
    (job,) = catalog.outbox.claim(SEND, 10, 60)
    hold(security, catalog)
    catalog.outbox.done([job.id])
    assert catalog.outbox.waiting_jobs() == []


def test_what_is_revived_for_a_held_peer_is_held(security: Security, catalog: Catalog) -> None:
    for number, peer in ((1, VIEWER), (2, OTHER)):
        send(catalog, number, peer)
    for job in catalog.outbox.claim(SEND, 10, 60):
        fail(catalog, job, None)
    hold(security, catalog)
    assert catalog.outbox.revive([letter.id for letter in catalog.outbox.dead_letters()]) == 2
    assert claimed(catalog) == [2]


def test_what_waits_is_listed_with_peer_study_tries_next_try_and_error(
    security: Security, catalog: Catalog, clock: HeldClock
) -> None:
    for number, peer in ((1, VIEWER), (2, VIEWER), (3, OTHER)):
        send(catalog, number, peer)
    first, second = catalog.outbox.claim(SEND, 2, 60)
    fail(catalog, first, clock.time + 30)
    hold(security, catalog, OTHER)
    shown = [
        (one.kind, one.peer, one.studies, one.attempts, one.state, one.next_at, one.error)
        for one in catalog.outbox.waiting_jobs()
    ]
    assert shown == [
        ("send", "VIEWER", ("1.2.1",), 1, "waiting", clock.time + 30, "Unavailable: no answer"),
        ("send", "VIEWER", ("1.2.2",), 1, "running", clock.time + 60, ""),
        ("send", "OTHER", ("1.2.3",), 0, "held", 0.0, ""),
    ]
    assert [one.peer for one in catalog.outbox.waiting_jobs(peer="OTHER")] == ["OTHER"]
    assert [one.id for one in catalog.outbox.waiting_jobs(1, first.id, kind="send")] == [second.id]
    assert catalog.outbox.waiting_jobs(kind="commitment") == []


def test_a_held_peer_is_not_asked_to_commit_and_its_transaction_is_not_overdue(
    security: Security, catalog: Catalog, clock: HeldClock
) -> None:
    (receipt,) = keep(catalog, Object())
    study = receipt.identity.study
    commitments = Commitments(catalog.database, catalog.outbox, security.audit, clock)
    hold(security, catalog)
    commitments.ask(catalog.locate(Selection(Level.STUDY, studies=(study,)), MODALITY.scope), VIEWER, MODALITY)
    clock.time += 1000
    assert catalog.outbox.claim(("commitment.ask",), 10, 60) == ()
    assert commitments.note_overdue(500) == "0 overdue, 0 of them new"
    (job,) = catalog.outbox.waiting_jobs(kind="commitment.ask")
    assert (job.peer, job.studies, job.state) == ("VIEWER", (UID("1.2.1"),), "held")


def test_a_send_told_while_its_peer_is_being_held_is_held(security: Security, catalog: Catalog) -> None:
    began, told = threading.Event(), threading.Event()

    def act(tx: Transaction) -> None:
        catalog.outbox.enqueue(tx, "send", {"number": 1}, peer=VIEWER)
        began.set()
        told.wait(0.3)  # the hold waits for this transaction

    sending = threading.Thread(target=catalog.database.write, args=(act,))
    sending.start()
    assert began.wait(10)
    hold(security, catalog)
    told.set()
    sending.join()
    assert claimed(catalog) == []


def test_replacing_a_held_peer_does_not_release_it(security: Security, catalog: Catalog) -> None:
    hold(security, catalog)
    assert security.peers.put(Peer(VIEWER, "other.example", 104), MODALITY).held
    send(catalog, 1)
    assert claimed(catalog) == []


def test_a_held_peer_is_not_forgotten_and_an_unknown_one_not_held(security: Security, catalog: Catalog) -> None:
    hold(security, catalog)
    with pytest.raises(Conflict):
        security.peers.remove(VIEWER, MODALITY)
    hold(security, catalog, held=False)
    security.peers.remove(VIEWER, MODALITY)
    with pytest.raises(NotFound):
        hold(security, catalog)


def test_holding_and_releasing_are_audited(security: Security, catalog: Catalog) -> None:
    send(catalog, 1)
    hold(security, catalog)
    hold(security, catalog, held=False)
    told = [(entry.kind, entry.detail) for entry in security.audit.entries() if entry.kind != "peer.put"]
    assert sorted(told) == [("peer.hold", "VIEWER, 1 jobs"), ("peer.release", "VIEWER, 1 jobs")]

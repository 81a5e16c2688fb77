"""What was rejected, asked of peers or given up is listed, on every database."""

from collections.abc import Iterator

import pytest

from contract.catalogs import ALL, MODALITY, HeldClock, keep, numbered
from radiotheque.catalog import Catalog
from radiotheque.catalog.commitments import Commitments
from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Door, Scope
from radiotheque.core.errors import Conflict, NotFound
from radiotheque.core.instance import Selection
from radiotheque.core.query import Level
from radiotheque.core.uid import UID, parse_uid
from radiotheque.database.engine import Database
from radiotheque.security import Security, house_caller, open_room

PACS = AETitle("PACS")


@pytest.fixture
def security(database: Database, clock: HeldClock) -> Iterator[Security]:
    room = open_room(database, clock)
    yield room
    room.close()


def studies(catalog: Catalog, count: int) -> list[UID]:
    receipts = keep(catalog, *numbered(count, instances=2))
    return list(dict.fromkeys(receipt.identity.study for receipt in receipts))


def whole(study: UID) -> Selection:
    return Selection(Level.STUDY, studies=(study,))


def test_rejections_are_listed_newest_first_with_who_took_them_back(catalog: Catalog, clock: HeldClock) -> None:
    first, second = studies(catalog, 2)
    catalog.reject(whole(first), MODALITY, code="113001")
    catalog.reject(whole(second), MODALITY, code="113038")
    clock.time += 60
    catalog.restore(whole(first), MODALITY)
    newest, oldest = catalog.rejections(ALL)
    assert (newest.study, newest.code, newest.restored_by) == (second, "113038", "")
    assert (oldest.study, oldest.by, oldest.restored_by, oldest.restored_at) == (first, "MOD1", "MOD1", clock.time)
    assert [one.study for one in catalog.rejections(ALL, before=newest.id)] == [first]


def test_rejections_of_studies_out_of_scope_are_not_listed(catalog: Catalog) -> None:
    (study,) = studies(catalog, 1)
    catalog.reject(whole(study), MODALITY, code="113001")
    assert list(catalog.rejections(Scope(allow=frozenset({"ward-7"})))) == []


@pytest.fixture
def commitments(catalog: Catalog, security: Security, clock: HeldClock) -> Commitments:
    return Commitments(catalog.database, catalog.outbox, security.audit, clock)


def asked(catalog: Catalog, commitments: Commitments) -> tuple[UID, list[UID]]:
    (study,) = studies(catalog, 1)
    locations = catalog.locate(whole(study), ALL)
    return commitments.ask(locations, PACS, MODALITY), [one.identity.sop_instance for one in locations]


def test_a_transaction_is_there_with_its_job_before_anybody_is_asked(
    catalog: Catalog, commitments: Commitments
) -> None:
    transaction, instances = asked(catalog, commitments)
    (job,) = catalog.outbox.claim(("commitment.ask",), 5, 60.0)
    assert parse_uid(job.payload["transaction"]) == transaction
    peer, references = commitments.open(transaction) or ("", [])
    assert (peer, [instance for _, instance in references]) == ("PACS", instances)


def test_a_report_that_came_before_the_request_was_noted_stays(catalog: Catalog, commitments: Commitments) -> None:
    transaction, instances = asked(catalog, commitments)
    commitments.heard("PACS", transaction, [(instances[0], 0x0112)])
    commitments.asked(transaction)
    (one,) = commitments.all()
    assert (one.state, one.instances, one.failed) == ("failed", 2, ((instances[0], 0x0112),))
    assert commitments.open(transaction) is None


def test_a_report_is_taken_from_the_peer_that_was_asked_alone(catalog: Catalog, commitments: Commitments) -> None:
    transaction, _ = asked(catalog, commitments)
    for peer, uid in (("OTHER", transaction), ("PACS", UID("1.2.3"))):
        with pytest.raises(NotFound):
            commitments.heard(peer, uid, [])
    assert commitments.all()[0].state == "waiting"


def test_a_peer_that_does_not_commit_is_not_asked_again(catalog: Catalog, commitments: Commitments) -> None:
    transaction, _ = asked(catalog, commitments)
    commitments.refused(transaction, "PACS does not offer this")
    assert commitments.open(transaction) is None
    assert (commitments.all()[0].state, commitments.all()[0].reason) == ("refused", "PACS does not offer this")


def test_a_request_that_nobody_reports_on_is_overdue_after_its_time(
    catalog: Catalog, commitments: Commitments, clock: HeldClock
) -> None:
    transaction, _ = asked(catalog, commitments)
    clock.time += 90_000.0  # the peer was away for so long: its time runs from when it took the request
    commitments.asked(transaction)
    assert commitments.note_overdue(86_400.0) == "0 overdue, 0 of them new"
    clock.time += 86_400.0
    assert commitments.note_overdue(86_400.0) == "1 overdue, 1 of them new"
    assert commitments.note_overdue(86_400.0) == "1 overdue, 0 of them new"
    assert [one.transaction for one in commitments.all(state="overdue")] == [transaction]
    assert list(commitments.all(state="asked")) == []


def test_a_report_that_comes_after_all_is_taken(catalog: Catalog, commitments: Commitments, clock: HeldClock) -> None:
    transaction, _ = asked(catalog, commitments)
    commitments.asked(transaction)
    clock.time += 100.0
    commitments.note_overdue(100.0)
    commitments.heard("PACS", transaction, [])
    assert (commitments.all()[0].state, commitments.overdue()) == ("committed", 0)


def test_a_request_that_no_peer_took_is_overdue_when_its_job_was_given_up(
    catalog: Catalog, commitments: Commitments, clock: HeldClock
) -> None:
    transaction, _ = asked(catalog, commitments)
    clock.time += 1000.0
    commitments.note_overdue(100.0)
    assert commitments.all()[0].state == "waiting"
    (job,) = catalog.outbox.claim(("commitment.ask",), 5, 60.0)
    catalog.outbox.failed(job.id, "Unavailable: nobody is there", None)
    commitments.note_overdue(100.0)
    assert commitments.all()[0].state == "overdue"
    catalog.outbox.revive([job.id])
    assert commitments.open(transaction) is not None
    commitments.asked(transaction)
    assert commitments.all()[0].state == "asked"


def test_what_came_to_nothing_is_asked_again_once_in_a_transaction_of_its_own(
    catalog: Catalog, commitments: Commitments, clock: HeldClock
) -> None:
    first, instances = asked(catalog, commitments)
    commitments.asked(first)
    with pytest.raises(Conflict):
        commitments.ask_again(first, MODALITY)
    assert len(commitments.all()) == 1
    clock.time += 100.0
    commitments.note_overdue(100.0)
    second = commitments.ask_again(first, MODALITY)
    assert second != first
    peer, references = commitments.open(second) or ("", [])
    assert (peer, [instance for _, instance in references]) == ("PACS", instances)
    newest, oldest = commitments.all()
    assert (newest.state, newest.asked_at) == ("waiting", clock.time)
    assert (oldest.state, oldest.reason) == ("replaced", f"asked again as {second}")
    with pytest.raises(Conflict):
        commitments.ask_again(first, MODALITY)
    with pytest.raises(NotFound):
        commitments.ask_again(UID("1.2.3"), MODALITY)


def test_jobs_that_were_given_up_are_dropped_and_that_is_audited(catalog: Catalog, security: Security) -> None:
    outbox, person = catalog.outbox, house_caller(Door.CLI, "lea")
    catalog.database.write(lambda tx: outbox.enqueue(tx, "send", {"peer": "AWAY"}))
    catalog.database.write(lambda tx: outbox.enqueue(tx, "send", {"peer": "THERE"}))
    dead, alive = outbox.claim(("send",), 2, 60.0)
    outbox.failed(dead.id, "Unavailable: nobody is there", None)
    assert outbox.drop([dead.id, alive.id], person, security.audit) == 1
    assert list(outbox.dead_letters()) == []
    with catalog.database.reader() as session:
        rows = session.all("SELECT caller, detail FROM audit WHERE kind = 'outbox.drop'")
    assert [tuple(row) for row in rows] == [("lea", "1 jobs")]


def test_what_came_to_an_end_is_forgotten_after_its_time_and_what_is_open_never(
    catalog: Catalog, commitments: Commitments, clock: HeldClock
) -> None:
    locations = catalog.locate(whole(studies(catalog, 1)[0]), ALL)
    committed, failed, refused, late, open_one = (commitments.ask(locations, PACS, MODALITY) for _ in range(5))
    commitments.heard("PACS", committed, [])
    commitments.heard("PACS", failed, [(locations[0].identity.sop_instance, 0x0112)])
    commitments.refused(refused, "PACS does not offer this")
    clock.time += 1000.0
    commitments.heard("PACS", late, [])
    assert commitments.forget(clock.time - 1000.0) == 0
    assert commitments.forget(clock.time - 500.0, at_once=2) == 3
    assert [one.transaction for one in commitments.all()] == [open_one, late]
    again = commitments.ask_again(overdue(commitments, open_one, clock), MODALITY)
    clock.time += 1.0
    assert commitments.forget(clock.time) == 2
    assert [one.transaction for one in commitments.all()] == [again]


def overdue(commitments: Commitments, transaction: UID, clock: HeldClock) -> UID:
    """Let a transaction count as overdue."""
    commitments.asked(transaction)
    clock.time += 10.0
    commitments.note_overdue(10.0)
    return transaction

"""The chain on each database: rows in order of commit, and a verification that names the first thing that was done to it."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.catalogs import HeldClock
from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import RadiothequeError
from radiotheque.core.ports import Act, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.security import AuditPlace, Checkpoint, Security, Source, Verdict, open_room
from radiotheque.security.audit_chainer import CHECKPOINT_S, LATE_S, LEASE_S

ME = Caller("jean.martin", Door.API, "192.0.2.7", "session")
ADD_STUDY = """INSERT INTO patient(id, key, patient_id, issuer) VALUES (1, 'I PID1', 'PID1', 'I');
INSERT INTO study(id, uid, patient, patient_id, issuer, patient_name) VALUES (1, '1.2.1', 1, 'PID1', 'I', 'DOE^JANE')"""


@dataclass
class House:
    """A room with its chain, whose clock a test holds."""

    database: Database
    clock: HeldClock
    room: Security

    def acts(self, count: int, kind: str = "view", study: str = "1.2") -> None:
        """Let acts be in the trail, each with a study of its own, and linked."""
        for number in range(count):
            self.room.audit.read(Act(ME, kind, study=f"{study}.{number}"))
        self.room.audit.flush()
        self.room.desk.chain.turn()

    def sign(self) -> Checkpoint:
        made = self.room.desk.chain.sign_now()
        assert made is not None
        return made

    def verify(self, start: Checkpoint | None = None, outside: Sequence[Checkpoint] = ()) -> Verdict:
        self.room.audit.flush()
        return self.room.desk.verify(ME, outside=outside, start=start, progress=lambda _done, _total: None)

    def tamper(self, *statements: str) -> None:
        """Do what one does who has the database: first take away what refuses it."""

        def act(tx: Transaction) -> None:
            session = session_of(tx)
            for table in ("audit", "audit_link", "audit_checkpoint"):
                if session.is_sqlite:
                    for what in ("update", "delete"):
                        session.run(f"DROP TRIGGER IF EXISTS {table}_append_only_{what}")
                else:
                    session.run(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
            for statement in statements:
                session.run(statement)

        self.database.write(act)

    def found(self, **more: object) -> tuple[str, int]:
        finding = self.verify(**more).finding  # type: ignore[arg-type]
        assert finding is not None
        return finding.what, finding.position


@pytest.fixture
def house(database: Database, clock: HeldClock, tmp_path: Path) -> Iterator[House]:
    place = AuditPlace(Source("pacs"), tmp_path / "audit", bytes(range(32)))
    room = open_room(database, clock, place=place)
    yield House(database, clock, room)
    with contextlib.suppress(RadiothequeError):
        room.close()


def test_a_chain_that_nobody_touched_is_whole(house: House) -> None:
    house.acts(20)
    house.sign()
    house.clock.time += CHECKPOINT_S
    house.acts(10, "print")
    house.sign()
    verdict = house.verify()
    assert verdict.finding is None
    assert verdict.lines >= 30  # perhaps with its own line


def test_rows_are_linked_with_the_patient_of_their_study(house: House) -> None:
    house.tamper(*ADD_STUDY.split(";"))
    house.acts(2)
    patients = house.room.desk.search.entries
    from radiotheque.security import Wanted

    assert [(each.study, each.patient_id, each.issuer) for each in patients(Wanted(after=0))] == [
        ("1.2.0", "", ""),
        ("1.2.1", "PID1", "I"),
    ]


def test_the_database_itself_refuses_to_change_or_remove_a_line(house: House) -> None:
    house.acts(2)
    house.sign()
    for table in ("audit", "audit_link", "audit_checkpoint"):
        column = {"audit": "detail = 'x'", "audit_link": "caller = 'x'", "audit_checkpoint": "at = 0"}[table]
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column}"):
            with pytest.raises(Exception, match="only ever added to"):
                house.database.write(lambda tx, sql=statement: session_of(tx).run(sql))  # type: ignore[misc]


@pytest.mark.parametrize("column", ["caller", "kind", "study", "detail", "address", "outcome", "door", "via"])
def test_an_altered_line_is_named(house: House, column: str) -> None:
    house.acts(10)
    house.tamper(f"UPDATE audit SET {column} = 'other' WHERE id = (SELECT entry FROM audit_link WHERE position = 4)")
    assert house.found() == ("altered", 4)


def test_an_altered_moment_is_named(house: House) -> None:
    house.acts(5)
    house.tamper("UPDATE audit SET at = at + 1 WHERE id = (SELECT entry FROM audit_link WHERE position = 2)")
    assert house.found() == ("altered", 2)


def test_a_line_filed_under_another_patient_or_caller_is_named(house: House) -> None:
    house.acts(5)
    house.tamper("UPDATE audit_link SET caller = 'nobody' WHERE position = 4")
    assert house.found() == ("altered", 4)
    house.tamper("UPDATE audit_link SET patient_id = 'X' WHERE position = 3")
    assert house.found() == ("altered", 3)


def test_a_removed_row_is_named(house: House) -> None:
    house.acts(10)
    house.tamper("DELETE FROM audit WHERE id = (SELECT entry FROM audit_link WHERE position = 6)")
    assert house.found() == ("removed", 6)


def test_a_row_removed_with_its_line_is_named(house: House) -> None:
    house.acts(10)
    house.tamper(
        "DELETE FROM audit WHERE id = (SELECT entry FROM audit_link WHERE position = 6)",
        "DELETE FROM audit_link WHERE position = 6",
    )
    assert house.found() == ("removed", 6)


def test_lines_that_closed_ranks_after_a_removal_are_named(house: House) -> None:
    house.acts(10)
    house.tamper(
        "DELETE FROM audit WHERE id = (SELECT entry FROM audit_link WHERE position = 6)",
        "DELETE FROM audit_link WHERE position = 6",
        *(f"UPDATE audit_link SET position = {at - 1} WHERE position = {at}" for at in range(7, 11)),
    )
    assert house.found() == ("altered", 6)


def test_two_rows_that_changed_places_are_named(house: House) -> None:
    house.acts(10)
    house.tamper(
        "CREATE TEMPORARY TABLE kept AS SELECT l.position, a.study FROM audit_link l JOIN audit a ON a.id = l.entry",
        "UPDATE audit SET study = (SELECT study FROM kept WHERE position = 8)"
        " WHERE id = (SELECT entry FROM audit_link WHERE position = 3)",
        "UPDATE audit SET study = (SELECT study FROM kept WHERE position = 3)"
        " WHERE id = (SELECT entry FROM audit_link WHERE position = 8)",
    )
    assert house.found() == ("reordered", 3)


def test_two_lines_that_changed_places_are_named(house: House) -> None:
    house.acts(10)
    house.tamper(
        "UPDATE audit_link SET position = 1000 WHERE position = 3",
        "UPDATE audit_link SET position = 3 WHERE position = 4",
        "UPDATE audit_link SET position = 4 WHERE position = 1000",
    )
    assert house.found()[1] == 3


def _cut(after: int, *, checkpoints: bool = True) -> list[str]:
    """Give the statements that cut everything off behind a position, without a trace in the database."""
    gone = [
        f"DELETE FROM audit WHERE id IN (SELECT entry FROM audit_link WHERE position > {after})",
        f"DELETE FROM audit_link WHERE position > {after}",
    ]
    return [*gone, f"DELETE FROM audit_checkpoint WHERE position > {after}"] if checkpoints else gone


def test_a_tail_that_was_cut_off_is_noticed_by_the_checkpoint(house: House) -> None:
    house.acts(10)
    house.sign()
    house.tamper(*_cut(7, checkpoints=False))
    assert house.found() == ("truncated", 8)


def test_a_tail_that_was_cut_off_with_its_checkpoints_is_noticed_by_the_one_beside_the_database(house: House) -> None:
    house.acts(10)
    house.sign()
    house.tamper(*_cut(7))
    assert house.found() == ("truncated", 8)


def test_a_tail_that_was_cut_off_is_still_noticed_after_the_chain_went_on(house: House) -> None:
    house.acts(10)
    house.sign()
    house.tamper(*_cut(7))
    house.acts(8, "print")
    house.sign()
    what, position = house.found()
    assert (what, position) == ("rewritten", 1)  # somewhere up to line 10, where another link was signed


def test_a_tail_that_was_cut_off_everywhere_is_noticed_by_an_exported_checkpoint(house: House, tmp_path: Path) -> None:
    house.acts(10)
    exported = house.sign()
    house.tamper(*_cut(7))
    (tmp_path / "audit" / "checkpoints.json").unlink()
    assert house.verify().finding is None
    assert house.found(outside=(exported,)) == ("truncated", 9)  # the verification before has its own line


def test_a_chain_written_anew_without_the_key_is_named(house: House) -> None:
    from radiotheque.security.audit_chain import GENESIS, link
    from radiotheque.security.audit_tables import LINKED, entry_of

    house.acts(10)
    house.sign()
    house.tamper("UPDATE audit SET caller = 'other' WHERE id = (SELECT entry FROM audit_link WHERE position = 4)")
    with house.database.reader() as session:
        rows = session.all(f"SELECT {LINKED} FROM audit_link l JOIN audit a ON a.id = l.entry ORDER BY l.position")
    last, links = GENESIS, []
    for entry in map(entry_of, rows):
        last = link(last, entry, entry.position)
        links.append((last, entry.caller, entry.position))
    sql = "UPDATE audit_link SET sha256 = ?, caller = ? WHERE position = ?"
    house.database.write(lambda tx: session_of(tx).many(sql, links))
    assert house.found()[0] == "rewritten"


def test_a_checkpoint_that_another_key_signed_is_named(house: House) -> None:
    house.acts(3)
    house.sign()
    for changed in ("at = at + 1", "at = 1e18"):
        house.tamper(f"UPDATE audit_checkpoint SET {changed}")
        assert house.found() == ("checkpoint", 3)


def test_a_checkpoint_that_is_gone_from_between_is_named(house: House) -> None:
    house.acts(3)
    house.sign()
    house.acts(3, "print")
    house.sign()
    house.tamper("DELETE FROM audit_checkpoint WHERE position = 3")
    assert house.found() == ("checkpoint", 3)


def test_a_row_slipped_in_past_the_chain_is_named(house: House) -> None:
    house.acts(5)
    house.tamper(
        "DELETE FROM audit WHERE id = (SELECT entry FROM audit_link WHERE position = 1)",
        "UPDATE audit_link SET entry = 900001 WHERE position = 1",
    )
    assert house.found() == ("removed", 1)
    house.tamper(
        "INSERT INTO audit(id, at, caller, door, address, via, kind, study, detail, outcome)"
        " VALUES (-5, 1, 'x', 'api', '', '', 'view', '', '', 'success')"
    )
    assert house.found() == ("removed", 1)


def test_a_row_with_a_number_of_before_is_named_when_no_line_names_it(house: House) -> None:
    house.acts(5)
    house.tamper(
        "INSERT INTO audit(id, at, caller, door, address, via, kind, study, detail, outcome)"
        " VALUES (-5, 1, 'x', 'api', '', '', 'view', '', '', 'success')"
    )
    finding = house.verify().finding
    assert finding is not None
    if house.database.is_sqlite:  # elsewhere it is linked as one that came late
        assert (finding.what, finding.row) == ("added", -5)


def test_a_verification_goes_on_from_where_it_came_to(house: House) -> None:
    house.acts(10)
    first = house.verify()
    house.room.desk.rest(first.until)
    place = house.room.desk.resting_place()
    assert place is not None
    house.acts(5, "print")
    (start,) = place.read()
    second = house.verify(start)
    assert second.finding is None
    assert second.until.position == first.until.position + second.lines
    forged = Checkpoint(start.position, start.row, start.sha256, start.at, about="verified")
    assert house.verify(forged).lines > second.lines  # what is not signed is no place to begin from


def test_a_second_process_links_nothing_while_the_first_has_the_lease_and_all_when_it_is_gone(
    house: House, clock: HeldClock
) -> None:
    house.acts(3)
    other = open_room(house.database, clock, place=AuditPlace(seed=bytes(range(32))))
    other.audit.read(Act(ME, "export", study="9.9"))
    other.audit.flush()
    assert other.desk.chain.turn() == 0
    assert other.desk.chain.waiting() == 1
    clock.time += LEASE_S + 1  # the first was killed: it renews nothing
    assert other.desk.chain.turn() == 1
    other.audit.close()
    verdict = house.verify()
    assert verdict.finding is None


def test_a_command_that_linked_leaves_the_lease_to_the_server(house: House, clock: HeldClock) -> None:
    command = open_room(house.database, clock, place=AuditPlace(seed=bytes(range(32))))
    command.audit.read(Act(ME, "export", study="9.9"))
    command.audit.flush()
    assert command.desk.chain.turn() == 1
    command.close()
    house.acts(1)
    assert house.room.desk.chain.waiting() == 0


def test_checkpoints_are_signed_by_the_clock_and_not_for_nothing(house: House) -> None:
    chain = house.room.desk.chain
    house.acts(2)
    first = chain.last_checkpoint()
    house.acts(2, "print")
    assert chain.last_checkpoint() == first  # not a minute later
    house.clock.time += CHECKPOINT_S
    chain.turn()
    second = chain.last_checkpoint()
    assert first is not None
    assert second is not None
    assert (second.position, second.previous) == (4, first.position)
    house.clock.time += CHECKPOINT_S
    chain.turn()
    assert chain.last_checkpoint() == second


def test_a_row_that_is_committed_after_rows_with_higher_numbers_is_linked_behind_them(house: House) -> None:
    """Two writers: the first-begun commits last. On SQLite there are no two at a time."""
    if house.database.is_sqlite:
        pytest.skip("one transaction writes at a time")
    entered, leave = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        house.room.audit.wrote(tx, Act(ME, "reject", study="7.7"))
        entered.set()
        leave.wait(20)

    thread = threading.Thread(target=lambda: house.database.write(slow))
    thread.start()
    assert entered.wait(20)
    house.acts(3)
    house.sign()
    assert house.room.desk.chain.waiting() == 0
    leave.set()
    thread.join(20)
    assert house.room.desk.chain.turn() == 1
    house.clock.time += LATE_S + CHECKPOINT_S
    house.acts(1, "print")
    assert house.room.desk.chain.waiting() == 0
    verdict = house.verify()
    assert verdict.finding is None


def test_links_are_added_in_batches_and_progress_is_told(house: House) -> None:
    many: Callable[[Transaction], None] = lambda tx: session_of(tx).many(  # noqa: E731
        "INSERT INTO audit(at, caller, door, address, via, kind, study, detail, outcome)"
        " VALUES (?, 'x', 'api', '', '', 'view', ?, '', 'success')",
        [(float(number), f"1.{number}") for number in range(2500)],
    )
    house.database.write(many)
    assert house.room.desk.chain.turn() == 2500
    told: list[tuple[int, int]] = []
    verdict = house.room.desk.verify(ME, progress=lambda done, total: told.append((done.position, total)))
    assert verdict.finding is None
    assert [done for done, _ in told][:2] == [1000, 2000]

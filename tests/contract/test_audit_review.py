"""The review queue and the searches, on each database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from contract.catalogs import HeldClock
from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import Conflict, Malformed, NotFound
from radiotheque.core.ports import Act, Transaction
from radiotheque.database.engine import Database, session_of
from radiotheque.security import Account, AuditPlace, Security, Wanted, house_caller, open_room

PATIENTS = (
    "INSERT INTO patient(id, key, patient_id, issuer) VALUES (1, 'a', 'P1', 'I'), (2, 'b', 'P2', 'I')",
    """INSERT INTO study(id, uid, patient, patient_id, issuer, patient_name, birth_date, date, description, referring)
    VALUES (1, '1.1', 1, 'P1', 'I', 'MARTIN^JEAN', '19700102', '20270101', 'CHEST PA', 'HOUSE^GREG'),
    (2, '1.2', 1, 'P1', 'I', 'MARTIN^JEAN', '19700102', '20260101', 'HAND', ''),
    (3, '2.1', 2, 'P2', 'I', 'DOE^JANE', '', '', '', '')""",
)
DPO = Caller("dpo", Door.API, "192.0.2.1", "session")


def person(name: str, address: str = "192.0.2.7") -> Caller:
    return Caller(name, Door.API, address, "session")


@dataclass
class House:
    database: Database
    clock: HeldClock
    room: Security

    def acts(self, *acts: Act) -> None:
        for act in acts:
            self.room.audit.read(act)
        self.room.audit.flush()
        self.room.desk.chain.turn()

    def run(self, *statements: str) -> None:
        def act(tx: Transaction) -> None:
            for statement in statements:
                session_of(tx).run(statement)

        self.database.write(act)


@pytest.fixture
def house(database: Database, clock: HeldClock) -> Iterator[House]:
    room = open_room(database, clock, place=AuditPlace(seed=bytes(32)))
    made = House(database, clock, room)
    made.run(*PATIENTS)
    yield made
    room.close()


def account(house: House, name: str, role: str) -> None:
    house.room.accounts.add(
        name, "long enough for anybody", Account(0, name, frozenset({role})), house_caller(Door.CLI)
    )


def test_searches_narrow_by_who_what_when_whose_and_outcome(house: House) -> None:
    house.acts(
        Act(person("anna"), "view", study="1.1"),
        Act(person("anna"), "print", study="2.1"),
        Act(person("ben", "192.0.2.9"), "view", study="1.2", outcome="refused"),
        Act(person("ben", "192.0.2.9"), "find", detail="STUDY: everything"),
    )
    start = house.clock.time
    house.clock.time += 100
    house.acts(Act(person("anna"), "export", study="1.1"))

    def looked(**wanted: object) -> list[tuple[str, str]]:
        return [(each.caller, each.kind) for each in house.room.desk.search.entries(Wanted(**wanted))]  # type: ignore[arg-type]

    assert looked(caller="anna") == [("anna", "export"), ("anna", "print"), ("anna", "view")]
    assert looked(kinds=("view", "pr*")) == [("ben", "view"), ("anna", "print"), ("anna", "view")]
    assert looked(patient_id="P1", issuer="I") == [("anna", "export"), ("ben", "view"), ("anna", "view")]
    assert looked(patient_id="P1", issuer="") == []
    assert looked(outcome="refused") == [("ben", "view")]
    assert looked(address="192.0.2.9", kinds=("find",)) == [("ben", "find")]
    assert looked(since=start + 50) == [("anna", "export")]
    assert looked(until=start + 50, study="1.1") == [("anna", "view")]
    assert looked(after=0, limit=2) == [("anna", "view"), ("anna", "print")]
    assert looked(before=3) == [("anna", "print"), ("anna", "view")]


def test_who_looked_at_a_patient_follows_their_studies(house: House) -> None:
    house.acts(Act(person("anna"), "view", study="1.1"), Act(person("ben"), "view", study="2.1"))
    house.run("UPDATE study SET patient = 1, patient_id = 'P1' WHERE uid = '2.1'")  # a merge, after ben looked
    patient, entries = house.room.desk.of_patient(1, Wanted(), DPO)
    assert (patient.patient_id, patient.name, set(patient.studies)) == ("P1", "MARTIN^JEAN", {"1.1", "1.2", "2.1"})
    assert [(each.caller, each.study) for each in entries] == [("ben", "2.1"), ("anna", "1.1")]
    _, former = house.room.desk.of_patient(2, Wanted(), DPO)
    assert [each.caller for each in former] == ["ben"]  # as whose images they were then
    with pytest.raises(NotFound):
        house.room.desk.of_patient(77, Wanted(), DPO)


def test_what_somebody_did_is_summed_up(house: House) -> None:
    house.acts(
        Act(person("anna"), "view", study="1.1"),
        Act(person("anna"), "view", study="1.2"),
        Act(person("anna", "198.51.100.1"), "print", study="1.2"),
        Act(person("ben"), "view", study="1.2"),
    )
    acts = house.room.desk.of_user("anna", Wanted(caller="anna"), DPO)
    assert [(kind, count) for kind, _, count, _ in acts.totals] == [("view", 2), ("print", 1)]
    assert [(address, count) for address, _, count, _ in acts.places] == [("192.0.2.7", 2), ("198.51.100.1", 1)]
    assert len(acts.entries) == 3


def test_reading_the_trail_is_in_the_trail(house: House) -> None:
    desk = house.room.desk
    desk.page(Wanted(patient_id="P1", kinds=("view",)), DPO)
    desk.of_patient(1, Wanted(), DPO)
    desk.of_user("anna", Wanted(caller="anna"), DPO)
    desk.cases(DPO, state="open", detector="", before=0, limit=10)
    desk.events(Wanted(after=0), DPO)
    house.acts()
    told = {each.kind: each.detail for each in desk.search.entries(Wanted(caller="dpo"))}
    assert set(told) == {"audit.search", "audit.patient", "audit.user", "audit.reviews", "audit.feed"}
    assert "P1" not in told["audit.search"]
    assert told["audit.patient"] == "patient number 1"


def test_the_chore_fills_the_queue_once_and_outcomes_stay(house: House) -> None:
    account(house, "jean.martin", "radiologist")
    account(house, "anna", "clinician")
    account(house, "g.house", "clinician")
    house.acts(
        Act(person("anna"), "view", study="1.1"),
        Act(person("g.house"), "view", study="1.1"),
        Act(person("jean.martin"), "view", study="2.1"),
    )
    reviews = house.room.desk.reviews
    assert reviews.run().startswith("3 to look at")
    assert reviews.run().startswith("0 to look at")
    cases = {(case.detector, case.caller) for case in reviews.page()}
    # who referred the patient has a relation; who did not, and is no radiologist, has none that is known
    assert cases == {("colleague", "anna"), ("colleague", "g.house"), ("no-care-relation", "anna")}
    first = reviews.page()[-1]
    with pytest.raises(Malformed):
        reviews.close(first.id, "unjustified", " ", DPO)
    with pytest.raises(Malformed):
        reviews.close(first.id, "fine", "", DPO)
    closed = reviews.close(first.id, "justified", "", DPO)
    assert (closed.state, closed.outcome, closed.closed_by) == ("closed", "justified", "dpo")
    with pytest.raises(Conflict):
        reviews.close(first.id, "unclear", "again", DPO)
    with pytest.raises(NotFound):
        reviews.close(4711, "justified", "", DPO)
    assert len(reviews.page()) == 2
    assert [case.id for case in reviews.page(state="closed")] == [first.id]
    house.acts()
    assert house.room.desk.search.entries(Wanted(kinds=("audit.review",)))[0].detail == f"case {first.id}: justified"


def test_a_new_address_is_told_after_the_first_was_learnt(house: House) -> None:
    reviews = house.room.desk.reviews
    house.acts(Act(person("anna"), "sign-in"))
    reviews.run()
    house.acts(Act(person("anna", "203.0.113.5"), "sign-in"))
    reviews.run()
    assert [(case.detector, case.detail) for case in reviews.page()] == [("new-address", "first seen from 203.0.113.5")]


def test_a_sample_is_drawn_of_the_month_that_is_over(house: House) -> None:
    house.acts(*(Act(person("anna"), "view", study=study) for study in ("1.1", "1.2", "2.1")))
    house.room.desk.chain.sign_now()
    reviews = house.room.desk.reviews
    begun = datetime.fromtimestamp(house.clock.time)
    house.clock.time = begun.replace(year=begun.year + begun.month // 12, month=begun.month % 12 + 1, day=1).timestamp()
    assert "3 drawn" in reviews.run()
    assert "0 drawn" in reviews.run()
    assert len(reviews.page(detector="sample")) == 3


def test_changed_settings_are_told_by_name_and_no_value_is_kept(house: House) -> None:
    desk = house.room.desk
    us = house_caller(Door.HOUSE)
    assert desk.tell_of_settings({"http": "a", "blobs": "b"}, us) == []
    assert desk.tell_of_settings({"http": "a", "blobs": "b"}, us) == []
    assert desk.tell_of_settings({"http": "secret", "blobs": "b", "new": ""}, us) == ["http", "new"]
    house.acts()
    (told,) = desk.search.entries(Wanted(kinds=("configuration.change",)))
    assert told.detail == "http, new"
    with house.database.reader() as session:
        assert "secret" not in str(session.all("SELECT value FROM audit_state"))

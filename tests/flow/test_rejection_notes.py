"""A rejection note does what its sender may do, in the sender's name, and no more (IHE RAD TF-3 4.66, IOCM)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import Dataset

from crash.truth import house_at, me
from notes import rejection_note
from phantoms import part10, phantom_dataset
from radiotheque.app import House
from radiotheque.archive.dispatch import Dispatcher
from radiotheque.archive.incoming import StreamIncoming
from radiotheque.core.aetitle import AETitle
from radiotheque.core.caller import Caller, Door, Scope
from radiotheque.core.errors import NotFound, NotPermitted
from radiotheque.core.instance import Form, Outcome, Selection
from radiotheque.core.peer import USUAL, Peer, Service
from radiotheque.core.query import Level
from radiotheque.core.uid import UID
from radiotheque.security import Account, Token

EVERYTHING = Scope(everything=True)
PASSWORD = "a long enough one"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with house_at(tmp_path, sealing=False) as opened:
        yield opened


@pytest.fixture
def film(house: House) -> Dataset:
    return kept(house, "NOTED")


def kept(house: House, patient: str) -> Dataset:
    """Keep a film of a study of its own."""
    made = phantom_dataset(patient_id=patient, rows=16, columns=16)
    store(house, part10(made), me())
    return made


def store(house: House, file: bytes, sender: Caller, channel: str = "stow") -> None:
    """Keep a file that a caller sends, and let what follows be done."""
    incoming = StreamIncoming(house.origin(sender, channel), [file], Form.PART10)
    assert house.archive.receive(incoming).outcome is Outcome.KEPT
    work(house)


def work(house: House) -> None:
    Dispatcher(house.catalog.outbox, {"note": house.tasks["note"]}, house.clock).turn()
    assert not house.catalog.outbox.waiting().get("note")


def bearer(house: House, role: str, *, allow: frozenset[str] = frozenset(), name: str = "program") -> Caller:
    """Give the caller of a new token."""
    secret, _ = house.security.tokens.create(name, Token(0, name, frozenset({role}), allow), me())
    return house.security.policy.for_token(secret, door=Door.DICOMWEB, address="127.0.0.1")


def shows(house: House, film: Dataset) -> bool:
    try:
        house.catalog.locate(Selection(Level.IMAGE, instances=(UID(film.SOPInstanceUID),)), EVERYTHING)
    except NotFound:
        return False
    return True


def rejecters(house: House) -> list[str]:
    return [found.by for found in house.catalog.rejections(EVERYTHING)]


def refused(house: House) -> list[tuple[str, str]]:
    """Give who was refused to reject, and in which study, as the audit trail has it."""
    house.security.audit.flush()
    entries = house.security.audit.entries(limit=1000)
    return [(entry.caller, entry.study) for entry in entries if (entry.kind, entry.outcome) == ("reject", "refused")]


def test_the_note_of_a_token_that_may_reject_hides_the_film_in_its_name(house: House, film: Dataset) -> None:
    store(house, rejection_note(film), bearer(house, "radiographer", name="console"))
    assert not shows(house, film)
    assert rejecters(house) == ["console"]
    assert refused(house) == []


def test_the_note_of_a_token_that_may_not_reject_hides_nothing(house: House, film: Dataset) -> None:
    """The role `integration` may store and not reject: DELETE by the same token is 403."""
    sender = bearer(house, "integration")
    with pytest.raises(NotPermitted):
        house.archive.reject(Selection(Level.IMAGE, instances=(UID(film.SOPInstanceUID),)), sender, code="113001")
    store(house, rejection_note(film), sender)
    assert shows(house, film)
    assert rejecters(house) == []
    assert ("program", film.StudyInstanceUID) in refused(house)


def test_a_note_filed_in_the_study_of_another_patient_hides_nothing(house: House, film: Dataset) -> None:
    other = kept(house, "OTHER")
    store(house, rejection_note(film, filed_in=other), bearer(house, "radiographer"))
    assert shows(house, film)
    assert rejecters(house) == []
    assert refused(house) == [("program", other.StudyInstanceUID)]


def test_a_note_that_names_a_film_under_another_study_hides_nothing(house: House, film: Dataset) -> None:
    """The evidence names the note's own study, but the film of another patient."""
    other = kept(house, "OTHER")
    lying = Dataset()
    lying.update(film)
    lying.StudyInstanceUID = other.StudyInstanceUID
    store(house, rejection_note(lying, filed_in=other), bearer(house, "radiographer"))
    assert shows(house, film)
    assert refused(house) == [("program", other.StudyInstanceUID)]


def test_a_note_about_a_study_out_of_its_senders_scope_hides_nothing(house: House, film: Dataset) -> None:
    store(house, rejection_note(film), bearer(house, "radiographer", allow=frozenset({"ward-3"})))
    assert shows(house, film)
    assert refused(house) == [("program", film.StudyInstanceUID)]


def test_the_permission_is_the_one_at_the_time_of_heeding(house: House, film: Dataset) -> None:
    accounts = house.security.accounts
    accounts.add("anna", PASSWORD, Account(0, "anna", frozenset({"radiographer"})), me())
    sender = house.security.policy.for_password("anna", PASSWORD, door=Door.DICOMWEB, address="127.0.0.1")
    accounts.change("anna", me(), given=Account(0, "anna", frozenset({"integration"})))
    store(house, rejection_note(film), sender)
    assert shows(house, film)
    accounts.change("anna", me(), given=Account(0, "anna", frozenset({"radiographer"})))
    store(house, rejection_note(film), sender)
    assert rejecters(house) == ["anna"]


def test_a_token_revoked_meanwhile_hides_nothing(house: House, film: Dataset) -> None:
    sender = bearer(house, "radiographer")
    for token in house.security.tokens.all():
        house.security.tokens.revoke(token.token_id, me())
    store(house, rejection_note(film), sender)
    assert shows(house, film)


def test_two_tokens_of_one_name_and_unequal_rights_hide_nothing(house: House, film: Dataset) -> None:
    """Only the name is known when a note is heeded, so the lesser one must not get the rights of the greater."""
    sender = bearer(house, "integration")
    bearer(house, "radiographer")
    store(house, rejection_note(film), sender)
    assert shows(house, film)


@pytest.mark.parametrize(("may", "hidden"), [(USUAL, False), (USUAL | {Service.REJECT}, True)])
def test_a_peer_is_heeded_as_change_requester_only_when_that_was_said(
    house: House, film: Dataset, may: frozenset[Service], hidden: bool
) -> None:
    house.security.peers.put(Peer(AETitle("CONSOLE"), "127.0.0.1", 104, may=may), me())
    sender = house.security.policy.for_peer(AETitle("CONSOLE"), address="127.0.0.1")
    store(house, rejection_note(film), sender, "dimse")
    assert shows(house, film) is not hidden
    assert rejecters(house) == (["CONSOLE"] if hidden else [])


def test_a_note_that_an_operator_imports_is_heeded(house: House, film: Dataset) -> None:
    store(house, rejection_note(film), me(), "import")
    assert rejecters(house) == [me().name]


def test_a_note_that_a_sweep_finds_has_no_sender_and_hides_nothing(house: House, film: Dataset) -> None:
    sender = replace(me(), door=Door.HOUSE, via="")
    store(house, rejection_note(film), sender, "sweep")
    assert shows(house, film)
    assert refused(house) == [(sender.name, film.StudyInstanceUID)]

"""The routes of the audit trail: what they give, and that looking is itself in the trail."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from radiotheque.core.caller import Caller, Door
from radiotheque.core.ports import Act, Transaction
from radiotheque.database.engine import open_database, session_of
from radiotheque.security import AuditPlace, Security, Token, house_caller, open_room
from unit.security.held import HeldClock
from unit.wire.web.conftest import Sign
from unit.wire.web.talk import Shelf, ask, bearer, door

ANNA = Caller("anna", Door.API, "192.0.2.7", "session")
PATIENT = (
    "INSERT INTO patient(id, key, patient_id, issuer) VALUES (1, 'a', 'P1', 'I')",
    "INSERT INTO study(id, uid, patient, patient_id, issuer, patient_name, birth_date, date, description)"
    " VALUES (1, '1.1', 1, 'P1', 'I', 'MÜLLER^JÖRG', '19700102', '20270101', 'CHEST <PA> #1')",
)


@pytest.fixture
def known(security: Security) -> Security:
    """A room in whose trail somebody looked at a patient three times."""

    def patient(tx: Transaction) -> None:
        for statement in PATIENT:
            session_of(tx).run(statement)

    security.desk.search._database.write(patient)
    for kind in ("view", "print", "export"):
        security.audit.read(Act(ANNA, kind, study="1.1"))
    security.audit.flush()
    return security


def test_the_trail_is_searched_by_who_what_and_whose(known: Security, shelf: Shelf, sign: Sign) -> None:
    web, auditor = door(known, shelf), sign("auditor")
    found = ask(web, "GET", "/api/audit?who=anna&what=print&what=ex*&patient_id=P1", auditor).json()["entries"]
    assert [entry["kind"] for entry in found] == ["export", "print"]
    assert (found[0]["patient_id"], found[0]["issuer"], found[0]["study"]) == ("P1", "I", "1.1")
    older = ask(web, "GET", f"/api/audit?who=anna&before={found[-1]['position']}", auditor).json()["entries"]
    assert [entry["kind"] for entry in older] == ["view"]
    for wrong in ("study=x", "outcome=maybe", "format=xml", "limit=0", "since=-1"):
        assert ask(web, "GET", f"/api/audit?{wrong}", auditor).status == 400


def test_the_trail_is_given_as_a_feed_of_fhir(known: Security, shelf: Shelf, sign: Sign) -> None:
    web, auditor = door(known, shelf), sign("auditor")
    answer = ask(web, "GET", "/api/audit?format=fhir&who=anna&limit=2", auditor)
    assert answer.headers["content-type"] == "application/fhir+json"
    bundle = answer.json()
    assert [each["resource"]["resourceType"] for each in bundle["entry"]] == ["AuditEvent", "AuditEvent"]
    (following,) = (link["url"] for link in bundle["link"] if link["relation"] == "next")
    rest = ask(web, "GET", following, auditor).json()
    assert [each["resource"]["type"]["code"] for each in rest["entry"]] == ["110106"]
    assert all(link["relation"] != "next" for link in rest["link"])


def test_who_looked_at_a_patient_is_told_as_json(known: Security, shelf: Shelf, sign: Sign) -> None:
    told = ask(door(known, shelf), "GET", "/api/audit/patients/1", sign("auditor")).json()
    assert (told["name"], told["studies"]) == ("MÜLLER^JÖRG", {"1.1": "2027-01-01 CHEST <PA> #1"})
    assert [entry["kind"] for entry in told["entries"]] == ["export", "print", "view"]
    assert ask(door(known, shelf), "GET", "/api/audit/patients/9", sign("auditor")).status == 404


@pytest.mark.parametrize(
    ("language", "title", "act"),
    [
        ("en", "Who had access to your images", "printed images"),
        ("fr", "Qui a eu accès à vos images", "a imprimé des images"),
    ],
)
def test_who_looked_at_a_patient_is_told_on_paper(
    known: Security, shelf: Shelf, sign: Sign, language: str, title: str, act: str
) -> None:
    pypdfium2 = pytest.importorskip("pypdfium2")
    answer = ask(door(known, shelf), "GET", f"/api/audit/patients/1?format=pdf&language={language}", sign("auditor"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    document = pypdfium2.PdfDocument(answer.body)
    text = document[0].get_textpage().get_text_range()
    document.close()
    for wanted in (title, "MÜLLER, JÖRG", "P1", "anna", act, "CHEST <PA> #1"):
        assert wanted in text.replace("\r\n", " ").replace("\n", " ")


def test_what_a_user_did_is_summed_up(known: Security, shelf: Shelf, sign: Sign) -> None:
    told = ask(door(known, shelf), "GET", "/api/audit/users/anna", sign("auditor")).json()
    assert {(total["kind"], total["count"]) for total in told["totals"]} == {("view", 1), ("print", 1), ("export", 1)}
    assert told["places"][0]["address"] == "192.0.2.7"
    assert len(told["entries"]) == 3


def test_a_case_gets_its_outcome_from_who_may_read_the_trail(known: Security, shelf: Shelf, sign: Sign) -> None:
    colleague = Caller("joerg", Door.API, "192.0.2.9", "session")
    known.desk.chain.turn()
    known.desk.reviews.run()  # learns addresses
    known.audit.read(Act(Caller("anna", Door.API, "203.0.113.1", "session"), "sign-in"))
    known.audit.read(Act(colleague, "view", study="1.1"))
    known.audit.flush()
    known.desk.chain.turn()
    known.desk.reviews.run()
    web, auditor = door(known, shelf), sign("auditor")
    (case,) = ask(web, "GET", "/api/audit/reviews", auditor).json()["reviews"]
    assert (case["detector"], case["caller"], case["state"]) == ("new-address", "anna", "open")
    path = f"/api/audit/reviews/{case['id']}"
    assert ask(web, "POST", path, auditor, given={"outcome": "unjustified"}).status == 400
    closed = ask(web, "POST", path, auditor, given={"outcome": "unjustified", "note": "talked to her"}).json()
    assert (closed["state"], closed["outcome"], closed["note"]) == ("closed", "unjustified", "talked to her")
    assert ask(web, "POST", path, auditor, given={"outcome": "justified"}).status == 409
    assert ask(web, "GET", "/api/audit/reviews", auditor).json()["reviews"] == []


def test_every_look_into_the_trail_is_in_it_with_who_looked(known: Security, shelf: Shelf, sign: Sign) -> None:
    web, auditor = door(known, shelf), sign("auditor")
    for path in ("", "?format=fhir", "/patients/1", "/users/anna", "/reviews"):
        assert ask(web, "GET", f"/api/audit{path}", auditor).status == 200
    known.audit.flush()
    told = ask(web, "GET", "/api/audit?who=auditor&limit=1000", auditor).json()["entries"]
    assert {entry["kind"] for entry in told} >= {
        "audit.search", "audit.feed", "audit.patient", "audit.user", "audit.reviews",
    }  # fmt: skip


def test_nobody_else_reads_the_trail_and_the_refusal_is_in_it(known: Security, shelf: Shelf, sign: Sign) -> None:
    web, reader = door(known, shelf), sign("radiologist")
    for path in ("", "/patients/1", "/users/anna", "/reviews", "/checkpoint"):
        assert ask(web, "GET", f"/api/audit{path}", reader).status == 403
    known.audit.flush()
    refused = [entry for entry in known.audit.entries() if entry.outcome == "refused"]
    assert {entry.kind for entry in refused} == {"audit.read"}


def test_without_a_key_no_checkpoint_is_given(known: Security, shelf: Shelf, sign: Sign) -> None:
    assert ask(door(known, shelf), "GET", "/api/audit/checkpoint", sign("auditor")).status == 503


def test_a_checkpoint_can_be_checked_by_anybody(tmp_path: Path, shelf: Shelf, clock: HeldClock) -> None:
    with open_database(tmp_path / "signed.db") as database:
        room = open_room(database, clock, place=AuditPlace(seed=bytes(32)))
        secret, _ = room.tokens.create("auditor", Token(0, "", frozenset({"auditor"})), house_caller(Door.CLI))
        given = ask(door(room, shelf), "GET", "/api/audit/checkpoint", bearer(secret)).json()
        room.close()
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(given["public_key"]))
    public.verify(base64.b64decode(given["signature"]), given["statement"].encode())
    assert f"link {given['link']}\n" in given["statement"]

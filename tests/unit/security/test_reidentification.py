"""Who is behind a pseudonym is told to few, and the table alone tells nobody."""

from dataclasses import replace
from hashlib import sha256

import pytest

from radiotheque.core.caller import Caller, Permission
from radiotheque.core.errors import Damaged, NotFound, NotPermitted, Unsupported
from radiotheque.database.engine import Database, session_of
from radiotheque.security import Deidentified, Security
from unit.security.held import HeldClock

WHO = {"patient_id": "IPP-778812", "patient_name": "Présbourg^Zoé"}
CONTENT = {"project": "knees", "state": "waiting", "studies": ["1.2.3"], "images": {}}


def key(purpose: str) -> bytes:
    return sha256(purpose.encode()).digest()


@pytest.fixture
def exports(database: Database, clock: HeldClock, security: Security) -> Deidentified:
    return Deidentified(database, clock, security.audit, key)


def kinds(security: Security) -> list[tuple[str, str]]:
    security.audit.flush()
    return [(entry.kind, entry.outcome) for entry in security.audit.entries()]


def test_a_pseudonym_is_told_to_who_may_and_audited(exports: Deidentified, security: Security, me: Caller) -> None:
    exports.add(CONTENT, {"PABC": WHO, "2.25.1": {"study": "1.2.3"}}, me)
    assert exports.reidentification.who("knees", "PABC", me, reason="finding") == WHO
    assert exports.reidentification.who("knees", "2.25.1", me, reason="finding") == {"study": "1.2.3"}
    assert ("reidentify", "success") in kinds(security)
    with pytest.raises(NotFound):
        exports.reidentification.who("hips", "PABC", me, reason="finding")


def test_nobody_else_is_told_and_the_asking_is_audited(exports: Deidentified, security: Security, me: Caller) -> None:
    exports.add(CONTENT, {"PABC": WHO}, me)
    curious = replace(me, permissions=frozenset(Permission) - {Permission.STUDY_REIDENTIFY})
    with pytest.raises(NotPermitted):
        exports.reidentification.who("knees", "PABC", curious, reason="just so")
    assert kinds(security)[0] == ("reidentify", "refused")


def rows(database: Database, table: str) -> list[tuple[object, ...]]:
    with database.reader() as session:
        return list(session.all(f"SELECT * FROM {table}"))


def test_the_tables_name_nobody(exports: Deidentified, database: Database, me: Caller) -> None:
    exports.add(CONTENT, {"PABC": WHO}, me)
    for table in ("reidentification", "deidentified_export"):
        held = repr(rows(database, table)).encode() + b"".join(
            bytes(value) for row in rows(database, table) for value in row if isinstance(value, bytes | memoryview)
        )
        for word in (b"PABC", b"IPP-778812", b"bourg", b"1.2.3"):
            assert word not in held


def test_a_row_that_was_moved_or_altered_does_not_open(exports: Deidentified, database: Database, me: Caller) -> None:
    exports.add(CONTENT, {"PABC": WHO, "PXYZ": {"patient_id": "other"}}, me)
    (_, _, sealed, _), (_, second, _, _) = rows(database, "reidentification")
    moved = "UPDATE reidentification SET sealed = ? WHERE lookup = ?"
    database.write(lambda tx: session_of(tx).run(moved, (sealed, second)))
    outcomes = []
    for pseudonym in ("PABC", "PXYZ"):
        try:
            exports.reidentification.who("knees", pseudonym, me, reason="look")
            outcomes.append("opened")
        except Damaged:
            outcomes.append("damaged")
    assert sorted(outcomes) == ["damaged", "opened"]


def test_another_project_has_other_keys(exports: Deidentified) -> None:
    assert exports.project_key("knees") != exports.project_key("hips")


def test_a_house_without_keys_makes_no_pseudonyms(database: Database, clock: HeldClock, security: Security) -> None:
    bare = Deidentified(database, clock, security.audit, lambda _purpose: b"")
    with pytest.raises(Unsupported, match="sealing"):
        bare.project_key("knees")


def test_an_export_is_its_makers_alone_and_changes_are_audited(
    exports: Deidentified, security: Security, me: Caller
) -> None:
    number, _ = exports.add(CONTENT, {}, me)
    changed = exports.change(number, me, lambda content: content | {"state": "released"})
    assert exports.get(number, me) == changed == CONTENT | {"state": "released"}
    with pytest.raises(NotFound):
        exports.get(number, replace(me, name="another"))
    assert {kind for kind, _ in kinds(security)} >= {"deidentify.begin", "deidentify.release"}

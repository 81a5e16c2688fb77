import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from radiotheque.core.caller import Caller, Door, Permission, Scope
from radiotheque.core.errors import Busy, Conflict, NotFound, NotPermitted
from radiotheque.database.engine import Database
from radiotheque.security import Account, Security, open_room
from radiotheque.security.tables import account
from unit.security.held import HeldClock

PASSWORD = "correct horse battery"


def doctor(name: str = "lea", **more: frozenset[str]) -> Account:
    return Account(0, name, frozenset({"clinician"}), **more)


def sign_in(security: Security, name: str, password: str, address: str = "10.0.0.1") -> Caller:
    return security.policy.for_password(name, password, door=Door.API, address=address)


def test_a_right_password_gives_the_caller_with_roles_permissions_and_scope(security: Security, me: Caller) -> None:
    security.accounts.add("lea", PASSWORD, doctor(allow=frozenset({"ward-3"}), deny=frozenset({"vip"})), me)
    caller = sign_in(security, "lea", PASSWORD)
    assert (caller.name, caller.via, caller.address) == ("lea", "basic", "10.0.0.1")
    assert caller.permissions == {Permission.STUDY_FIND, Permission.STUDY_VIEW, Permission.ANNOTATION_WRITE}
    assert caller.scope == Scope(False, frozenset({"ward-3"}), frozenset({"vip"}))


def test_what_is_kept_of_a_password_is_an_argon2id_hash_that_the_library_itself_verifies(
    security: Security, database: Database, me: Caller
) -> None:
    security.accounts.add("lea", PASSWORD, doctor(), me)
    with database.read() as reader:
        kept = reader.execute(select(account.c.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert PasswordHasher().verify(kept, PASSWORD)


def test_a_wrong_password_and_an_unknown_name_are_told_alike(security: Security, me: Caller) -> None:
    security.accounts.add("lea", PASSWORD, doctor(), me)
    with pytest.raises(NotPermitted) as wrong:
        sign_in(security, "lea", "something else")
    with pytest.raises(NotPermitted) as unknown:
        sign_in(security, "nobody", PASSWORD)
    assert str(wrong.value) == str(unknown.value)


def test_five_failures_from_one_address_make_that_address_wait_a_minute(
    security: Security, me: Caller, clock: HeldClock
) -> None:
    security.accounts.add("lea", PASSWORD, doctor(), me)
    for _ in range(5):
        with pytest.raises(NotPermitted):
            sign_in(security, "lea", "something else")
    with pytest.raises(Busy):
        sign_in(security, "lea", PASSWORD)
    assert sign_in(security, "lea", PASSWORD, address="10.0.0.2").name == "lea"
    clock.at += 61
    assert sign_in(security, "lea", PASSWORD, address="10.0.0.3").name == "lea"


def test_a_verified_password_is_recalled_for_five_minutes_and_no_longer(
    security: Security, me: Caller, clock: HeldClock
) -> None:
    security.accounts.add("lea", PASSWORD, doctor(), me)
    assert security.accounts.recall("lea", PASSWORD) is None
    sign_in(security, "lea", PASSWORD)
    assert security.accounts.recall("lea", PASSWORD) is not None
    assert security.accounts.recall("lea", "something else") is None
    clock.at += 301
    security.accounts.get("lea")  # read again, so that only the password's age decides
    assert security.accounts.recall("lea", PASSWORD) is None


def test_a_changed_password_holds_at_once(security: Security, me: Caller) -> None:
    security.accounts.add("lea", PASSWORD, doctor(), me)
    sign_in(security, "lea", PASSWORD)
    security.accounts.change("lea", me, password="another one entirely")
    with pytest.raises(NotPermitted):
        sign_in(security, "lea", PASSWORD)
    assert sign_in(security, "lea", "another one entirely").name == "lea"


def test_a_closed_account_is_refused_at_once(security: Security, me: Caller) -> None:
    made = security.accounts.add("lea", PASSWORD, doctor(), me)
    sign_in(security, "lea", PASSWORD)
    security.accounts.change("lea", me, given=Account(made.account_id, "lea", made.roles, active=False))
    with pytest.raises(NotPermitted):
        sign_in(security, "lea", PASSWORD)


def test_what_another_process_changed_holds_within_a_second(
    security: Security, database: Database, me: Caller, clock: HeldClock
) -> None:
    made = security.accounts.add("lea", PASSWORD, doctor(), me)
    sign_in(security, "lea", PASSWORD)
    beside = open_room(database, clock)
    beside.accounts.change("lea", me, given=Account(made.account_id, "lea", made.roles, active=False))
    beside.close()
    clock.at += 1.0
    with pytest.raises(NotPermitted):
        sign_in(security, "lea", PASSWORD)


def test_a_name_is_taken_once(security: Security, me: Caller) -> None:
    security.accounts.add("lea", PASSWORD, doctor(), me)
    with pytest.raises(Conflict):
        security.accounts.add("lea", "another password", doctor(), me)
    assert sign_in(security, "lea", PASSWORD).name == "lea"


def test_an_account_that_is_not_there_cannot_be_changed(security: Security, me: Caller) -> None:
    with pytest.raises(NotFound):
        security.accounts.change("nobody", me, password=PASSWORD)


def test_the_first_administrator_is_made_once_and_its_password_given_once(security: Security) -> None:
    secret = security.first_administrator()
    assert secret is not None
    assert sign_in(security, "admin", secret).roles == {"administrator"}
    assert security.first_administrator() is None


def test_the_first_administrators_password_may_be_chosen(security: Security) -> None:
    assert security.first_administrator(PASSWORD) == PASSWORD
    assert sign_in(security, "admin", PASSWORD).name == "admin"


def test_making_an_account_is_in_the_audit_trail_without_its_password(security: Security, me: Caller) -> None:
    security.accounts.add("lea", PASSWORD, doctor(), me)
    entry = security.audit.entries()[0]
    assert (entry.caller, entry.kind, entry.detail) == ("tester", "user.add", "lea: clinician")

import base64
from hashlib import sha256

import pytest
from sqlalchemy import func, select

from radiotheque.core.caller import Caller, Door, Permission, Scope
from radiotheque.core.errors import Busy, NotPermitted
from radiotheque.database.engine import Database
from radiotheque.security import Account, Security, Session, SessionLimits, open_room
from radiotheque.security.tables import session
from unit.security.held import HeldClock

PASSWORD = "correct horse battery"
HALF_AN_HOUR_S = 1800.0
TWELVE_HOURS_S = 43_200.0


@pytest.fixture(autouse=True)
def lea(security: Security, me: Caller) -> Account:
    given = Account(0, "lea", frozenset({"monitor"}), frozenset({"ward-3"}), frozenset({"vip"}))
    return security.accounts.add("lea", PASSWORD, given, me)


def sign_in(security: Security) -> str:
    return security.sessions.open("lea", PASSWORD, "10.0.0.1")[0]


def present(security: Security, secret: str) -> tuple[Caller, Session]:
    return security.policy.for_session(secret, door=Door.API, address="10.0.0.1")


def rows(database: Database) -> int:
    with database.read() as reader:
        return reader.execute(select(func.count()).select_from(session)).scalar_one()


def test_a_session_gives_the_caller_that_name_and_password_give(security: Security) -> None:
    caller, _ = present(security, sign_in(security))
    known = security.policy.for_password("lea", PASSWORD, door=Door.API, address="10.0.0.1")
    assert (caller.roles, caller.permissions, caller.scope) == (known.roles, known.permissions, known.scope)
    assert (caller.name, caller.via, caller.address) == ("lea", "session", "10.0.0.1")
    assert caller.permissions == {Permission.OPS_SEE}
    assert caller.scope == Scope(False, frozenset({"ward-3"}), frozenset({"vip"}))


def test_a_secret_has_256_random_bits_and_only_its_sha_256_is_kept(security: Security, database: Database) -> None:
    secret = sign_in(security)
    assert len(base64.urlsafe_b64decode(secret + "=")) * 8 == 256
    with database.read() as reader:
        row = reader.execute(select(session)).one()
    assert bytes(row.sha256) == sha256(secret.encode()).digest()
    assert secret not in str(row)
    assert row.csrf != secret


def test_two_sessions_of_one_person_have_secrets_and_tokens_of_their_own(security: Security) -> None:
    first, second = sign_in(security), sign_in(security)
    assert first != second
    assert present(security, first)[1].csrf != present(security, second)[1].csrf


def test_a_wrong_password_opens_nothing_and_five_make_the_address_wait(security: Security, database: Database) -> None:
    for _ in range(5):
        with pytest.raises(NotPermitted):
            security.sessions.open("lea", "something else", "10.0.0.1")
    with pytest.raises(Busy):
        security.sessions.open("lea", PASSWORD, "10.0.0.1")
    assert rows(database) == 0


@pytest.mark.parametrize("secret", ["", "A" * 43, "A" * 42, "é" * 43, "x" * 100_000])
def test_what_is_no_secret_of_ours_is_refused(security: Security, secret: str) -> None:
    assert security.policy.recall_session(secret, door=Door.API, address="") is None
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_a_session_ends_when_it_stood_idle_for_half_an_hour(security: Security, clock: HeldClock) -> None:
    secret = sign_in(security)
    clock.at += HALF_AN_HOUR_S
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_every_use_keeps_a_session_from_idling_whether_recalled_or_read(security: Security, clock: HeldClock) -> None:
    secret = sign_in(security)
    for _ in range(3):
        clock.at += HALF_AN_HOUR_S - 1
        present(security, secret)
        clock.at += 0.5
        assert security.policy.recall_session(secret, door=Door.API, address="") is not None


def test_a_session_in_use_ends_after_twelve_hours(security: Security, clock: HeldClock) -> None:
    secret = sign_in(security)
    began = clock.at
    while clock.at < began + TWELVE_HOURS_S - 600:
        clock.at += 600
        present(security, secret)
    clock.at = began + TWELVE_HOURS_S
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_limits_are_those_that_the_room_was_opened_with(database: Database, clock: HeldClock) -> None:
    room = open_room(database, clock, limits=SessionLimits(idle_s=60.0, lifetime_s=300.0))
    secret, opened = room.sessions.open("lea", PASSWORD, "")
    assert opened.expires_at == clock.at + 300.0
    clock.at += 60
    with pytest.raises(NotPermitted):
        present(room, secret)
    room.close()


def test_uses_are_written_down_so_that_another_node_does_not_take_the_session_for_idle(
    security: Security, database: Database, clock: HeldClock
) -> None:
    secret = sign_in(security)
    clock.at += HALF_AN_HOUR_S - 1
    present(security, secret)
    security.sessions.note_uses()
    clock.at += HALF_AN_HOUR_S - 1
    beside = open_room(database, clock)
    assert present(beside, secret)[0].name == "lea"
    beside.close()
    assert present(security, secret)[0].name == "lea"


def test_writing_uses_down_never_makes_a_session_look_older(security: Security, clock: HeldClock) -> None:
    secret = sign_in(security)
    present(security, secret)
    clock.at += HALF_AN_HOUR_S - 0.1
    present(security, secret)
    security.sessions.note_uses()
    clock.at += 0.2
    assert security.policy.recall_session(secret, door=Door.API, address="") is None  # the row read before is forgotten
    assert present(security, secret)[0].name == "lea"


def test_signing_out_ends_the_session_at_once(security: Security, database: Database, me: Caller) -> None:
    secret = sign_in(security)
    present(security, secret)
    security.sessions.end(secret, me)
    assert security.policy.recall_session(secret, door=Door.API, address="") is None
    with pytest.raises(NotPermitted):
        present(security, secret)
    assert rows(database) == 0


def test_signing_out_on_another_node_holds_within_a_second(
    security: Security, database: Database, me: Caller, clock: HeldClock
) -> None:
    secret = sign_in(security)
    present(security, secret)
    beside = open_room(database, clock)
    beside.sessions.end(secret, me)
    beside.close()
    clock.at += 1.0
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_closing_an_account_ends_its_sessions_and_opening_it_again_revives_none(
    security: Security, me: Caller, lea: Account
) -> None:
    secret = sign_in(security)
    present(security, secret)
    closed = Account(lea.account_id, "lea", lea.roles, active=False)
    security.accounts.change("lea", me, given=closed)
    assert security.policy.recall_session(secret, door=Door.API, address="") is None
    security.accounts.change("lea", me, given=Account(lea.account_id, "lea", lea.roles))
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_another_password_ends_the_sessions_that_the_old_one_opened(security: Security, me: Caller) -> None:
    secret = sign_in(security)
    present(security, secret)
    security.accounts.change("lea", me, password="another one entirely")
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_other_roles_hold_at_once_in_an_open_session(security: Security, me: Caller, lea: Account) -> None:
    secret = sign_in(security)
    present(security, secret)
    security.accounts.change("lea", me, given=Account(lea.account_id, "lea", frozenset({"auditor"})))
    assert present(security, secret)[0].permissions == {Permission.AUDIT_READ}


def test_what_is_known_of_a_session_is_recalled_for_a_second_without_reading(
    security: Security, clock: HeldClock
) -> None:
    secret = sign_in(security)
    assert security.policy.recall_session(secret, door=Door.API, address="") is None
    present(security, secret)
    recalled = security.policy.recall_session(secret, door=Door.API, address="")
    assert recalled is not None
    assert recalled[0].name == "lea"
    clock.at += 1.0
    assert security.policy.recall_session(secret, door=Door.API, address="") is None


def test_signing_in_and_out_are_in_the_audit_trail_without_any_secret(security: Security) -> None:
    secret = sign_in(security)
    security.sessions.end(secret, present(security, secret)[0])
    entries = security.audit.entries()[:2]
    assert [(each.kind, each.caller, each.via) for each in entries] == [
        ("sign-out", "lea", "session"),
        ("sign-in", "lea", "session"),
    ]
    assert secret not in str(entries)


def test_the_rows_of_sessions_that_ended_go_when_somebody_signs_in(
    security: Security, database: Database, clock: HeldClock
) -> None:
    sign_in(security)
    clock.at += TWELVE_HOURS_S
    sign_in(security)
    assert rows(database) == 1


def test_what_is_done_after_the_answer_is_done_as_the_account_stands_then(
    security: Security, me: Caller, lea: Account
) -> None:
    caller, _ = present(security, sign_in(security))
    assert security.policy.anew(caller) == caller
    security.accounts.change("lea", me, given=Account(lea.account_id, "lea", lea.roles, active=False))
    with pytest.raises(NotPermitted):
        security.policy.anew(caller)


def test_to_ask_whether_a_session_lives_is_not_to_use_it(security: Security, me: Caller, clock: HeldClock) -> None:
    secret = sign_in(security)
    clock.at += HALF_AN_HOUR_S - 1
    assert security.sessions.lives(secret)
    clock.at += 1
    assert not security.sessions.lives(secret)
    assert not security.sessions.lives("x")


def test_what_is_no_use_of_a_session_does_not_keep_it(security: Security, clock: HeldClock) -> None:
    secret = sign_in(security)
    clock.at += HALF_AN_HOUR_S - 1
    unused, _ = security.policy.for_session(secret, door=Door.API, address="", used=False)
    assert unused.name == "lea"
    assert security.policy.recall_session(secret, door=Door.API, address="", used=False) is not None
    clock.at += 1
    with pytest.raises(NotPermitted):
        present(security, secret)

import base64
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import Malformed, NotFound, NotPermitted
from radiotheque.database.engine import Database, open_database
from radiotheque.security import Security, Token, open_room
from radiotheque.security.tables import token
from unit.security.held import HeldClock


def script(**more: float) -> Token:
    return Token(0, "", frozenset({"integration"}), **more)


def present(security: Security, secret: str) -> Caller:
    return security.policy.for_token(secret, door=Door.DICOMWEB, address="10.0.0.1")


def test_a_token_is_256_random_bits_behind_its_prefix(security: Security, me: Caller) -> None:
    secret, _ = security.tokens.create("script", script(), me)
    assert secret.startswith("rt_")
    assert len(base64.urlsafe_b64decode(secret.removeprefix("rt_") + "=")) * 8 == 256


def test_only_the_sha_256_of_a_token_is_kept(security: Security, database: Database, me: Caller) -> None:
    secret, _ = security.tokens.create("script", script(), me)
    with database.read() as reader:
        row = reader.execute(select(token)).one()
    assert bytes(row.sha256) == sha256(secret.encode()).digest()
    assert secret not in str(row)


def test_a_token_gives_its_caller(security: Security, me: Caller) -> None:
    secret, _ = security.tokens.create("script", script(), me)
    caller = present(security, secret)
    assert (caller.name, caller.via, caller.door, caller.roles) == ("script", "token", Door.DICOMWEB, {"integration"})


@pytest.mark.parametrize("secret", ["", "rt_", "rt_" + "A" * 43, "A" * 46, "rt_" + "é" * 43, "x" * 100_000])
def test_what_is_no_token_of_ours_is_refused(security: Security, secret: str) -> None:
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_a_revoked_token_is_worth_nothing_at_once(security: Security, me: Caller) -> None:
    secret, made = security.tokens.create("script", script(), me)
    present(security, secret)
    security.tokens.revoke(made.token_id, me)
    assert security.tokens.recall(secret) is None
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_a_token_revoked_by_another_process_is_worth_nothing_within_a_second(
    security: Security, database: Database, me: Caller, clock: HeldClock
) -> None:
    secret, made = security.tokens.create("script", script(), me)
    present(security, secret)
    beside = open_room(database, clock)
    beside.tokens.revoke(made.token_id, me)
    beside.close()
    clock.at += 1.0
    assert security.tokens.recall(secret) is None
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_a_token_ends_when_it_expires(security: Security, me: Caller, clock: HeldClock) -> None:
    secret, _ = security.tokens.create("script", script(expires_at=clock.at + 10), me)
    present(security, secret)
    clock.at += 10
    with pytest.raises(NotPermitted):
        present(security, secret)


def test_a_token_that_would_have_expired_is_not_made(security: Security, me: Caller, clock: HeldClock) -> None:
    with pytest.raises(Malformed):
        security.tokens.create("script", script(expires_at=clock.at - 1), me)


def test_a_token_that_is_not_there_cannot_be_revoked(security: Security, me: Caller) -> None:
    with pytest.raises(NotFound):
        security.tokens.revoke(77, me)


def test_when_a_token_was_last_used_is_written_down_away_from_the_request(
    security: Security, me: Caller, clock: HeldClock
) -> None:
    secret, _ = security.tokens.create("script", script(), me)
    clock.at += 5
    present(security, secret)
    assert security.tokens.all()[0].last_used_at == 0.0
    security.tokens.note_uses()
    assert security.tokens.all()[0].last_used_at == clock.at


def test_recalling_a_token_reads_nothing(tmp_path: Path, me: Caller, clock: HeldClock) -> None:
    with open_database(tmp_path / "other.db") as database:
        security = open_room(database, clock)
        secret, _ = security.tokens.create("script", script(), me)
        present(security, secret)
        security.close()
    assert security.policy.recall_token(secret, door=Door.API, address="") is not None

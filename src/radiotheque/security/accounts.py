"""Accounts of persons: made, changed, and asked for by name and password."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import Conflict, NotFound, NotPermitted
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, connection
from radiotheque.security.cache import Fresh
from radiotheque.security.model import Account, Standing
from radiotheque.security.passwords import Patience, VerifiedPasswords, hash_password, verify_password
from radiotheque.security.rules import check_name, check_password, check_roles, standing_of
from radiotheque.security.tables import account, to_account, words_to_text

FIRST_NAME = "admin"

# verified when no such account is there, so that both answers take equally long
_NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


class Accounts:
    """The accounts of the house."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._patience = Patience(clock)
        self._verified = VerifiedPasswords(clock)
        self._rows: Fresh[str, tuple[Account, str] | None] = Fresh(clock, self._read)
        self._shut_out: list[Callable[[Transaction, str], None]] = []

    def sign_in(self, name: str, password: str, address: str) -> Standing:
        """Give the standing of the account when the password is right.

        Raises `NotPermitted` without saying which of the two was wrong, `Busy` after too many failures.
        """
        row = self._rows.get(name)
        if row is not None and row[0].active and self._verified.knows(row[1], password):
            return standing_of(row[0])
        self._patience.check(name, address)
        right = verify_password(row[1] if row else _NOBODY, password)
        if row is None or not right or not row[0].active:
            self._patience.failed(name, address)
            raise NotPermitted("name or password is wrong")
        self._patience.succeeded(name, address)
        self._verified.remember(row[1], password)
        return standing_of(row[0])

    def recall(self, name: str, password: str) -> Standing | None:
        """Give the standing when this password was verified in the last minutes; never reads, never hashes."""
        row = self._rows.peek(name)
        if row is None or not row[0].active or not self._verified.knows(row[1], password):
            return None
        return standing_of(row[0])

    def recall_standing(self, name: str) -> Standing | None:
        """Give what the account entitles to when that was read less than a second ago; never reads."""
        row = self._rows.peek(name)
        return standing_of(row[0]) if row is not None and row[0].active else None

    def when_shut_out(self, end: Callable[[Transaction, str], None]) -> None:
        """Let `end` be part of every act that closes an account or gives it another password."""
        self._shut_out.append(end)

    def add(self, name: str, password: str, given: Account, caller: Caller) -> Account:
        """Make an account; of `given`, roles, allow and deny count. Raises `Malformed`, `Conflict`."""
        values = {
            "name": check_name(name),
            "password_hash": hash_password(check_password(password)),
            "roles": words_to_text(check_roles(given.roles)),
            "allow": words_to_text(given.allow),
            "deny": words_to_text(given.deny),
            "active": True,
            "created_at": self._clock.now(),
        }

        def make(tx: Transaction) -> None:
            try:
                connection(tx).execute(insert(account).values(**values))
            except IntegrityError as error:
                raise Conflict("there is an account {name} already; it stays as it was", name=name) from error
            self._audit.wrote(tx, Act(caller, "user.add", detail=f"{name}: {', '.join(sorted(given.roles))}"))

        self._database.write(make)
        self._rows.forget(name)
        return self.get(name)

    def change(
        self, name: str, caller: Caller, *, password: str | None = None, given: Account | None = None
    ) -> Account:
        """Set a new password, or roles, scope and activity from `given`. Raises `NotFound`, `Malformed`."""
        values: dict[str, Any] = {}
        if password is not None:
            values["password_hash"] = hash_password(check_password(password))
        if given is not None:
            values |= {
                "roles": words_to_text(check_roles(given.roles)),
                "allow": words_to_text(given.allow),
                "deny": words_to_text(given.deny),
                "active": given.active,
            }

        def amend(tx: Transaction) -> None:
            changed = connection(tx).execute(update(account).where(account.c.name == name).values(**values))
            if not changed.rowcount:
                raise NotFound("there is no account {name}", name=name)
            if password is not None or (given is not None and not given.active):
                for end in self._shut_out:
                    end(tx, name)
            self._audit.wrote(tx, Act(caller, "user.change", detail=f"{name}: {', '.join(sorted(values))}"))

        self._database.write(amend)
        self._rows.forget(name)
        return self.get(name)

    def get(self, name: str) -> Account:
        """Give the account. Raises `NotFound`."""
        row = self._rows.get(name)
        if row is None:
            raise NotFound("there is no account {name}", name=name)
        return row[0]

    def standing(self, name: str) -> Standing:
        """Give what the account entitles to now. Raises `NotPermitted`."""
        row = self._rows.get(name)
        if row is None or not row[0].active:
            raise NotPermitted("there is no account {name}, or it is closed", name=name)
        return standing_of(row[0])

    def all(self) -> Sequence[Account]:
        """Give all accounts by name."""
        with self._database.read() as reader:
            return [
                to_account(dict(row)) for row in reader.execute(select(account).order_by(account.c.name)).mappings()
            ]

    def ensure_first(self, password: str | None = None) -> str | None:
        """Make the first administrator when there is no account; give its password, None when there was one."""
        with self._database.read() as reader:
            if reader.execute(select(func.count()).select_from(account)).scalar_one():
                return None
        secret = password or secrets.token_urlsafe(15)
        given = Account(0, FIRST_NAME, frozenset({"administrator"}))
        try:
            self.add(FIRST_NAME, secret, given, Caller("house", Door.HOUSE))
        except Conflict:  # another node was first
            return None
        return secret

    def _read(self, name: str) -> tuple[Account, str] | None:
        with self._database.read() as reader:
            row = reader.execute(select(account).where(account.c.name == name)).mappings().first()
        return None if row is None else (to_account(dict(row)), row["password_hash"])

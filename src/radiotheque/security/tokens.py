"""Tokens of programs: 256 random bits, shown once, kept as their SHA-256."""

import secrets
from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import insert, select, update

from radiotheque.core.caller import Caller
from radiotheque.core.errors import Malformed, NotFound, NotPermitted
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, connection
from radiotheque.security.cache import Fresh
from radiotheque.security.model import Standing, Token
from radiotheque.security.rules import check_name, check_roles, standing_of
from radiotheque.security.tables import to_token, token, words_to_text

PREFIX = "rt_"
_LENGTH = len(PREFIX) + 43  # 32 bytes in base64url without padding (RFC 4648 5)


class Tokens:
    """The tokens of the house."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._rows: Fresh[bytes, tuple[Token, Standing] | None] = Fresh(clock, self._read)
        self._used: dict[int, float] = {}

    def present(self, secret: str) -> Standing:
        """Give the standing of a token that is neither revoked nor expired. Raises `NotPermitted`."""
        row = self._rows.get(_digest(secret)) if len(secret) == _LENGTH else None
        standing = self._valid(row)
        if standing is None:
            raise NotPermitted("the token is not valid")
        return standing

    def standing(self, name: str) -> Standing:
        """Give what a token of that name entitles to now; several may bear it. Raises `NotPermitted` unless they agree."""
        with self._database.read() as reader:
            rows = reader.execute(select(token).where(token.c.name == name)).mappings().all()
        tokens = [to_token(dict(row)) for row in rows]
        standings = {valid for known in tokens if (valid := self._valid((known, standing_of(known))))}
        if len(standings) != 1:
            raise NotPermitted("no token {name} is valid, or several with unequal rights are", name=name)
        return standings.pop()

    def recall(self, secret: str) -> Standing | None:
        """Give the standing when the token was presented less than a second ago; never reads."""
        return self._valid(self._rows.peek(_digest(secret))) if len(secret) == _LENGTH else None

    def create(self, name: str, given: Token, caller: Caller) -> tuple[str, Token]:
        """Make a token and give its secret, which is shown only now; of `given`, roles, scope and expiry count.

        Raises `Malformed`.
        """
        now = self._clock.now()
        if 0 < given.expires_at <= now:
            raise Malformed("the token would have expired already")
        secret = PREFIX + secrets.token_urlsafe(32)
        digest = _digest(secret)
        values = {
            "name": check_name(name),
            "sha256": digest,
            "roles": words_to_text(check_roles(given.roles)),
            "allow": words_to_text(given.allow),
            "deny": words_to_text(given.deny),
            "created_by": caller.name,
            "created_at": now,
            "expires_at": given.expires_at,
        }

        def make(tx: Transaction) -> None:
            connection(tx).execute(insert(token).values(**values))
            self._audit.wrote(tx, Act(caller, "token.create", detail=f"{name}: {', '.join(sorted(given.roles))}"))

        self._database.write(make)
        self._rows.forget(digest)
        row = self._rows.get(digest)
        if row is None:
            raise NotFound("the token was removed as soon as it was made")
        return secret, row[0]

    def revoke(self, token_id: int, caller: Caller) -> None:
        """Make a token worthless: at once here, within a second on other nodes. Raises `NotFound`."""

        def end(tx: Transaction) -> bytes:
            writer = connection(tx)
            row = writer.execute(select(token.c.sha256, token.c.name).where(token.c.id == token_id)).first()
            if row is None:
                raise NotFound("there is no token {token_id}", token_id=token_id)
            living = (token.c.id == token_id) & (token.c.revoked_at == 0)
            writer.execute(update(token).where(living).values(revoked_at=self._clock.now()))
            self._audit.wrote(tx, Act(caller, "token.revoke", detail=f"{token_id} {row.name}"))
            return bytes(row.sha256)

        self._rows.forget(self._database.write(end))

    def all(self) -> Sequence[Token]:
        """Give all tokens, newest first, without their secrets."""
        with self._database.read() as reader:
            return [to_token(dict(row)) for row in reader.execute(select(token).order_by(token.c.id.desc())).mappings()]

    def note_uses(self) -> None:
        """Write down when each token was last used; called now and then, away from any request."""
        used, self._used = self._used, {}
        if not used:
            return

        def note(tx: Transaction) -> None:
            for token_id, at in used.items():
                connection(tx).execute(update(token).where(token.c.id == token_id).values(last_used_at=at))

        self._database.write(note)

    def _valid(self, row: tuple[Token, Standing] | None) -> Standing | None:
        if row is None:
            return None
        known, standing = row
        now = self._clock.now()
        if known.revoked_at or 0 < known.expires_at <= now:
            return None
        self._used[known.token_id] = now
        return standing

    def _read(self, digest: bytes) -> tuple[Token, Standing] | None:
        with self._database.read() as reader:
            row = reader.execute(select(token).where(token.c.sha256 == digest)).mappings().first()
        if row is None:
            return None
        known = to_token(dict(row))
        return known, standing_of(known)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()

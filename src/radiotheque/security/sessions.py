"""Sessions of persons at the screens: 256 random bits in a cookie, kept as their SHA-256."""

import secrets
from hashlib import sha256

from sqlalchemy import delete, insert, or_, select, update

from radiotheque.core.caller import Caller, Door
from radiotheque.core.errors import NotPermitted
from radiotheque.core.ports import Act, AuditTrail, Clock, Transaction
from radiotheque.database.engine import Database, connection, session_of
from radiotheque.security.accounts import Accounts
from radiotheque.security.cache import Fresh
from radiotheque.security.model import Session, SessionLimits, Standing
from radiotheque.security.rules import caller_of
from radiotheque.security.tables import session, to_session

NOTED_WITHIN_S = 600.0
"""A use is written down by the node that saw it within a minute; before ten no other takes a session for idle."""

_LENGTH = 43  # 32 bytes in base64url without padding (RFC 4648 5)


class Sessions:
    """The sessions of the house. One ends when its person signs out, when it stood idle or is old, and with its account."""

    def __init__(
        self, database: Database, clock: Clock, audit: AuditTrail, accounts: Accounts, *, limits: SessionLimits
    ) -> None:
        self.limits = limits
        self._database = database
        self._clock = clock
        self._audit = audit
        self._accounts = accounts
        self._rows: Fresh[bytes, Session | None] = Fresh(clock, self._read)
        self._seen: dict[bytes, float] = {}
        accounts.when_shut_out(self._end_all)

    def open(self, name: str, password: str, address: str) -> tuple[str, Session]:
        """Sign a person in; give the secret of the session, which is shown only now.

        Raises `NotPermitted` without saying which of the two was wrong, `Busy` after too many failures.
        """
        standing = self._accounts.sign_in(name, password, address)
        now = self._clock.now()
        secret = secrets.token_urlsafe(32)
        opened = Session(standing.name, secrets.token_urlsafe(32), now, now, now + self.limits.lifetime_s)
        values = {
            "sha256": _digest(secret),
            "account": opened.account,
            "csrf": opened.csrf,
            "created_at": now,
            "seen_at": now,
            "expires_at": opened.expires_at,
        }

        def begin(tx: Transaction) -> None:
            self._sweep(tx, now)
            connection(tx).execute(insert(session).values(**values))
            self._audit.wrote(tx, Act(caller_of(standing, Door.API, address, "session"), "sign-in"))

        self._database.write(begin)
        return secret, opened

    def present(self, secret: str, *, used: bool = True) -> tuple[Session, Standing]:
        """Give a session and what its account entitles to now; that it was `used` keeps it. Raises `NotPermitted`."""
        digest = _digest(secret) if len(secret) == _LENGTH else b""
        known = self._living(digest, self._rows.get(digest), used=used) if digest else None
        if known is None:
            raise NotPermitted("the session has ended: sign in again")
        return known, self._accounts.standing(known.account)

    def recall(self, secret: str, *, used: bool = True) -> tuple[Session, Standing] | None:
        """Give the same when session and account were read less than a second ago; never reads."""
        digest = _digest(secret) if len(secret) == _LENGTH else b""
        known = self._living(digest, self._rows.peek(digest), used=used) if digest else None
        standing = self._accounts.recall_standing(known.account) if known else None
        return None if known is None or standing is None else (known, standing)

    def lives(self, secret: str) -> bool:
        """Tell whether a session is open, as of a second ago at most; to ask is not to use it."""
        known = self._rows.get(_digest(secret)) if len(secret) == _LENGTH else None
        return known is not None and not self._ended(_digest(secret), known)

    def end(self, secret: str, caller: Caller) -> None:
        """End a session: at once here, within a second on other nodes. One that has ended stays so."""
        digest = _digest(secret)

        def remove(tx: Transaction) -> None:
            if connection(tx).execute(delete(session).where(session.c.sha256 == digest)).rowcount:
                self._audit.wrote(tx, Act(caller, "sign-out"))

        self._database.write(remove)
        self._forget(digest)

    def note_uses(self) -> None:
        """Write down when each session was last used; called now and then, away from any request."""
        seen = dict(self._seen)
        if not seen:
            return

        def note(tx: Transaction) -> None:
            for digest, at in seen.items():
                older = (session.c.sha256 == digest) & (session.c.seen_at < at)
                connection(tx).execute(update(session).where(older).values(seen_at=at))

        self._database.write(note)
        for digest, at in seen.items():
            self._rows.forget(digest)  # before its use: the row that was read says that it stood idle
            if self._seen.get(digest) == at:
                self._seen.pop(digest, None)

    def _living(self, digest: bytes, known: Session | None, *, used: bool) -> Session | None:
        """Give the session unless it has ended, and note a use of it."""
        if known is None or self._ended(digest, known):
            return None
        if used:
            self._seen[digest] = self._clock.now()
        return known

    def _ended(self, digest: bytes, known: Session) -> bool:
        now = self._clock.now()
        seen_at = max(known.seen_at, self._seen.get(digest, 0.0))
        return now >= known.expires_at or now >= seen_at + self.limits.idle_s

    def _end_all(self, tx: Transaction, account: str) -> None:
        """End all sessions of an account in the act that shuts it out."""
        ending = delete(session).where(session.c.account == account).returning(session.c.sha256)
        ended = [bytes(digest) for digest in connection(tx).execute(ending).scalars()]

        def forget() -> None:
            for digest in ended:
                self._forget(digest)

        session_of(tx).after_commit(forget)

    def _sweep(self, tx: Transaction, now: float) -> None:
        """Remove the rows of sessions that have ended by themselves."""
        idle = session.c.seen_at <= now - self.limits.idle_s - NOTED_WITHIN_S
        connection(tx).execute(delete(session).where(or_(session.c.expires_at <= now, idle)))

    def _forget(self, digest: bytes) -> None:
        self._rows.forget(digest)
        self._seen.pop(digest, None)

    def _read(self, digest: bytes) -> Session | None:
        with self._database.read() as reader:
            row = reader.execute(select(session).where(session.c.sha256 == digest)).mappings().first()
        return None if row is None else to_session(row)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()

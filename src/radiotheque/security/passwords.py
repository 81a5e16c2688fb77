"""Passwords: argon2id, a short memory of verified ones, and patience with wrong ones."""

import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from radiotheque.core.errors import Busy
from radiotheque.core.ports import Clock

# 46 MiB, one pass, one lane: the first of OWASP's equal choices; one at a time, so memory stays bounded
_HASHER = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_ONE_AT_A_TIME = threading.Lock()

REMEMBERED_S = 300.0
MAX_REMEMBERED = 4096
FAILURES_ALLOWED = 5
FAILURES_FORGOTTEN_S = 60.0


def hash_password(password: str) -> str:
    """Give the argon2id hash in PHC text form (RFC 9106)."""
    with _ONE_AT_A_TIME:
        return _HASHER.hash(password)


def verify_password(hashed: str, password: str) -> bool:
    """Tell whether the password belongs to the hash; takes tens of milliseconds either way."""
    try:
        with _ONE_AT_A_TIME:
            return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


class VerifiedPasswords:
    """Remembers, for five minutes, that a password was verified against a hash; never the password.

    Entries are keyed by an HMAC with a key of this process and bound to the hash they were verified
    against, so a changed password is forgotten at once.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, hashed: str, password: str) -> bool:
        """Tell whether this password was verified against this hash in the last five minutes."""
        return self._until.get(self._mark(hashed, password), 0.0) > self._clock.now()

    def remember(self, hashed: str, password: str) -> None:
        """Note that the password was verified against the hash just now."""
        with self._lock:
            self._until[self._mark(hashed, password)] = self._clock.now() + REMEMBERED_S
            while len(self._until) > MAX_REMEMBERED:
                self._until.popitem(last=False)

    def _mark(self, hashed: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{hashed}\0{password}".encode(), sha256)


@dataclass(slots=True)
class _Failures:
    count: int
    since: float


class Patience:
    """Counts failed sign-ins per account and address; five within a minute and both must wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, name: str, address: str) -> None:
        """Let a sign-in be tried. Raises `Busy` after too many failures of this account from this address."""
        with self._lock:
            failed = self._failures.get((name, address))
            if failed is None:
                return
            wait_s = failed.since + FAILURES_FORGOTTEN_S - self._clock.now()
            if wait_s <= 0:
                del self._failures[(name, address)]
            elif failed.count >= FAILURES_ALLOWED:
                raise Busy("too many failed sign-ins; try again in {wait_s} s", wait_s=f"{wait_s:.0f}")

    def failed(self, name: str, address: str) -> None:
        """Count a failure."""
        with self._lock:
            failed = self._failures.setdefault((name, address), _Failures(0, 0.0))
            failed.count += 1
            failed.since = self._clock.now()
            while len(self._failures) > MAX_REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of this account from this address."""
        with self._lock:
            self._failures.pop((name, address), None)

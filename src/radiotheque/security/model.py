"""Accounts, tokens, sessions and what a person or program is known by."""

from dataclasses import dataclass

from radiotheque.core.caller import Permission, Scope


@dataclass(frozen=True, slots=True)
class Account:
    """A person who signs in with name and password. `allow` and `deny` narrow what the roles see."""

    account_id: int
    name: str
    roles: frozenset[str]
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    active: bool = True
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Token:
    """A program's right of entry, without its secret. Times are seconds since the epoch, 0.0 for never."""

    token_id: int
    name: str
    roles: frozenset[str]
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    created_by: str = ""
    created_at: float = 0.0
    last_used_at: float = 0.0
    expires_at: float = 0.0
    revoked_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Session:
    """The stay of a person at the screens, without its secret. Times are seconds since the epoch.

    `csrf` is what a page of ours says with every request that changes something, and no other page can read.
    """

    account: str
    csrf: str
    created_at: float
    seen_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts: unused, and at all."""

    idle_s: float = 1800.0
    lifetime_s: float = 43_200.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What follows from an account's or a token's row: the part of a `Caller` that no request changes."""

    name: str
    roles: frozenset[str]
    permissions: frozenset[Permission]
    scope: Scope


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the audit trail; `position` is its place in the chain, 0 before it has one, and its patient the one known then."""

    entry_id: int
    at: float
    caller: str
    door: str
    address: str
    via: str
    kind: str
    study: str
    detail: str
    outcome: str
    position: int = 0
    patient_id: str = ""
    issuer: str = ""

"""The rows of accounts, tokens, sessions, peers and the audit trail."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, String, Table, Text, false

from radiotheque.core.aetitle import AETitle
from radiotheque.core.peer import Peer, Service
from radiotheque.core.uid import UID
from radiotheque.database.tables import RowId, metadata
from radiotheque.security.model import Account, Entry, Session, Token

account = Table(
    "account",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("allow", Text, nullable=False, default=""),
    Column("deny", Text, nullable=False, default=""),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", Float, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("roles", Text, nullable=False),
    Column("allow", Text, nullable=False, default=""),
    Column("deny", Text, nullable=False, default=""),
    Column("created_by", String(64), nullable=False, default=""),
    Column("created_at", Float, nullable=False),
    Column("last_used_at", Float, nullable=False, default=0.0),
    Column("expires_at", Float, nullable=False, default=0.0),
    Column("revoked_at", Float, nullable=False, default=0.0),
)

session = Table(
    "session",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("account", String(64), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)

peer = Table(
    "peer",
    metadata,
    Column("aet", String(16), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("options", Text, nullable=False),
    Column("held", Boolean, nullable=False, server_default=false()),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", Float, nullable=False),
    Column("caller", String(64), nullable=False),
    Column("door", String(16), nullable=False),
    Column("address", String(64), nullable=False),
    Column("via", String(16), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("study", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Index("ix_audit_study_at", "study", "at"),
    Index("ix_audit_at", "at"),
)


def words_to_text(words: frozenset[str]) -> str:
    """Give a set of words as kept in one column, in order."""
    return json.dumps(sorted(words))


def text_to_words(text: str) -> frozenset[str]:
    """Give the set of words that a column holds."""
    return frozenset(json.loads(text)) if text else frozenset()


def to_account(row: Mapping[str, Any]) -> Account:
    """Give the account of a row."""
    return Account(
        account_id=row["id"],
        name=row["name"],
        roles=text_to_words(row["roles"]),
        allow=text_to_words(row["allow"]),
        deny=text_to_words(row["deny"]),
        active=row["active"],
        created_at=row["created_at"],
    )


def to_token(row: Mapping[str, Any]) -> Token:
    """Give the token of a row, without its hash."""
    return Token(
        token_id=row["id"],
        name=row["name"],
        roles=text_to_words(row["roles"]),
        allow=text_to_words(row["allow"]),
        deny=text_to_words(row["deny"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def to_session(row: Mapping[Any, Any]) -> Session:
    """Give the session of a row, without its hash."""
    return Session(
        account=row["account"],
        csrf=row["csrf"],
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
    )


def to_entry(row: Mapping[str, Any]) -> Entry:
    """Give the audit entry of a row."""
    return Entry(
        entry_id=row["id"],
        at=row["at"],
        caller=row["caller"],
        door=row["door"],
        address=row["address"],
        via=row["via"],
        kind=row["kind"],
        study=row["study"],
        detail=row["detail"],
        outcome=row["outcome"],
    )


def from_peer(given: Peer) -> dict[str, Any]:
    """Give the row of a peer, without `held`: replacing a peer does not release it."""
    options = {
        "may": sorted(given.may),
        "destinations": sorted(given.destinations),
        "charset": given.charset,
        "issuer": given.issuer,
        "tls": given.tls,
        "addresses": list(given.addresses),
        "syntaxes": list(given.syntaxes),
        "max_associations": given.max_associations,
    }
    return {"aet": given.aet, "host": given.host, "port": given.port, "options": json.dumps(options)}


def to_peer(row: Mapping[str, Any]) -> Peer:
    """Give the peer of a row."""
    options = json.loads(row["options"])
    return Peer(
        aet=AETitle(row["aet"]),
        host=row["host"],
        port=row["port"],
        may=frozenset(Service(name) for name in options["may"]),
        destinations=frozenset(AETitle(title) for title in options["destinations"]),
        charset=options["charset"],
        issuer=options["issuer"],
        tls=options["tls"],
        addresses=tuple(options["addresses"]),
        syntaxes=tuple(UID(uid) for uid in options["syntaxes"]),
        max_associations=options["max_associations"],
        held=row["held"],
    )

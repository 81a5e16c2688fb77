"""The rows beside the audit trail: its links, checkpoints, leases, and what the data-protection officer is to look at."""

from sqlalchemy import Column, Double, Index, LargeBinary, Table, Text

from radiotheque.database.session import Row
from radiotheque.database.tables import Ordered, RowId, metadata
from radiotheque.security.model import Entry


def _text(name: str, *, primary: bool = False) -> Column[str]:
    return Column(name, Ordered, nullable=False, primary_key=primary, server_default=None if primary else "")


def _moment(name: str) -> Column[float]:
    return Column(name, Double, nullable=False, server_default="0")


audit_link = Table(
    "audit_link",
    metadata,
    Column("position", RowId, primary_key=True, autoincrement=False),
    Column("entry", RowId, nullable=False),  # the number of the row in `audit`
    _text("caller"),
    _text("patient_id"),  # of its study, as known when it was linked
    _text("issuer"),
    Column("sha256", LargeBinary, nullable=False),
    Index("uq_audit_link_entry", "entry", unique=True),
    Index("ix_audit_link_caller", "caller", "position"),
    Index("ix_audit_link_patient_id", "patient_id", "position"),
)
"""The chain. Only ever added to."""

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("position", RowId, primary_key=True, autoincrement=False),
    Column("entry", RowId, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    _moment("at"),
    Column("previous", RowId, nullable=False),
    _text("key"),
    Column("signature", LargeBinary, nullable=False),
)

audit_lease = Table("audit_lease", metadata, _text("name", primary=True), _text("owner"), _moment("until"))
"""Which process does what one alone may do: chain, syslog."""

audit_state = Table(
    "audit_state", metadata, _text("name", primary=True), Column("value", Text, nullable=False, server_default="")
)
"""How far feeds and reviews have come, and what the settings were."""

audit_address = Table(
    "audit_address", metadata, _text("caller", primary=True), _text("address", primary=True), _moment("seen_at")
)
"""From where each caller came."""

audit_review = Table(
    "audit_review",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("key", Ordered, nullable=False, unique=True),  # the same finding is made once
    _text("detector"),
    _moment("found_at"),
    Column("position", RowId, nullable=False, server_default="0"),
    _text("caller"),
    _text("study"),
    _text("patient_id"),
    _text("issuer"),
    _text("detail"),
    _text("state"),  # open, closed
    _text("outcome"),
    _text("note"),
    _text("closed_by"),
    _moment("closed_at"),
    Index("ix_audit_review_state", "state", "id"),
)

NOTE = "INSERT INTO audit_state(name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"

COLUMNS = "a.id, a.at, a.caller, a.door, a.address, a.via, a.kind, a.study, a.detail, a.outcome"
LINKED = f"{COLUMNS}, l.position, l.patient_id, l.issuer"
"""What `entry_of` reads, of `audit a` and `audit_link l`."""


def entry_of(row: Row) -> Entry:
    """Give the entry of a row of `COLUMNS` or `LINKED`."""
    return Entry(*row)

"""The rows of the reading room: how studies stand, documents that people keep, drafts of annotations."""

from sqlalchemy import Column, Double, Index, Integer, SmallInteger, Table, Text, UniqueConstraint

from radiotheque.database.tables import Ordered, RowId, metadata


def _text(name: str, *, primary: bool = False) -> Column[str]:
    return Column(name, Ordered, nullable=False, primary_key=primary, server_default=None if primary else "")


reading_status = Table(
    "reading_status",
    metadata,
    _text("study", primary=True),  # Study Instance UID; a study without a row is new
    _text("status"),  # new or read: that it is being read, `until` says
    _text("priority"),
    _text("comment"),
    Column("version", Integer, nullable=False, server_default="0"),
    _text("reader"),  # who has it, or had it last
    Column("until", Double, nullable=False, server_default="0"),  # 0: nobody has it
    _text("changed_by"),
    Column("changed_at", Double, nullable=False, server_default="0"),
    Index("ix_reading_status_until", "until"),
)

reading_document = Table(
    "reading_document",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _text("kind"),  # view, protocol, preferences, presets
    _text("owner"),  # "" for the site's
    _text("name"),
    Column("shared", SmallInteger, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("content", Text, nullable=False),  # JSON
    _text("changed_by"),
    Column("changed_at", Double, nullable=False, server_default="0"),
    UniqueConstraint("kind", "owner", "name"),
    Index("ix_reading_document_shared", "kind", "shared"),
)

reading_draft = Table(
    "reading_draft",
    metadata,
    _text("study", primary=True),
    _text("owner", primary=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("parent", Integer, nullable=False, server_default="0"),  # the version that an undo goes back to
    Column("at", Double, nullable=False, server_default="0"),
    Column("content", Text, nullable=False),  # JSON
)

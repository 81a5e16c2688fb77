"""The rows of de-identified exports: how each stands, and who is behind a pseudonym, both sealed."""

from sqlalchemy import Column, Double, Integer, LargeBinary, Table

from radiotheque.database.tables import Ordered, RowId, metadata


def _text(name: str, *, primary: bool = False) -> Column[str]:
    return Column(name, Ordered, nullable=False, primary_key=primary, server_default=None if primary else "")


deidentified_export = Table(
    "deidentified_export",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    _text("project"),
    _text("state"),  # waiting, released
    _text("created_by"),
    Column("created_at", Double, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("sealed", LargeBinary, nullable=False),  # JSON: what was ordered, and how each image stands
)

reidentification = Table(
    "reidentification",
    metadata,
    _text("project", primary=True),
    _text("lookup", primary=True),  # an HMAC of the pseudonym or of the replaced UID: it says nothing by itself
    Column("sealed", LargeBinary, nullable=False),  # JSON: what stood there before
    Column("at", Double, nullable=False, server_default="0"),
)

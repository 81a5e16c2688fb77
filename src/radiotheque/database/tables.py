"""The shared schema: rooms may read it, only `catalog` writes it.

Other rooms define their own tables in their own `tables.py` on the same `metadata`; importing them before
`open_database` is enough to have them made. Text is never NULL: an absent attribute is "". Columns that are ordered
or ranged over compare by code point on both engines (`COLLATE "C"` on PostgreSQL).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Ordered: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared by code point on both engines."""

RowId: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""A row's own number: SQLite makes `INTEGER PRIMARY KEY` the rowid itself."""


def _id() -> Column[int]:
    return Column("id", RowId, primary_key=True, autoincrement=True)


def _text(name: str) -> Column[str]:
    return Column(name, Ordered, nullable=False, server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _moment(name: str) -> Column[float]:
    """Seconds since the epoch, UTC; 0 for never."""
    return Column(name, Double, nullable=False, server_default="0")


def _flag(name: str, default: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default=default)


def _of(table: str, *, name: str = "", primary: bool = False) -> Column[int]:
    return Column(name or f"{table}_id", RowId, ForeignKey(f"{table}.id"), nullable=False, primary_key=primary)


patient = Table(
    "patient",
    metadata,
    _id(),
    # issuer + U+001F + id; of an unidentified patient: U+001F + U+001F + Study Instance UID
    Column("key", Ordered, nullable=False, unique=True),
    _text("patient_id"),
    _text("issuer"),
)

study = Table(
    "study",
    metadata,
    _id(),
    Column("uid", Ordered, nullable=False, unique=True),
    _of("patient", name="patient"),
    # demographics as shown now: an amendment changes them, never the bytes
    _text("received_key"),  # the patient key of the first object as received: what later ones must agree with
    _text("patient_id"),
    _text("issuer"),
    _text("patient_name"),
    _text("name_fold"),  # alphabetic group, folded
    _text("name_ideographic"),  # folded
    _text("name_phonetic"),  # folded
    _text("name_all"),  # all groups, folded, joined by "="
    _text("other_ids"),  # JSON list
    _text("birth_date"),
    _text("birth_time"),
    _text("sex"),
    _text("patient_comments"),
    # study
    _text("date"),  # YYYYMMDD
    _text("time"),  # HHMMSS[.F]: padded, so that it sorts
    _text("time_shown"),  # as received
    _text("accession"),
    _text("study_id"),
    _text("description"),
    _text("referring"),
    _text("referring_fold"),
    _text("timezone"),
    _text("modalities"),  # JSON list, sorted
    _text("sop_classes"),  # JSON list, sorted
    _count("n_series"),
    _count("n_instances"),
    _flag("visible", "1"),
    _text("charset"),
    _text("amended"),  # JSON: keyword -> current values; "" when as received
    _count("version"),  # of amendments
    _count("revision"),  # counts every change below the study
    _flag("settling", "0"),
    _moment("received_at"),
    _moment("changed_at"),
    _moment("settled_at"),
    Index("ix_study_newest", "date", "time", "id", sqlite_where=text("visible = 1")),
    *(
        Index(
            f"ix_study_{name}",
            name,
            "date",
            "time",
            "id",
            sqlite_where=text("visible = 1"),
        )
        for name in ("patient_id", "name_fold", "accession", "study_id", "patient")
    ),
    Index("ix_study_timezone", "timezone", sqlite_where=text("timezone <> ''")),
    Index(
        "ix_study_hidden", "id", sqlite_where=text("visible = 0")
    ),  # few, and asked for by every search of a narrow scope
)

study_modality = Table(
    "study_modality",
    metadata,
    Column("modality", Ordered, primary_key=True),
    Column("date", Ordered, primary_key=True),
    Column("time", Ordered, primary_key=True),
    _of("study", primary=True),
    Index("ix_study_modality_study", "study_id", "modality"),
    sqlite_with_rowid=False,
)

study_access = Table(
    "study_access",
    metadata,
    Column("token", Ordered, primary_key=True),
    Column("date", Ordered, primary_key=True),
    Column("time", Ordered, primary_key=True),
    _of("study", primary=True),
    Index("ix_study_access_study", "study_id", "token", unique=True),
    sqlite_with_rowid=False,
)

study_list = Table(
    "study_list",
    metadata,
    Column("list", Ordered, primary_key=True),
    Column("date", Ordered, primary_key=True),
    Column("time", Ordered, primary_key=True),
    _of("study", primary=True),
    Index("ix_study_list_study", "study_id", "list", unique=True),
    sqlite_with_rowid=False,
)
"""Lists that rooms keep by way of the catalog, each in order of date."""

name_word = Table("name_word", metadata, _id(), Column("word", Ordered, nullable=False, unique=True))

study_word = Table(
    "study_word",
    metadata,
    Column("word_id", RowId, ForeignKey("name_word.id"), primary_key=True),
    _of("study", primary=True),
    Index("ix_study_word_study", "study_id"),
    sqlite_with_rowid=False,
)

series = Table(
    "series",
    metadata,
    _id(),
    Column("uid", Ordered, nullable=False, unique=True),
    _of("study"),
    _text("modality"),
    _text("number"),
    Column("ord", BigInteger, nullable=False),
    _text("description"),
    _text("date"),
    _text("time"),
    _text("time_shown"),
    _text("body_part"),
    _text("laterality"),
    _text("protocol"),
    _text("station"),
    _text("manufacturer"),
    _text("model"),
    _text("institution"),
    _text("department"),
    _text("operators"),  # JSON list
    _text("performing"),
    _text("performing_fold"),
    _text("pps_date"),
    _text("pps_time"),
    _text("pps_time_shown"),
    _text("pps_id"),
    _text("pps_description"),
    _text("requests"),  # JSON list of items of the Request Attributes Sequence
    _count("n_instances"),
    _flag("visible", "1"),
    Index("ix_series_study", "study_id", "ord", "id"),
)

series_request = Table(
    "series_request",
    metadata,
    Column("series_id", RowId, ForeignKey("series.id"), primary_key=True),
    Column("item", Integer, primary_key=True),
    _text("sps_id"),
    _text("rp_id"),
    _text("accession"),
    _text("study_uid"),
    Index("ix_series_request_sps", "sps_id"),
    Index("ix_series_request_rp", "rp_id"),
)

instance = Table(
    "instance",
    metadata,
    _id(),
    Column("uid", Ordered, nullable=False, unique=True),
    _of("series"),
    _text("sop_class"),
    _text("syntax"),
    _text("number"),
    Column("ord", BigInteger, nullable=False),
    _count("rows"),
    _count("columns"),
    _count("bits"),
    _count("frames"),
    _text("content_date"),
    _text("content_time"),
    _text("content_time_shown"),
    _text("image_type"),  # JSON list
    _text("photometric"),
    Column("blob_name", Ordered, nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("dataset_sha256", LargeBinary, nullable=False),
    Column("meta_sha256", LargeBinary, nullable=False),
    _count("dataset_offset"),
    Column("pixel_offset", BigInteger, nullable=False, server_default="-1"),
    _flag("visible", "1"),
    _moment("received_at"),
    _text("origin"),
    _text("channel"),
    Index("ix_instance_series", "series_id", "ord", "id"),
)

extra_value = Table(
    "extra_value",
    metadata,
    Column("level", Ordered, primary_key=True),
    Column("row", RowId, primary_key=True),
    Column("attribute", Ordered, primary_key=True),
    Column("number", Integer, primary_key=True),
    _text("value"),
    _text("fold"),
    Index("ix_extra_value_value", "attribute", "value", "level", "row"),
    sqlite_with_rowid=False,
)

study_key = Table(
    "study_key",
    metadata,
    Column("study_uid", Ordered, primary_key=True),
    Column("key_id", Ordered, nullable=False),
    Index("ix_study_key_key_id", "key_id"),
)

amendment = Table(
    "amendment",
    metadata,
    _id(),
    _of("study"),
    Column("version", Integer, nullable=False),
    _text("keyword"),
    _text("was"),  # JSON list
    _text("value"),  # JSON list
    _text("by"),
    _text("reason"),
    _moment("at"),
    Index("ix_amendment_study", "study_id", "version"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    _text("state"),  # open, released, discarded, superseded
    _text("reason"),
    _text("detail"),
    Column("blob_name", Ordered, nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("dataset_sha256", LargeBinary, nullable=False),
    Column("meta_sha256", LargeBinary, nullable=False),
    _text("syntax"),
    _text("sop_class"),
    _text("instance_uid"),
    _text("series_uid"),
    _text("study_uid"),
    _text("patient_id"),
    _text("issuer"),
    _text("patient_name"),
    _text("header"),  # JSON, what a release indexes
    _text("origin"),
    _text("channel"),
    _moment("received_at"),
    _text("closed_by"),
    _moment("closed_at"),
    Index("ix_quarantine_state", "state", "id"),
    Index(
        "uq_quarantine_open",
        "instance_uid",
        "dataset_sha256",
        "syntax",
        unique=True,
        sqlite_where=text("state = 'open'"),
    ),
)

rejection = Table(
    "rejection",
    metadata,
    _id(),
    _text("study_uid"),
    _text("series_uid"),
    _text("instance_uid"),
    _text("code"),
    _text("by"),
    _moment("at"),
    _text("restored_by"),
    _moment("restored_at"),
    Index("ix_rejection_study", "study_uid", "series_uid", "instance_uid"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("kind", Ordered, nullable=False),
    Column("payload", Text, nullable=False),
    Column("key", Ordered),  # NULL: not coalesced
    _flag("fed", "1"),  # 0: an event that has no feed position yet
    _moment("not_before"),
    _count("attempts"),
    _moment("leased_until"),
    _text("owner"),
    _text("state"),  # waiting (for its worker), held (with its peer), told (for its feed position alone), dead
    _text("error"),
    _moment("told_at"),
    _text("peer"),  # AE title of who is called, "" for work of our own
    Index(
        "uq_outbox_key",
        "kind",
        "key",
        unique=True,
        sqlite_where=text("key IS NOT NULL"),
    ),
    Index(
        "ix_outbox_waiting",
        "kind",
        "not_before",
        sqlite_where=text("state = 'waiting'"),
    ),
    Index("ix_outbox_unfed", "id", sqlite_where=text("fed = 0")),
)

feed = Table(
    "feed",
    metadata,
    Column("position", RowId, primary_key=True, autoincrement=False),
    Column("kind", Ordered, nullable=False),
    Column("payload", Text, nullable=False),
    _text("study_uid"),
    _moment("at"),
)

mark = Table("mark", metadata, Column("name", Ordered, primary_key=True), Column("value", BigInteger, nullable=False))
"""Small counters of the house: the feed's last position, the flush mark."""

commitment = Table(
    "commitment",
    metadata,
    _id(),
    Column("transaction_uid", Ordered, nullable=False, unique=True),
    _text("peer"),
    _text("direction"),  # asked (by us), answering
    _text("state"),
    Column("payload", Text, nullable=False),
    _moment("asked_at"),
    _moment("answered_at"),
)


def share_conditions() -> None:
    """Make the partial indexes partial on PostgreSQL too; only there, since naming its dialect loads it."""
    for table in metadata.tables.values():
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]

"""The first schema: the tables of all rooms, and what finds letters inside names.

What a step does is frozen: the tables stand beside it as SQL, one file an engine, and `tables.py` goes its own way.
"""

from pathlib import Path

from alembic import op
from sqlalchemy import text

revision = "0001"
down_revision = None

_FTS5 = (
    # external content: the letters are in `study`, the index only points at them
    "CREATE VIRTUAL TABLE study_letters USING fts5(name_all, content='study', content_rowid='id', tokenize='trigram')",
    """CREATE TRIGGER study_letters_insert AFTER INSERT ON study BEGIN
         INSERT INTO study_letters(rowid, name_all) VALUES (new.id, new.name_all); END""",
    """CREATE TRIGGER study_letters_delete AFTER DELETE ON study BEGIN
         INSERT INTO study_letters(study_letters, rowid, name_all) VALUES ('delete', old.id, old.name_all); END""",
    # counting an instance updates `study` too: only a name that changes touches the letters
    """CREATE TRIGGER study_letters_update AFTER UPDATE OF name_all ON study BEGIN
         INSERT INTO study_letters(study_letters, rowid, name_all) VALUES ('delete', old.id, old.name_all);
         INSERT INTO study_letters(rowid, name_all) VALUES (new.id, new.name_all); END""",
)
_PG_TRGM = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_study_letters ON study USING gin (name_all gin_trgm_ops)",
    # counting an instance updates the row: room on the page lets that touch no index
    "ALTER TABLE study SET (fillfactor = 85)",
    "ALTER TABLE series SET (fillfactor = 85)",
)

_APPEND_ONLY = ("audit", "audit_link", "audit_checkpoint")
"""Tables whose rows are never changed and never removed: the database itself refuses it."""

_REFUSED = "the audit trail is only ever added to"


def _append_only(sqlite: bool) -> tuple[str, ...]:
    if sqlite:
        return tuple(
            f"CREATE TRIGGER {table}_append_only_{act} BEFORE {act.upper()} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            for table in _APPEND_ONLY
            for act in ("update", "delete")
        )
    refuse = f"""CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"""
    triggers = (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        for table in _APPEND_ONLY
    )
    return refuse, *triggers


def upgrade() -> None:
    """Make everything."""
    bind = op.get_bind()
    tables = Path(__file__).with_name(f"0001_{bind.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in filter(None, map(str.strip, tables.split(";"))):
        bind.exec_driver_sql(statement)
    sqlite = bind.dialect.name == "sqlite"
    for statement in (*(_FTS5 if sqlite else _PG_TRGM), *_append_only(sqlite)):
        bind.execute(text(statement.replace(":", "\\:")))

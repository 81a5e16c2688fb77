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


def upgrade() -> None:
    """Make everything."""
    bind = op.get_bind()
    tables = Path(__file__).with_name(f"0001_{bind.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in filter(None, map(str.strip, tables.split(";"))):
        bind.exec_driver_sql(statement)
    for statement in _FTS5 if bind.dialect.name == "sqlite" else _PG_TRGM:
        bind.execute(text(statement.replace(":", "\\:")))

"""The first schema: all tables that rooms have registered, and what finds letters inside names."""

from alembic import op
from sqlalchemy import text

from radiotheque.database.tables import metadata, share_conditions

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
    if bind.dialect.name != "sqlite":
        share_conditions()
    metadata.create_all(bind)
    for statement in _FTS5 if bind.dialect.name == "sqlite" else _PG_TRGM:
        bind.execute(text(statement.replace(":", "\\:")))

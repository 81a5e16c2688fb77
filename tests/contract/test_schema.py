"""What the frozen steps make of an empty database is what `tables.py` says, on both engines."""

from pathlib import Path

import pysqlite3.dbapi2
import sqlalchemy

import radiotheque.app  # noqa: F401  (every room registers its tables)
from contract.postgres import fresh_database
from radiotheque.database.tables import metadata, share_conditions
from radiotheque.database.upgrade import upgrade

_COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, collation_name
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename <> 'alembic_version' AND indexname <> 'ix_study_letters'"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'"""


def test_the_steps_make_the_tables_on_sqlite(tmp_path: Path) -> None:
    stepped, made = (_sqlite(tmp_path / name) for name in ("stepped.db", "made.db"))
    upgrade(stepped)
    metadata.create_all(made)
    wanted = _declared(made)
    assert wanted
    assert {name: sql for name, sql in _declared(stepped).items() if name in wanted} == wanted
    beside = {name for name in _declared(stepped) if name not in wanted}
    triggers = {name for name in beside if name.startswith("study_letters") or "_append_only_" in name}
    assert beside - triggers == {"alembic_version"}
    stepped.dispose()
    made.dispose()


def _sqlite(path: Path) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine("sqlite://", creator=lambda: pysqlite3.dbapi2.connect(str(path)), module=pysqlite3)


def _declared(engine: sqlalchemy.Engine) -> dict[str, str]:
    """Give {name: SQL} of tables, indexes and triggers, white space evened."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    return {name: " ".join(sql.replace("(", " ( ").replace(")", " ) ").split()) for name, sql in rows}


def test_the_steps_make_the_tables_on_postgresql(postgres_server: str) -> None:
    stepped, made = (
        sqlalchemy.create_engine(fresh_database(postgres_server).replace("postgresql:", "postgresql+psycopg:"))
        for _ in range(2)
    )
    upgrade(stepped)
    share_conditions()
    metadata.create_all(made)
    for question in (_COLUMNS, _INDEXES, _CONSTRAINTS):
        wanted = _answers(made, question)
        assert wanted
        assert _answers(stepped, question) == wanted
    stepped.dispose()
    made.dispose()


def _answers(engine: sqlalchemy.Engine, question: str) -> set[tuple[object, ...]]:
    with engine.connect() as connection:
        return {tuple(row) for row in connection.exec_driver_sql(question)}

"""Brings a database to this version's schema when it is opened (Alembic, one set of steps for both engines)."""

from importlib.resources import files

import sqlalchemy

from radiotheque.core.errors import Unsupported

HEAD = "0001"
"""The schema that this version writes: the name of the last step in `upgrades/versions`."""

_LOCK = 7_305_801_954_117_301
"""Of PostgreSQL's advisory locks, the one for upgrades: two nodes may start at once."""


def upgrade(engine: sqlalchemy.Engine) -> None:
    """Run the steps that are missing, all or none of them. Raises `Unsupported` for a schema newer than known."""
    with engine.connect() as connection:
        if current_version(connection) == HEAD:
            return
        sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        done = False
        try:
            if not sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            _run_steps(connection)
            connection.exec_driver_sql("COMMIT")
            done = True
        finally:
            if not done:
                connection.exec_driver_sql("ROLLBACK")


def current_version(connection: sqlalchemy.Connection) -> str:
    """Give the schema's version, "" for an empty database."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return ""
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(version or "")


def _run_steps(connection: sqlalchemy.Connection) -> None:
    # imported here: a quarter of a second that a start with nothing to do need not spend
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(files("radiotheque.database") / "upgrades"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    current = current_version(connection)
    if current and current not in known:
        raise Unsupported(
            f"the index has schema {current}, written by a newer version; nothing was changed, start that version"
        )
    if current != HEAD:
        command.upgrade(config, "head")

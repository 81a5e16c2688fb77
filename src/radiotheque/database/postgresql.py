"""PostgreSQL: how a connection is opened, and how an act is written on a pooled one."""

import random
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from radiotheque.core.errors import Unavailable
from radiotheque.database.faults import driver_errors, is_collision, translated
from radiotheque.database.pool import Pool
from radiotheque.database.session import POSTGRESQL, Session

TRIES = 8
_OPTIONS = (
    # plans are made for the values: what a prefix or a date range hits differs a thousandfold
    "-c plan_cache_mode=force_custom_plan -c jit=off -c lock_timeout=20s -c idle_in_transaction_session_timeout=60s"
    # a key is compared by code point and a moment is UTC, whatever the server's own settings are
    " -c timezone=UTC"
)


def postgresql_engine(url: URL) -> sqlalchemy.Engine:
    """Give an engine on a PostgreSQL server, by psycopg."""
    return sqlalchemy.create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"options": _OPTIONS, "connect_timeout": 10},
    )


class Writes:
    """Each act in a transaction of its own, run again when it collided with another one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def write(self, act: Callable[[Session], object], durable: bool) -> Any:
        for attempt in range(TRIES):
            with self._pool.session() as session:
                try:
                    return _in_transaction(session, act, durable)
                except driver_errors() as error:
                    if not is_collision(error):
                        raise
            time.sleep(random.uniform(0.001, 0.005) * 2**attempt)
        raise Unavailable("the index is too contended; nothing was kept, try again")

    def close(self) -> None:
        """Nothing of its own to close: the pool is the database's."""


def _in_transaction(session: Session, act: Callable[[Session], object], durable: bool) -> object:
    done = False
    session.drop_after()
    session.run(POSTGRESQL.begin)
    try:
        if not durable:
            session.run(POSTGRESQL.lazy)
        result = act(session)
        session.run("COMMIT")
        done = True
    finally:
        if not done:
            _rollback(session)
    for do in session.take_after():
        do()
    return result


def _rollback(session: Session) -> None:
    session.drop_after()
    if not session.raw.closed:
        try:
            session.run("ROLLBACK")
        except driver_errors() as error:
            raise translated(error) from error

"""Runs the steps on the connection that `database.upgrade` has begun a transaction on."""

from alembic import context

from radiotheque.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the transaction is begun and committed by `database.upgrade`, on both engines
)
context.run_migrations()

"""Runs the migrations on the connection that ``care.store.engine.migrate`` opened."""

from alembic import context

from care.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

"""Run by Alembic: migrate on the connection that was handed over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema="app")
with context.begin_transaction():
    context.run_migrations()

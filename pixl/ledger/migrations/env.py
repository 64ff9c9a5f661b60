"""Run by alembic: applies the migrations on the connection that `pixl.ledger.migrate` gives."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table="pixl_migration", transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()

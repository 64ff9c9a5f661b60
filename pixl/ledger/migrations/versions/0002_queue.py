"""The queue's tables: the schema that procrastinate ships."""

from procrastinate.schema import SchemaManager

from pixl.ledger.migration import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql(SchemaManager.get_schema())

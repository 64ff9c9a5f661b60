"""Apply `0001_ledger.sql`."""

from pathlib import Path

from pixl.ledger.migration import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql((Path(__file__).parents[1] / "0001_ledger.sql").read_text(encoding="utf-8"))

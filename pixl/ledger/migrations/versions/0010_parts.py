"""Apply `0010_parts.sql`."""

from pathlib import Path

from pixl.ledger.migration import run_sql

revision = "0010"
down_revision = "0011"


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql((Path(__file__).parents[1] / "0010_parts.sql").read_text(encoding="utf-8"))

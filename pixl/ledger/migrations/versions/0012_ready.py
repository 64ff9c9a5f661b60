"""Apply `0012_ready.sql`."""

from pathlib import Path

from pixl.ledger.migration import run_sql

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql((Path(__file__).parents[1] / "0012_ready.sql").read_text(encoding="utf-8"))

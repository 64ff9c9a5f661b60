"""Apply `0004_key_check.sql`."""

from pathlib import Path

from pixl.ledger.migration import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql((Path(__file__).parents[1] / "0004_key_check.sql").read_text(encoding="utf-8"))

"""Apply `0007_notices_and_files.sql`."""

from pathlib import Path

from pixl.ledger.migration import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql((Path(__file__).parents[1] / "0007_notices_and_files.sql").read_text(encoding="utf-8"))

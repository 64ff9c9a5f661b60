"""Apply `0009_samples_of_reports.sql`."""

from pathlib import Path

from pixl.ledger.migration import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql((Path(__file__).parents[1] / "0009_samples_of_reports.sql").read_text(encoding="utf-8"))

"""Apply `0003_jobs_of_a_study.sql`."""

from pathlib import Path

from pixl.ledger.migration import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql((Path(__file__).parents[1] / "0003_jobs_of_a_study.sql").read_text(encoding="utf-8"))

"""Apply `0011_identities.sql`."""

from pathlib import Path

from pixl.ledger.migration import run_sql

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Go one step on. There is no step back: restore a backup instead."""
    run_sql((Path(__file__).parents[1] / "0011_identities.sql").read_text(encoding="utf-8"))

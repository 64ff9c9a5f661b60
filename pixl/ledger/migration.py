"""Brings a database to the schema this version of PIXL needs."""

from __future__ import annotations

from pathlib import Path

import psycopg

from pixl.domain.errors import ServiceUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(conninfo: str, password: str | None = None) -> None:
    """Apply the migrations that are missing; two at the same time wait for each other.

    Raises
    ------
    ServiceUnavailable
        The database does not answer.
    """
    # Here, because only the start of a stack migrates, and every command would wait for these two.
    import sqlalchemy  # noqa: PLC0415
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo, password=password)
    )
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7495)")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except sqlalchemy.exc.OperationalError as error:
        raise ServiceUnavailable("the database does not answer; look at `pixl status`") from error
    finally:
        engine.dispose()


def known_versions() -> list[str]:
    """Return the versions that a ledger can be at, the newest last."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


def run_sql(text: str) -> None:
    """Run a file of statements as it is, in the transaction of the migration."""
    from alembic import op  # noqa: PLC0415

    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise TypeError("a migration needs a real connection")
    connection.execute(text)

"""Brings a database to the schema this version of PIXL needs."""

from __future__ import annotations

from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command, op
from alembic.config import Config

from pixl.domain.errors import ServiceUnavailable


def migrate(conninfo: str, password: str | None = None) -> None:
    """Apply the migrations that are missing; two at the same time wait for each other.

    Raises
    ------
    ServiceUnavailable
        The database does not answer.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
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


def run_sql(text: str) -> None:
    """Run a file of statements as it is, in the transaction of the migration."""
    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise TypeError("a migration needs a real connection")
    connection.execute(text)

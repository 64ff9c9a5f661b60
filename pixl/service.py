"""How a process of PIXL is run: settings, logs, errors at start, and uvicorn."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.secrets import open_store
from pixl.settings import Settings

WRONG_CONFIGURATION = 2
NOT_REACHABLE = 3
KEEP_ALIVE_SECONDS = 75


def serve(name: str, make_app: Callable[[Settings, SecretStore], FastAPI], port_of: Callable[[Settings], int]) -> int:
    """Serve until told to stop. Return 2 when the configuration is wrong, 3 when the secret store is away.

    Parameters
    ----------
    name
        The process's package, which is also what its log lines start with.
    """
    try:
        settings = Settings.from_process()
        log_to_stderr(name, settings.log_level)
        app = make_app(settings, open_store(settings.secrets))
    except (ConfigurationError, RetryLater) as error:
        sys.stderr.write(f"{name}: {error}\n")
        return WRONG_CONFIGURATION if isinstance(error, ConfigurationError) else NOT_REACHABLE
    uvicorn.run(
        app,
        host=settings.host,
        port=port_of(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return 0


def log_to_stderr(name: str, level: str) -> None:
    """Show what our own packages say from `level` on. Libraries only warn: their finer words hold what they sent."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for ours in (name, "pixl"):
        logging.getLogger(ours).setLevel(level)
    logging.getLogger("uvicorn").setLevel(max(logging.getLevelNamesMapping()[level], logging.INFO))

"""`python -m hashing_api`: the hashing service, with the settings of the environment."""

from __future__ import annotations

import logging
import sys

import uvicorn

from hashing_api.main import create_app
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.secrets import open_store
from pixl.settings import Settings

KEEP_ALIVE_SECONDS = 75


def main() -> int:
    """Serve until told to stop. Return 2 when the configuration is wrong, 3 when the secret store is away."""
    try:
        settings = Settings.from_process()
        log_to_stderr(settings.log_level)
        store = open_store(settings.secrets)
        app = create_app(store, store.get("service-token"))
    except ConfigurationError as error:
        sys.stderr.write(f"hashing_api: {error}\n")
        return 2
    except RetryLater as error:
        sys.stderr.write(f"hashing_api: {error}\n")
        return 3
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.ports.hashing,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return 0


def log_to_stderr(level: str) -> None:
    """Show what our own packages say from `level` on. Libraries only warn: their finer words hold what they sent."""
    levels = logging.getLevelNamesMapping()
    if level not in levels:
        raise ConfigurationError("PIXL_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("hashing_api", "pixl"):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("uvicorn").setLevel(max(levels[level], logging.INFO))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m ehr_api`: the process that exports tables, with the settings of the environment."""

from __future__ import annotations

import logging
import sys

import uvicorn

from ehr_api.main import create_app
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.secrets import open_store
from pixl.settings import Settings

WRONG_CONFIGURATION = 2
NOT_REACHABLE = 3


def main() -> int:
    """Serve until told to stop. Return 2 when the configuration is wrong, 3 when the secret store is away."""
    try:
        settings = Settings.from_process()
        log_to_stderr(settings.log_level)
        app = create_app(settings, open_store(settings.secrets))
    except (ConfigurationError, RetryLater) as error:
        sys.stderr.write(f"ehr_api: {error}\n")
        return WRONG_CONFIGURATION if isinstance(error, ConfigurationError) else NOT_REACHABLE
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.ports.ehr,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    return 0


def log_to_stderr(level: str) -> None:
    """Show what our own packages say from `level` on; libraries only warn."""
    if level not in logging.getLevelNamesMapping():
        raise ConfigurationError("PIXL_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("ehr_api", "pixl"):
        logging.getLogger(name).setLevel(level)


if __name__ == "__main__":
    sys.exit(main())

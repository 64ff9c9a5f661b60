"""`python -m imaging_api`."""

from __future__ import annotations

import logging

import uvicorn

from imaging_api.main import create_app
from pixl.secrets import open_store
from pixl.settings import Settings


def main() -> None:
    """Run the process until it is told to stop."""
    settings = Settings.from_process()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # These two name URLs and jobs' arguments at INFO; neither holds an identifier, but nobody reads them.
    for chatty in ("httpx", "procrastinate"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(settings.log_level)))
    app = create_app(settings, open_store(settings.secrets))
    uvicorn.run(app, host=settings.host, port=settings.ports.imaging, access_log=False, log_config=None)


if __name__ == "__main__":
    main()

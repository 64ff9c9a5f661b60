"""Where a plugin's log goes: to Orthanc's own stream."""

from __future__ import annotations

import logging
import sys

CHATTY = ("httpx", "httpcore", "psycopg.pool")
"""Libraries that write a line for each request."""


def log_to_orthancs_stream(level: str) -> None:
    """Write PIXL's log lines between Orthanc's own."""
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level, stream=sys.stderr, format=form, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)

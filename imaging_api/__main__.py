"""`python -m imaging_api`: the worker of a study's way, with the settings of the environment.

`python -m imaging_api --queues check,export` is a further worker of some queues only, without the API.
"""

from __future__ import annotations

import argparse
import sys

from imaging_api.further import run_further_worker
from imaging_api.main import create_app
from pixl.service import serve


def main() -> int:
    """Serve, or work, until told to stop."""
    parser = argparse.ArgumentParser(prog="imaging_api")
    parser.add_argument("--queues", default="", help="work on these queues, and serve nothing")
    queues = parser.parse_args().queues
    if queues:
        return run_further_worker(queues.split(","))
    return serve("imaging_api", create_app, lambda settings: settings.ports.imaging)


if __name__ == "__main__":
    sys.exit(main())

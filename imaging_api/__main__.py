"""`python -m imaging_api`: the worker of a study's way, with the settings of the environment."""

from __future__ import annotations

import sys

from imaging_api.main import create_app
from pixl.service import serve


def main() -> int:
    """Serve until told to stop."""
    return serve("imaging_api", create_app, lambda settings: settings.ports.imaging)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m console`: the web pages for review and progress, with the settings of the environment."""

from __future__ import annotations

import sys

from console.main import create_app
from pixl.service import serve


def main() -> int:
    """Serve until told to stop."""
    return serve("console", create_app, lambda settings: settings.ports.console)


if __name__ == "__main__":
    sys.exit(main())

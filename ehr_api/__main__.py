"""`python -m ehr_api`: the process that exports tables, with the settings of the environment."""

from __future__ import annotations

import sys

from ehr_api.main import create_app
from pixl.service import serve


def main() -> int:
    """Serve until told to stop."""
    return serve("ehr_api", create_app, lambda settings: settings.ports.ehr)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m hashing_api`: the hashing service, with the settings of the environment."""

from __future__ import annotations

import sys

from hashing_api.main import create_app
from pixl.service import serve


def main() -> int:
    """Serve until told to stop."""
    return serve(
        "hashing_api",
        lambda _, store: create_app(store, store.get("service-token")),
        lambda settings: settings.ports.hashing,
    )


if __name__ == "__main__":
    sys.exit(main())

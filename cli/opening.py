"""Opens the ledger for a command."""

from __future__ import annotations

from pixl.domain.errors import ConfigurationError
from pixl.ledger import Ledger
from pixl.secrets import open_store
from pixl.settings import Settings
from pixl.stack import Layout


def open_ledger(settings: Settings) -> Ledger:
    """Connect to the ledger.

    Raises
    ------
    ConfigurationError
        A secret is missing; where PIXL was never started, which makes them, it says that.
    """
    try:
        return Ledger.connect(settings.database, open_store(settings.secrets))
    except ConfigurationError:
        if Layout(data=settings.data).configuration.exists():
            raise
        raise ConfigurationError(
            f"PIXL was never started with the data folder {settings.data}: run `pixl up` first, or say with PIXL_DATA "
            "which folder is meant"
        ) from None

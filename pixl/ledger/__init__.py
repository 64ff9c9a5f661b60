"""The Postgres record of every requested study: its state, its events, its exports."""

from pixl.ledger.cipher import Cipher
from pixl.ledger.ledger import ExtractStatus, Ledger, Loaded, Portion, Study
from pixl.ledger.migration import migrate

__all__ = ["Cipher", "ExtractStatus", "Ledger", "Loaded", "Portion", "Study", "migrate"]

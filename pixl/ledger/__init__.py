"""The Postgres record of every requested study: its state, its events, its exports."""

from pixl.ledger.cipher import Cipher
from pixl.ledger.ledger import ExtractStatus, Ledger, Study
from pixl.ledger.migration import migrate

__all__ = ["Cipher", "ExtractStatus", "Ledger", "Study", "migrate"]

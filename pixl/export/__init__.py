"""Stage 7: de-identified studies and tables leave to their destinations."""

from pixl.export.archive import zip_stream
from pixl.export.destinations import NOWHERE, open_destination

__all__ = ["NOWHERE", "open_destination", "zip_stream"]

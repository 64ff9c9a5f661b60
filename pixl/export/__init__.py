"""Stage 7: de-identified studies and tables leave to their destinations."""

from pixl.export.archive import zip_stream
from pixl.export.destinations import NOWHERE, Checkable, destination_names, open_destination

__all__ = ["NOWHERE", "Checkable", "destination_names", "open_destination", "zip_stream"]

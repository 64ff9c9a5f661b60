"""The Postgres record of every requested study: its state, its events, its exports."""

from pixl.ledger.checking import Checks, Ending, Made, SeriesCheck, SeriesOutput
from pixl.ledger.cipher import Cipher
from pixl.ledger.ledger import ExtractStatus, Ledger, Loaded, Portion, Study
from pixl.ledger.migration import migrate
from pixl.ledger.ready import Marker, Markers
from pixl.ledger.reports import Output, Report, ReportEnding, ReportRow, Reports, ReportStatus

__all__ = [
    "Checks",
    "Cipher",
    "Ending",
    "ExtractStatus",
    "Ledger",
    "Loaded",
    "Made",
    "Marker",
    "Markers",
    "Output",
    "Portion",
    "Report",
    "ReportEnding",
    "ReportRow",
    "ReportStatus",
    "Reports",
    "SeriesCheck",
    "SeriesOutput",
    "Study",
    "migrate",
]

"""8. The account of an extract: a report in which every requested study and file is accounted for."""

from pixl.account.account import Account, Part, part_of
from pixl.account.send import READY, ready_name, remove_ready, send_report, write_ready
from pixl.account.write import write_report

__all__ = [
    "READY",
    "Account",
    "Part",
    "part_of",
    "ready_name",
    "remove_ready",
    "send_report",
    "write_ready",
    "write_report",
]

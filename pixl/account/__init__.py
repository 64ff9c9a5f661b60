"""8. The account of an extract: a report in which every requested study and file is accounted for."""

from pixl.account.account import Account, Part, part_of
from pixl.account.send import READY, send_report
from pixl.account.write import write_report

__all__ = ["READY", "Account", "Part", "part_of", "send_report", "write_report"]

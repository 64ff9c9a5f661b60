"""Findings, verdicts, rules, the block list, release."""

from pixl.review.estimate import MissRate, miss_rate
from pixl.review.gate import LOOK, ending

__all__ = ["LOOK", "MissRate", "ending", "miss_rate"]

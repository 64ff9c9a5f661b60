"""Whether the reports of a day are unlike those of the days before: control charts. Pure.

Sources
-------
W. A. Shewhart's p-chart (shares) and u-chart (rates), as in D. C. Montgomery, "Introduction to Statistical Quality
Control", chapter 7; an individuals chart for the length.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from pixl.domain.report import Day, kinds_of


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When a day counts as unlike the others."""

    sigmas: float = 4.0
    """Standard deviations from the mean of the days before."""
    least_days: int = 5
    """Days that are needed before."""
    least_reports: int = 20
    """Reports that a day needs to be looked at, or to count as one before."""


USUAL = Limits()


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A measure of a day that is outside its limits."""

    measure: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.measure} is {self.value:.3g}; usual is {self.low:.3g} to {self.high:.3g}"


def drift(today: Day, before: Sequence[Day], limits: Limits = USUAL) -> list[Drift]:
    """Return what of a day is unlike the days before: nothing, if there are too few to say."""
    days = [day for day in before if day.day < today.day and day.reports >= limits.least_reports]
    if today.reports < limits.least_reports or len(days) < limits.least_days:
        return []
    found = [
        _share("share of flagged reports", today.flagged, today.reports, _pairs(days, "flagged", "reports"), limits)
    ]
    found.append(_share("agreement of the methods", today.agreed, today.seen, _pairs(days, "agreed", "seen"), limits))
    found.append(
        _rate("masked stretches in 1,000 words", today.masked, today.words, _pairs(days, "masked", "words"), limits)
    )
    for kind in kinds_of([*days, today]):
        past = [(day.findings.get(kind, 0), day.words) for day in days]
        found.append(_rate(f"{kind} findings in 1,000 words", today.findings.get(kind, 0), today.words, past, limits))
    found.append(_level("words in a report", today.length, [day.length for day in days], limits))
    return [one for one in found if not one.low <= one.value <= one.high]


def drifts(days: Sequence[Day], limits: Limits = USUAL) -> list[tuple[Day, Drift]]:
    """Compare each day with those before it, the oldest first; return the days that drift, and in what."""
    return [(day, one) for number, day in enumerate(days) for one in drift(day, days[:number], limits)]


def _pairs(days: Sequence[Day], part: str, whole: str) -> list[tuple[int, int]]:
    return [(getattr(day, part), getattr(day, whole)) for day in days]


def _share(measure: str, part: int, whole: int, past: Sequence[tuple[int, int]], limits: Limits) -> Drift:
    """Compare a share with the days before: a p-chart that allows for how those differed among themselves."""
    mean = _mean(past)
    expected = math.sqrt(mean * (1 - mean) / whole) if whole else 0.0
    width = limits.sigmas * max(expected, _spread(past), 1 / whole if whole else 1.0)
    return Drift(
        measure=measure, value=part / whole if whole else mean, low=max(0.0, mean - width), high=min(1.0, mean + width)
    )


def _rate(measure: str, count: int, words: int, past: Sequence[tuple[int, int]], limits: Limits) -> Drift:
    """Compare a rate with the days before: a u-chart that allows for how those differed among themselves."""
    mean = _mean(past)
    expected = math.sqrt(mean / words) if words else 0.0
    width = limits.sigmas * max(expected, _spread(past), 1 / words if words else 1.0)
    value = count / words if words else mean
    return Drift(measure=measure, value=1000 * value, low=max(0.0, 1000 * (mean - width)), high=1000 * (mean + width))


def _level(measure: str, value: float, past: Sequence[float], limits: Limits) -> Drift:
    mean = statistics.fmean(past)
    width = limits.sigmas * max(statistics.stdev(past), 0.01 * mean)
    return Drift(measure=measure, value=value, low=max(0.0, mean - width), high=mean + width)


def _mean(past: Sequence[tuple[int, int]]) -> float:
    whole = sum(whole for _, whole in past)
    return sum(part for part, _ in past) / whole if whole else 0.0


def _spread(past: Sequence[tuple[int, int]]) -> float:
    values = [part / whole for part, whole in past if whole]
    return statistics.stdev(values) if len(values) > 1 else 0.0

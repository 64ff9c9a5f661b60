"""How certain it is that nothing was left in a report."""

from __future__ import annotations

import math
from collections.abc import Sequence

SILENT = 0.5
"""How likely it is that a report is not clean of which an engine saw nothing, while others saw something."""


def certainty_of(confidences: Sequence[float], *, silent: int = 0) -> float:
    """Return a number from 0 (an identifier was left) to 1 (nothing was found).

    It is the product of `1 - confidence` over all that the second method found in the output, times `1 - SILENT` for
    each engine that was silent: the probability that all of it is a false alarm, were the findings independent.
    """
    return math.prod(1 - min(max(one, 0.0), 1.0) for one in confidences) * (1 - SILENT) ** silent

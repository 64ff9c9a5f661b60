from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.review import miss_rate


@pytest.mark.parametrize(
    ("missed", "looked_at", "low", "high"),
    [(0, 50, 0.0, 0.0713), (1, 10, 0.0179, 0.4042), (5, 100, 0.0215, 0.1118), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_wilsons(missed, looked_at, low, high):
    """Values reckoned by hand from the formula."""
    found = miss_rate(missed, looked_at)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


def test_of_what_nobody_looked_at_nothing_is_known():
    found = miss_rate(0, 0)
    assert (found.low, found.high) == (0.0, 1.0)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_rate_lies_in_its_interval(looked_at, part):
    found = miss_rate(int(looked_at * part), looked_at)
    assert 0 <= found.low <= found.rate <= found.high <= 1


def test_more_misses_than_looks_are_a_bug():
    with pytest.raises(ValueError, match="more"):
        miss_rate(2, 1)

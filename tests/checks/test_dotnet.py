"""Patterns that .NET understands mean the same here."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from pixl.checks.dotnet import compiled, escaped, widened
from pixl.domain.errors import ConfigurationError


@pytest.mark.parametrize(
    ("pattern", "fits", "not_fits"),
    [
        (r"^[A-Z-[QVX]]\d$", "A1", "Q1"),
        (r"(?<word>ab)c\z", "abc", "abcd"),
        (r"(?'word'ab)\k<word>", "abab", "ab"),
        (r"^ab\Z", "ab\n", "ab\nc"),
        (r"^a{,3}$", "a{,3}", "aa"),
        (r"\p{Lu}\p{Nd}+", "É12", "é"),
        (r"(?<=MRN\s{0,3})\d+", "MRN  12", "NHS 12"),
        (r"\bn\w+\b", "née", "anne"),
        (r"^\d$", "٣", "x"),
        (r"(?i)ABC", "abc", "ab"),
    ],
)
def test_a_pattern_of_dotnet_is_understood(pattern, fits, not_fits):
    ready = compiled(pattern, case_sensitive=True)
    assert ready.search(fits)
    assert not ready.search(not_fits)


@pytest.mark.parametrize("pattern", ["(?<open-close>a)", "(?n)(a)", r"\Ga", "(", "[z-a]"])
def test_what_no_engine_here_knows_is_refused(pattern):
    with pytest.raises(ConfigurationError):
        compiled(pattern, case_sensitive=False)


@given(st.text(min_size=1, max_size=40))
def test_an_escaped_text_matches_itself_and_nothing_longer(text):
    ready = compiled(f"^{escaped(text)}\\z", case_sensitive=True)
    assert ready.search(text)
    assert not ready.search(text + "x")


@pytest.mark.parametrize(
    ("pattern", "value"), [(r"\bné\w+\s\d\b", "une née ٣"), (r"[\w-]+é", "ü-é"), (r"^\w+$", "Ærø"), (r"\\w", r"\w")]
)
def test_a_widened_pattern_matches_whatever_the_pattern_matches(pattern, value):
    assert compiled(pattern, case_sensitive=False).search(value)
    automaton = re2.Set.SearchSet(re2.Options())
    automaton.Add(widened(pattern))
    automaton.Compile()
    assert automaton.Match(value) == [0]

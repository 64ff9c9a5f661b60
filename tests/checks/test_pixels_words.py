"""What words in a picture say: nothing, where things are, how the device was set, or who it is."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.checks.instance import DataSet
from pixl.checks.pixels_words import is_harmless, is_text, kind_of, known_of, parts_of
from pixl.testing.outputs import original
from pixl.text import NOTHING_KNOWN, Identifiers

HARMLESS = """
L|RT|AP ERECT|LLAT|P|5 cm|O cm|10cn|⁵cm|-20|255|0 5 10 15 20|W 400 L 40|TIS0.4 MI 0.8 AO=100%|Gen 60|28Hz|2D|C 61
|3/3/4|Im: 12|LLLLLL|TT1TTTTT|111111|Adult Echo|C5-1|1ocm|Zoom 1O0%
"""
TELLING = """
ASHBURY|SMITH^JOHN|1234567|MRN 1234|70F70|LYMPH NODE|JS|A5B|45 12 99 87|20150412|LILI|TILL|11111112|Dr Patel|10:45:12
"""


@pytest.mark.parametrize("text", HARMLESS.replace("\n", "").split("|"))
def test_markers_rulers_scales_and_settings_say_nothing(text):
    assert is_harmless(text)


@pytest.mark.parametrize("text", TELLING.replace("\n", "").split("|"))
def test_any_other_word_or_number_says_something(text):
    assert not is_harmless(text)


def test_the_name_of_the_device_says_nothing():
    assert is_harmless("PHILIPS iE33", frozenset({"philips", "ie33"}))
    assert not is_harmless("PHILIPS Ashbury", frozenset({"philips"}))


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text):
    assert is_harmless(text) in (True, False)
    assert all(text[part.offset :].startswith(part.word) for part in parts_of(text, NOTHING_KNOWN))


@given(st.integers(10**4, 10**12))
def test_a_long_number_is_never_harmless_unless_it_is_a_ruler(number):
    assert is_harmless(str(number)) == (set(str(number)) == {"1"})


@pytest.mark.parametrize(
    ("text", "score", "turned", "expected"),
    [
        ("ASHBURY", 0.65, False, True),
        ("ASHBURY", 0.4, False, False),
        ("A5", 0.8, False, False),
        ("RT", 0.95, False, True),
        ("RT", 0.95, True, False),
        ("A", 1.0, False, False),
        ("...", 1.0, False, False),
    ],
)
def test_what_is_short_has_to_be_read_surely(text, score, turned, expected):
    assert is_text(text, score, is_turned=turned) == expected


def test_what_the_header_says_is_known():
    known = known_of(DataSet(original(), whole=True), NOTHING_KNOWN)
    assert known.names == ("Ashbury^Josephine Li^^Mrs",)
    assert set(known.numbers) == {"RX1234567", "A98765432"}
    assert dt.date(1950, 3, 7) in known.dates
    assert known.clinicians == ("Quarrstone^Theodore",)


def test_without_a_header_only_what_is_given_is_known():
    given_ones = Identifiers(numbers=("RX1234567",))
    assert known_of(None, given_ones) is given_ones


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Josephine Ashbury", "name"),
        ("ASHBVRY 1950", "name"),
        ("RX1234567", "mrn"),
        ("07.03.1950", "date"),
        ("SMITH^JOHN", "name"),
        ("LYMPH NODE", "burned-in"),
    ],
)
def test_the_kind_is_that_of_the_first_identifying_word(text, kind):
    known = Identifiers(names=("Ashbury^Josephine",), numbers=("RX1234567",))
    assert kind_of(parts_of(text, known)) == kind

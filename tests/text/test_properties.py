"""What holds for any text."""

import datetime as dt
import itertools
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from pixl.testing.report_corpus import generate
from pixl.text import Identifiers, find, find_known, find_patterns, redact
from pixl.text.digits import is_chi, is_nhs
from pixl.text.engine import LABEL
from pixl.text.spans import Kind, Span, settle

NAMES = st.text(string.ascii_letters, min_size=3, max_size=12).filter(lambda name: name.upper() not in set(Kind))
FILLERS = st.sampled_from(["No fracture. ", "seen by ", "Dr ", "\n", " and ", ", ", " 12 mm ", "(", "Reported by: "])


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_spans_are_sorted_inside_the_text_and_do_not_overlap(text):
    known = Identifiers(names=("Anna Long",), numbers=("12345",), dates=(dt.date(1950, 1, 2),), other=("Croydon",))
    for spans in (find(text), find(text, known), find_known(text, known), find_patterns(text)):
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
        redact(text, spans)


@given(NAMES, st.lists(FILLERS, max_size=6), st.lists(FILLERS, max_size=6))
@settings(max_examples=200, deadline=None)
def test_a_known_name_never_stays(name, before, after):
    text = f"{''.join(before)} {name} {''.join(after)}"
    known = Identifiers(names=(name,))
    left = LABEL.sub("", redact(text, find(text, known))).lower().split()
    assert name.lower() not in left


@given(st.integers(10_000, 10**12), st.lists(FILLERS, max_size=6))
@settings(max_examples=200, deadline=None)
def test_a_known_number_never_stays(number, before):
    text = f"{''.join(before)} {number} end"
    assert str(number) not in redact(text, find(text, Identifiers(numbers=(str(number),))))


@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2030, 1, 1)),
    st.sampled_from(["%d/%m/%Y", "%d %B %Y", "%Y-%m-%d", "%d.%m.%y"]),
)
def test_a_known_date_is_found_in_its_written_forms(day, form):
    text = f"Study of {day.strftime(form)} reviewed."
    assert [span.kind for span in find_known(text, Identifiers(dates=(day,)))] == [Kind.DATE]


def test_what_is_redacted_stays_as_it_is():
    for report in generate(3, 40):
        once = redact(report.text, find(report.text))
        labels = [found.span() for found in LABEL.finditer(once)]
        again = find(once)
        assert not any(span.start < end and start < span.end for span in again for start, end in labels)


@given(st.lists(st.builds(lambda s, n: Span(s, s + n, Kind.NAME, "r", 0.5), st.integers(0, 50), st.integers(1, 9))))
def test_settled_spans_cover_what_the_spans_covered(spans):
    covered = {place for span in spans for place in range(span.start, span.end)}
    settled = settle(spans)
    assert covered == {place for span in settled for place in range(span.start, span.end)}
    assert settle(settled) == settled


def test_check_digits():
    assert is_nhs("9434765919")
    assert not is_nhs("9434765918")
    assert not is_nhs("1111111111")
    assert not is_nhs("943476591")
    assert is_chi("0101701235") == is_nhs("0101701235")
    assert not is_chi("9434765919")

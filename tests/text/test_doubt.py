"""What words and numbers are safe depends on how they are written and on what stands around them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.text import find, redact


def masked(text: str) -> str:
    return redact(text, find(text))


@pytest.mark.parametrize(
    "text",
    [
        "Petal is known to carry BRCA1.",
        "White wants to know if the nodule has grown.",
        "Little aware.",
        "Head on call.",
        "Stone: agree.",
        "Present: Long, Hand (chair), Bell.",
        "Kidney Mr, seen today.",
        "Spoke with Early on the phone.",
        "Needs Wood to sign.",
        "Long|12/03/1960|CT",
    ],
)
def test_a_name_that_is_a_word_goes_where_somebody_is_spoken_of(text):
    assert "[NAME]" in masked(text) or "[UNKNOWN]" in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "White matter is normal. Little change since the previous study.",
        "Long segment stricture. Stone in the left kidney, head of pancreas normal.",
        "Marked degenerative change. May represent a cyst; will need follow up.",
        "Small rose thorn is not seen in the hand. The bill of health is clean.",
        "Colles fracture. Baker's cyst. Hodgkin lymphoma, Billroth II gastrectomy, Crohn's disease.",
        "PSA 1234, DLP 1023 mGycm, image 1044, power 4/5, nodule in 3/52, ER 8/8.",
        "Fracture of the 5th metatarsal and 10th rib on day 2.",
    ],
)
def test_words_and_numbers_of_reports_stay(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    "text", ["bell attended with wife joy", "PLEASE INFORM HOPE. MASON FELL.", "as per black, for biopsy"]
)
def test_without_capitals_a_name_that_is_a_word_goes(text):
    words = {"bell", "joy", "hope", "mason", "black"}
    assert not words & set(masked(text).lower().replace(".", " ").replace(",", " ").split())


@pytest.mark.parametrize("text", ["Seen by Hodgkin.", "Colles agrees.", "Miss Graves attended.", "Hunter will ring."])
def test_an_eponym_without_its_noun_is_somebody(text):
    assert "[NAME]" in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "twelfth night",
        "12 mars 2019",
        "the 9th.",
        "12*03*2019",
        "l2/O3/l956",
        "3 de mayo de 1950",
        "2/xii",
        "LMP 7/8.",
        "15 Sepetmber",
    ],
)
def test_a_date_goes_however_odd(text):
    left = masked(f"Seen, {text}").removeprefix("Seen, ")
    assert not {"twelfth", "night", "mars", "mayo", "de", "xii", "Sepetmber"} & set(left.replace(".", " ").split())
    assert not any(letter.isdigit() for letter in left)


@pytest.mark.parametrize(
    "text", ["Trial OPT-0042.", "RWE 55 10 27", "OH/DB/114", "ref 9-118-2268", "P_ROSE_01", "volunteer 7", "code 4471"]
)
def test_a_number_that_measures_nothing_goes(text):
    assert not any(letter.isdigit() for letter in masked(text))


def test_where_somebody_lives_goes_to_the_end_of_the_clause():
    assert masked("Lives at The Old Rectory, Church Lane. Hip pain.").endswith(". Hip pain.")
    assert "Rectory" not in masked("Lives at The Old Rectory, Church Lane. Hip pain.")


@given(st.text(max_size=200))
def test_any_text_is_read_and_what_is_masked_lies_in_it(text):
    spans = find(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@given(
    st.sampled_from(["Rose", "Bell", "Penny", "Mark", "Basil"]),
    st.sampled_from(["rang", "agrees", "wants a scan", "was referred"]),
)
def test_who_does_what_only_people_do_is_never_left(name, doing):
    assert name not in masked(f"No fracture. {name} {doing}.")

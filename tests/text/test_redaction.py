"""What takes the place of what was found."""

import pytest

from pixl.hashing import KeyedPseudonymiser
from pixl.text import Identifiers, Surrogates, find, redact
from pixl.text.days import moved
from pixl.text.digits import is_nhs

KNOWN = Identifiers(names=("Long^Anna",), numbers=("943 476 5919",), clinicians=("Farhan Patel",))
TEXT = (
    "Anna Long (NHS 943 476 5919) seen by Dr F. Patel on 3rd March 2021. LONG's scan of 20210405; Lnog. "
    "Tel 020 7946 0958, a.b@nhs.net, SW1A 2AA, aged 94."
)


def surrogates(days=-100, secret=b"x" * 64):
    return Surrogates(pseudonymiser=KeyedPseudonymiser(secret), days=days, known=KNOWN)


def test_the_same_person_has_the_same_surrogate_however_it_is_written():
    new = redact(TEXT, find(TEXT, KNOWN), surrogates())
    first, last = new.split()[:2]
    assert new.count(last) + new.count(last.upper()) == 3
    assert "Long" not in new
    assert first != last


def test_another_project_has_other_surrogates():
    spans = find(TEXT, KNOWN)
    assert redact(TEXT, spans, surrogates()) != redact(TEXT, spans, surrogates(secret=b"y" * 64))
    assert redact(TEXT, spans, surrogates()) == redact(TEXT, spans, surrogates())


def test_dates_move_by_the_patients_days_in_the_same_form():
    new = redact(TEXT, find(TEXT, KNOWN), surrogates())
    assert "23rd November 2020" in new
    assert "20201226" in new


def test_numbers_keep_their_shape():
    new = redact(TEXT, find(TEXT, KNOWN), surrogates())
    assert "NHS 999 " in new
    assert "943 476 5919" not in new
    assert "020 7946 0958" not in new
    assert "90 or older" in new
    assert is_nhs("9434765919")


@pytest.mark.parametrize(
    ("written", "new"),
    [
        ("1/2/21", "23/12/20"),
        ("01.02.2021", "23.12.2020"),
        ("2021-02-01T10:15", "2020-12-23T10:15"),
        ("1st of Feb '21", "23rd of Dec '20"),
        ("February 2021", "January 2021"),
        ("20210201", "20201223"),
        ("01022021", "23122020"),
        ("12-MAR-19", "31-JAN-19"),
        ("Mar 5, 2020", "Jan 25, 2020"),
        ("02/2021", "01/2021"),
        ("June", "May"),
    ],
)
def test_each_written_form_of_a_date_is_kept(written, new):
    assert moved(written, -40) == new


@pytest.mark.parametrize(
    ("written", "new"),
    [
        ("1/2/21", "19/9/2168"),
        ("1st of Feb '21", "19th of Sep '2168"),
        ("20210201", "21680919"),
        ("12-MAR-1949", "27-OCT-2096"),
        ("3rd May", "19th December"),
    ],
)
def test_a_year_of_another_century_is_written_whole(written, new):
    assert moved(written, 53_921) == new


@pytest.mark.parametrize("written", ["Christmas Eve", "31/02/2021", "", "the other day"])
def test_a_form_that_is_not_understood_becomes_a_label(written):
    assert moved(written, -40) is None

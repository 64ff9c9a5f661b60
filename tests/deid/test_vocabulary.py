"""What text stays, and what never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.deid.operations import Answers, CleanText, Later, Target
from pixl.deid.vocabulary import NAMES, WORDS, clean_code, clean_meaning, clean_terms, clean_words

NOBODY = frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "AXIAL T1 POST",
        "CT CHEST ABDOMEN PELVIS WITH CONTRAST",
        "t2_tse_sag 3mm",
        "ep2d_diff_trace_ADC",
        "Siemens Healthineers",
        "SIEMENS",
        "Philips Medical Systems",
        "GE MEDICAL SYSTEMS",
        "STANDARD",
        "B31f",
        "FC13",
        "*tfl3d1_16ns",
        "5.0 B31s",
        "Gadovist 10ml",
        "1",
        "HU",
    ],
)
def test_descriptions_of_known_words_stay_as_they_are(text):
    assert clean_words(text, NOBODY) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("XR CHEST AP PORTABLE for Ashworth MRN 12345678", "CHEST AP PORTABLE for"),
        ("Ashworth", ""),
        ("12345678", ""),
        ("CHEST 02.03.1948", "CHEST"),
        ("CHEST 02 03 48", "CHEST"),
        ("HEAD 020 7946 0958", "HEAD"),
        ("HEAD SW1A 2AA", "HEAD"),
        ("Dr. Müller CHEST", "CHEST"),
        ("Head of Rose White", "Head of"),
        ("smith3d1", ""),
        ("V5 Ashworth", ""),
    ],
)
def test_of_other_descriptions_only_plain_known_words_stay(text, left):
    assert clean_words(text, NOBODY) == left.replace("CHEST AP PORTABLE for", "XR CHEST AP PORTABLE for")


def test_a_known_word_that_names_somebody_in_the_same_instance_goes():
    assert clean_words("BREAST MRI", frozenset({"breast"})) == "MRI"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ORIGINAL\\PRIMARY\\AXIAL", "ORIGINAL\\PRIMARY\\AXIAL"),
        ("ORIGINAL\\PRIMARY\\M_FFE\\M\\FFE", "ORIGINAL\\PRIMARY\\M_FFE\\M\\FFE"),
        ("ORIGINAL\\PRIMARY\\ASHWORTH", "ORIGINAL\\PRIMARY\\OTHER"),
        ("ASHWORTH", ""),
        ("MONOCHROME2", "MONOCHROME2"),
        ("YBR_FULL_422", "YBR_FULL_422"),
        ("HFS", "HFS"),
        ("A\\FR", "A\\FR"),
        ("19480203", ""),
    ],
)
def test_coded_strings_stay_if_they_are_made_of_the_standards_terms(text, left):
    assert clean_terms(text, NOBODY) == left


def test_codes_and_their_meanings_stay_if_the_standard_lists_them():
    assert clean_code("113690", NOBODY) == "113690"
    assert clean_code("T-D4000", NOBODY) == "T-D4000"
    assert clean_code("943476512", NOBODY) == ""
    assert clean_meaning("Left ventricle", NOBODY) == "Left ventricle"
    assert clean_meaning("phantom Ashworth", NOBODY) == "phantom"


@given(st.text(max_size=40))
def test_every_word_that_stays_is_a_known_one(text):
    left = clean_words(text, NOBODY)
    assert left.isascii()
    assert clean_words(left, NOBODY) == left


def test_no_common_name_came_in_unseen():
    assert sorted(NAMES & WORDS) == ["early", "head", "small"]


def cleaned(operation, value, *, tag=0x0008103E, vr="LO", names=NOBODY):
    class Instance:
        big_endian = False

        def text(self, value):
            return value.strip(b" \0").decode("latin-1")

    result = operation.apply(value, Target(tag, vr), Instance())
    if isinstance(result, Later):
        return result.make(Answers(pseudonyms=[], days=0, patient="", names=names))
    return result


def test_a_value_of_known_words_keeps_its_bytes():
    value = b"AXIAL T1 "
    assert cleaned(CleanText(), value) is value


def test_what_is_not_known_goes_or_becomes_the_given_value():
    assert cleaned(CleanText(), b"Ashworth") is None
    assert cleaned(CleanText("REMOVED"), b"Ashworth") == b"REMOVED"
    assert cleaned(CleanText(), b"  ") == b"  "


def test_the_character_set_stays_if_it_is_one():
    value = b"\\ISO 2022 IR 87"
    assert cleaned(CleanText(), value, tag=0x00080005, vr="CS") is value
    assert cleaned(CleanText(), b"ASHWORTH", tag=0x00080005, vr="CS") is None

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.text_score import Document, Entity, covered, leaks, masked_by, score, score_outputs


def document(text, *entities):
    spans = [(text.index(part), part, kind) for part, kind in entities]
    marks = tuple(Entity(start=at, end=at + len(part), kind=kind) for at, part, kind in spans)
    return Document(text=text, entities=marks)


SMITH = document("Seen by Dr Smith on 4 May 2019, normal.", ("Smith", "NAME"), ("4 May 2019", "DATE"))


def recall(doc, *parts):
    return score([doc], lambda text: [(text.index(part), text.index(part) + len(part)) for part in parts]).recall


def test_an_entity_that_is_masked_whole_does_not_leak():
    assert recall(SMITH, "Smith", "4 May 2019") == 1


def test_an_entity_of_which_two_characters_are_left_leaks():
    assert recall(SMITH, "ith", "4 May 2019") == 0.5
    assert recall(SMITH, "Smith", "4 May") == 0.5


def test_a_single_character_that_is_left_does_not_leak():
    assert recall(SMITH, "mith", "May 2019") == 1


def test_an_entity_of_single_characters_leaks_by_any_of_them():
    spaced = document("S M I T H : clear", ("S M I T H", "NAME"))
    assert recall(spaced, "S M I T H") == 1
    assert recall(spaced, "M I T H") == 0


def test_little_words_within_an_entity_do_not_count():
    spoken = document("on ninth of May", ("ninth of May", "DATE"))
    assert recall(spoken, "ninth", "May") == 1


def test_hospitals_have_their_own_recall_and_make_no_report_one_with_a_leak():
    doc = document("from Barts by Lee", ("Barts", "HOSPITAL"), ("Lee", "NAME"))
    result = score([doc], lambda text: [(text.index("Lee"), len(text))])
    assert result.recall == 1
    assert result.recall_by_kind == {"HOSPITAL": 0.0, "NAME": 1.0}
    assert result.share_of_reports_with_a_leak == 0


def test_words_outside_entities_that_are_masked_are_counted():
    result = score([SMITH], lambda text: [(0, text.index("on"))])
    assert result.words == 5
    assert result.masked_words == 3
    assert result.share_of_reports_with_a_leak == 1


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Seen by Dr [NAME] on [DATE], normal.", 1.0),
        ("Seen by Dr <PERSON> on <DATE_TIME>, normal.", 1.0),
        ("Seen by Dr ***** on **********, normal.", 1.0),
        ("Seen by Dr Okafor on 9 June 2018, normal.", 1.0),
        ("Seen by Dr Smith on [DATE], normal.", 0.5),
        ("Seen by Dr Sm[NAME] on [DATE], normal.", 0.5),
        ("Seen by Dr Smith on 4 May 2019, normal.", 0.0),
        ("", 1.0),
    ],
)
def test_what_an_output_still_says_is_found_without_spans(output, expected):
    assert score_outputs([SMITH], lambda _: output).recall == expected


def test_a_word_that_stands_elsewhere_too_does_not_count_as_left():
    twice = document("Long stricture. Reported by Long", ("by Long", "NAME"))
    entity = Entity(start=28, end=32, kind="NAME")
    doc = Document(text=twice.text, entities=(entity,))
    assert score_outputs([doc], lambda text: text[:28] + "[NAME]").recall == 1


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_an_output_that_is_the_text_has_nothing_masked(text):
    assert masked_by(text, text) == []


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_mask_has_the_texts_length_and_nothing_leaks_from_what_is_all_masked(text, spans):
    assert len(covered(text, spans)) == len(text)
    assert not leaks(text, 0, len(text), covered(text, [(0, len(text))]))

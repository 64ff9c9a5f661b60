import datetime as dt
import random
import re
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixl.testing.identities import invent_patients
from pixl.testing.report_corpus import (
    clinical_prose,
    eponym_prose,
    general,
    generate,
    identity_of,
    invent_clinician,
    invent_examination,
    invent_identity,
    mark,
    naming,
    parse,
    parts_for,
    report_for,
)
from pixl.testing.report_corpus import findings as regions
from pixl.testing.report_corpus.dates import ordinal_word
from pixl.testing.report_corpus.eponyms import SENTENCES
from pixl.testing.report_corpus.model import KINDS
from pixl.testing.report_corpus.people import MODALITIES
from pixl.testing.report_corpus.writing import STYLES

REPORTS = list(generate(7, 150))


def marked(report, kind):
    return [report.text[each.start : each.end] for each in report.entities if each.kind == kind]


def test_the_same_seed_gives_the_same_reports():
    assert list(generate(7, 20)) == REPORTS[:20]
    assert next(generate(8, 1)) != REPORTS[0]


def test_all_reports_differ():
    assert len({report.text for report in REPORTS}) == len(REPORTS)


def test_entities_are_sorted_inside_the_text_and_do_not_overlap():
    for report in REPORTS:
        ends = [0, *(each.end for each in report.entities)]
        assert all(each.start >= end for each, end in zip(report.entities, ends, strict=False))
        assert all(each.start < each.end <= len(report.text) and each.kind in KINDS for each in report.entities)


def test_no_slot_and_no_mark_is_left_in_a_report():
    assert [report.text for report in REPORTS if re.search(r"<[a-z_]+>|\{\{|\}\}", report.text)] == []


def test_every_kind_style_and_modality_occurs():
    assert {each.kind for report in generate(1, 600) for each in report.entities} == KINDS
    assert {report.style for report in generate(1, 200)} == set(STYLES)
    assert {report.modality for report in generate(1, 200)} == set(MODALITIES)


def test_the_vocabulary_is_several_hundred_sentences():
    findings = {phrase for each in regions.REGIONS.values() for phrases in each.values() for phrase in phrases}
    assert len(findings) > 400
    assert len(SENTENCES) > 200
    assert len(naming.HEADERS + naming.SIGNATURES + naming.FOOTERS + naming.HISTORIES + naming.IN_THE_FINDINGS) > 120


def test_no_sentence_is_written_twice():
    for sentences in (SENTENCES, general.HISTORIES, general.LOOKS_LIKE_AN_IDENTIFIER, naming.HISTORIES):
        assert len(set(sentences) - {"<history>"}) == len([each for each in sentences if each != "<history>"])


def test_nhs_numbers_are_of_the_test_range_and_have_their_check_digit():
    numbers = [re.sub(r"\s", "", text) for report in generate(3, 200) for text in marked(report, "NHS")]
    assert numbers
    for number in numbers:
        weighted = sum(int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False))
        assert number.startswith("999")
        assert (11 - weighted % 11) % 11 == int(number[9])


def test_what_is_known_of_a_patient_is_what_the_report_says_of_them():
    chance = random.Random(1)
    identity, examination = invent_identity(chance), invent_examination(chance, modality="CT")
    known = report_for(identity, examination, 5).identifiers
    assert known.names == (identity.person_name,)
    assert {identity.mrn, identity.nhs_number, examination.accession_number} <= set(known.numbers)
    assert known.dates == (identity.birth_date, examination.date)
    assert examination.radiologist.name in known.clinicians


@pytest.mark.parametrize("style", STYLES)
def test_a_report_is_written_for_a_given_patient_and_study(style):
    [patient] = invent_patients(1, seed=4)
    chance = random.Random(2)
    radiologist = invent_clinician(chance)
    examination = invent_examination(
        chance, accession_number="RKX1Y2", date=dt.date(2021, 3, 4), modality="MR", radiologist=radiologist
    )
    reports = [report_for(identity_of(patient), examination, seed, style=style) for seed in range(12)]
    assert all(report.modality == "MR" and report.style == style for report in reports)
    numbers = {text.upper() for report in reports for text in marked(report, "MRN")}
    assert numbers <= {patient.mrn.upper()}
    assert reports[0] == report_for(identity_of(patient), examination, 0, style=style)


def test_the_parts_of_emaps_are_there_in_their_order_and_without_empty_ones():
    [patient] = invent_patients(1, seed=4)
    chance = random.Random(2)
    examinations = islice(iter(lambda: invent_examination(chance), None), 20)
    all_parts = [parts_for(identity_of(patient), each, seed) for seed, each in enumerate(examinations)]
    assert {tuple(parts) for parts in all_parts} == {
        ("ADDENDA", "NARRATIVE", "IMPRESSION"),
        ("NARRATIVE", "IMPRESSION"),
    }
    assert all(part.text.strip() for parts in all_parts for part in parts.values())


def test_prose_has_no_slot_and_no_mark():
    texts = [*clinical_prose(1, 60), *eponym_prose(1, 60)]
    assert len(set(texts)) == 120
    assert not [text for text in texts if re.search(r"<[a-z_]+>|\{\{", text)]


def test_a_mark_that_does_not_end_or_has_no_such_kind_is_an_error():
    for text in ("seen by {{NAME:Smith", "on {{DAY:Monday}}", "NAME:Smith}}"):
        with pytest.raises(ValueError, match=r"mark|kind"):
            parse(text)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.text("aé \n:<[", min_size=1), st.text("xy ,")), max_size=6)
)
@settings(max_examples=60, deadline=None)
def test_marking_and_parsing_are_inverse(parts):
    text, entities = parse("".join(mark(kind, entity) + after for kind, entity, after in parts))
    assert text == "".join(entity + after for _, entity, after in parts)
    assert [(each.kind, text[each.start : each.end]) for each in entities] == [(kind, name) for kind, name, _ in parts]


def test_days_are_written_in_words():
    assert [ordinal_word(day) for day in (1, 12, 20, 21, 30, 31)] == [
        "first",
        "twelfth",
        "twentieth",
        "twenty-first",
        "thirtieth",
        "thirty-first",
    ]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.domain.report import ReportKey
from pixl.reports.composing import UNWRITTEN, clean, compose

KEY = ReportKey(mrn="1", accession_number="A")


def row(text, part="NARRATIVE", **more):
    return {"mrn": "1", "accession_number": "A", "part": part, "text": text, **more}


def found(*rows):
    return compose(rows, [KEY]).get(KEY)


def test_no_rows_are_no_report():
    assert found() is None


def test_a_report_of_null_and_blank_parts_has_no_text():
    assert found(row(None), row(" \n")).text == ""


def test_the_same_part_twice_is_read_once():
    assert found(row("same", nhs_number="1"), row("same", nhs_number="2")).text == "NARRATIVE:\nsame"


def test_numbers_and_padded_keys_of_a_database_are_the_same_key():
    assert found({"mrn": " 1 ", "accession_number": "A", "part": None, "text": "x"}).text == "x"


def test_what_is_known_is_collected_from_all_rows_once():
    told = found(row("a", patient_name="Ann"), row("b", patient_name="Ann"), row("c", patient_name=["Bob", None, " "]))
    assert told.names == ("Ann", "Bob")


def test_a_report_shows_nothing_of_itself():
    assert "Ann" not in repr(found(row("secret", patient_name="Ann")))
    assert "1" not in repr(KEY)


@pytest.mark.parametrize("hidden", ["\0", "\x07", "\u200b", "\u202e", "\ufeff", "\ud800", "\x85"])
def test_what_a_reader_cannot_see_does_not_split_a_name(hidden):
    assert clean(f"Quar{hidden}shie") == "Quar shie"


@given(st.text(st.characters(), max_size=200))
def test_any_text_can_be_written_and_sent_afterwards(text):
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert not UNWRITTEN.search(cleaned)
    assert "\r" not in cleaned


@given(
    st.lists(st.tuples(st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 5]), st.text(max_size=5)), max_size=8)
)
def test_each_row_is_read_or_counted(rows):
    told = found(*(row(text, report=report, version=version) for report, version, text in rows))
    assert (told is None) == (not rows)
    if told:
        versions = {(report, version) for report, version, _ in rows}
        assert told.superseded == len(versions) - len({report for report, _ in versions})

"""Words, hidden text, columns, the peer's CSV, files of known values."""

import datetime as dt
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.checks.columns import column_of
from pixl.checks.hidden_text import document_text, strings_in
from pixl.checks.known import Matcher, Token
from pixl.checks.known_file import read_known
from pixl.checks.peer_report import COLUMNS, row_of
from pixl.checks.words import fold, is_common, is_term, spellings
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding, Part


@pytest.mark.parametrize(
    ("text", "folded"),
    [("MÜLLER", "muller"), ("Øre", "ore"), ("Straße", "strasse"), ("Łódź", "lodz"), ("山田", "山田")],
)
def test_diacritics_do_not_count(text, folded):
    assert fold(text) == folded


def test_a_name_with_umlauts_is_also_known_as_it_is_written_without():
    assert spellings("Müller") == {"muller", "mueller"}


@pytest.mark.parametrize("word", ["long", "head", "anonymous", "contrast", "may"])
def test_words_of_the_standard_and_of_every_day_are_common(word):
    assert is_common(word)


@pytest.mark.parametrize("word", ["smith", "patel", "ashbury", "nguyen", "blackwood"])
def test_surnames_are_not(word):
    assert not is_common(word)


def test_terms_that_are_put_together_are_known():
    assert is_term("headneck")
    assert not is_term("ashbury")


def test_strings_are_read_in_every_width_and_order():
    for encoding in ("latin-1", "utf-8", "utf-16-le", "utf-16-be"):
        assert "Ashbury" in strings_in(b"\0\1\2" + "Ashbury".encode(encoding) + b"\0\3")


@given(st.binary(max_size=400))
def test_any_bytes_can_be_searched_for_strings_and_documents(value):
    assert isinstance(strings_in(value), str)
    assert isinstance(document_text(b"%PDF-1.4 stream\n" + value + b"endstream (" + value + b") <" + value + b">"), str)


def test_the_words_of_a_page_are_put_together():
    page = zlib.compress(b"[(Ash) -20 (b\\165ry)] TJ <4c61726b> Tj")
    text = document_text(b"%PDF-1.4\nstream\n" + page + b"\nendstream")
    assert "AshburyLark" in text


@pytest.mark.parametrize(
    ("where", "column"),
    [
        ("(0008,1030)", "StudyDescription"),
        ("(0040,A730)[2].(0040,A160)", "TextValue"),
        ("(0099,1010)", "(0099,1010)"),
        ("file name", "file name"),
        ("pixels", "PixelData"),
    ],
)
def test_a_place_has_the_peer_s_column(where, column):
    assert column_of(where) == column


def test_a_finding_is_a_row_of_the_peer_s_report():
    parts = (Part(word="Ashbury", kind="name", offset=4), Part(word="Leeds", kind="Location", offset=15))
    finding = Finding(
        checker="rules", kind="name", reason="a", where="(0008,1030)", value="for Ashbury of Leeds", parts=parts
    )
    row = dict(zip(COLUMNS, row_of(finding, resource="a.dcm", key="2.25.1"), strict=True))
    assert row == {
        "Resource": "a.dcm",
        "ResourcePrimaryKey": "2.25.1",
        "ProblemField": "StudyDescription",
        "ProblemValue": "for Ashbury of Leeds",
        "PartWords": "Ashbury###Leeds",
        "PartClassifications": "Person###Location",
        "PartOffsets": "4###15",
    }


def test_a_file_of_known_values_is_read(tmp_path):
    path = tmp_path / "known.csv"
    path.write_text("kind,value\nname,Ashbury^J\ndate,1950-03-07\nuid,1.2.3\nnumber,RX1\n", "utf-8")
    known = read_known(path)
    assert known.identifiers.names == ("Ashbury^J",)
    assert known.identifiers.dates == (dt.date(1950, 3, 7),)
    assert known.original_uids == {"1.2.3"}
    assert "Ashbury" not in repr(known)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("value\nAshbury", "columns kind and value"),
        ("kind,value\nfirst name,Ashbury", "line 2: kind must be one of"),
        ("kind,value\ndate,7 March", "line 2: a date"),
    ],
)
def test_a_mistake_in_it_is_told_without_a_value(tmp_path, text, message):
    path = tmp_path / "known.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=message) as told:
        read_known(path)
    assert "Ashbury" not in str(told.value)
    assert "March" not in str(told.value)


@pytest.mark.parametrize("count", [1, 20, 21, 43, 64, 300])
def test_however_many_identifiers_there_are_each_is_found_in_bytes(count):
    texts = [f"{number * 7919:07d}surname" for number in range(count)]
    matcher = Matcher(Token(kind="name", patterns=(text,), squeezed=frozenset({text})) for text in texts)
    noise = bytes(range(256)) * 40
    for text in texts:
        for encoding in ("ascii", "utf-16-le", "utf-16-be"):
            token = matcher.in_binary(noise + text.upper().encode(encoding) + noise)
            assert token is not None
            assert token.squeezed == {text}
    assert matcher.in_binary(noise) is None

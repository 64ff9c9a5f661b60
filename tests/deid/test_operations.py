"""Each operation on its own."""

import datetime as dt
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.deid.operations import (
    OPERATIONS,
    AgeBand,
    Answers,
    Hash,
    Later,
    Replace,
    ShiftDate,
    Target,
    Year,
    operation_of,
)
from pixl.domain.errors import ConfigurationError


class Instance:
    big_endian = False

    def text(self, value):
        return value.strip(b"\0 ").decode("latin-1")

    def ask(self, value, kind, length=64):
        return 0

    def ask_days(self):
        pass


def applied(operation, value, vr="DA", days=-10, tag=0x00080020):
    result = operation.apply(value, Target(tag, vr), Instance())
    if isinstance(result, Later):
        return result.make(Answers(pseudonyms=["p" * 64], days=days, patient="P1"))
    return result


@given(st.dates(min_value=dt.date(1900, 1, 1)), st.integers(-3650, -1))
def test_dates_move_by_whole_days_and_keep_their_order(day, days):
    text = day.strftime("%Y%m%d").rjust(8, "0").encode()
    expected = day + dt.timedelta(days=days)
    assert applied(ShiftDate(), text, days=days) == b"%04d%02d%02d" % (expected.year, expected.month, expected.day)


@pytest.mark.parametrize(
    ("value", "vr", "expected"),
    [
        (b"20200131", "DA", b"20200121"),
        (b"2020.01.31", "DA", b"20200121"),
        (b"20200131\\20200301", "DA", b"20200121\\20200220"),
        (b"20200131120000.123456+0100", "DT", b"20200121120000.123456+0100"),
        (b"20200131 ", "DT", b"20200121"),
        (b"202001311", "DT", None),
        (b"2020", "DT", None),
        (b"20200230", "DA", None),
        (b"00010101", "DA", None),
        (b"20200131-20200228", "DA", None),
        (b"Smith", "DA", None),
        (b"20200131\\Smith", "DA", None),
        (b"", "DA", b""),
        (b"120000.5", "TM", b"120000.5"),
        (b"12:30:00", "TM", b"12:30:00"),
        (b"Smith", "TM", None),
        (b"", "TM", b""),
    ],
)
def test_what_is_no_date_or_time_is_removed_not_passed(value, vr, expected):
    assert applied(ShiftDate(), value, vr) == expected


@given(st.binary(max_size=30))
def test_nothing_but_dates_comes_out_of_a_shift(value):
    result = applied(ShiftDate(), value, "DT")
    assert result is None or set(result) <= set(b"0123456789.+-\\ \0")


@pytest.mark.parametrize(
    ("value", "vr", "expected"),
    [
        (b"20200131", "DA", b"20200101"),
        (b"20200131120000", "DT", b"2020"),
        (b"120000", "TM", None),
        (b"Smith", "DA", None),
        (b"", "DA", b""),
    ],
)
def test_only_the_year_of_a_date_stays(value, vr, expected):
    assert applied(Year(), value, vr) == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (b"042Y", b"042Y"),
        (b"089Y", b"089Y"),
        (b"090Y", b"090Y"),
        (b"103Y", b"090Y"),
        (b"012D", b"012D"),
        (b"old", None),
    ],
)
def test_everyone_over_89_is_090y(age, expected):
    assert applied(AgeBand(), age, "AS") == expected


def test_each_of_several_values_is_hashed_and_an_empty_one_stays_empty():
    assert applied(Hash(8), b"A\\\\B", "LO") == b"p" * 64 + b"\\\\" + b"p" * 64
    assert applied(Hash(8), b"  ", "LO") == b""


@pytest.mark.parametrize(
    ("vr", "expected"),
    [
        ("LO", b"ANONYMIZED"),
        ("DA", b"19000101"),
        ("TM", b"000000"),
        ("DS", b"0"),
        ("AS", b"000Y"),
        ("US", b"\0\0"),
        ("FD", bytes(8)),
        ("UI", b"2.25.0"),
        ("OB", None),
    ],
)
def test_a_replacement_without_a_value_says_nothing(vr, expected):
    assert applied(Replace(), b"Smith", vr) == expected


def test_a_replacement_is_written_as_its_representation_wants():
    assert applied(Replace("7"), b"", "US") == struct.pack("<H", 7)
    assert applied(Replace("{patient}"), b"Smith", "PN") == b"P1"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_is_called(name):
    operation = operation_of(name)
    assert operation.name == name
    assert str(operation).startswith(name)


def test_an_unknown_operation_is_named_with_what_was_probably_meant():
    with pytest.raises(ConfigurationError, match=r"'kep'.*did you mean 'keep'"):
        operation_of("kep")
    with pytest.raises(ConfigurationError, match="takes no length"):
        operation_of("keep", length=4)

from __future__ import annotations

import re
from hashlib import blake2b
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.domain.date_shift import DateShift
from pixl.domain.errors import ConfigurationError
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing import KeyedPseudonymiser
from pixl.hashing.queries import is_pseudonym

SECRET = b"0123456789abcdef" * 4
PURE = KeyedPseudonymiser(SECRET)


def one(value: str, kind: PseudonymKind = PseudonymKind.HASH, length: int = 64) -> str:
    return PURE.pseudonyms([PseudonymQuery(value=value, kind=kind, length=length)])[0]


def test_the_pseudonyms_of_this_version_never_change() -> None:
    """What has been exported must link to what will be. A change here breaks every running project."""
    assert one("MRN 0001") == "b506f177ea279f93009925e52208545f6a46c8a8e4e878c7a67910a2618bdf1c"
    assert one("MRN 0001", length=8) == "bc45b4de"
    assert one("1.2.840.1", PseudonymKind.UID) == "2.25.312835437199658540415894472952932112076"
    assert DateShift(first=-3650, last=-1).days(one("MRN 0001", PseudonymKind.SHIFT)) == -247
    assert one("MRN 0001", PseudonymKind.SHIFT) == "3846703310884055146"


def test_a_short_hash_is_not_the_beginning_of_a_longer_one() -> None:
    hashes = [one("MRN 0001", length=length) for length in range(2, 65)]
    assert [len(text) for text in hashes] == list(range(2, 65))
    long = [text for text in hashes if len(text) >= 12]
    assert all(b[:8] != a[:8] and b[-8:] != a[-8:] for a, b in combinations(long, 2))


def test_no_kind_says_anything_about_another_one() -> None:
    uid = int(one("MRN 0001", PseudonymKind.UID).removeprefix("2.25."))
    assert f"{uid:032x}" not in {one("MRN 0001", length=32), one("MRN 0001")[:32]}
    assert int(one("MRN 0001", PseudonymKind.SHIFT)) != int(one("MRN 0001", length=16), 16)


def test_nothing_is_an_unkeyed_hash() -> None:
    plain = {blake2b(b"MRN 0001", digest_size=32).hexdigest(), blake2b(b"MRN 0001", key=SECRET).hexdigest()[:64]}
    assert one("MRN 0001") not in plain


@given(st.text("0123456789.", min_size=1, max_size=64))
def test_a_uid_is_valid_and_short_enough(value: str) -> None:
    uid = one(value, PseudonymKind.UID)
    assert re.fullmatch(r"2\.25\.(0|[1-9]\d*)", uid)
    assert len(uid) <= 64
    assert int(uid.removeprefix("2.25.")) < 2**128


def test_no_eight_digits_of_a_uid_can_be_taken_for_a_date() -> None:
    """A date that is found in an output is a leak; chance must not look like one, and one draw in forty would."""
    days = re.compile(r"(?=(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))")
    uids = {one(f"1.2.840.{i}", PseudonymKind.UID) for i in range(5_000)}
    assert len(uids) == 5_000
    assert not [uid for uid in uids if days.search(uid)]


def test_days_fill_their_range_and_stay_in_it() -> None:
    shift = DateShift(first=-3650, last=-1)
    days = [shift.days(one(f"MRN {i}", PseudonymKind.SHIFT)) for i in range(20_000)]
    assert min(days) == -3650
    assert max(days) == -1
    assert -1900 < sum(days) / len(days) < -1750


@pytest.mark.parametrize("secret", [b"", b"x" * 31, b"changeme"])
def test_a_short_secret_is_refused_and_not_repeated(secret: bytes) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand -hex 32") as caught:
        KeyedPseudonymiser(secret)
    assert not secret or secret.decode() not in str(caught.value)


def test_a_secret_longer_than_a_blake2b_key_counts_whole() -> None:
    query = [PseudonymQuery(value="MRN 0001")]
    assert KeyedPseudonymiser(SECRET + b"1").pseudonyms(query) != KeyedPseudonymiser(SECRET + b"2").pseudonyms(query)


def test_what_is_asked_does_not_show_in_a_repr() -> None:
    assert "MRN 0001" not in repr(PseudonymQuery(value="MRN 0001"))
    assert SECRET.decode() not in repr(PURE)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (PseudonymKind.HASH, "Internal Server Error"),
        (PseudonymKind.HASH, "A" * 64),
        (PseudonymKind.HASH, "a" * 63),
        (PseudonymKind.HASH, "a" * 63 + "\n"),
        (PseudonymKind.HASH, 64),
        (PseudonymKind.HASH, None),
        (PseudonymKind.UID, "2.25.01"),
        (PseudonymKind.UID, "2.25."),
        (PseudonymKind.UID, f"2.25.{2**128}"),
        (PseudonymKind.UID, "1.2.840.10008.1.1"),
        (PseudonymKind.UID, "2.25.1\n"),
        (PseudonymKind.UID, "2.25.٣"),
        (PseudonymKind.SHIFT, "-12"),
        (PseudonymKind.SHIFT, "012"),
        (PseudonymKind.SHIFT, str(2**64)),
        (PseudonymKind.SHIFT, 12),
        (PseudonymKind.SHIFT, "1.5"),
        (PseudonymKind.SHIFT, "٣"),
    ],
)
def test_what_has_not_the_form_is_no_pseudonym(kind: PseudonymKind, text: object) -> None:
    assert not is_pseudonym(text, PseudonymQuery(value="MRN 0001", kind=kind))

"""What every pseudonymiser must do: the pure one, the client of the real service, and the one with a memory."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixl.domain.errors import InstanceFailed
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing import KeyedPseudonymiser
from pixl.hashing.queries import BLANK, CHARACTERS_LIMIT, QUERIES_LIMIT, VALUE_LIMIT, is_pseudonym

pytestmark = pytest.mark.servers

LUNGS, HEARTS = "mapping-lungs", "mapping-hearts"
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(
    lambda text: text.strip(BLANK)
)
QUERIES = st.builds(PseudonymQuery, value=VALUES, kind=st.sampled_from(PseudonymKind), length=st.integers(2, 64))
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(queries=st.lists(QUERIES, max_size=12))
def test_each_query_has_an_answer_of_its_form_in_its_place(give: Any, queries: list[PseudonymQuery]) -> None:
    answers = give(LUNGS).pseudonyms(queries)
    assert len(answers) == len(queries)
    assert all(map(is_pseudonym, answers, queries))
    assert answers == [give(LUNGS).pseudonyms([query])[0] for query in queries]


@FEW
@given(queries=st.lists(QUERIES, min_size=1, max_size=5))
def test_all_ways_give_what_the_pure_function_gives(give: Any, service: Any, queries: list[PseudonymQuery]) -> None:
    pure = KeyedPseudonymiser(service.store.get(f"project-{LUNGS}"))
    assert give(LUNGS).pseudonyms(queries) == pure.pseudonyms(queries)


@FEW
@given(value=VALUES, kind=st.sampled_from([PseudonymKind.HASH, PseudonymKind.UID]))
def test_two_projects_never_share_a_pseudonym(give: Any, value: str, kind: PseudonymKind) -> None:
    query = PseudonymQuery(value=value, kind=kind)
    assert give(LUNGS).pseudonyms([query]) != give(HEARTS).pseudonyms([query])


@pytest.mark.parametrize("value", ["", " ", "\t\n", "\0", " \0 "])
@pytest.mark.parametrize("kind", PseudonymKind)
def test_an_empty_value_has_no_pseudonym(give: Any, value: str, kind: PseudonymKind) -> None:
    with pytest.raises(InstanceFailed, match="empty identifier"):
        give(LUNGS).pseudonyms([PseudonymQuery(value="MRN1"), PseudonymQuery(value=value, kind=kind)])


def test_a_value_that_is_no_text_is_refused_and_not_repeated(give: Any) -> None:
    with pytest.raises(InstanceFailed, match="no text") as caught:
        give(LUNGS).pseudonyms([PseudonymQuery(value="Jo\udce4n")])
    assert "Jo" not in str(caught.value)


@pytest.mark.parametrize("length", [-1, 0, 1, 65, 1000])
def test_a_length_out_of_range_is_a_bug_and_is_seen(give: Any, length: int) -> None:
    with pytest.raises(ValueError, match="2 to 64"):
        give(LUNGS).pseudonyms([PseudonymQuery(value="MRN1", length=length)])


def test_the_longest_value_is_taken_and_a_longer_one_refused(give: Any) -> None:
    give(LUNGS).pseudonyms([PseudonymQuery(value="\1" * VALUE_LIMIT)])
    with pytest.raises(InstanceFailed, match=str(VALUE_LIMIT)):
        give(LUNGS).pseudonyms([PseudonymQuery(value="x" * (VALUE_LIMIT + 1))])


def test_more_queries_than_one_request_takes_are_answered_in_their_order(give: Any, service: Any) -> None:
    queries = [PseudonymQuery(value=f"1.2.{i}", kind=PseudonymKind.UID) for i in range(2 * QUERIES_LIMIT + 1)]
    pure = KeyedPseudonymiser(service.store.get(f"project-{LUNGS}"))
    assert give(LUNGS).pseudonyms(queries) == pure.pseudonyms(queries)


def test_more_characters_than_one_request_takes_are_answered(give: Any) -> None:
    value = "\1" * VALUE_LIMIT  # a control character is six bytes in JSON
    queries = [PseudonymQuery(value=f"{i}{value[:-2]}") for i in range(2 * CHARACTERS_LIMIT // VALUE_LIMIT)]
    assert len(set(give(LUNGS).pseudonyms(queries))) == len(queries)


def test_no_queries_have_no_answers(give: Any) -> None:
    assert give(LUNGS).pseudonyms([]) == []

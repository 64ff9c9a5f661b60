"""Who is the same person, whichever way they come: two people are needed to release, and one is never both."""

from __future__ import annotations

import argon2
import psycopg
import pytest

from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Decision
from pixl.domain.person import Role
from pixl.domain.state import State
from pixl.ledger.decisions import ReviewRefused, Said, Selection
from pixl.ledger.people import LoginRefused, LoginsThrottled, Vouched
from pixl.testing.review_queue import hold

pytestmark = pytest.mark.servers
PASSWORD = "five invented words, no more"
ISSUER = "https://login.hospital.example"


@pytest.fixture
def people(ledger):
    ledger.people._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    for name in ("ann", "bob"):
        ledger.people.add(name, Role.RELEASER, PASSWORD, by="test")
    for subject in ("ann-of-the-hospital", "bob-of-the-hospital"):
        ledger.people.log_in_vouched(Vouched(issuer=ISSUER, subject=subject, role=Role.RELEASER))
    return ledger.people


@pytest.fixture
def study(ledger):
    [number] = hold(ledger, 1, lambda _: [], gate="two-person")
    return number


def say(ledger, study, by):
    said = Said(decision=Decision.PASS, reason="I looked", by=by)
    return ledger.reviews.decide(Selection(studies=(study,)), said)


def state(ledger, study):
    return ledger.reviews.study(study)[0].state


@pytest.mark.parametrize("second", ["ann", "Ann", "ANN", " ann"])
def test_one_name_in_several_spellings_is_one_person(ledger, people, study, second):
    say(ledger, study, "ann")
    with pytest.raises(ReviewRefused, match="another person"):
        say(ledger, study, second)


def test_two_accounts_of_one_kind_are_two_people(ledger, people, study):
    say(ledger, study, "oidc:ann-of-the-hospital")
    say(ledger, study, "oidc:bob-of-the-hospital")
    assert state(ledger, study) is State.RELEASED


@pytest.mark.parametrize(
    ("first", "second"), [("ann", "oidc:ann-of-the-hospital"), ("oidc:bob-of-the-hospital", "ann")]
)
def test_an_account_of_ours_and_one_of_the_hospitals_are_not_two_people_before_somebody_says_so(
    ledger, people, study, first, second
):
    say(ledger, study, first)
    with pytest.raises(ReviewRefused, match="nobody can say whether that was you"):
        say(ledger, study, second)
    assert state(ledger, study) is State.HELD


def test_linked_accounts_are_one_person_and_every_other_is_another_one(ledger, people, study):
    people.link("oidc:ann-of-the-hospital", "ann", by="test")
    say(ledger, study, "ann")
    with pytest.raises(ReviewRefused, match="another person has to pass it"):
        say(ledger, study, "oidc:ann-of-the-hospital")
    say(ledger, study, "oidc:bob-of-the-hospital")
    assert state(ledger, study) is State.RELEASED


def test_who_is_linked_and_an_account_of_ours_are_two_people(ledger, people, study):
    people.link("ann-of-the-hospital", "ann", by="test")
    say(ledger, study, "oidc:ann-of-the-hospital")
    say(ledger, study, "bob")
    assert state(ledger, study) is State.RELEASED


@pytest.mark.parametrize(
    ("subject", "name"),
    [("nobody", "ann"), ("ann-of-the-hospital", "nobody"), ("bob-of-the-hospital", "ann"), ("bob", "oidc:x")],
)
def test_what_cannot_be_linked_is_refused(people, subject, name):
    people.link("ann-of-the-hospital", "ann", by="test")
    with pytest.raises(ConfigurationError, match="cannot be linked"):
        people.link(subject, name, by="test")


def test_whom_an_admin_removed_the_provider_cannot_send_again(people):
    people.remove("oidc:ann-of-the-hospital", by="test")
    with pytest.raises(LoginRefused, match="removed"):
        people.log_in_vouched(Vouched(issuer=ISSUER, subject="ann-of-the-hospital", role=Role.ADMIN))


def test_another_provider_cannot_send_somebody_of_the_same_name(people):
    with pytest.raises(LoginRefused, match="another provider"):
        people.log_in_vouched(Vouched(issuer="https://evil.example", subject="ann-of-the-hospital", role=Role.ADMIN))


@pytest.mark.parametrize("subject", ["", "a b", "ä", "a\n", "x" * 256])
def test_a_subject_that_is_none_is_refused(people, subject):
    with pytest.raises(LoginRefused):
        people.log_in_vouched(Vouched(issuer=ISSUER, subject=subject, role=Role.ADMIN))


def test_the_provider_says_the_role_at_each_login_and_nobody_here(people):
    people.log_in_vouched(Vouched(issuer=ISSUER, subject="ann-of-the-hospital", role=Role.READER))
    [ann] = [one for one in people.all() if one.person.name == "oidc:ann-of-the-hospital"]
    assert ann.person.role is Role.READER
    for change in (
        lambda name: people.set_role(name, Role.ADMIN, by="test"),
        lambda name: people.set_password(name, PASSWORD, by="test"),
    ):
        with pytest.raises(ConfigurationError, match="the hospital's own login"):
            change("oidc:ann-of-the-hospital")


def test_nobody_logs_in_with_a_password_as_whom_the_provider_sends(people):
    for password in ("", PASSWORD):
        with pytest.raises(LoginRefused):
            people.log_in("oidc:ann-of-the-hospital", password, address="here")


def test_tokens_are_hashed_at_rest_end_and_are_throttled(people, database, postgres):
    token = people.add_token("ann")
    assert people.prove_by_token(token, address="cli:x", at="review pass").name == "ann"
    with psycopg.connect(database, password=postgres.password) as connection:
        rows = connection.execute("SELECT * FROM personal_token").fetchall()
        assert token not in str(rows)
        assert token.encode() not in b"".join(bytes(row[0]) for row in rows)
        connection.execute("UPDATE personal_token SET until = now()")
    assert people.tokens("ann") == []
    for _ in range(5):
        with pytest.raises(LoginRefused, match="time is over"):
            people.prove_by_token(token, address="cli:x", at="review pass")
    with pytest.raises(LoginsThrottled):
        people.prove_by_token(token, address="cli:x", at="review pass")


def test_a_token_is_ended_by_its_person_only_and_goes_with_them(people):
    token = people.add_token("ann")
    [known] = people.tokens("ann")
    people.end_token("bob", known.id)
    assert people.prove_by_token(token, address="cli:x", at="review pass").name == "ann"
    people.end_token("ann", known.id)
    other = people.add_token("ann")
    people.remove("ann", by="test")
    for gone in (token, other):
        with pytest.raises(LoginRefused):
            people.prove_by_token(gone, address="cli:y", at="review pass")

"""Logging in by the hospital's own login, and everything that can go wrong on the way."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from console.access import SESSION_COOKIE
from console.hospital_login import COOKIE
from pixl.domain.person import Role
from pixl.domain.vouching import OpenId
from pixl.oidc import OpenIdProvider
from pixl.testing.openid import CLIENT_ID, CLIENT_SECRET, OpenIdStandIn

from .conftest import Hand

pytestmark = pytest.mark.servers
ROLES = ((Role.READER, "staff"), (Role.RELEASER, "pixl-releasers"))
NAME = "oidc:f3a9-ann"


@pytest.fixture
def stand_in(tmp_path):
    with OpenIdStandIn(tmp_path) as started:
        yield started


@pytest.fixture
def provider(stand_in):
    options = OpenId(issuer=stand_in.issuer, client_id=CLIENT_ID, roles=ROLES, ca=stand_in.ca)
    return OpenIdProvider(options, secret=lambda: CLIENT_SECRET, redirect_uri="http://console/login/oidc/back")


@pytest.fixture
def browser(open_console, people, provider):
    return Hand(open_console(hospital=provider))


def go(browser, stand_in, then="/"):
    """Begin a login; return what the browser brings back when the person has said yes."""
    url = browser.get(f"/login/oidc?then={then}").headers["location"]
    return stand_in.code_for(url)


def come_back(browser, brought):
    return browser.client.get("/login/oidc/back", params=brought)


def refused(answer, code=403):
    """Return what the page says to somebody who is not let in, and who can still log in with a password."""
    assert answer.status_code == code
    assert SESSION_COOKIE not in answer.cookies
    assert 'name="password"' in answer.text
    return re.search(r'class="problem" role="alert">([^<]+)', answer.text)[1]


def test_who_is_vouched_for_has_a_session_a_role_and_a_name_of_their_own(browser, stand_in, people):
    answer = come_back(browser, go(browser, stand_in, then="/studies"))
    assert answer.status_code == 200
    assert 'content="0; url=/studies"' in answer.text
    assert "releaser" in browser.get("/account").text
    entry = people.trail()[0].event
    assert (entry.who, entry.what, entry.details) == (NAME, "login", {"way": "oidc", "role": "releaser"})


def test_the_login_page_offers_it_where_it_is_set_up_only(browser, stranger):
    assert "/login/oidc" in browser.get("/login").text
    assert "/login/oidc" not in stranger.get("/login").text
    assert stranger.get("/login/oidc").status_code == 404


def test_what_the_browser_keeps_on_the_way_no_script_and_no_other_site_can_send(browser):
    said = browser.get("/login/oidc").headers["set-cookie"]
    assert said.startswith(COOKIE)
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert "Path=/login/oidc" in said


def test_an_answer_to_another_state_is_refused(browser, stand_in):
    brought = go(browser, stand_in)
    assert "belongs to no login" in refused(come_back(browser, {**brought, "state": "another"}))
    # It was one chance: the right state is worth nothing any more.
    assert "belongs to no login" in refused(come_back(browser, brought))


def test_another_browser_cannot_end_a_login(browser, stand_in, open_console, provider):
    brought = go(browser, stand_in)
    other = Hand(open_console(hospital=provider))
    assert "belongs to no login" in refused(come_back(other, brought))


@pytest.mark.parametrize(
    "change", [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, {"sub": 7}]
)
def test_what_is_not_signed_for_this_login_lets_nobody_in(browser, stand_in, change):
    stand_in.spoil = lambda claims: {**claims, **change}
    assert "has not said who you are" in refused(come_back(browser, go(browser, stand_in)))


def test_what_is_not_signed_at_all_lets_nobody_in(browser, stand_in):
    stand_in.algorithm = "none"
    assert "has not said who you are" in refused(come_back(browser, go(browser, stand_in)))


def test_who_turns_back_is_told_so(browser, stand_in):
    brought = go(browser, stand_in)
    answer = come_back(browser, {"error": "access_denied", "state": brought["state"]})
    assert "did not let you in" in refused(answer)


def test_without_a_role_nobody_gets_in_and_it_is_said_and_audited(browser, stand_in, people):
    stand_in.person["roles"] = ["cleaners"]
    assert "gives you no role in PIXL" in refused(come_back(browser, go(browser, stand_in)))
    entry = people.trail()[0].event
    assert (entry.what, entry.subject, entry.details["reason"]) == ("login-failed", f"user {NAME}", "no role")


def test_when_the_provider_is_down_a_password_still_opens(browser, stand_in):
    stand_in.is_broken = True
    assert "does not answer" in refused(browser.get("/login/oidc"), code=503)
    assert browser.sign_in("vera").status_code == 303
    assert browser.get("/queue").status_code == 200


def test_when_the_provider_goes_down_on_the_way_a_page_says_so(browser, stand_in):
    brought = go(browser, stand_in)
    stand_in.is_broken = True
    assert "does not answer" in refused(come_back(browser, brought), code=503)


def test_whom_an_admin_removed_does_not_get_in(browser, stand_in, people):
    come_back(browser, go(browser, stand_in))
    people.remove(NAME, by="test")
    assert browser.get("/queue").status_code == 303
    assert "has removed this account" in refused(come_back(browser, go(browser, stand_in)))


def test_who_logs_out_is_out(browser, stand_in):
    come_back(browser, go(browser, stand_in))
    assert browser.post("/logout").status_code == 303
    assert browser.get("/queue").status_code == 303


def test_who_has_no_password_here_cannot_make_one_but_a_token(browser, stand_in, people):
    come_back(browser, go(browser, stand_in))
    assert 'name="current"' not in browser.get("/account").text
    assert browser.post("/account", current="x", password="a b c d e f g", again="a b c d e f g").status_code == 422
    token = re.search(r'class="token">([^<]+)', browser.post("/account/tokens").text)[1]
    assert people.prove_by_token(token, address="cli:x", at="review pass").name == NAME
    assert token not in browser.get("/account").text
    number = re.search(r"/account/tokens/(\d+)/end", browser.get("/account").text)[1]
    browser.post(f"/account/tokens/{number}/end")
    assert people.tokens(NAME) == []


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "javascript:alert(1)"])
def test_nobody_is_led_away_by_it(browser, stand_in, then):
    assert 'url=/"' in come_back(browser, go(browser, stand_in, then=then)).text


def test_the_address_that_leads_there_asks_for_a_code_with_a_challenge(browser):
    query = parse_qs(urlsplit(browser.get("/login/oidc").headers["location"]).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://console/login/oidc/back"]

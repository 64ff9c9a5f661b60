"""The client of an OpenID provider, against one that signs real tokens over TLS, good ones and bad ones."""

from __future__ import annotations

import dataclasses
import time

import pytest
from joserfc import jwk

from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.domain.vouching import OpenId
from pixl.oidc import NotVouchedFor, OpenIdProvider, ProviderAway, Started
from pixl.oidc.provider import AT_ONCE
from pixl.testing.openid import CLIENT_ID, CLIENT_SECRET, OpenIdStandIn

BACK = "http://127.0.0.1:1/login/oidc/back"
ROLES = ((Role.REVIEWER, "pixl-reviewers"), (Role.RELEASER, "pixl-releasers"))


@pytest.fixture
def stand_in(tmp_path):
    with OpenIdStandIn(tmp_path) as started:
        yield started


@pytest.fixture
def options(stand_in):
    return OpenId(issuer=stand_in.issuer, client_id=CLIENT_ID, roles=ROLES, ca=stand_in.ca)


@pytest.fixture
def provider(options):
    return OpenIdProvider(options, secret=lambda: CLIENT_SECRET, redirect_uri=BACK)


def log_in(provider, stand_in, started=None):
    started = started or Started()
    return provider.claims(stand_in.code_for(provider.url_to(started))["code"], started)


def test_who_is_vouched_for_has_a_subject_and_a_role(provider, stand_in, options):
    claims = log_in(provider, stand_in)
    assert claims["sub"] == "f3a9-ann"
    assert options.role_of(claims) is Role.RELEASER


def test_neither_the_verifier_nor_the_secret_is_in_the_address_that_the_browser_sees(provider):
    started = Started()
    url = provider.url_to(started)
    assert started.verifier not in url
    assert started.challenge in url
    assert CLIENT_SECRET not in url
    assert started.verifier not in repr(started)


def test_a_provider_that_takes_the_secret_in_the_form_only_gets_it_there(provider, stand_in):
    stand_in.describes = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert log_in(provider, stand_in)["sub"] == "f3a9-ann"


BAD = {
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another"},
    "several audiences, none of them said to be asked by us": {"aud": [CLIENT_ID, "another"]},
    "asked by another client": {"azp": "another"},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": int(time.time()) - 120},
    "no end": {"exp": None},
    "not before tomorrow": {"nbf": int(time.time()) + 86400},
    "issued tomorrow": {"iat": int(time.time()) + 86400},
    "no subject": {"sub": None},
    "a subject that is a number": {"sub": 7},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_claims_that_are_not_for_this_login_vouch_for_nobody(provider, stand_in, change):
    stand_in.spoil = lambda claims: {name: value for name, value in {**claims, **change}.items() if value is not None}
    with pytest.raises(NotVouchedFor):
        log_in(provider, stand_in)


def test_what_is_not_signed_vouches_for_nobody(provider, stand_in):
    stand_in.algorithm = "none"
    with pytest.raises(NotVouchedFor):
        log_in(provider, stand_in)


def test_what_somebody_elses_key_has_signed_vouches_for_nobody(provider, stand_in):
    stand_in.signing = jwk.generate_key("RSA", 2048, {"kid": "one"}, private=True)
    with pytest.raises(NotVouchedFor):
        log_in(provider, stand_in)


@pytest.mark.parametrize("secret", [CLIENT_SECRET, "public key"])
def test_what_is_signed_with_a_secret_that_others_have_vouches_for_nobody(provider, stand_in, secret):
    stand_in.algorithm = "HS256"
    stand_in.shared = secret.encode() if secret == CLIENT_SECRET else stand_in.key.as_pem(private=False)
    with pytest.raises(NotVouchedFor):
        log_in(provider, stand_in)


def test_a_code_counts_once_and_for_the_login_that_it_was_made_for(provider, stand_in):
    started = Started()
    code = stand_in.code_for(provider.url_to(started))["code"]
    with pytest.raises(NotVouchedFor):
        provider.claims(code, Started(state=started.state, nonce=started.nonce))
    code = stand_in.code_for(provider.url_to(started))["code"]
    provider.claims(code, started)
    with pytest.raises(NotVouchedFor):
        provider.claims(code, started)


def test_a_certificate_that_nobody_vouches_for_is_refused(options):
    unknown = OpenIdProvider(dataclasses.replace(options, ca=None), secret=lambda: "", redirect_uri=BACK)
    with pytest.raises(ProviderAway):
        unknown.url_to(Started())


def test_a_provider_that_is_away_or_broken_is_said_to_be_away(provider, options, stand_in):
    stand_in.is_broken = True
    with pytest.raises(ProviderAway, match="name and password of PIXL's own"):
        provider.url_to(Started())
    nowhere = dataclasses.replace(options, issuer="https://127.0.0.1:9")
    with pytest.raises(ProviderAway):
        OpenIdProvider(nowhere, secret=lambda: "", redirect_uri=BACK).url_to(Started())


def test_a_silent_provider_does_not_take_every_worker(provider):
    for _ in range(AT_ONCE):
        provider._turns.acquire()
    with pytest.raises(ProviderAway):
        provider.url_to(Started())


@pytest.mark.parametrize(
    "says", [{"issuer": "https://evil.example"}, {"token_endpoint": "http://127.0.0.1/token"}, {"jwks_uri": None}]
)
def test_a_provider_that_describes_itself_as_another_one_is_not_asked(provider, stand_in, says):
    stand_in.describes = says
    with pytest.raises(ConfigurationError, match="PIXL's admin"):
        provider.url_to(Started())


def test_the_doctor_is_told_what_the_provider_must_know(provider, stand_in):
    assert BACK in provider.examine()
    stand_in.is_broken = True
    with pytest.raises(ProviderAway):
        provider.examine()


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"roles": ["pixl-reviewers", "pixl-releasers"]}, Role.RELEASER),
        ({"roles": "pixl-reviewers"}, Role.REVIEWER),
        ({"roles": ["staff"]}, None),
        ({"roles": ["PIXL-REVIEWERS", "pixl-reviewers-of-old"]}, None),
        ({"roles": {"pixl-reviewers": True}}, None),
        ({"roles": [7, None, ["pixl-reviewers"]]}, None),
        ({"roles": 7}, None),
        ({}, None),
    ],
)
def test_a_role_is_what_the_claim_says_and_else_there_is_none(claims, role):
    assert OpenId(issuer="https://x", client_id="x", roles=ROLES).role_of(claims) is role


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["pixl-reviewers"]}}),
        ("https://hospital.example/roles", {"https://hospital.example/roles": ["pixl-reviewers"]}),
    ],
)
def test_the_claim_may_be_inside_another_one_and_its_name_may_have_dots(path, claims):
    options = OpenId(issuer="https://x", client_id="x", roles=ROLES, role_claim=path)
    assert options.role_of(claims) is Role.REVIEWER
    assert options.role_of({"realm_access": "none"}) is None

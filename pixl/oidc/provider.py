"""Asks an OpenID provider who somebody is, and believes nothing that it has not signed for us, now, for this browser.

Sources: OpenID Connect Core 1.0, section 3.1; OpenID Connect Discovery 1.0, section 4; RFC 6749, section 4.1; RFC 7636.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.domain.vouching import OpenId

SECRET = "oidc-client-secret"  # noqa: S105  what the secret store calls it
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a key that only the provider has: never `none`, never a secret that we have too."""
SECONDS = 10.0
LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
AT_ONCE = 4
"""How many may wait for the provider: while it is silent, everybody else goes on logging in with a password."""
SERVER_ERROR = 500


class ProviderAway(RetryLater):
    """The hospital's login does not answer. Try again later, or log in with a name and password of PIXL's own."""


class NotVouchedFor(PixlError):
    """The hospital's login has not said who you are. Try again."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """A login that has begun: what the browser keeps until it comes back."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    @property
    def challenge(self) -> str:
        """What tells the provider of the verifier without telling it (RFC 7636, section 4.2)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class OpenIdProvider:
    """The provider, asked anew for each login: where it is, and its keys, may have changed.

    Raises
    ------
    ProviderAway
        From every method: it does not answer, or its certificate cannot be verified.
    ConfigurationError
        What it says of itself is not what the settings say.
    """

    def __init__(self, options: OpenId, *, secret: Callable[[], str], redirect_uri: str) -> None:
        self._options, self._secret, self._redirect_uri = options, secret, redirect_uri
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @property
    def options(self) -> OpenId:
        """How it is asked."""
        return self._options

    def url_to(self, started: Started) -> str:
        """Return where the browser goes to log in."""
        with self._client() as client:
            endpoint = _described(client, self._options)["authorization_endpoint"]
        query = {
            "response_type": "code",
            "client_id": self._options.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._options.scopes,
            "state": started.state,
            "nonce": started.nonce,
            "code_challenge": started.challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    def claims(self, code: str, started: Started) -> Mapping[str, Any]:
        """Return what the provider says of who came back with `code`, verified.

        Raises
        ------
        NotVouchedFor
            It does not know the code, or what it signed is not for us, not for this login, too old, or not signed.
        """
        with self._client() as client:
            described = _described(client, self._options)
            token = self._exchange(client, described, code, started)
            keys = _json(client.get(described["jwks_uri"]))
        return verified(token, keys, self._options, nonce=started.nonce)

    def examine(self) -> str:
        """Say that all that a login needs is there, for `pixl doctor`."""
        if not self._secret():
            raise ConfigurationError(f"the secret {SECRET} is empty")
        with self._client() as client:
            described = _described(client, self._options)
            count = len(_keys(_json(client.get(described["jwks_uri"]))).keys)
        return f"{self._options.issuer} describes itself and has {count} keys; it must know {self._redirect_uri}"

    def _exchange(self, client: httpx.Client, described: Mapping[str, Any], code: str, started: Started) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri}
        form |= {"code_verifier": started.verifier}
        headers = {}
        name, secret = self._options.client_id, self._secret()
        if "client_secret_basic" in described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            both = f"{quote(name, safe='')}:{quote(secret, safe='')}"  # RFC 6749, section 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        else:
            form |= {"client_id": name, "client_secret": secret}
        token = _json(client.post(described["token_endpoint"], data=form, headers=headers)).get("id_token")
        if not isinstance(token, str):
            raise NotVouchedFor
        return token

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        if not self._turns.acquire(blocking=False):
            raise ProviderAway
        try:
            with httpx.Client(verify=self._tls, timeout=SECONDS, trust_env=False) as client:
                yield client
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderAway from error
        finally:
            self._turns.release()

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._options.ca)
        except (OSError, ssl.SSLError):
            raise ConfigurationError(f"PIXL_OIDC_CA: {self._options.ca} holds no certificates") from None


def verified(token: str, keys: Mapping[str, Any], options: OpenId, *, nonce: str) -> Mapping[str, Any]:
    """Return the claims of an ID token that the issuer has signed for us and for this login, and that still counts.

    Raises
    ------
    NotVouchedFor
        It is anything else (OpenID Connect Core 1.0, section 3.1.3.7).
    """
    try:
        claims = jwt.decode(token, _keys(keys), algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": options.issuer},
            aud={"essential": True, "value": options.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except (JoseError, ValueError) as error:
        raise NotVouchedFor from error
    audience = claims["aud"]
    is_for_others = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", None if is_for_others else options.client_id) != options.client_id:
        raise NotVouchedFor
    if not isinstance(claims["sub"], str):
        raise NotVouchedFor
    return claims


def _described(client: httpx.Client, options: OpenId) -> Mapping[str, Any]:
    """Return what the provider says of itself."""
    found = _json(client.get(f"{options.issuer.rstrip('/')}/.well-known/openid-configuration"))
    if found.get("issuer") != options.issuer:
        raise ConfigurationError("PIXL_OIDC_ISSUER is not how the hospital's login spells itself: tell PIXL's admin")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not str(found.get(name)).startswith("https://"):
            raise ConfigurationError(f"the hospital's login names no {name} with https: tell PIXL's admin")
    return found


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    if answer.status_code >= SERVER_ERROR:
        raise ProviderAway
    try:
        found = answer.json() if answer.is_success else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotVouchedFor
    return found


def _keys(found: Mapping[str, Any]) -> jwk.KeySet:
    """Return the keys that sign and that this library knows; a provider may have others."""
    keys = []
    for one in found.get("keys", []):
        try:
            if one.get("use", "sig") == "sig" and one.get("kty") in ("RSA", "EC"):
                keys.append(jwk.import_key(one))
        except (JoseError, ValueError, KeyError, TypeError):
            continue
    if not keys:
        raise NotVouchedFor
    return jwk.KeySet(keys)

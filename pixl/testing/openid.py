"""An OpenID provider for tests, on loopback with TLS: it signs what it is told to, also what none should."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import secrets
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import trustme
from joserfc import jwk, jwt

HOST = "127.0.0.1"
CLIENT_ID = "pixl-console"
CLIENT_SECRET = "a secret: with ünusual+signs"  # noqa: S105  invented
PAGE = """<!doctype html><meta charset="utf-8"><title>Invented hospital</title><h1>Invented hospital</h1>
<p>Log in as somebody invented.</p>
<p><a id="yes" href="{yes}">Yes, it is me</a></p><p><a id="no" href="{no}">Turn back</a></p>"""


@functools.cache
def _key() -> jwk.RSAKey:
    return jwk.generate_key("RSA", 2048, {"use": "sig", "kid": "one"}, private=True)


class OpenIdStandIn:
    """A provider that knows one person. What it says of them, and how it signs, can be changed."""

    def __init__(self, folder: Path) -> None:
        self.signing: jwk.Key = _key()
        self.key = _key()
        self.person: dict[str, Any] = {"sub": "f3a9-ann", "roles": ["pixl-releasers", "staff"]}
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        """Changes claims before they are signed."""
        self.algorithm = "RS256"
        self.shared = CLIENT_SECRET.encode()
        """What HS256 signs with."""
        self.describes: dict[str, Any] = {}
        """What it says of itself in place of the truth."""
        self.is_broken = False
        self._codes: dict[str, dict[str, str]] = {}
        self.ca = folder / "openid-ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".pem") as pem:
            authority.issue_cert(HOST, "localhost").private_key_and_cert_chain_pem.write_to_path(pem.name)
            context.load_cert_chain(pem.name)
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.issuer = f"https://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def code_for(self, url: str) -> dict[str, str]:
        """Return what the person's browser brings back who goes to `url` and says yes."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe(12)
        self._codes[code] = query
        return {"code": code, "state": query["state"]}

    def _described(self) -> dict[str, Any]:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return {**found, **self.describes}

    def _page(self, query: str) -> str:
        wanted = {name: values[0] for name, values in parse_qs(query).items()}
        back = wanted["redirect_uri"]
        yes = f"{back}?{urlencode(self.code_for(f'?{query}'))}"
        no = f"{back}?{urlencode({'error': 'access_denied', 'state': wanted['state']})}"
        return PAGE.format(yes=yes.replace("&", "&amp;"), no=no.replace("&", "&amp;"))

    def _token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return what a code is worth, once, to the client that began with it (RFC 6749, RFC 7636)."""
        asked = self._codes.pop(form.get("code", ""), None)
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if "client_id" in form:
            name, secret = form["client_id"], form["client_secret"]
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or (unquote(name), unquote(secret)) != (CLIENT_ID, CLIENT_SECRET)
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        return {"token_type": "Bearer", "access_token": "none", "id_token": self._signed({**claims, **self.person})}

    def _signed(self, claims: dict[str, Any]) -> str:
        spoiled = self.spoil(claims)
        if self.algorithm == "none":
            parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, spoiled)]
            return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])
        if self.algorithm == "HS256":
            parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, spoiled)]
            text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
            mac = hmac.digest(self.shared, text.encode(), "sha256")
            return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        header = {"alg": self.algorithm, "kid": "one"}
        return jwt.encode(header, spoiled, self.signing, algorithms=[self.algorithm])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if stand_in.is_broken:
                    self._answer("oh dear", status=500)
                elif parts.path == "/.well-known/openid-configuration":
                    self._answer(json.dumps(stand_in._described()), "application/json")
                elif parts.path == "/keys":
                    keys = {"keys": [stand_in.key.as_dict(private=False)]}
                    self._answer(json.dumps(keys), "application/json")
                elif parts.path == "/authorize":
                    self._answer(stand_in._page(parts.query))
                else:
                    self._answer("no such page", status=404)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                token = stand_in._token(form, self.headers.get("Authorization", ""))
                text = json.dumps(token or {"error": "invalid_grant"})
                self._answer(text, "application/json", status=200 if token else 400)

            def _answer(self, text: str, kind: str = "text/html; charset=utf-8", status: int = 200) -> None:
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

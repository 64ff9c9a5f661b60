"""Logging in by the hospital's own login: there, and back."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response

from console.access import LOGIN_COOKIE, SESSION_COOKIE, local, set_cookie
from console.house import House, InHouse
from console.login import show_login
from pixl.domain.errors import PixlError, RetryLater
from pixl.ledger.people import PROVIDED, LoginRefused, Vouched
from pixl.oidc import NotVouchedFor, OpenIdProvider, Started

router = APIRouter()
COOKIE = "pixl_on_the_way"
PATH = "/login/oidc"
SECONDS = 600
"""How long somebody may take there."""
Text = Annotated[str, Query(max_length=4096)]


@dataclass(frozen=True, kw_only=True)
class _OnTheWay:
    """What the browser brings back: no other one can end this login."""

    started: Started
    then: str

    @classmethod
    def read(cls, cookie: str) -> _OnTheWay | None:
        match cookie.split("|"):
            case [state, nonce, verifier, then] if state and nonce and verifier:
                return cls(started=Started(state=state, nonce=nonce, verifier=verifier), then=local(unquote(then)))
        return None

    def __str__(self) -> str:
        return "|".join((self.started.state, self.started.nonce, self.started.verifier, quote(self.then, safe="")))


@router.get(PATH)
def go(*, request: Request, house: InHouse, then: str = "/") -> Response:
    """Send the browser to the hospital's login."""
    on_the_way = _OnTheWay(started=Started(), then=local(then))
    try:
        url = _provider(house).url_to(on_the_way.started)
    except PixlError as error:
        return _not_in(request, house, on_the_way.then, error)
    response = RedirectResponse(url, status.HTTP_303_SEE_OTHER)
    # Lax: the browser comes back from another site. It is worth nothing without the provider's answer to its state.
    response.set_cookie(
        COOKIE,
        str(on_the_way),
        max_age=SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path=PATH,
    )
    return response


@router.get(f"{PATH}/back")
def come_back(*, request: Request, house: InHouse, code: Text = "", state: Text = "") -> Response:
    """Begin a session, if the hospital's login vouches for who came back."""
    on_the_way = _OnTheWay.read(request.cookies.get(COOKIE, ""))
    then = on_the_way.then if on_the_way else "/"
    try:
        if on_the_way is None or not hmac.compare_digest(state.encode(), on_the_way.started.state.encode()):
            raise NotVouchedFor("this answer belongs to no login that this browser has begun lately. Try again")
        token = _session(house, code, on_the_way.started)
    except PixlError as error:
        return _not_in(request, house, then, error)
    if before := request.cookies.get(SESSION_COOKIE):
        house.ledger.people.log_out(before, house.lifetimes)
    # A page, not a redirect: that the browser would count as coming from the other site, and keep the session back.
    response = house.pages.show(request, "logged_in.html", {"then": then})
    set_cookie(request, response, SESSION_COOKIE, token)
    response.delete_cookie(LOGIN_COOKIE)
    response.delete_cookie(COOKIE, path=PATH)
    return response


def _session(house: House, code: str, started: Started) -> str:
    provider = _provider(house)
    if not code:
        raise NotVouchedFor("the hospital's login did not let you in, or you turned back. Try again")
    claims = provider.claims(code, started)
    role = provider.options.role_of(claims)
    if role is None:
        house.ledger.people.refused(f"{PROVIDED}{claims['sub']}"[:260], "no role")
        raise LoginRefused(
            "the hospital's login knows you, but gives you no role in PIXL: ask whoever runs it to put you among "
            "PIXL's readers, reviewers, releasers or admins"
        )
    return house.ledger.people.log_in_vouched(Vouched(issuer=provider.options.issuer, subject=claims["sub"], role=role))


def _provider(house: House) -> OpenIdProvider:
    if house.hospital is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no login but PIXL's own is set up here")
    return house.hospital


def _not_in(request: Request, house: House, then: str, error: PixlError) -> Response:
    code = status.HTTP_503_SERVICE_UNAVAILABLE if isinstance(error, RetryLater) else status.HTTP_403_FORBIDDEN
    response = show_login(request, house, then=then, problem=str(error), code=code)
    response.delete_cookie(COOKIE, path=PATH)
    return response

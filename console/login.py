"""Logging in and out, and one's own password."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request, status
from fastapi.responses import RedirectResponse, Response

from console.access import LOGIN_COOKIE, SESSION_COOKIE, Reader, Reviewer, Visitor, address_of, local, set_cookie
from console.house import House, InHouse
from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.ledger.people import PROVIDED, TOKEN_DAYS, LoginRefused, LoginsThrottled

router = APIRouter()
Text = Annotated[str, Form(max_length=1000)]


@router.get("/")
def home(*, visitor: Reader) -> Response:
    """Go to what this person works with."""
    start = "/queue" if visitor.person.role.includes(Role.REVIEWER) else "/progress"
    return RedirectResponse(start, status.HTTP_303_SEE_OTHER)


@router.get("/login")
def login_page(*, request: Request, house: InHouse, then: str = "/") -> Response:
    """Ask for name and password."""
    return show_login(request, house, then=local(then))


@router.post("/login")
def log_in(*, request: Request, house: InHouse, name: Text, password: Text, then: Text = "/") -> Response:
    """Begin a session, always a new one: what token the browser had before is ended and counts for nothing."""
    people = house.ledger.people
    try:
        token = people.log_in(name.strip().lower(), password, address=address_of(request))
    except LoginRefused as refusal:
        throttled = isinstance(refusal, LoginsThrottled)
        code = status.HTTP_429_TOO_MANY_REQUESTS if throttled else status.HTTP_403_FORBIDDEN
        return show_login(request, house, then=local(then), problem=str(refusal), code=code)
    if before := request.cookies.get(SESSION_COOKIE):
        people.log_out(before, house.lifetimes)
    response = RedirectResponse(local(then), status.HTTP_303_SEE_OTHER)
    set_cookie(request, response, SESSION_COOKIE, token)
    response.delete_cookie(LOGIN_COOKIE)
    return response


@router.post("/logout")
def log_out(*, visitor: Reader, house: InHouse) -> Response:
    """End the session."""
    house.ledger.people.log_out(visitor.token, house.lifetimes)
    response = RedirectResponse("/login", status.HTTP_303_SEE_OTHER)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/account")
def account(*, request: Request, visitor: Reader, house: InHouse) -> Response:
    """Show who one is, and let one change the password."""
    return _account(request, house, visitor)


@router.post("/account")
def change_password(
    *, request: Request, visitor: Reader, house: InHouse, current: Text, password: Text, again: Text
) -> Response:
    """Take another password; every other session of this person ends."""
    people, name = house.ledger.people, visitor.person.name
    problem = "" if password == again else "these were two different passwords"
    try:
        if not problem:
            people.check(name, current, address=address_of(request))
            people.set_password(name, password, by=name, but=visitor.token)
    except (ConfigurationError, LoginRefused) as error:
        problem = str(error)
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if problem else status.HTTP_200_OK
    told = "" if problem else "The password is changed; you are logged out everywhere else, and your tokens are ended."
    return _account(request, house, visitor, problem=problem, told=told, code=code)


@router.post("/account/tokens")
def make_token(*, request: Request, visitor: Reviewer, house: InHouse) -> Response:
    """Make a token for the command line, and show it, once."""
    made = house.ledger.people.add_token(visitor.person.name)
    return _account(request, house, visitor, made=made)


@router.post("/account/tokens/{number}/end")
def end_token(*, visitor: Reader, house: InHouse, number: int) -> Response:
    """Let a token count no longer."""
    house.ledger.people.end_token(visitor.person.name, number)
    return RedirectResponse("/account", status.HTTP_303_SEE_OTHER)


def _account(
    request: Request,
    house: House,
    visitor: Visitor,
    *,
    problem: str = "",
    told: str = "",
    made: str = "",
    code: int = status.HTTP_200_OK,
) -> Response:
    context = {
        "problem": problem,
        "told": told,
        "made": made,
        "days": TOKEN_DAYS,
        "tokens": house.ledger.people.tokens(visitor.person.name),
        "has_password": not visitor.person.name.startswith(PROVIDED),
    }
    return house.pages.show(request, "account.html", context, code=code)


def show_login(
    request: Request, house: House, *, then: str, problem: str = "", code: int = status.HTTP_200_OK
) -> Response:
    """Return the page that asks for name and password, and offers the hospital's login where there is one."""
    token = request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(24)
    context = {"form_token": token, "then": then, "problem": problem, "hospital": house.hospital is not None}
    response = house.pages.show(request, "login.html", context, code=code)
    set_cookie(request, response, LOGIN_COOKIE, token)
    return response

"""Who is asking, whether they may, and whether it was they who asked.

Nothing is served to a stranger but the page to log in, its style, and the heart-beat. What changes something is a POST
with a token that only our own pages know (and the browser's own word on where it comes from, where it gives one).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, RedirectResponse

from console.house import House
from pixl.domain.errors import RetryLater
from pixl.domain.person import Person, Role

log = logging.getLogger(__name__)
SESSION_COOKIE = "pixl_session"
LOGIN_COOKIE = "pixl_login"
OPEN = ("/login", "/login/oidc", "/login/oidc/back", "/heart-beat")
OPEN_FOLDER = "/static/"
LARGEST_FORM = 64 * 1024
OWN_PAGES = {"same-origin", "none"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
UNCACHED = {"Cache-Control": "no-store"}

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who is logged in."""

    person: Person
    token: str = field(repr=False)

    @property
    def csrf(self) -> str:
        """What our own forms carry. It tells nothing of the session's token."""
        return hashlib.blake2b(self.token.encode(), digest_size=16, person=b"pixl csrf").hexdigest()

    def is_at_least(self, role: str) -> bool:
        """Whether this person may do what `role` may: for the templates."""
        return self.person.role.includes(Role(role))


def guard(app: FastAPI, house: House) -> None:
    """Put the guard before every route of `app`."""

    @app.middleware("http")
    async def _guard(request: Request, answer: Answer) -> Response:
        response = _refusal(request) or await _answered(request, answer, house)
        response.headers.update(HEADERS)
        if not request.url.path.startswith(OPEN_FOLDER):
            response.headers.update(UNCACHED)
        return response


async def check_form(request: Request) -> None:
    """Raise a 403 for a POST that does not come from one of our own pages."""
    if request.method != "POST":
        return
    given = (await request.form()).get("csrf")
    expected = request.cookies.get(LOGIN_COOKIE, "")
    if request.url.path != "/login":
        expected = request.state.visitor.csrf
    if not expected or not hmac.compare_digest(str(given or "").encode(), expected.encode()):
        raise HTTPException(
            status.HTTP_403_FORBIDDEN, "this form is too old, or not one of ours: load the page again, and repeat it"
        )


def needs(role: Role) -> Callable[[Request], Visitor]:
    """Return a dependency that lets through who has at least a role."""

    def visitor(request: Request) -> Visitor:
        found: Visitor = request.state.visitor
        if not found.person.role.includes(role):
            raise HTTPException(status.HTTP_403_FORBIDDEN, f"this needs the role {role.value}")
        return found

    return visitor


Reader = Annotated[Visitor, Depends(needs(Role.READER))]
Reviewer = Annotated[Visitor, Depends(needs(Role.REVIEWER))]
Releaser = Annotated[Visitor, Depends(needs(Role.RELEASER))]
Admin = Annotated[Visitor, Depends(needs(Role.ADMIN))]


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie that scripts cannot read and other sites cannot have sent; it is gone with the browser."""
    response.set_cookie(name, value, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/")


def local(path: str | None, otherwise: str = "/") -> str:
    """Return a path of this site; anything that leads elsewhere is `otherwise`."""
    parts = urlsplit(path or "")
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return path if path and is_ours and "\\" not in path and path.isprintable() else otherwise


def address_of(request: Request) -> str:
    """Return where a request comes from."""
    return request.client.host if request.client else "unknown"


def _refusal(request: Request) -> Response | None:
    if request.method not in {"GET", "HEAD", "POST"}:
        return PlainTextResponse("this method is not known here", status.HTTP_405_METHOD_NOT_ALLOWED)
    if request.method == "POST":
        if request.headers.get("sec-fetch-site", "none") not in OWN_PAGES:
            return PlainTextResponse("another site has sent this", status.HTTP_403_FORBIDDEN)
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > LARGEST_FORM:
            return PlainTextResponse("this form is too large", status.HTTP_413_CONTENT_TOO_LARGE)
    return None


async def _answered(request: Request, answer: Answer, house: House) -> Response:
    try:
        return await _admitted(request, answer, house)
    except Exception as bug:  # noqa: BLE001  the outermost loop of a request: a bug is seen, and says nothing of its data
        where = "".join(traceback.format_list(traceback.extract_tb(bug.__traceback__)))
        log.error("%s at\n%s", type(bug).__name__, where)  # noqa: TRY400 - the message, which `exception` adds, may hold anything
        return PlainTextResponse("this is a bug; the console's log says where", status.HTTP_500_INTERNAL_SERVER_ERROR)


async def _admitted(request: Request, answer: Answer, house: House) -> Response:
    path = request.url.path
    if path in OPEN or path.startswith(OPEN_FOLDER):
        return await answer(request)
    token = request.cookies.get(SESSION_COOKIE, "")
    try:
        person = await run_in_threadpool(house.ledger.people.who, token, house.lifetimes) if token else None
    except RetryLater as error:
        return PlainTextResponse(str(error), status.HTTP_503_SERVICE_UNAVAILABLE)
    if person is None:
        return _to_log_in(request)
    request.state.visitor = Visitor(person=person, token=token)
    return await answer(request)


def _to_log_in(request: Request) -> Response:
    if request.method == "POST" or request.headers.get("sec-fetch-dest", "document") not in {"document", ""}:
        return PlainTextResponse("you are logged out", status.HTTP_401_UNAUTHORIZED)
    query = f"?{request.url.query}" if request.url.query else ""
    then = quote(f"{request.url.path}{query}", safe="")
    return RedirectResponse(f"/login?then={then}", status.HTTP_303_SEE_OTHER)

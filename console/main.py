"""The console as a web application."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
from fastapi import Depends, FastAPI, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from console import admin, hospital_login, login, progress, queue, review, rules, viewer
from console.access import check_form, guard
from console.house import House
from console.originals import Originals
from console.pages import Pages
from console.pictures import Pictures
from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.hashing import HashingClient
from pixl.ledger import Ledger
from pixl.ledger.decisions import ReviewRefused, ReviewStale
from pixl.ledger.people import Lifetimes
from pixl.oidc import OpenIdProvider
from pixl.oidc.provider import SECRET
from pixl.orthanc import OrthancClient
from pixl.settings import Settings

log = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
USER = "pixl"
CONNECTIONS = 16
IMAGE_SECONDS = 20.0
CODES: dict[type[PixlError], int] = {
    ReviewStale: status.HTTP_409_CONFLICT,
    ReviewRefused: status.HTTP_422_UNPROCESSABLE_CONTENT,
    ConfigurationError: status.HTTP_422_UNPROCESSABLE_CONTENT,
    RetryLater: status.HTTP_503_SERVICE_UNAVAILABLE,
}


def create_app(settings: Settings, secrets: SecretStore) -> FastAPI:
    """Make the application from the settings."""
    ledger = Ledger.connect(settings.database, secrets, size=CONNECTIONS)
    raw = OrthancClient(settings.raw_url, USER, secrets.get("orthanc-raw-password").decode(), IMAGE_SECONDS)
    anon = OrthancClient(settings.anon_url, USER, secrets.get("orthanc-anon-password").decode(), IMAGE_SECONDS)
    hashing = HashingClient(settings.hashing_url, secrets.get("service-token").decode())
    house = House(
        ledger=ledger,
        pictures=Pictures(anon),
        originals=Originals(raw, anon, hashing.for_project),
        pages=Pages(ledger.overview.decision),
        lifetimes=Lifetimes(idle_seconds=settings.console_idle_minutes * 60),
        hospital=_hospital(settings, secrets),
    )
    return make_app(house)


def _hospital(settings: Settings, secrets: SecretStore) -> OpenIdProvider | None:
    if settings.oidc is None:
        return None
    return OpenIdProvider(
        settings.oidc,
        secret=lambda: secrets.get(SECRET).decode(),
        redirect_uri=f"{settings.console_url.rstrip('/')}{hospital_login.PATH}/back",
    )


def make_app(house: House) -> FastAPI:
    """Put routes, guard and errors together."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        house.ledger.close()

    app = FastAPI(
        title="PIXL console",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(check_form)],
    )
    app.state.house = house

    @app.get("/heart-beat")
    def heart_beat() -> dict[str, str]:
        """Answer as long as the process lives."""
        return {"status": "alive"}

    for part in (login, hospital_login, queue, review, viewer, rules, progress, admin):
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(PixlError, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    # A zero in a text, a number that no identity column holds: nobody types these.
    app.add_exception_handler(psycopg.DataError, _refused)
    guard(app, house)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    """Say on a page what cannot be done. What was sent is not repeated."""
    match error:
        case HTTPException():
            code, text = error.status_code, str(error.detail)
        case RequestValidationError() | psycopg.DataError():
            code, text = status.HTTP_422_UNPROCESSABLE_CONTENT, "something on this page was left empty, or is none"
        case _:
            code, text = next((code for kind, code in CODES.items() if isinstance(error, kind)), 500), str(error)
    if code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        log.warning("%s: %s", type(error).__name__, text)
    if request.url.path.endswith(".png"):
        return PlainTextResponse(text, code)
    house: House = request.app.state.house
    return house.pages.show(request, "error.html", {"text": text, "code": code}, code=code)

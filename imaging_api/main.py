"""The API of the imaging process: whether it lives, and the state sum."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, status

from imaging_api.wiring import Turns, build_flow, build_worker, open_ledger
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.flow.notifying import Notifier
from pixl.ledger import Ledger
from pixl.notify import load_channels
from pixl.settings import Settings

log = logging.getLogger(__name__)

RESCUE_SECONDS = 30.0
NOTIFY_SECONDS = 30.0
STRANDED_SECONDS = 60.0
"""A study on its way without a job for so long is given one."""


def create_app(settings: Settings, secrets: SecretStore) -> FastAPI:
    """Make the application; its worker runs as long as it does."""
    ledger = open_ledger(settings, secrets)
    token = secrets.get("service-token").decode().strip()
    app = FastAPI(
        title="PIXL imaging_api",
        lifespan=lambda _: _working(settings, secrets, ledger),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )

    def authorised(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "the service token is missing or wrong")

    @app.get("/heart-beat")
    def heart_beat() -> dict[str, str]:
        """Answer as long as the process lives."""
        return {"status": "alive"}

    @app.get("/states", dependencies=[Depends(authorised)])
    def states() -> list[dict[str, Any]]:
        """Return the state sum of each extract."""
        try:
            found = ledger.status()
        except RetryLater as reason:
            raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, str(reason)) from None
        return [
            {"project": one.project, "extract": one.generated_at, "requested": one.requested, "counts": one.counts}
            for one in found
        ]

    return app


@contextlib.asynccontextmanager
async def _working(settings: Settings, secrets: SecretStore, ledger: Ledger) -> AsyncIterator[None]:
    """Work as long as the application lives."""
    turns = Turns(ledger)
    worker = build_worker(settings, secrets, build_flow(settings, secrets, ledger, turns))
    notifier = Notifier(ledger=ledger, secrets=secrets, channels=partial(load_channels, settings.notifications))
    tasks = [asyncio.create_task(work) for work in (worker.run(), _rescue(ledger), _notify(notifier))]
    yield
    turns.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    ledger.close()


async def _rescue(ledger: Ledger) -> None:
    """Give a job to each study on its way that has none; there should be none."""
    while True:
        await asyncio.sleep(RESCUE_SECONDS)
        try:
            found = await asyncio.to_thread(ledger.rescue, older_seconds=STRANDED_SECONDS)
        except RetryLater:
            continue
        if found:
            log.warning("%s studies had no job and were given one", found)


async def _notify(notifier: Notifier) -> None:
    """Tell who wants to know what is due, again and again."""
    while True:
        await asyncio.sleep(NOTIFY_SECONDS)
        try:
            await asyncio.to_thread(notifier.look)
        except RetryLater:
            continue
        except ConfigurationError as reason:
            log.warning("nobody is told: %s", reason)

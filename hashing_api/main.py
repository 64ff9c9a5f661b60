"""The routes of the hashing service."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import Depends, FastAPI, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from hashing_api.keys import ProjectKeys
from hashing_api.requests import Batch, TokenGuard, read_batch
from pixl.domain.errors import ConfigurationError, InstanceFailed, PixlError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.hashing import KeyedPseudonymiser

log = logging.getLogger(__name__)

STATUS: dict[type[PixlError], int] = {
    ConfigurationError: status.HTTP_404_NOT_FOUND,
    InstanceFailed: status.HTTP_422_UNPROCESSABLE_CONTENT,
    RetryLater: status.HTTP_503_SERVICE_UNAVAILABLE,
}


def create_app(store: SecretStore, token: bytes) -> FastAPI:
    """Return the service that answers with pseudonyms to those who have the token.

    Parameters
    ----------
    store
        Has a secret `project-<name>` for each project.
    token
        What the services show each other, the secret `service-token`.
    """
    app = FastAPI(title="PIXL hashing", docs_url=None, redoc_url=None, openapi_url=None)
    keys = ProjectKeys(store)

    @app.get("/heart-beat")
    async def heart_beat() -> dict[str, str]:
        """Say that this process lives."""
        return {"status": "ok"}

    @app.post("/pseudonyms", dependencies=[Depends(TokenGuard(token))])
    async def pseudonyms(batch: Annotated[Batch, Depends(read_batch)]) -> JSONResponse:
        """Return a pseudonym for each query, in their order."""
        answers = (await _pseudonymiser(keys, batch.project)).pseudonyms(batch.as_queries())
        log.debug("project %s: %d pseudonyms", batch.project, len(answers))
        return JSONResponse({"pseudonyms": answers})

    app.add_exception_handler(PixlError, _refuse)
    return app


async def _pseudonymiser(keys: ProjectKeys, project: str) -> KeyedPseudonymiser:
    known = keys.loaded(project)
    if known is None:
        return await run_in_threadpool(keys.load, project)
    return known


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    log.warning("%s", error)
    code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return JSONResponse({"detail": str(error)}, status_code=code)

"""The API of the process that exports tables."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from ehr_api.exports import Exports
from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.domain.study import ExtractId
from pixl.export import open_destination
from pixl.flow.worker import Task, Worker
from pixl.ledger import Ledger
from pixl.project import Projects
from pixl.queue import Step
from pixl.settings import Settings

STATUS: dict[type[PixlError], int] = {
    ConfigurationError: status.HTTP_422_UNPROCESSABLE_CONTENT,
    RetryLater: status.HTTP_503_SERVICE_UNAVAILABLE,
}


class ExportRequest(BaseModel):
    """Which tables to export."""

    model_config = ConfigDict(extra="forbid")

    project: str = Field(min_length=1, max_length=100)
    extract: str | None = Field(default=None, max_length=100)
    """The extract's slug, such as `2023-12-07t14-08-58`; the newest without one."""


def create_app(settings: Settings, secrets: SecretStore) -> FastAPI:
    """Make the application; its worker runs as long as it does."""
    ledger = Ledger.connect(settings.database, secrets)
    exports = Exports(
        ledger,
        settings.data / "extracts",
        Projects(settings.projects).get,
        lambda name: open_destination(name, settings.destinations, secrets),
        max_tries=settings.max_tries,
    )
    worker = Worker(
        settings.database,
        secrets.get("database-password").decode().strip(),
        {Step.PARQUET: Task(step=Step.PARQUET, run=exports.run, workers=1)},
        retry_seconds=settings.retry_seconds,
    )
    return make_app(ledger, exports, worker, secrets.get("service-token").decode().strip())


def make_app(ledger: Ledger, exports: Exports, worker: Worker, token: str) -> FastAPI:
    """Put routes and worker together."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(worker.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        ledger.close()

    def authorised(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "the service token is missing or wrong")

    app = FastAPI(title="PIXL ehr_api", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(PixlError, _refuse)

    @app.get("/heart-beat")
    def heart_beat() -> dict[str, str]:
        """Answer as long as the process lives."""
        return {"status": "alive"}

    @app.post("/exports", dependencies=[Depends(authorised)], status_code=status.HTTP_202_ACCEPTED)
    def request_export(wanted: ExportRequest) -> dict[str, int]:
        """Put the export of an extract's tables into the queue."""
        return {"job": exports.request(wanted.project, wanted.extract)}

    @app.get("/exports/{job}", dependencies=[Depends(authorised)])
    def follow_export(job: int) -> dict[str, Any]:
        """Say how far an export is."""
        row = ledger.parquet_export(job)
        if row is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such export")
        return _as_json(row)

    return app


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    extract = ExtractId(project=row["project"], generated_at=row["generated_at"])
    shown = {key: row[key] for key in ("state", "done", "total", "files", "reason")}
    return {"job": row["id"], "project": extract.project, "extract": extract.slug, **shown}


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return JSONResponse({"detail": str(error)}, status_code=code)

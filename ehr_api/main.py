"""The API of the process that exports tables."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from ehr_api.drift import watch_drift
from ehr_api.exports import Exports
from ehr_api.ready import watch_ready
from ehr_api.reports import Fresh, ReportJobs, accession_length_of
from pixl.deid import load_policy
from pixl.domain.date_shift import DateShift
from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.domain.study import ExtractId
from pixl.export import open_destination
from pixl.flow.worker import Task, Worker
from pixl.hashing import HashingClient
from pixl.ledger import Ledger
from pixl.project import Projects
from pixl.queue import Step
from pixl.reports import Deployment
from pixl.reports.steps import Steps
from pixl.settings import Settings

log = logging.getLogger(__name__)

RESCUE_SECONDS = 30.0
STRANDED_SECONDS = 60.0
"""A report on its way without a job for so long is given one."""
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
    ledger = Ledger.connect(settings.database, secrets, size=settings.report_workers + 3)
    projects = Projects(settings.projects)
    deployment = Deployment(settings.reports, secrets)
    token = secrets.get("service-token").decode().strip()
    exports = Exports(
        ledger,
        settings.data / "extracts",
        projects.get,
        lambda name: open_destination(name, settings.destinations, secrets),
        max_tries=settings.max_tries,
    )
    reports = _report_jobs(ledger, projects, deployment, HashingClient(settings.hashing_url, token), settings.max_tries)
    worker = Worker(
        settings.database,
        secrets.get("database-password").decode().strip(),
        {
            Step.PARQUET: Task(step=Step.PARQUET, run=exports.run, workers=1),
            Step.REPORT: Task(step=Step.REPORT, run=reports.run, workers=settings.report_workers),
        },
        retry_seconds=settings.retry_seconds,
    )
    background = [_rescue(ledger), watch_drift(ledger.reports, projects), watch_ready(exports.ready)]
    return make_app(ledger, exports, worker, token, background=background, close=deployment.close)


def _report_jobs(
    ledger: Ledger, projects: Projects, deployment: Deployment, hashing: HashingClient, max_tries: int
) -> ReportJobs:
    def length_of(project: str) -> int:
        return accession_length_of(projects.get(project))

    def dates_of(project: str) -> DateShift:
        return load_policy(projects.get(project)).dates

    steps = Steps(
        reports=ledger.reports,
        project=Fresh(projects.get),
        deployment=deployment,
        pseudonymiser=hashing.for_project,
        accession_length=Fresh(length_of),
        dates=Fresh(dates_of),
    )
    return ReportJobs(ledger.reports, steps, max_tries=max_tries)


def make_app(
    ledger: Ledger,
    exports: Exports,
    worker: Worker,
    token: str,
    *,
    background: Sequence[Coroutine[Any, Any, None]] = (),
    close: Callable[[], None] = lambda: None,
) -> FastAPI:
    """Put routes and worker together; `background` runs beside them, `close` is called when all ends."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(one) for one in (worker.run(), *background)]
        yield
        for task in tasks:
            task.cancel()
        close()
        await asyncio.gather(*tasks, return_exceptions=True)
        ledger.close()

    app = FastAPI(title="PIXL ehr_api", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(PixlError, _refuse)
    app.add_api_route("/heart-beat", _heart_beat)
    app.include_router(_exports_router(ledger, exports, token))
    return app


def _heart_beat() -> dict[str, str]:
    """Answer as long as the process lives."""
    return {"status": "alive"}


def _exports_router(ledger: Ledger, exports: Exports, token: str) -> APIRouter:
    def authorised(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "the service token is missing or wrong")

    router = APIRouter(prefix="/exports", dependencies=[Depends(authorised)])

    @router.post("", status_code=status.HTTP_202_ACCEPTED)
    def request_export(wanted: ExportRequest) -> dict[str, int]:
        """Put the export of an extract's tables into the queue."""
        return {"job": exports.request(wanted.project, wanted.extract)}

    @router.get("/{job}")
    def follow_export(job: int) -> dict[str, Any]:
        """Say how far an export is."""
        row = ledger.parquet_export(job)
        if row is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such export")
        return _as_json(row)

    return router


async def _rescue(ledger: Ledger) -> None:
    while True:
        await asyncio.sleep(RESCUE_SECONDS)
        with contextlib.suppress(RetryLater):  # asked again soon
            count = await asyncio.to_thread(ledger.reports.rescue, older_seconds=STRANDED_SECONDS)
            if count:
                log.warning("%d reports on their way had no job; they have one now", count)


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    extract = ExtractId(project=row["project"], generated_at=row["generated_at"])
    shown = {key: row[key] for key in ("state", "done", "total", "files", "reason")}
    return {"job": row["id"], "project": extract.project, "extract": extract.slug, **shown}


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    code = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return JSONResponse({"detail": str(error)}, status_code=code)

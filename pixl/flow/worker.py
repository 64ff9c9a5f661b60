"""Runs a queue's jobs with procrastinate, and brings back the jobs of workers that died."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
from procrastinate import App, PsycopgConnector, exceptions
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from pixl.domain.errors import NotBefore, RetryLater
from pixl.queue import Step

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
DEAD_SECONDS = 10.0
"""A worker that has not been heard of for so long is dead; its jobs go to others."""
LOOK_SECONDS = 3.0
RECONNECT_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 3600.0


class BackOff(BaseRetryStrategy):
    """Tries again what raised `RetryLater`, after pauses that double; nothing else. Postgres's clock says when."""

    def __init__(
        self, first_seconds: float, *, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    ) -> None:
        self.first_seconds = first_seconds
        self._now = now
        self._ahead = dt.timedelta(0)

    def compare(self, clock_of_postgres: dt.datetime) -> None:
        """Note by how much this machine's clock is ahead of that of Postgres, which may be on another machine."""
        self._ahead = self._now() - clock_of_postgres

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Say when to try again."""
        match exception:
            case NotBefore():
                return RetryDecision(retry_at=exception.at - self._ahead)
            case RetryLater():
                pause = min(self.first_seconds * 2 ** min(job.attempts, 16), LONGEST_PAUSE_SECONDS)
                return RetryDecision(retry_at=self._now() - self._ahead + dt.timedelta(seconds=pause))
            case _:
                return None


@dataclass(frozen=True, kw_only=True)
class Task:
    """A queue, what is done with each number in it, and how many at a time."""

    step: Step
    run: Callable[[int], None]
    """Called in a thread with the number of the study, of the series' check, or of the export."""
    workers: int


class Worker:
    """Works on the queues of some tasks until it is cancelled, also when Postgres goes away and comes back."""

    def __init__(self, conninfo: str, password: str, tasks: Mapping[Step, Task], *, retry_seconds: float) -> None:
        self._tasks = tasks
        self._app = App(
            connector=PsycopgConnector(
                conninfo=conninfo, kwargs={"password": password, "connect_timeout": 5}, min_size=1, max_size=8
            )
        )
        self._back_off = BackOff(retry_seconds)
        for task in tasks.values():
            self._register(task)

    def _register(self, task: Task) -> None:
        @self._app.task(name=task.step.value, queue=task.step.value, retry=self._back_off)
        async def run(**number: int) -> None:
            await asyncio.to_thread(task.run, number[task.step.number])

    async def run(self) -> None:
        """Work until cancelled."""
        threads = sum(task.workers for task in self._tasks.values())
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads + 8, thread_name_prefix="job"))
        while True:
            try:
                await self._run_once()
            except* (psycopg.Error, exceptions.ConnectorException, OSError) as group:
                names = {type(error).__name__ for error in group.exceptions}
                log.warning("the queue cannot be reached (%s); trying again", ", ".join(sorted(names)))
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _run_once(self) -> None:
        async with self._app.open_async(), asyncio.TaskGroup() as group:
            group.create_task(self._bring_back())
            for task in self._tasks.values():
                group.create_task(self._work(task))

    async def _work(self, task: Task) -> None:
        await self._app.run_worker_async(
            queues=[task.step.value],
            name=task.step.value,
            concurrency=task.workers,
            install_signal_handlers=False,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_SECONDS,
            fetch_job_polling_interval=2.0,
        )
        raise ConnectionError("the worker of a queue has ended")

    async def _bring_back(self) -> None:
        """Give the jobs of dead workers to living ones."""
        jobs = self._app.job_manager
        while True:
            row = await self._app.connector.execute_query_one_async("SELECT clock_timestamp() AS now")
            self._back_off.compare(row["now"])
            for task in self._tasks.values():
                for job in await jobs.get_stalled_jobs(queue=task.step.value, seconds_since_heartbeat=DEAD_SECONDS):
                    log.warning("job %s (%s) lost its worker; it is done again", job.id, job.task_name)
                    await jobs.retry_job(job)
            await asyncio.sleep(LOOK_SECONDS)

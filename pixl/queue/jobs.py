"""What a job is called, and how it is put into the queue inside somebody else's transaction."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb


class Step(enum.StrEnum):
    """A queue and the task of the same name. One step of a study's way, of a report's, or of an extract's."""

    FETCH = "fetch"
    DEIDENTIFY = "deidentify"
    CHECK = "check"
    EXPORT = "export"
    PARQUET = "parquet"
    REPORT = "report"

    @property
    def number(self) -> str:
        """What the number is called that the task works on."""
        return {Step.CHECK: "check_id", Step.PARQUET: "export_id", Step.REPORT: "report_id"}.get(self, "study_id")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One step for one study (or one of its series, or one parquet export). Holds numbers, never an identifier."""

    step: Step
    id: int
    priority: int = 0
    lock: str | None = None
    """Jobs with the same lock run one after the other."""
    study_id: int | None = None
    """The study that a series belongs to, where `id` is the number of a series' check."""

    @property
    def args(self) -> dict[str, int]:
        """What the task is called with."""
        found = {} if self.study_id is None else {"study_id": self.study_id}
        return {**found, self.step.number: self.id}


# Defers jobs, but for those of which one just like it waits already (the queueing lock is unique among waiting jobs).
DEFER = """
SELECT procrastinate_defer_jobs_v1(array_agg(
    ROW(step, step, priority, lock, queueing_lock, args, NULL)::procrastinate_job_to_defer_v1 ORDER BY position))
FROM unnest(
        %(steps)s::text[], %(priorities)s::integer[], %(locks)s::text[], %(queueing_locks)s::text[], %(args)s::jsonb[])
    WITH ORDINALITY AS job (step, priority, lock, queueing_lock, args, position)
WHERE NOT EXISTS (
    SELECT FROM procrastinate_jobs WHERE queueing_lock = job.queueing_lock AND status = 'todo')
"""


def defer(connection: psycopg.Connection[Any], *jobs: Job) -> None:
    """Add `jobs` in the transaction of `connection`: they exist when, and only when, that transaction is committed."""
    values = {
        "steps": [job.step.value for job in jobs],
        "priorities": [job.priority for job in jobs],
        "locks": [job.lock for job in jobs],
        "queueing_locks": [f"{job.step.value}-{job.id}" for job in jobs],
        "args": [Jsonb(job.args) for job in jobs],
    }
    connection.execute(DEFER, values)

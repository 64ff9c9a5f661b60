"""What a job is called, and how it is put into the queue inside somebody else's transaction."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb


class Step(enum.StrEnum):
    """A queue and the task of the same name. One step of a study's way, or of an extract's."""

    FETCH = "fetch"
    DEIDENTIFY = "deidentify"
    EXPORT = "export"
    PARQUET = "parquet"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One step for one study (or one parquet export). Holds numbers, never an identifier."""

    step: Step
    id: int
    priority: int = 0
    lock: str | None = None
    """Jobs with the same lock run one after the other."""

    @property
    def args(self) -> dict[str, int]:
        """What the task is called with."""
        return {"export_id" if self.step is Step.PARQUET else "study_id": self.id}


# Defers a job unless one just like it waits already (the queueing lock is unique among waiting jobs).
DEFER = """
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW(%(step)s, %(step)s, %(priority)s, %(lock)s, %(queueing_lock)s, %(args)s, NULL)::procrastinate_job_to_defer_v1])
WHERE NOT EXISTS (
    SELECT FROM procrastinate_jobs WHERE queueing_lock = %(queueing_lock)s AND status = 'todo')
"""


def defer(connection: psycopg.Connection[Any], job: Job) -> None:
    """Add `job` in the transaction of `connection`: it exists when, and only when, that transaction is committed."""
    values = {
        "step": job.step.value,
        "priority": job.priority,
        "lock": job.lock,
        "queueing_lock": f"{job.step.value}-{job.id}",
        "args": Jsonb(job.args),
    }
    connection.execute(DEFER, values)

"""The jobs that wait in Postgres. procrastinate runs them; the ledger adds them in its own transactions."""

from pixl.queue.jobs import Job, Step, defer

__all__ = ["Job", "Step", "defer"]

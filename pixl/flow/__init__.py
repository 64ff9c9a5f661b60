"""The steps of a study's way, one after the other, and the worker that runs them from the queue."""

from pixl.flow.steps import Flow
from pixl.flow.work import Workload, work

__all__ = ["Flow", "Workload", "work"]

"""The steps of a study's way, one after the other, and the worker that runs them from the queue."""

from pixl.flow.checking import SeriesChecker
from pixl.flow.child import CheckProcesses, Limits
from pixl.flow.steps import Flow
from pixl.flow.work import Workload, work

__all__ = ["CheckProcesses", "Flow", "Limits", "SeriesChecker", "Workload", "work"]

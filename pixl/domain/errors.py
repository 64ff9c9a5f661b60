"""Errors. The class is the retry policy; its docstring is the sentence a user reads when there is no better one."""

from __future__ import annotations

import datetime as dt
import inspect


class PixlError(Exception):
    """Something went wrong that PIXL knows by name."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.getdoc(type(self)) or type(self).__name__)


class ConfigurationError(PixlError):
    """A setting, key, project or policy file is missing or wrong."""


class CohortInvalid(PixlError):
    """The cohort cannot be loaded as it is."""


class ServiceUnavailable(PixlError):
    """A service that this command needs does not answer."""


class RetryLater(PixlError):
    """A service did not answer; the same step may succeed later."""


class NotBefore(RetryLater):
    """The step may not be tried before a certain time; waiting for it is no failure."""

    def __init__(self, message: str, at: dt.datetime) -> None:
        super().__init__(message)
        self.at = at


class StudyMissing(PixlError):
    """No archive knows this study."""


class StudyRejected(PixlError):
    """This study must never leave. Retrying cannot change that."""


class StudyHeld(PixlError):
    """A person has to look at this study before it may go on."""


class StudyFailed(PixlError):
    """This study could not be processed; a person has to look at the reason and retry it."""


class StudyLost(StudyFailed):
    """The images are no longer where they were; a retry fetches the study again."""


class ReportMissing(PixlError):
    """The source has no report for this row."""


class ReportRejected(PixlError):
    """This report must never leave. Retrying cannot change that."""


class ReportFailed(PixlError):
    """This report could not be de-identified; a person has to look at the reason and retry it."""


class InstanceRejected(PixlError):
    """This instance is not wanted by the project's filters or policy; the rest of its study goes on."""


class InstanceFailed(PixlError):
    """This instance cannot be de-identified; the reason says what and where, never a value."""

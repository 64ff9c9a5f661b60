"""What looks for identifiers that are left in what is to leave. One checker a file, found by entry point."""

from pixl.checks.port import Checked, Checker, Context, Examination, KnownStudy
from pixl.checks.suite import Suite, load_suite, suite_of

__all__ = ["Checked", "Checker", "Context", "Examination", "KnownStudy", "Suite", "load_suite", "suite_of"]

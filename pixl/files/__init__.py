"""Files in, a tree of de-identified files out: the engine for what lies on a disk. Needs no service."""

from pixl.files.job import Job
from pixl.files.layout import DEFAULT_LAYOUT, Layout
from pixl.files.outcome import Outcome, Row, Summary
from pixl.files.run import Measure, deidentify_files, measure

__all__ = [
    "DEFAULT_LAYOUT",
    "Job",
    "Layout",
    "Measure",
    "Outcome",
    "Row",
    "Summary",
    "deidentify_files",
    "measure",
]

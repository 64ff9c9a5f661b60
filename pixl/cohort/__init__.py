"""Where a cohort enters: an OMOP-ES extract folder or a CSV file becomes checked `StudyRequest`s."""

from pixl.cohort.cohort import Cohort, ExtractCohort, Requests, Skipped, Summary
from pixl.cohort.public import copy_public
from pixl.cohort.read import read_cohort
from pixl.cohort.uid_list import Listing

__all__ = ["Cohort", "ExtractCohort", "Listing", "Requests", "Skipped", "Summary", "copy_public", "read_cohort"]

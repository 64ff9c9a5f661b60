"""Find out what a path holds, and read it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pixl.cohort.cohort import Cohort
from pixl.cohort.csv_form import read_csv
from pixl.cohort.omop import read_extract
from pixl.cohort.rows import RulesOf, no_rules
from pixl.cohort.uid_list import Listing
from pixl.domain.errors import CohortInvalid


def read_cohort(
    path: Path, *, known_projects: Collection[str], rules: RulesOf = no_rules, listing: Listing | None = None
) -> Cohort:
    """Read an OMOP-ES extract folder (plain or batched), a CSV file or a list of UIDs, and check all of it.

    Parameters
    ----------
    path
        The extract's folder, the one that holds `public/`, `private/` and `extract_summary.json`; or a CSV.
    known_projects
        Names of the projects that have a configuration.
    rules
        A project's rules about rows that are not asked for.
    listing
        What a list of UIDs does not say itself.

    Raises
    ------
    CohortInvalid
        With a line for each problem that names file, column and row and says what to do. No line holds a cell's value.
    """
    try:
        if path.is_dir():
            if listing and listing.modality:
                raise CohortInvalid(f"{path.name}: --modality goes with a list of UIDs; leave it out")
            return read_extract(path, known_projects, rules)
        if path.is_file():
            return read_csv(path, known_projects, rules, listing)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CohortInvalid(f"{path.name}: cannot be read ({reason}); check the file and its permissions") from None
    raise CohortInvalid(f"{path}: there is no such folder or file; give an OMOP-ES extract folder or a CSV")

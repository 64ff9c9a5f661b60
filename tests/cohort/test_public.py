from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixl.cohort import Cohort, copy_public, read_cohort
from pixl.domain.errors import CohortInvalid, ConfigurationError

TARGET = "test-extract-uclh-omop-cdm/2023-12-07t14-08-58/omop/public"


def cohort_of(extract: Any) -> Cohort:
    return read_cohort(extract.folder, known_projects=["test-extract-uclh-omop-cdm"])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_public_parquet_is_copied(extract: Any, tmp_path: Path) -> None:
    (extract.folder / "public/notes.txt").write_text("not reviewed")
    assert copy_public(cohort_of(extract), tmp_path / "extracts") == [tmp_path / "extracts" / TARGET]
    assert list(contents(tmp_path / "extracts")) == [f"{TARGET}/omop/PROCEDURE_OCCURRENCE.parquet"]
    copied = contents(tmp_path / "extracts")[f"{TARGET}/omop/PROCEDURE_OCCURRENCE.parquet"]
    assert copied == (extract.folder / "public/omop/PROCEDURE_OCCURRENCE.parquet").read_bytes()


def test_copying_again_changes_nothing(extract: Any, tmp_path: Path) -> None:
    copy_public(cohort_of(extract), tmp_path / "extracts")
    before = contents(tmp_path / "extracts")
    copy_public(cohort_of(extract), tmp_path / "extracts")
    assert contents(tmp_path / "extracts") == before


def test_another_extract_of_the_same_moment_is_refused(extract: Any, tmp_path: Path) -> None:
    copy_public(cohort_of(extract), tmp_path / "extracts")
    extract.write("public/omop/PERSON", person_id=[1])
    with pytest.raises(CohortInvalid, match="another extract of the same moment"):
        copy_public(cohort_of(extract), tmp_path / "extracts")


def test_what_a_killed_copy_left_does_not_stop_the_next(extract: Any, tmp_path: Path) -> None:
    (tmp_path / "extracts" / TARGET).parent.parent.joinpath(".public-dead").mkdir(parents=True)
    assert copy_public(cohort_of(extract), tmp_path / "extracts")[0].is_dir()


@pytest.mark.parametrize("name", ["secret.parquet", "secret"])
def test_a_link_that_leads_out_is_refused(extract: Any, tmp_path: Path, name: str) -> None:
    outside = extract.folder / "private" / "PERSON_LINKS.parquet"
    (extract.folder / "public" / name).symlink_to(outside if "." in name else outside.parent)
    cohort = cohort_of_unchecked(extract)
    with pytest.raises(CohortInvalid, match="is a link"):
        copy_public(cohort, tmp_path / "extracts")
    assert contents(tmp_path / "extracts") == {}


def cohort_of_unchecked(extract: Any) -> Cohort:
    """The reader itself refuses a link to a table with identifiers, so it is made after the cohort was read."""
    links = [path for path in (extract.folder / "public").iterdir() if path.is_symlink()]
    targets = [path.readlink() for path in links]
    for path in links:
        path.unlink()
    cohort = cohort_of(extract)
    for path, target in zip(links, targets, strict=True):
        path.symlink_to(target)
    return cohort


def test_a_target_that_leads_out_is_refused(extract: Any, tmp_path: Path) -> None:
    (tmp_path / "extracts").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "extracts/test-extract-uclh-omop-cdm").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="leads out"):
        copy_public(cohort_of(extract), tmp_path / "extracts")


def test_a_folder_that_cannot_be_written_is_named(extract: Any, tmp_path: Path) -> None:
    (tmp_path / "extracts").write_text("a file in the way")
    with pytest.raises(ConfigurationError, match="cannot be copied there"):
        copy_public(cohort_of(extract), tmp_path / "extracts")

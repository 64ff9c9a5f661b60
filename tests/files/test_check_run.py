"""A check of many files accounts for each of them, whatever becomes of the processes."""

import stat

import pytest

from pixl.domain.checks import CheckerChoice, Checks
from pixl.files.check_job import CheckJob
from pixl.files.check_run import CheckSummary, check_files
from pixl.files.pool import DIED
from pixl.testing.outputs import dicom

COUNT = 70
"""More than one chunk."""


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    for number in range(COUNT):
        text = "Ashbury" if number == 40 else "CT"
        (path / f"{number:03}.dcm").write_bytes(dicom(SOPInstanceUID=f"2.25.{number}", StudyDescription=text))
    return path


@pytest.fixture
def deadly(tmp_path):
    """A program that kills the process that runs it on one of the files."""
    program = tmp_path / "deadly"
    program.write_text('#!/bin/sh\ngrep -q Ashbury "$1" && kill -9 $PPID\nexit 0\n', "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    options = {"program": str(program), "per_series": 1000}
    return Checks(checkers=(CheckerChoice(name="conformance", options=options),))


def run(checks, folder, workers):
    files = []
    assert check_files(CheckJob(checks=checks), folder, files.append, workers=workers)
    return files


def test_a_process_that_is_killed_costs_the_file_that_it_was_killed_by(folder, deadly):
    # Each file has elements of its own, so that the program is run for the deadly one.
    (folder / "040.dcm").write_bytes(dicom(SOPInstanceUID="2.25.40", StudyDescription="Ashbury", SeriesDescription="x"))
    files = run(deadly, folder, 2)
    assert sorted(file.path for file in files) == [f"{number:03}.dcm" for number in range(COUNT)]
    assert [(file.path, file.failed, file.result) for file in files if file.failed] == [("040.dcm", DIED, "unreadable")]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_file_has_exactly_one_result(folder, workers):
    (folder / "notes.txt").write_text("nothing", "utf-8")
    (folder / "link").symlink_to(folder / "000.dcm")
    (folder / "broken.dcm").write_bytes(dicom()[:-3])
    summary = CheckSummary()
    for file in run(Checks(), folder, workers):
        summary.add(file)
    assert dict(summary.results) == {"clean": COUNT, "skipped": 2, "unreadable": 1}
    assert summary.is_bad

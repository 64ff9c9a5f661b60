"""The report: a row a file, for its owner only, there also if the run ended early."""

import csv
import stat

import pyarrow.parquet as pq
import pytest

from pixl.files.outcome import Outcome, Row
from pixl.files.report import Report, report_paths


def rows():
    yield Row(
        input="b\udce9.dcm", size=9, outcome=Outcome.DONE, output="x/y", output_size=7, changes={"uid": 2, "hash": 1}
    )
    yield Row(input='=HYPERLINK("x"),\n', size=1, outcome=Outcome.FAILED, reason="broken, here")


def test_both_files_say_the_same_and_only_their_owner_reads_them(tmp_path):
    out = tmp_path / "out"
    with Report(out) as report:
        for row in rows():
            report.add(row)
    parquet, text = report_paths(out)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (parquet, text)} == {0o600}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.report.csv", "out.report.parquet"]
    first, second = pq.read_table(parquet).to_pylist()
    assert first["input"] == "b\\xe9.dcm"
    assert dict(first["changes"]) == {"uid": 2, "hash": 1}
    with text.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["outcome"] for line in lines] == ["done", "failed"]
    assert lines[0]["changes"] == "hash 1; uid 2"
    assert lines[1]["input"].startswith("'=HYPERLINK")
    assert second["reason"] == lines[1]["reason"] == "broken, here"


def test_a_run_that_ends_early_has_a_report_of_what_was_done(tmp_path):
    def end_early():
        with Report(tmp_path / "out") as report:
            report.add(next(rows()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        end_early()
    assert pq.read_table(report_paths(tmp_path / "out")[0]).num_rows == 1


def test_a_run_that_never_began_leaves_an_earlier_report_as_it_is(tmp_path):
    with Report(tmp_path / "out") as report:
        report.add(next(rows()))
    with pytest.raises(RuntimeError), Report(tmp_path / "out"):
        raise RuntimeError
    assert pq.read_table(report_paths(tmp_path / "out")[0]).num_rows == 1


def test_a_run_without_inputs_has_an_empty_report(tmp_path):
    with Report(tmp_path / "out"):
        pass
    assert pq.read_table(report_paths(tmp_path / "out")[0]).num_rows == 0

"""`pixl deidentify-text`, as a person uses it: no service, one command, stable exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixl.secrets import FileStore, new_secret

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path):
    FileStore(tmp_path / "data" / "secrets").create("project-demo", new_secret())
    env = {**os.environ, "PIXL_DATA": str(tmp_path / "data"), "COLUMNS": "200"}

    def run_it(*arguments, code=0):
        command = [sys.executable, "-m", "cli.main", "deidentify-text", *map(str, arguments)]
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return run_it


@pytest.fixture
def reports(tmp_path):
    path = tmp_path / "reports.parquet"
    texts = ["Mrs Lnog seen by Dr Patel on 12/03/2019.", "Normal."]
    pq.write_table(pa.table({"report": texts, "name": ["Long^Anna", "B"], "pid": ["1", "2"]}), path)
    return path


def test_a_file_is_cleaned_and_the_summary_says_what_was_masked(run, reports, tmp_path):
    out = tmp_path / "out.parquet"
    said = run(reports, out, "--project", "demo", "--column", "report", "--known", "name=name", "--keep", "pid")
    assert "masked: NAME 2, DATE 1" in said
    assert pq.read_table(out).to_pydict() == {
        "pid": ["1", "2"],
        "report": ["[NAME] seen by [NAME] on [DATE].", "Normal."],
    }


def test_surrogates_need_the_patients_column(run, reports, tmp_path):
    style = ("--project", "demo", "--column", "report", "--style", "surrogates")
    assert "--patient" in run(reports, tmp_path / "out.parquet", *style, code=2)
    run(reports, tmp_path / "out.parquet", *style, "--patient", "pid")
    assert "[" not in pq.read_table(tmp_path / "out.parquet").column("report")[0].as_py()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--project", "nobody"), "nobody"),
        (("--project", "demo"), "no column text; it has report, name, pid"),
        (("--project", "demo", "--known", "face=x"), "KIND=COLUMN"),
        (("--project", "demo", "--column", "report", "--keep", "x"), "no column x"),
    ],
)
def test_wrong_use_is_told_and_nothing_is_written(run, reports, tmp_path, more, said):
    assert said in run(reports, tmp_path / "out.parquet", *more, code=2)
    assert not (tmp_path / "out.parquet").exists()


def test_the_input_is_never_overwritten(run, reports):
    assert "OUT is IN" in run(reports, reports, "--project", "demo", "--column", "report", code=2)

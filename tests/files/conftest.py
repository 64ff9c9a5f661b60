"""A folder of DICOM files of invented patients, and a run over it."""

from __future__ import annotations

import io
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from pixl.files import Job, deidentify_files
from pixl.files.job import terms_of
from pixl.project import Projects

PROJECTS = Path(__file__).parents[2] / "projects"
SECRET = b"k" * 64


def ct(number=1, *, patient="MRN0001", description="CHEST"):
    """Return the bytes of a CT image."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.PatientID = patient
    dataset.PatientName = "Ashworth^Penelope"
    dataset.SeriesDescription = description
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.10.{number}"
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def is_there(folder):
    """The files below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


class Run:
    """Runs over a folder `in` into a folder `out`, and keeps the rows."""

    def __init__(self, folder, projects=PROJECTS):
        self.folder = folder
        self.projects = projects
        self.source = folder / "in"
        self.out = folder / "out"
        self.source.mkdir()
        self.rows = {}

    def job(self, **changes):
        project = Projects(self.projects).get(changes.pop("project", "demo"))
        secret = changes.get("secret", SECRET)
        given = {
            "source": self.source,
            "out": self.out,
            "project": project,
            "secret": secret,
            "cache": self.folder / "cache.sqlite",
            "terms": terms_of(project, secret),
        }
        return Job(**(given | changes))

    def add(self, name, data):
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def __call__(self, *, workers=1, replace=False, tell=None, **changes):
        self.rows = {}

        def keep(row):
            self.rows[row.input] = row
            if tell:
                tell(row)

        return deidentify_files(self.job(**changes), keep, workers=workers, replace=replace)

    def outcomes(self):
        return {name: row.outcome.value for name, row in self.rows.items()}

    def outputs(self):
        return is_there(self.out)


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


@pytest.fixture
def make_ct():
    return ct

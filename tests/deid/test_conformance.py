"""Independent validators on what comes out of every policy: no error that the input did not have."""

import dataclasses
import re
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import data_store
import pytest
from pydicom.data import get_testdata_file

from pixl.deid import deidentify, load_policy
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "dicom"
POLICIES = sorted((ROOT / "projects" / "policies").glob("*.yaml"))
FOLDERS = (Path(get_testdata_file("CT_small.dcm")).parent, Path(data_store.__file__).parent / "data")
VALUE = re.compile(r"= <[^>]*>|'[^']*'|\d+\.\d+[\d.]+|ReferencedSOPInstanceUID .*")
"""What an error quotes of the file; the new value is another one."""


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"needs {program}: scripts/setup tests")


@cache
def policy(path):
    demo = Projects(ROOT / "projects").get("demo")
    return dataclasses.replace(load_policy(dataclasses.replace(demo, policy=path)), modalities=())


@cache
def pairs(path, folder):
    """Return name, before and after of each file of a folder that a policy lets leave, the biggest left out."""
    pseudonymiser, found = KeyedPseudonymiser(b"0" * 32), []
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.stat().st_size < 700_000 and (data := file.read_bytes())[128:132] == b"DICM":
            try:
                found.append((file.name, data, deidentify(data, policy(path), pseudonymiser).data))
            except (InstanceFailed, InstanceRejected):
                continue
    return found


def errors(data, file):
    """Return what dciodvfy calls an error in a file; nothing to compare if it aborts, as it does on some."""
    file.write_bytes(data)
    ran = subprocess.run(["dciodvfy", str(file)], capture_output=True, timeout=60, check=False)
    lines = (ran.stderr + ran.stdout).decode("latin-1").splitlines()
    return ran.returncode, Counter(VALUE.sub("", line) for line in lines if line.startswith("Error"))


def new_errors(path, folder, tmp_path):
    for name, before, after in pairs(path, folder):
        (old_code, old), (new_code, new) = (errors(data, tmp_path / "file.dcm") for data in (before, after))
        if new_code < 0 <= old_code:
            yield name, "aborts"
        elif old_code >= 0:
            yield from ((name, error) for error in new - old)


@needs("dciodvfy")
@pytest.mark.parametrize("folder", FOLDERS, ids=["pydicom", "pydicom-data"])
@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_dciodvfy_finds_no_error_that_the_input_did_not_have(path, folder, tmp_path):
    assert len(pairs(path, folder)) > 20
    assert list(new_errors(path, folder, tmp_path)) == []


@needs("dciodvfy")
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_dciodvfy_finds_no_new_error_in_files_of_many_makers_either(path, tmp_path):
    assert list(new_errors(path, SHARED, tmp_path)) == []


@needs("dcmdump")
@pytest.mark.parametrize("folder", FOLDERS, ids=["pydicom", "pydicom-data"])
def test_dcmtk_opens_what_comes_out(folder, tmp_path):
    file = tmp_path / "file.dcm"
    for name, _, after in pairs(ROOT / "projects" / "policies" / "research.yaml", folder):
        file.write_bytes(after)
        tested = subprocess.run(["dcmftest", str(file)], capture_output=True, text=True, timeout=60, check=False)
        assert tested.stdout.startswith("yes:"), name
        dumped = subprocess.run(["dcmdump", "-q", str(file)], capture_output=True, timeout=60, check=False)
        assert dumped.returncode == 0, (name, dumped.stderr)

"""Files larger than memory should hold: mapped, read and written piece by piece."""

import io
import json
import os
import subprocess
import sys

import pydicom
import pytest

from pixl.files import sources as sources_module
from pixl.files.outcome import Outcome
from pixl.files.sources import Reader, Source

MIB = 1 << 20
SIZE = 160 * MIB
CHILD = """
import json, sys
from pathlib import Path
from pixl.files import Job, deidentify_files
from pixl.files.job import terms_of
from pixl.project import Projects
projects, source, out = map(Path, sys.argv[1:])
project, secret = Projects(projects).get("demo"), b"0" * 32
terms = terms_of(project, secret)
rows = []
for name in ("small", "large"):
    job = Job(source=source / name, out=out / name, project=project, secret=secret, cache=out / "cache", terms=terms)
    rows.append(dict(deidentify_files(job, lambda row: None).counts))
    rows.append(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")))
print(json.dumps(rows))
"""


def large(data, path, size, last=b""):
    """Write an instance with so many bytes of pixels, which read as zero, and `last` at their end."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    for tag in (0x7FE00010, 0xFFFCFFFC):
        dataset.pop(tag, None)
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 512, 512, size // (512 * 512 * 2)
    dataset.SamplesPerPixel, dataset.BitsAllocated, dataset.BitsStored = 1, 16, 12
    dataset.HighBit, dataset.PixelRepresentation, dataset.PhotometricInterpretation = 11, 0, "MONOCHROME2"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        dataset.save_as(file, enforce_file_format=True)
        file.write(b"\xe0\x7f\x10\x00OW\0\0" + size.to_bytes(4, "little"))
        end = file.tell() + size
        file.seek(end - len(last))
        file.write(last)
        file.truncate(end)


@pytest.mark.parametrize("last", [b"", b"\xff\xff"])
def test_a_large_file_needs_little_memory(run, make_ct, tmp_path, last):
    source = tmp_path / "source"
    (source / "small").mkdir(parents=True)
    (source / "small" / "a.dcm").write_bytes(make_ct(1))
    large(make_ct(2), source / "large" / "a.dcm", SIZE, last)
    (tmp_path / "made").mkdir()
    command = [sys.executable, "-c", CHILD, str(run.projects), str(source), str(tmp_path / "made")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    small, before, counts, after = json.loads(done.stdout.splitlines()[-1])
    assert small == counts == {"done": 1}
    assert (after - before) * 1024 < SIZE / 2


def test_a_mapped_file_becomes_what_it_becomes_in_memory(run, make_ct, monkeypatch):
    large(make_ct(1), run.source / "a.dcm", 2 * MIB, b"\xff\xff\xff\xff")
    run(layout="{input_path}")
    in_memory = (run.out / "a.dcm").read_bytes()
    (run.out / "a.dcm").unlink()
    monkeypatch.setattr(sources_module, "MAPPED", MIB)
    run(layout="{input_path}")
    assert run.rows["a.dcm"].reason == ""
    assert (run.out / "a.dcm").read_bytes() == in_memory
    assert in_memory.endswith(b"\xff\x0f\xff\x0f")


def test_a_large_file_that_changes_under_way_gets_no_output(run, make_ct, monkeypatch):
    path = run.source / "a.dcm"
    large(make_ct(1), path, 2 * MIB)
    monkeypatch.setattr(sources_module, "MAPPED", MIB)
    real = Reader.read

    def touched(self, source: Source):
        data = real(self, source)
        os.utime(path, ns=(1, 1))
        return data

    monkeypatch.setattr(Reader, "read", touched)
    assert run(layout="{input_path}").counts == {Outcome.FAILED: 1}
    assert run.outputs() == []

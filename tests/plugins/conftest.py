"""Real Orthancs with the plugins, and invented instances for them."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from pixl.testing.instances import instance_file
from pixl.testing.real_orthanc import PASSWORD, PYTHON_PLUGIN, RealOrthanc

PROJECT = """
project:
  name: {name}
  modalities: [CT]
policy: any
destination:
  dicom: none
  parquet: none
"""
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def orthanc_is_here():
    if not shutil.which("Orthanc") or not Path(PYTHON_PLUGIN).exists():
        pytest.skip("needs Orthanc and its Python plugin: apt-get install orthanc orthanc-python")


@pytest.fixture(scope="session")
def start_orthanc(orthanc_is_here, tmp_path_factory):
    started = []

    def start(name, script=None, env=None, **config):
        folder = tmp_path_factory.mktemp(name)
        orthanc = RealOrthanc(folder, config=config, script=script and HERE / script, env=env or {})
        started.append(orthanc)
        return orthanc.start()

    yield start
    for orthanc in started:
        orthanc.stop()


@pytest.fixture(scope="session")
def raw(start_orthanc):
    return start_orthanc("raw")


@pytest.fixture(scope="session")
def anon(start_orthanc, raw):
    env = {"PIXL_RAW_URL": raw.url, "PIXL_TEST_PASSWORD": PASSWORD}
    return start_orthanc("anon", "anon_with_stand_in.py", env, WebDavEnabled=True, DicomCheckCalledAet=False)


@pytest.fixture(scope="session")
def dicom():
    return instance_file


@pytest.fixture
def study_uid():
    return generate_uid(prefix="1.2.826.0.1.3680043.10.543.")[:50]


class Desk:
    """The folder that the stand-in ledger of `raw_with_stand_in` lives in."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "projects" / "policies").mkdir(parents=True)
        (folder / "projects" / "policies" / "any.yaml").write_text("{}")
        for name in ("lung-ct", "knee-mr"):
            (folder / "projects" / f"{name}.yaml").write_text(PROJECT.format(name=name))

    @property
    def document(self):
        path = self.folder / "desk.json"
        return json.loads(path.read_text()) if path.exists() else {"cursor": 0, "arrived": [], "states": {}}

    @property
    def arrived(self):
        return [study_uid for study_uid, _, _ in self.document["arrived"]]

    def say(self, key, *states):
        document = self.document
        document["states"][key] = [list(state) for state in states]
        part = self.folder / "said.part"
        part.write_text(json.dumps(document))
        part.rename(self.folder / "desk.json")

    def go_away(self):
        (self.folder / "away").touch()

    def come_back(self):
        (self.folder / "away").unlink()


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder)


@pytest.fixture
def cache(start_orthanc, desk):
    """An orthanc-raw with its plugin; `cache(MaximumStorageSize=1)` starts it with a configuration of its own."""
    started = []

    def start(**config):
        started.append(start_orthanc("cache", "raw_with_stand_in.py", {"PIXL_TEST_DESK": str(desk.folder)}, **config))
        return started[-1]

    yield start
    for orthanc in started:
        orthanc.stop()


@pytest.fixture(scope="session")
def soon():
    """Wait until something is true."""

    def wait(condition, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not become true"
            time.sleep(0.05)

    return wait

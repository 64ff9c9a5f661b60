"""What checkers are given of a series, by real Orthancs: each output whole, of its original as much as they need."""

from __future__ import annotations

import io
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from pixl.checks.instance import PIXELS, Instance
from pixl.domain.errors import StudyLost
from pixl.domain.project import DestinationNames, Project
from pixl.domain.state import State
from pixl.flow.checking import SeriesChecker
from pixl.ledger import Checks, SeriesCheck, SeriesOutput, Study
from pixl.testing.instances import instance_file
from pixl.testing.real_orthanc import RealOrthanc

pytestmark = pytest.mark.servers
PLUGIN = Path(__file__).parents[1] / "plugins" / "raw_with_stand_in.py"
STUDY, SERIES = "1.2.3.77", "1.2.3.77.1"
PROJECT = Project(
    name="lungs", modalities=("CT",), destination=DestinationNames(dicom="none", parquet="none"), file=Path("l.yaml")
)
NOTHING = dict.fromkeys(
    ("study_date", "participant_id", "pseudo_study_uid", "anon_id", "instances", "stored", "reason"), None
)
ROW = Study(
    id=1,
    project="lungs",
    state=State.CHECKING,
    revision=1,
    priority=0,
    tries=0,
    mrn="MRN-1",
    **{"accession_number": "ACC-1", "study_uid": STUDY, "parts": frozenset(), "fingerprint": "", **NOTHING},
)
REAL = ("JPEG2000.dcm", "MR_small_RLE.dcm", "image_dfl.dcm", "MR_small_bigendian.dcm", "CT_small.dcm", "rtplan.dcm")


class Unchanged:
    """A pseudonymiser of a project that keeps its UIDs: an output is found by its original's."""

    def pseudonyms(self, queries):
        return [query.value for query in queries]


class Looking:
    """A suite that takes down what it is given."""

    def __init__(self, before_each=lambda: None):
        self.seen = []
        self._before_each = before_each

    def check(self, _project, _known, instances):
        for checked in instances:
            self._before_each()
            self.seen.append(checked)
            if checked.whole_original:
                checked.whole_original()
        return Checks(findings=[])


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orthancs")
    (folder / "desk" / "projects").mkdir(parents=True)
    env = {"PIXL_TEST_DESK": str(folder / "desk")}
    started = [
        RealOrthanc(folder / "raw", script=PLUGIN, env=env, config={"OverwriteInstances": True}),
        RealOrthanc(folder / "plain", config={"OverwriteInstances": True}),
        RealOrthanc(folder / "anon", config={"OverwriteInstances": True}),
    ]
    yield [one.start() for one in started]
    for one in started:
        one.stop()


@pytest.fixture(params=["with the plugin", "without"])
def clients(request, servers):
    raw, plain, anon = servers
    with (raw if request.param == "with the plugin" else plain).client() as first, anon.client() as second:
        yield first, second
        for client in (first, second):
            for study in client.studies_by_uid(STUDY):
                client.delete_study(study.orthanc_id)


def fill(client, files):
    return [client.upload(data).orthanc_id for data in files]


def look(clients, suite):
    raw, anon = clients
    [study] = anon.studies_by_uid(STUDY)
    [series] = anon.series_of(study.orthanc_id)
    output = SeriesOutput(
        series=SERIES, anon_id=series.orthanc_id, instances=series.instances, modality="CT", manufacturer=""
    )
    checker = SeriesChecker(raw=raw, anon=anon, pseudonymiser=lambda _: Unchanged(), suite=suite)
    check = SeriesCheck(id=1, study_id=1, project="lungs", revision=1, output=output, tries=0, lost=0)
    return checker.check(PROJECT, ROW, check)


def ct(number, **keywords):
    return instance_file(STUDY, SOPInstanceUID=f"1.2.3.77.1.1{number:03}", number=number, **keywords)


def test_each_output_comes_with_its_own_original_however_many_there_are(clients):
    files = [ct(number, PixelData=bytes([number]) * 512) for number in range(40)]
    for client in clients:
        fill(client, files)
    suite = Looking()
    look(clients, suite)
    assert [checked.data for checked in suite.seen] == files
    for checked in suite.seen:
        assert Instance(checked).whole_original.raw == checked.data
        assert checked.data.startswith(checked.original)


def moved(number, name):
    """Return a real file as an instance of the series."""
    dataset = pydicom.dcmread(get_testdata_file(name))
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.PatientID = STUDY, SERIES, "MRN-1234567"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{SERIES}.1{number:03}"
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def test_files_of_every_kind_lose_nothing_on_the_way(clients):
    """Compressed, deflated, big endian, padded, without a picture, and one of 40 MB."""
    files = [moved(number, name) for number, name in enumerate(REAL)]
    files.append(ct(len(files), NumberOfFrames=80, Rows=512, Columns=512, PixelData=bytes(512) * 1024 * 80))
    for client in clients:
        fill(client, files)
    suite = Looking()
    look(clients, suite)
    assert [checked.data for checked in suite.seen] == files
    for checked in suite.seen:
        instance = Instance(checked)
        assert instance.whole_original.raw == checked.data
        assert values(instance.original) == values(instance.data_set)
        if checked.whole_original:
            assert len(checked.original) < 100_000
    assert sum(checked.whole_original is None for checked in suite.seen) in (4, 7)


def values(file):
    """Return a file's elements but for the picture."""
    pixels = {element.path for element in file.elements if element.tag in PIXELS}
    return [
        (element.path, element.vr, file.data[element.start : element.end])
        for element in file.elements
        if element.path not in pixels
    ]


def test_what_has_no_original_says_so(clients):
    files = [ct(number) for number in range(3)]
    fill(clients[0], files[:2])
    fill(clients[1], files)
    suite = Looking()
    found = look(clients, suite)
    assert [checked.original is None for checked in suite.seen] == [False, False, True]
    assert [finding.kind for finding in found.findings] == ["no-original"]


def test_an_original_that_vanishes_meanwhile_sends_the_study_back(clients):
    raw, _ = clients
    ids = fill(raw, [ct(number) for number in range(20)])
    fill(clients[1], [ct(number) for number in range(20)])
    with pytest.raises(StudyLost):
        look(clients, Looking(before_each=lambda: raw.delete_instance(ids[-1])))

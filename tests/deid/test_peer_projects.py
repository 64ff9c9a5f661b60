"""Projects as the original lays them out load and run, on real files: radiotherapy, and ultrasound with a recipe."""

import io
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from pixl.deid import deidentify, load_policy
from pixl.domain.errors import InstanceRejected
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

RADIOTHERAPY = """
project:
    name: "test-radiotherapy"
    modalities:
        - "CT"
        - "RTDOSE"
        - "RTPLAN"
        - "RTSTRUCT"

tag_operation_files:
    base:
        - "base.yaml"
        - "rt-plan.yaml"
    manufacturer_overrides: null

series_filters:
    - "localizer"
    - "scout"

destination:
    dicom: "none"
    parquet: "none"
"""
ULTRASOUND = """
project:
    name: "us-cts"
    modalities: ["US"]

tag_operation_files:
    base:
        - "base.yaml" #Expected base config file for any project
        - "us.yaml"
    manufacturer_overrides: ["us.yaml"]

image_operation_files:
    deid_recipes: ["us-deid.recipe"]

allowed_manufacturers:
  - regex: ".*"
    exclude_series_numbers: []

min_instances_per_series: 1

destination:
    dicom: "dicomweb"
    parquet: "none"
"""
RECIPE = """FORMAT dicom

%filter whitelist

LABEL Marked as Clean Catch All
  contains BurnedInAnnotation No

%filter graylist

LABEL Blank Image
    coordinates all

LABEL Clean Ultrasound Regions
    present SequenceOfUltrasoundRegions
    keepcoordinates from:SequenceOfUltrasoundRegions
"""
PIXELS = ("0002", "0004", "0006", "0008", "0010", "0011", "0100", "0101", "0102", "0103", "1101", "1102", "1103")
PALETTE = ("1201", "1202", "1203")


def tags(*entries):
    return "\n".join(
        f"- name: {name}\n  group: 0x{tag[:4]}\n  element: 0x{tag[4:]}\n  op: {op}" for name, tag, op in entries
    )


BASE = tags(
    ("SOP Class UID", "00080016", "keep"),
    ("SOP Instance UID", "00080018", "replace_UID"),
    ("Study Instance UID", "0020000d", "hash-uid"),
    ("Series Instance UID", "0020000e", "replace_UID"),
    ("Study Date", "00080020", "date-time"),
    ("Accession Number", "00080050", "secure-hash"),
    ("Modality", "00080060", "keep"),
    ("Manufacturer", "00080070", "keep"),
    ("Patient Name", "00100010", "replace"),
    ("Patient ID", "00100020", "secure-hash"),
    ("Patient's Age", "00101010", "num-range"),
    ("Institution Name", "00080080", "delete"),
    ("Pixel Data", "7fe00010", "keep"),
    *((f"Image pixel {number}", f"0028{number}", "keep") for number in (*PIXELS, *PALETTE)),
)
PLAN = tags(
    ("RT Plan Label", "300a0002", "replace"),
    ("Dose Reference Sequence", "300a0010", "keep"),
    ("Fraction Group Sequence", "300a0070", "keep"),
    ("Number of Fractions Planned", "300a0078", "keep"),
    ("Referenced Beam Sequence", "300c0004", "keep"),
    ("Beam Dose", "300a0084", "keep"),
)
REGIONS = tags(
    ("Sequence of Ultrasound Regions", "00186011", "keep"),
    *((f"Region {number}", f"0018{number}", "keep") for number in ("6018", "601a", "601c", "601e")),
)


@pytest.fixture
def folder(tmp_path):
    files = {
        "test-radiotherapy.yaml": RADIOTHERAPY,
        "us-cts.yaml": ULTRASOUND,
        "tag-operations/base.yaml": BASE,
        "tag-operations/rt-plan.yaml": PLAN,
        "tag-operations/us.yaml": REGIONS,
        "tag-operations/manufacturer-overrides/us.yaml": "[]",
        "image-operations/us-deid.recipe": RECIPE,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def before_and_after(folder, project, name):
    data = Path(get_testdata_file(name)).read_bytes()
    policy = load_policy(Projects(folder).get(project))
    done = deidentify(data, policy, KeyedPseudonymiser(b"0" * 32)).data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(data)), pydicom.dcmread(io.BytesIO(done))


def test_a_radiotherapy_project_runs_and_lets_nothing_through_that_it_does_not_name(folder):
    before, after = before_and_after(folder, "test-radiotherapy", "rtplan.dcm")
    beams = [
        [beam.BeamDose for beam in plan.FractionGroupSequence[0].ReferencedBeamSequence] for plan in (before, after)
    ]
    assert beams[0] == beams[1] != []
    assert after.StudyInstanceUID != before.StudyInstanceUID
    assert len(after.PatientID) == 64
    assert "BeamSequence" not in after
    assert "InstitutionName" not in after
    with pytest.raises(InstanceRejected, match="Modality"):
        before_and_after(folder, "test-radiotherapy", "MR_small.dcm")


def test_an_ultrasound_project_with_a_recipe_keeps_only_what_lies_in_the_regions(folder):
    before, after = before_and_after(folder, "us-cts", "examples_palette.dcm")
    region = before.SequenceOfUltrasoundRegions[0]
    left, top = region.RegionLocationMinX0, region.RegionLocationMinY0
    columns = before.Columns
    inside = slice(top * columns + left, top * columns + region.RegionLocationMaxX1)
    assert after.PixelData[inside] == before.PixelData[inside]
    assert len(set(after.PixelData[:columns])) == 1 or top == 0
    assert after.PixelData != before.PixelData

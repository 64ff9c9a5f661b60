"""Lists of regions in other tools' formats: recipes of pydicom-deid, scripts of CTP, and projects that name them."""

import dataclasses
from pathlib import Path

import pytest

from pixl.deid import deidentify, load_policy
from pixl.deid.ctp_script import script_regions
from pixl.deid.picture import Picture
from pixl.deid.pixels import plan
from pixl.deid.recipe_file import EVERYTHING, recipe_regions
from pixl.dicom.names import tag_of
from pixl.dicom.part10 import read_part10
from pixl.domain.errors import ConfigurationError, InstanceFailed, InstanceRejected
from pixl.project import load_project

HERE = Path("list")
RECIPE = """FORMAT dicom

%filter whitelist
LABEL Known to be clean # (nobody)
  contains BurnedInAnnotation No

%filter graylist
LABEL Dose report # (somebody)
  contains ManufacturerModelName acme|apex
  + contains Modality CT
  + contains ImageType SCREEN || contains SeriesDescription dose
  coordinates 0,0,512, 121
  ctpcoordinates 10,20,30,40
LABEL Frame
  notequals Manufacturer other
  + missing PatientComments || empty PatientComments
  + present Rows
  keepcoordinates 5,6,15,26
LABEL Only known
  contains Modality MR

%filter blacklist
LABEL Paper
  equals Modality DOC
  || equals Modality OT

%header
REMOVE PatientID
"""


def picture(**texts):
    """Return a picture of which these elements are known."""
    known = {tag_of(keyword): str(value) for keyword, value in texts.items()}
    filled = {field.name: None for field in dataclasses.fields(Picture)}
    return Picture(**(filled | {"texts": known, "modality": "", "manufacturer": "", "model": "", "image_type": ()}))


def names(devices, **texts):
    return [device.name for device in devices if device.matches(picture(**texts))]


def test_coordinates_are_corners_and_ctp_coordinates_are_sizes():
    dose, frame, paper = recipe_regions(RECIPE, HERE)
    assert dose.blank == ((0, 0, 512, 121), (10, 20, 30, 40))
    assert frame.blank_outside == ((5, 6, 10, 20),)
    assert "blacklist" in paper.refuse


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"ManufacturerModelName": "Apex 3", "Modality": "CT", "ImageType": "DERIVED\\SCREEN SAVE"}, ["Dose report"]),
        ({"ManufacturerModelName": "ACME", "Modality": "CT", "SeriesDescription": "Dose"}, ["Dose report"]),
        ({"ManufacturerModelName": "ACME", "Modality": "MR", "SeriesDescription": "Dose"}, []),
        ({"ManufacturerModelName": "ACME", "Modality": "CT", "SeriesDescription": "x"}, []),
        ({"Rows": 5}, ["Frame"]),
        ({"Rows": 5, "Manufacturer": "OTHER Inc"}, []),
        ({"Rows": 5, "PatientComments": "x"}, []),
        ({"Modality": "OT"}, ["Paper"]),
    ],
)
def test_criteria_are_joined_as_the_recipe_says(texts, found):
    assert names(recipe_regions(RECIPE, HERE), **texts) == found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  coordinates 1,2,3", "line 9: not understood: coordinates are four numbers"),
        ("  coordinates 1,2,x,4", "four numbers"),
        ("  contain Modality CT", "no criterion 'contain'"),
        ("  contains Modality C(T", "not a regular expression"),
    ],
)
def test_a_line_of_a_recipe_that_is_not_understood_is_named(line, said):
    with pytest.raises(ConfigurationError, match=said):
        recipe_regions(RECIPE.replace("  contains ManufacturerModelName acme|apex", line), HERE)


def test_a_recipe_with_an_unknown_filter_or_an_empty_label_is_refused():
    with pytest.raises(ConfigurationError, match="unknown filter"):
        recipe_regions("FORMAT dicom\n%filter greylist\n", HERE)
    with pytest.raises(ConfigurationError, match="neither criterion nor coordinates"):
        recipe_regions("FORMAT dicom\n%filter graylist\nLABEL x\n", HERE)


ULTRASOUND = """FORMAT dicom
%filter graylist
LABEL Blank
  coordinates all
LABEL Regions
  present SequenceOfUltrasoundRegions
  keepcoordinates from:SequenceOfUltrasoundRegions
"""


def test_a_recipe_that_keeps_ultrasound_regions_blackens_the_rest():
    blank, regions = recipe_regions(ULTRASOUND, HERE)
    assert (blank.blank, blank.unless_kept) == ((EVERYTHING,), True)
    assert regions.outside_ultrasound_regions
    assert names((blank, regions), SequenceOfUltrasoundRegions="sequence") == ["Blank", "Regions"]


SCRIPT = """
This is a comment.
{ Modality.equals("CT") * ([0008,0070].containsIgnoreCase("acme") + Manufacturer.startsWith("Ape")) * !Rows.equals("9")
}
(0,0,512,110) ( 1, 2, 3, 4 )
Exempt:
{ ImageType.contains("ORIGINAL") }
{ Columns.isGreaterThan("600") * Columns.isLessThan("700") + ManufacturerModelName.matches("A+") } (7,7,7,7)
{ true * !false * Modality.equals("XX") } (1,1,1,1)
"""


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"Modality": "CT", "Manufacturer": "The ACME"}, [1]),
        ({"Modality": "CT", "Manufacturer": "Apex"}, [1]),
        ({"Modality": "CT", "Manufacturer": "Apex", "Rows": 9}, []),
        ({"Modality": "MR", "Manufacturer": "Apex", "ImageType": "ORIGINAL"}, []),
        ({"Columns": 640}, [3]),
        ({"Columns": 640, "Modality": "XX"}, [3, 4]),
        ({"Columns": "wide"}, []),
        ({"ManufacturerModelName": "AAA"}, [3]),
    ],
)
def test_the_signatures_of_a_script_mean_what_they_say(texts, found):
    devices = script_regions(SCRIPT, HERE)
    assert devices[0].blank == ((0, 0, 512, 110), (1, 2, 3, 4))
    assert names(devices, **texts) == [f"list section {number}" for number in found]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('{ Modality.equals("CT") } (1,2,3)', "section 1: not understood: a region is four numbers"),
        ('{ Modality.like("CT") } (1,2,3,4)', "no method 'like'"),
        ('{ Modalty.equals("CT") } (1,2,3,4)', "unknown keyword 'Modalty'"),
        ('{ (Modality.equals("CT") } (1,2,3,4)', "not closed"),
        ('{ Modality.equals("CT") * } (1,2,3,4)', "missing"),
        ('{ Modality.equals("CT") Rows.equals("1") } (1,2,3,4)', "more than one condition"),
        ("{ ? } (1,2,3,4)", "unexpected"),
        ('{ Modality.matches("(") } (1,2,3,4)', "not a regular expression"),
        ("{ } (1,2,3,4)", "missing"),
    ],
)
def test_a_script_that_is_not_understood_is_named_with_its_section(script, said):
    with pytest.raises(ConfigurationError, match=said):
        script_regions(script, HERE)


# Projects

PROJECT = """
project: {name: us-study, modalities: [US, OT]}
destination: {dicom: ftps, parquet: none}
tag_operation_files: {base: [base.yaml], manufacturer_overrides: null}
image_operation_files: {deid_recipes: [us.recipe]}
min_instances_per_series: 2
series_filters: [localizer]
allowed_manufacturers: [{regex: "^acme"}]
"""
TAGS = """
- {name: "SOP Class", group: 0x0008, element: 0x0016, op: "keep"}
- {name: "Modality", group: 0x0008, element: 0x0060, op: "keep"}
- {name: "SOP", group: 0x0008, element: 0x0018, op: "replace_UID"}
- {name: "Study", group: 0x0020, element: 0x000d, op: "replace_UID"}
- {name: "Series", group: 0x0020, element: 0x000e, op: "replace_UID"}
- {name: "ID", group: 0x0010, element: 0x0020, op: "secure-hash"}
- {name: "Rows", group: 0x0028, element: 0x0010, op: "keep"}
- {name: "Pixels", group: 0x7fe0, element: 0x0010, op: "keep"}
"""
BLACKLIST = "%filter blacklist\nLABEL Screens\n  contains ImageType SECONDARY\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "tag-operations").mkdir()
    (tmp_path / "image-operations").mkdir()
    (tmp_path / "us-study.yaml").write_text(PROJECT)
    (tmp_path / "tag-operations" / "base.yaml").write_text(TAGS)
    (tmp_path / "image-operations" / "us.recipe").write_text(ULTRASOUND + BLACKLIST)
    return load_project(tmp_path / "us-study.yaml")


def ultrasound(instance, **keywords):
    return instance(
        Modality="US",
        **{
            "Rows": 2,
            "Columns": 2,
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "BitsAllocated": 8,
            "BitsStored": 8,
            "HighBit": 7,
            "PixelRepresentation": 0,
            "PixelData": b"\1\2\3\4",
        }
        | keywords,
    )


def test_a_project_of_the_peers_files_alone_runs_with_its_recipe(project, instance, pseudonymiser, read):
    policy = load_policy(project)
    out = read(deidentify(ultrasound(instance), policy, pseudonymiser).data)
    assert (out.PixelData, out.Rows, out.Modality) == (bytes(4), 2, "US")
    assert "DeidentificationMethodCodeSequence" not in out  # the peer's files claim no profile
    with pytest.raises(InstanceRejected, match="Screens"):
        deidentify(ultrasound(instance, ImageType=["DERIVED", "SECONDARY"]), policy, pseudonymiser)


def test_a_picture_that_says_an_element_twice_is_not_judged(project, instance):
    data = ultrasound(instance)
    rows = b"\x28\x00\x10\x00US\x02\x00\x02\x00"
    file = read_part10(data.replace(rows, rows * 2))
    policy = load_policy(project)
    with pytest.raises(InstanceFailed, match="Rows is there twice"):
        plan(data, file, policy, policy.rulebook("", "US"))

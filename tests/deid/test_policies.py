"""A policy is made again when one of its files says something else, and only then."""

import dataclasses

import pytest

from pixl.deid import Policies
from pixl.domain.errors import ConfigurationError
from pixl.project import Projects

PROJECT = """\
project: {name: lungs, modalities: [CT]}
destination: {dicom: none, parquet: none}
policy: ours
tag_operation_files: {base: [more]}
"""
FILES = {
    "lungs.yaml": PROJECT,
    "policies/ours.yaml": "include: [shared.yaml]\nprofile: none\nregions: [regions.yaml]\n",
    "policies/shared.yaml": "profile: none\nrules: [{op: keep, tags: [PatientSex]}]\n",
    "policies/regions.yaml": "devices: [{name: any, when: {modalities: [US]}, blank: [[0, 0, 10, 10]]}]\n",
    "tag-operations/more.yaml": "[{name: modality, group: 0x0008, element: 0x0060, op: keep}]\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def policy(policies, folder):
    return policies(Projects(folder).get("lungs"))


def test_a_policy_whose_files_are_as_they_were_is_the_one_that_was_made(folder):
    policies = Policies()
    assert policy(policies, folder) is policy(policies, folder)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("policies/ours.yaml", "include: [shared.yaml]\nprofile: none\nrules: [{op: keep, tags: [PatientAge]}]\n"),
        ("policies/shared.yaml", "profile: none\nrules: [{op: empty, tags: [PatientSex]}]\n"),
        ("policies/regions.yaml", "devices: [{name: any, when: {modalities: [US]}, blank: [[0, 0, 20, 10]]}]\n"),
        ("tag-operations/more.yaml", "[{name: modality, group: 0x0008, element: 0x0060, op: delete}]\n"),
        ("lungs.yaml", PROJECT.replace("CT", "MR")),
    ],
)
def test_what_any_of_its_files_says_anew_is_in_force_at_once(folder, name, text):
    policies = Policies()
    before = policy(policies, folder).hash
    (folder / name).write_text(text)
    assert policy(policies, folder).hash != before
    (folder / name).write_text(FILES[name])
    assert policy(policies, folder).hash == before


def test_a_file_that_is_broken_later_is_an_error_and_not_the_policy_of_before(folder):
    policies = Policies()
    policy(policies, folder)
    (folder / "policies/shared.yaml").write_text("rules: [{op: keep, tags: [PatientSecks]}]\n")
    with pytest.raises(ConfigurationError, match="PatientSex"):
        policy(policies, folder)


def test_a_file_that_is_taken_away_is_an_error_and_not_the_policy_of_before(folder):
    policies = Policies()
    policy(policies, folder)
    (folder / "policies/regions.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"regions\.yaml"):
        policy(policies, folder)


def test_projects_of_one_name_in_two_folders_are_told_apart(folder):
    policies, project = Policies(), Projects(folder).get("lungs")
    other = dataclasses.replace(project, modalities=("MR",))
    assert policies(project).modalities == ("CT",)
    assert policies(other).modalities == ("MR",)

"""Project files, ours and the peer's, right and wrong."""

import textwrap
from pathlib import Path

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.project import Projects, load_project

PROJECTS = Path(__file__).parents[2] / "projects"
LEAST = """
project: {name: mine, modalities: [CT]}
policy: research
destination: {dicom: ftps, parquet: none}
"""
PEER = """
project:
    name: "mine"
    azure_kv_alias: "test"
    modalities: ["DX", "CR"]
tag_operation_files:
    base: ["base.yaml", "xray.yaml"]
    manufacturer_overrides: ["mri.yaml"]
allowed_manufacturers:
  - regex: "^philips"
    exclude_series_numbers: ["3", "5"]
  - regex: ".*"
min_instances_per_series: 2
series_filters: ["localizer"]
destination:
    dicom: "dicomweb"
    parquet: "none"
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("policies", "tag-operations/manufacturer-overrides", "image-operations"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("policies/research.yaml", "tag-operations/base.yaml", "tag-operations/xray.yaml"):
        (tmp_path / name).write_text("[]")
    (tmp_path / "tag-operations/manufacturer-overrides/mri.yaml").write_text("[]")
    (tmp_path / "image-operations/us.recipe").write_text("")
    return tmp_path


def loaded(folder, text, name="mine"):
    path = folder / f"{name}.yaml"
    path.write_text(textwrap.dedent(text))
    return load_project(path)


def test_a_small_file_is_a_whole_project(folder):
    project = loaded(folder, LEAST)
    assert (project.name, project.modalities, project.destination.dicom) == ("mine", ("CT",), "ftps")
    assert project.policy == folder / "policies/research.yaml"
    assert (project.min_instances_per_series, project.on_failed_instance, project.notes) == (1, "hold", ())


def test_a_project_file_of_the_peer_loads_with_a_note_of_what_means_something_else(folder):
    project = loaded(folder, PEER)
    assert [path.name for path in project.tag_operation_files.base] == ["base.yaml", "xray.yaml"]
    assert project.tag_operation_files.manufacturer_overrides[0].parent.name == "manufacturer-overrides"
    assert project.allowed_manufacturers[0].exclude_series_numbers == (3, 5)
    assert (project.min_instances_per_series, project.series_filters) == (2, ("localizer",))
    for key in ("azure_kv_alias", "destination.dicom", "tag_operation_files", "exclude_series_numbers"):
        assert any(key in note for note in project.notes), key


def test_the_peers_null_and_none_are_nothing(folder):
    text = PEER.replace('["mri.yaml"]', "none").replace('["localizer"]', "null")
    project = loaded(folder, text)
    assert project.tag_operation_files.manufacturer_overrides == ()
    assert project.series_filters == ()


def test_the_peers_file_without_manufacturers_is_noted_to_take_all(folder):
    text = PEER[: PEER.index("allowed_manufacturers")] + PEER[PEER.index("min_instances") :]
    assert any("allowed_manufacturers" in note for note in loaded(folder, text).notes)


def test_of_recipes_only_the_filters_for_pixels_are_noted_to_run(folder):
    project = loaded(folder, LEAST + "image_operation_files: {deid_recipes: [us.recipe]}\n")
    assert project.image_operation_files[0].name == "us.recipe"
    assert any("header actions are not run" in note for note in project.notes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("policy:", "polcy:"), r"mine\.yaml: unknown key polcy \(did you mean 'policy'\?\)"),
        (("modalities:", "modality:"), r"unknown key project\.modality \(did you mean 'modalities'\?\)"),
        (("modalities: [CT]", "modalities: []"), r"project\.modalities"),
        (("modalities: [CT]", "modalities: [ct]"), r"project\.modalities\[1\]"),
        (("policy: research", "policy: reserch"), r"policy: no file 'reserch'.*did you mean 'research\.yaml'"),
        (("policy: research", ""), "nothing could leave"),
        (("name: mine", "name: yours"), r"must be called yours\.yaml"),
        (("name: mine", "name: '///'"), r"project\.name"),
        (("dicom: ftps", "dicom: ftps, dicm: x"), r"unknown key destination\.dicm \(did you mean 'dicom'\?\)"),
        (("policy:", "on_failed_instance: ignore\npolicy:"), "on_failed_instance.*'hold', 'fail' or 'export'"),
        (
            ("policy:", "allowed_manufacturers: [{regex: '('}]\npolicy:"),
            r"allowed_manufacturers\[1\]\.regex.*expression",
        ),
        (("policy:", "min_instances_per_series: 0\npolicy:"), "min_instances_per_series"),
        (("policy: research", "policy: research\npolicy: x"), "policy is given twice"),
        (("project: {", "project: {{"), "line 3: this is not YAML"),
        (("project: {name: mine, modalities: [CT]}", ""), r"project: Field required"),
    ],
)
def test_a_wrong_file_is_named_with_its_key_and_what_was_meant(folder, change, said):
    with pytest.raises(ConfigurationError, match=said):
        loaded(folder, LEAST.replace(*change))


def test_a_missing_or_unreadable_file_is_named(folder):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_project(folder / "none.yaml")
    (folder / "latin.yaml").write_bytes("project: {name: Müller}".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_project(folder / "latin.yaml")


def test_projects_are_found_by_name_and_a_near_name_is_suggested(folder):
    loaded(folder, LEAST)
    projects = Projects(folder)
    assert projects.names() == ("mine",)
    assert projects.get("mine").name == "mine"
    with pytest.raises(ConfigurationError, match="did you mean 'mine'"):
        projects.get("mane")
    with pytest.raises(ConfigurationError, match="no project"):
        projects.get("../mine")


@pytest.mark.parametrize("name", Projects(PROJECTS).names())
def test_every_project_in_this_repository_is_right(name):
    assert Projects(PROJECTS).get(name).name == name


@pytest.mark.parametrize(
    "layout",
    [
        "{instance}",
        "{series}/{instance}.dcm",
        "{patient}/{study}/{series}/{instance}.dcm",
    ],
)
def test_a_layout_is_a_path_of_pseudonyms(folder, layout):
    text = LEAST.replace("parquet: none", f"parquet: none, layout: '{layout}'")
    assert loaded(folder, text).destination.layout == layout


@pytest.mark.parametrize(
    "layout",
    [
        "",
        "{series}.dcm",
        "../{instance}",
        "/{instance}",
        "{instance}/..",
        "{instance!r}",
        "{instance:>9}",
        "{name}{instance}",
        "{instance",
        "{0}{instance}",
        "{instance.__class__}",
        "a b/{instance}",
    ],
)
def test_a_layout_that_could_lead_elsewhere_is_refused(folder, layout):
    with pytest.raises(ConfigurationError, match="layout"):
        loaded(folder, LEAST.replace("parquet: none", f"parquet: none, layout: '{layout}'"))

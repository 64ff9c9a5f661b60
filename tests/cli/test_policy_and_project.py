"""`pixl policy` and `pixl project`, as a person uses them."""

import shutil
import sys
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from typer.testing import CliRunner

from cli.main import build
from pixl.domain.errors import ConfigurationError
from pixl.project import Projects

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def pixl(monkeypatch, tmp_path):
    """Return what a command prints; a `PixlError` passes through."""
    (tmp_path / "projects").symlink_to(REPOSITORY / "projects")
    monkeypatch.setenv("PIXL_PROJECTS", str(REPOSITORY / "projects"))
    monkeypatch.setenv("PIXL_DATA", str(tmp_path))

    def run(*arguments):
        result = CliRunner().invoke(build(), arguments, catch_exceptions=True)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_explain_prints_the_policy_by_element(pixl):
    printed = pixl("policy", "explain", "demo").output
    assert "(0008,0050) AccessionNumber: hash(16)" in printed
    assert "everything else is removed" in printed


def test_explain_says_what_would_happen_to_a_file_and_shows_no_value(pixl):
    printed = pixl("policy", "explain", "demo", get_testdata_file("CT_small.dcm")).output
    assert "PatientName" in printed
    assert "no rule names it" in printed
    assert "CompressedSamples" not in printed


def test_explain_names_a_missing_file_and_a_near_project(pixl):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        pixl("policy", "explain", "demo", "/nowhere.dcm")
    with pytest.raises(ConfigurationError, match="did you mean 'demo'"):
        pixl("policy", "explain", "dmo")


def test_diff_says_what_another_policy_does_to_which_element(pixl):
    printed = pixl("policy", "diff", "demo", "strict")
    assert printed.exit_code == 1
    assert "(0008,0020) StudyDate: shift-date -> replace" in printed.output
    assert "retain-modified-dates" in printed.output
    assert "(0028,0010) Rows" not in printed.output


def test_diff_takes_projects_policies_and_files_and_finds_nothing_between_the_same(pixl):
    same = pixl("policy", "diff", "research", str(REPOSITORY / "projects" / "policies" / "research.yaml"))
    assert same.exit_code == 0
    assert same.output == "differences: 0\n"
    projects = pixl("policy", "diff", str(REPOSITORY / "projects" / "demo.yaml"), "demo-mr-only")
    assert projects.output.startswith("modalities: CT, ")
    with pytest.raises(ConfigurationError, match="did you mean 'demo'"):
        pixl("policy", "diff", "demo", "dmo")


def test_diff_names_the_devices_that_an_override_is_for(pixl, tmp_path):
    for name, operation in (("a", "keep"), ("b", "remove")):
        (tmp_path / f"{name}.yaml").write_text(
            f"rules: [{{op: keep, tags: [Rows, Modality]}}]\noverrides:\n"
            f"  - when: {{manufacturer: '^GE', modalities: [CT]}}\n    rules: [{{op: {operation}, tags: [Columns]}}]\n"
        )
    printed = pixl("policy", "diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")).output
    assert "for manufacturer matches '^GE', modality CT:" in printed
    assert "  (0028,0011) Columns: keep -> remove" in printed


def test_diff_knows_regions_content_items_and_what_the_profile_allows(pixl, tmp_path):
    regions = pixl("policy", "diff", "research", "research-pixels").output
    assert "regions of dose reports: none -> listed" in regions
    assert "StudyDate" not in regions
    less = pixl("policy", "diff", "research", "strict").output
    assert "content items CODE DCM 121032: as its elements -> remove" in less
    # A rule for a group does not loosen what the profile says of single elements, so it changes nothing here.
    for name, rules in (("a", "[]"), ("b", "[{op: keep, groups: ['0010']}]")):
        (tmp_path / f"{name}.yaml").write_text(f"rules: {rules}")
    grouped = pixl("policy", "diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")).output
    assert "(0010,0030)" not in grouped
    assert "(0010,0200) QualityControlSubject: remove -> keep" in grouped


def test_explained_pixels_are_those_of_which_regions_go(pixl, tmp_path, monkeypatch):
    monkeypatch.setenv("PIXL_PROJECTS", str(tmp_path))
    (tmp_path / "p.yaml").write_text("regions: [r.yaml]\nrules: [{op: keep, tags: [PixelData]}]")
    (tmp_path / "r.yaml").write_text("devices: [{name: some CT, when: {modalities: [CT]}, blank: [[0, 0, 9, 9]]}]")
    demo = (REPOSITORY / "projects" / "demo.yaml").read_text()
    mine = demo.replace("policy: research", f"policy: {tmp_path}/p.yaml").replace("name: demo", "name: mine")
    (tmp_path / "mine.yaml").write_text(mine)
    printed = pixl("policy", "explain", "mine", get_testdata_file("CT_small.dcm")).output
    assert "regions" in next(line for line in printed.splitlines() if "PixelData" in line)
    assert "some CT" in printed


def test_a_policy_is_tried_on_files_and_nothing_is_written_or_shown(pixl, tmp_path):
    (tmp_path / "files").mkdir()
    shutil.copy(get_testdata_file("CT_small.dcm"), tmp_path / "files")
    before = sorted(tmp_path.rglob("*"))
    tried = pixl("policy", "test", "demo", str(tmp_path / "files"))
    assert tried.exit_code == 0
    assert "1 x (0028,0010) Rows: keep" in tried.output
    assert "1 x (0008,0018) SOPInstanceUID: uid" in tried.output
    assert "1 x (0010,0010) PatientName:" in tried.output
    assert "1 files would pass, 0 would not" in tried.output
    assert "CompressedSamples" not in tried.output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_a_policy_cannot_treat_is_named_and_the_exit_code_is_1(pixl, tmp_path):
    whole = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:2000])
    tried = pixl("policy", "test", "demo", str(tmp_path / "cut.dcm"))
    assert tried.exit_code == 1
    assert "cut.dcm: failed: " in tried.output
    rejected = pixl("policy", "test", "demo-mr-only", get_testdata_file("CT_small.dcm"))
    assert rejected.exit_code == 0
    assert "rejected: (0008,0060) Modality is not one of the project's" in rejected.output
    with pytest.raises(ConfigurationError, match="is not there"):
        pixl("policy", "test", "demo", str(tmp_path / "nowhere"))


def test_projects_are_listed_shown_and_checked(pixl):
    assert "demo\n" in pixl("project", "list").output
    assert "modalities: MR\n" in pixl("project", "show", "demo-mr-only").output
    checked = pixl("project", "check")
    assert checked.exit_code == 0
    assert "demo: right" in checked.output


def test_a_project_whose_checkers_cannot_run_is_not_right(pixl, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for name in [name for name in sys.modules if name.startswith("pixl.checks.pixels")]:
        monkeypatch.delitem(sys.modules, name)
    checked = pixl("project", "check", "demo")
    assert checked.exit_code == 2
    assert "onnxruntime is not installed: pip install 'pixl[ocr]'" in checked.output


def test_a_new_project_is_right_at_once_and_never_overwrites(pixl, monkeypatch, tmp_path):
    folder = tmp_path / "mine"
    (folder / "policies").mkdir(parents=True)
    policy = (REPOSITORY / "projects/policies/research.yaml").read_text()
    (folder / "policies/research.yaml").write_text(policy)
    monkeypatch.setenv("PIXL_PROJECTS", str(folder))
    assert "project-heart" in pixl("project", "new", "heart", "-m", "CT").output
    assert Projects(folder).get("heart").modalities == ("CT",)
    assert pixl("project", "check", "heart").exit_code == 0
    with pytest.raises(ConfigurationError, match="is there already"):
        pixl("project", "new", "heart")
    with pytest.raises(ConfigurationError, match="no project name"):
        pixl("project", "new", "Heart Study")


def test_a_wrong_project_is_named_and_the_others_are_still_checked(pixl, monkeypatch, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "bad.yaml").write_text("projct: {}")
    monkeypatch.setenv("PIXL_PROJECTS", str(folder))
    checked = pixl("project", "check")
    assert checked.exit_code == 2
    assert "did you mean 'project'" in checked.output

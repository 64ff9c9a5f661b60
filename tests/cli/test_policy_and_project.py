"""`pixl policy` and `pixl project`, as a person uses them."""

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


def test_projects_are_listed_shown_and_checked(pixl):
    assert "demo\n" in pixl("project", "list").output
    assert "modalities: MR\n" in pixl("project", "show", "demo-mr-only").output
    checked = pixl("project", "check")
    assert checked.exit_code == 0
    assert "demo: right" in checked.output


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

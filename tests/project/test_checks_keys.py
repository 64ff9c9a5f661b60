"""The section `checks:` of a project file."""

import pytest

from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.errors import ConfigurationError
from pixl.project import load_project

HEAD = """
project: {name: demo, modalities: [CT]}
destination: {dicom: none, parquet: none}
tag_operation_files: {base: [base]}
"""


def checks_of(tmp_path, text):
    (tmp_path / "base.yaml").write_text("[]", "utf-8")
    path = tmp_path / "demo.yaml"
    path.write_text(HEAD + text, "utf-8")
    return load_project(path).checks


def test_a_project_without_the_section_has_the_default_checkers(tmp_path):
    assert checks_of(tmp_path, "") == Checks()


def test_checkers_are_named_in_their_order_with_or_without_settings(tmp_path):
    text = "checks:\n  - private\n  - rules: {files: [rules.yaml]}\n  - known-values:\n"
    assert checks_of(tmp_path, text).checkers == (
        CheckerChoice(name="private"),
        CheckerChoice(name="rules", options={"files": ["rules.yaml"]}),
        CheckerChoice(name="known-values"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("checks: [private, private]", "checks: private is given twice"),
        ("checks: []", "checks"),
        ("checks: private", "checks"),
        ("checks: [{private: {}, rules: {}}]", "checks"),
        ("checks: [{private: hold}]", "checks"),
    ],
)
def test_a_mistake_is_an_error_that_names_the_section(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        checks_of(tmp_path, text)

from __future__ import annotations

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.domain.review import ReleaseKeys
from pixl.project import load_project

LEAST = """
project: {name: mine, modalities: [CT]}
policy: research
destination: {dicom: ftps, parquet: none}
"""


@pytest.fixture
def load(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "research.yaml").write_text("")

    def loaded(text=""):
        (tmp_path / "mine.yaml").write_text(LEAST + text)
        return load_project(tmp_path / "mine.yaml").release

    return loaded


def test_a_project_that_says_nothing_is_released_when_the_checks_hold_nothing(load):
    assert load() == ReleaseKeys(gate="checks", sample_rate=0.0)


def test_the_gate_and_the_sample_are_the_projects(load):
    assert load("release: {gate: two-person, sample_rate: 0.05}") == ReleaseKeys(gate="two-person", sample_rate=0.05)


@pytest.mark.parametrize(
    "text",
    [
        "release: {gate: nobody}",
        "release: {gates: auto}",
        "release: {sample_rate: 1.5}",
        "release: {sample_rate: -0.1}",
        "release: {sample_rate: .nan}",
        "release: auto",
    ],
)
def test_a_release_that_is_none_is_refused_with_its_key(load, text):
    with pytest.raises(ConfigurationError, match="release"):
        load(text)

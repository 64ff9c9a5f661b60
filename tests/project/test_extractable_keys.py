from __future__ import annotations

import datetime as dt

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.domain.extractable import RowRule
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
        return load_project(tmp_path / "mine.yaml").extractable

    return loaded


@pytest.mark.parametrize("text", ["", "extractable: []", "extractable: none"])
def test_a_project_without_rules_asks_for_every_row(load, text):
    assert load(text) == ()


def test_rules_are_read_in_their_order(load):
    assert load(
        "extractable: [{field: study_date, before: 2015-01-01, reason: old}, {field: mrn, matches: ^T, reason: a test}]"
    ) == (
        RowRule(field="study_date", before=dt.date(2015, 1, 1), reason="old"),
        RowRule(field="mrn", matches="^T", reason="a test"),
    )


@pytest.mark.parametrize(
    "rule",
    [
        "{field: name, matches: x, reason: r}",
        "{field: mrn, reason: r}",
        "{field: mrn, matches: x}",
        "{field: mrn, matches: x, reason: ''}",
        "{field: mrn, matches: (, reason: r}",
        "{field: mrn, before: 2015-01-01, reason: r}",
        "{field: study_date, before: 2015-01-01, matches: x, reason: r}",
        "{field: study_date, before: never, reason: r}",
        "{field: mrn, matches: x, reason: r, why: w}",
    ],
)
def test_a_rule_that_is_none_is_refused_with_its_key(load, rule):
    with pytest.raises(ConfigurationError, match="extractable"):
        load(f"extractable: [{rule}]")

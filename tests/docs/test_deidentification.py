"""The document about de-identification quotes the program."""

import re
from pathlib import Path

import pytest
import yaml

from pixl.deid import load_policy
from pixl.deid.operations import OPERATIONS, operation_of
from pixl.dicom.names import tag_of
from pixl.project import Projects

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(document):
    return document("docs/deidentification.md")


@pytest.fixture(scope="module")
def policy():
    return load_policy(Projects(ROOT / "projects").get("demo"))


def test_the_quoted_lines_are_what_the_policy_says_of_itself(page, policy):
    said = set(policy.describe())
    [quoted] = page.blocks("text")
    assert [line for line in quoted.splitlines() if line not in said] == []


def test_what_is_said_to_go_goes(page, policy):
    [names] = page.blocks("text removed")
    decided = policy.rulebook("", "CT")
    assert {name: str(decided.decide(tag_of(name)).operation) for name in names.split()} == dict.fromkeys(
        names.split(), "remove"
    )


def test_the_table_of_rules_is_the_policy_file(page, table, spans):
    rules = yaml.safe_load((ROOT / "projects/policies/research.yaml").read_text(encoding="utf-8"))["rules"]
    rows = table(page.section("The default policy"))
    assert [(int(row[0]), *spans(row[1])) for row in rows] == [
        (number, str(operation_of(rule["op"], **{key: rule[key] for key in ("value", "length") if key in rule})))
        for number, rule in enumerate(rules, start=1)
    ]


def test_every_operation_is_documented(page, table, spans):
    assert {name for row in table(page.section("Operations")) for name in spans(row[0])} == set(OPERATIONS)


def test_the_page_says_what_is_not_done(page):
    assert re.search(r"does not read text in pictures", page.text)

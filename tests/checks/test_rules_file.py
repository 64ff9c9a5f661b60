"""IsIdentifiable's rules are read as they are, and written so that it reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.checks.rule_engine import RuleEngine
from pixl.checks.rules_file import (
    AllowlistRule,
    Classification,
    RuleAction,
    RuleSet,
    parse_rules,
    read_rules,
    rule_for,
    write_rules,
)
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding, Part

THEIRS = r"""
BasicRules:
  # ignore any value in this column
  - Action: Ignore
    IfColumn: Modality
  - Action: report
    As: person
    IfPattern: "\\bDr\\s+[A-Z]\\w+"
    CaseSensitive: true
  - {Action: Report, As: PrivateIdentifier, IfColumn: StudyDescription, IfPattern: '^\d{6}$'}
SocketRules:
  - Host: localhost
    Port: 1881
ConsensusRules:
  - Rules:
      - !SocketRule
        Host: localhost
        Port: 1881
      - !IsIdentifiableRule
        Action: Report
        As: Person
        IfPattern: Ashbury
WhiteListRules:
  - Action: Ignore
    As: Organization
    IfPartPattern: ^(MRI|CT)$
  - IfColumn: ProtocolName
    IfPattern: ^Head$
"""


def test_a_file_of_theirs_is_read():
    rules = parse_rules(THEIRS, "rules.yaml")
    assert [rule.Action for rule in rules.BasicRules] == [RuleAction.IGNORE, RuleAction.REPORT, RuleAction.REPORT]
    assert rules.BasicRules[1].As is Classification.PERSON
    assert rules.SocketRules[0].Port == 1881
    assert len(rules.ConsensusRules[0].Rules) == 2
    assert [rule.IfPartPattern for rule in rules.AllowlistRules] == ["^(MRI|CT)$", None]


@pytest.mark.parametrize("name", ["AllowlistRules", "WhiteListRules", "WhitelistRules"])
def test_every_spelling_of_the_allowlist_is_known(name):
    assert parse_rules(f"{name}: [{{IfPattern: ^x$}}]", "rules.yaml").AllowlistRules


@pytest.mark.parametrize("text", ["", "# nothing yet", "BasicRules:", "BasicRules: []"])
def test_an_empty_file_has_no_rules(text):
    assert parse_rules(text, "rules.yaml").is_empty


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("BasicRule: []", "unknown key BasicRule"),
        ("BasicRules: [{Action: Report, As: Person, IfPatern: x}]", r"BasicRules\[1\]"),
        ("BasicRules: [{Action: Report, IfPattern: x}]", "needs As"),
        ("BasicRules: [{Action: Ignore}]", "needs IfColumn or IfPattern"),
        ("BasicRules: [{Action: Drop, IfPattern: x}]", "Action"),
        ("AllowlistRules: [{Action: Report, IfPattern: x}]", "cannot have the Action Report"),
        ("AllowlistRules: [{As: Person}]", "would allow everything"),
        ("SocketRules: [{Host: localhost, Port: 0}]", "Port"),
        ("BasicRules: [", "not YAML"),
        ("- 1", "rules.yaml"),
    ],
)
def test_a_mistake_is_an_error_that_names_the_place(text, message):
    with pytest.raises(ConfigurationError, match=message):
        parse_rules(text, "rules.yaml")


def test_a_pattern_that_is_none_is_an_error_that_names_it():
    rules = parse_rules("BasicRules: [{Action: Ignore, IfPattern: '('}]", "rules.yaml")
    with pytest.raises(ConfigurationError, match="IfPattern"):
        RuleEngine(rules, lambda _rule, _text: [])


def test_files_are_put_together_in_their_order(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text(f"BasicRules: [{{Action: Ignore, IfPattern: {name}}}]", "utf-8")
    rules = read_rules([tmp_path / "one", tmp_path / "two"])
    assert [rule.IfPattern for rule in rules.BasicRules] == ["one", "two"]


def test_what_is_written_is_read_back_the_same():
    rules = parse_rules(THEIRS, "rules.yaml")
    assert parse_rules(write_rules(rules), "written.yaml") == rules


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=60))
def test_a_verdict_becomes_a_rule_for_exactly_this_value_in_this_element(value):
    part = Part(word=value, kind="Person", offset=0)
    finding = Finding(checker="rules", kind="name", reason="", where="(0008,1030)", value=value, parts=(part,))
    rules = parse_rules(write_rules(RuleSet(AllowlistRules=(rule_for(finding),))), "written.yaml")
    engine = RuleEngine(rules, lambda _rule, _text: [])
    assert engine.without_allowed("StudyDescription", value, [part]) == []
    assert engine.without_allowed("StudyDescription", value + " Ashbury", [part]) == [part]
    assert engine.without_allowed("SeriesDescription", value, [part]) == [part]


def test_a_finding_without_a_value_cannot_become_a_rule():
    with pytest.raises(ConfigurationError, match="without a value"):
        rule_for(Finding(checker="private", kind="private", reason="", where="(0099,1010)"))


def test_a_rule_of_a_verdict_names_the_column_as_the_peer_does():
    where = "(0040,A730)[2].(0040,A160)"
    rule = rule_for(Finding(checker="rules", kind="name", reason="", where=where, value="a.b"))
    assert rule == AllowlistRule(IfColumn="TextValue", IfPattern=r"^a\.b$", CaseSensitive=True)

"""Rules do what they do in IsIdentifiable, with thousands of them at once."""

import random
import re

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from pixl.checks import rule_engine
from pixl.checks.rule_engine import Patterns, RuleEngine, RuleTimedOut
from pixl.checks.rules_file import BasicRule, RuleSet, parse_rules
from pixl.domain.finding import Part


def engine(text, ask=lambda _rule, _text: []):
    return RuleEngine(parse_rules(text, "rules.yaml"), ask)


def words(parts):
    return None if parts is None else [(part.word, part.kind, part.offset) for part in parts]


REPORT = "BasicRules: [{Action: Report, As: Person, IfPattern: 'ash\\w*'}]"


def test_a_report_rule_tells_every_match_with_its_place():
    parts = engine(REPORT).parts("StudyDescription", "Ashbury and ashby")
    assert words(parts) == [("Ashbury", "Person", 0), ("ashby", "Person", 12)]


def test_an_ignore_rule_wins_over_all_others():
    rules = REPORT[:-1] + ", {Action: Ignore, IfPattern: bury}]"
    ask = [Part(word="x", kind="Person", offset=0)]
    assert engine(rules + "\nSocketRules: [{Host: h, Port: 1}]", lambda *_: ask).parts("X", "Ashbury") is None


def test_a_rule_for_a_column_is_for_that_column_in_any_case():
    rules = engine("BasicRules: [{Action: Ignore, IfColumn: studydescription}]")
    assert rules.parts("StudyDescription", "Ashbury") is None
    assert rules.parts("SeriesDescription", "Ashbury") == []


def test_a_report_rule_without_a_pattern_reports_the_whole_value():
    rules = engine("BasicRules: [{Action: Report, As: Location, IfColumn: Country}]")
    assert words(rules.parts("Country", "Wales")) == [("Wales", "Location", 0)]


def test_case_counts_only_where_the_rule_says_so():
    rules = engine("BasicRules: [{Action: Report, As: Person, IfPattern: Ash, CaseSensitive: true}]")
    assert rules.parts("X", "ash") == []
    assert rules.parts("X", "Ash")


def test_a_rule_without_an_action_does_nothing():
    assert engine("BasicRules: [{Action: None, IfPattern: Ash}]").parts("X", "Ash") == []


ALLOW = [
    ("{IfPattern: '^Ash Mc$'}", "Ash Mc", True),
    ("{IfPattern: '^Ash$'}", "Ash Mc", False),
    ("{IfPartPattern: '^ash$'}", "Ash Mc", True),
    ("{IfPartPattern: '^ash$', CaseSensitive: true}", "Ash Mc", False),
    ("{IfPartPattern: '^ash$', As: Person}", "Ash Mc", True),
    ("{IfPartPattern: '^ash$', As: Location}", "Ash Mc", False),
    ("{IfPartPattern: '^ash$', IfColumn: x}", "Ash Mc", True),
    ("{IfPartPattern: '^ash$', IfColumn: y}", "Ash Mc", False),
    ("{IfPartPattern: '^ash$', WordAfter: tree}", "an ash tree", True),
    ("{IfPartPattern: '^ash$', WordAfter: tree}", "an ash", False),
    ("{IfPartPattern: '^ash$', WordBefore: an}", "an ash", True),
    ("{IfPartPattern: '^ash$', WordBefore: the}", "an ash", False),
]


@pytest.mark.parametrize(("rule", "value", "is_allowed"), ALLOW)
def test_an_allowlist_rule_takes_back_what_it_fits_in_every_respect(rule, value, is_allowed):
    rules = engine(f"{REPORT}\nAllowlistRules: [{rule}]")
    parts = rules.parts("X", value)
    assert parts
    assert (rules.without_allowed("X", value, parts) == []) is is_allowed


def test_a_consensus_reports_what_all_of_its_rules_report():
    rules = (
        "ConsensusRules: [{Rules: [{Host: h, Port: 1}, {Action: Report, As: Person, IfPattern: bury},"
        " {Action: Report, As: Person, IfPattern: Ash}]}]"
    )
    says = {
        "Ashbury": [Part(word="Ashbury", kind="Person", offset=0)],
        "Ash": [Part(word="Ash", kind="Date", offset=0)],
    }
    ask = engine(rules, lambda _rule, text: says.get(text, []))
    assert words(ask.parts("X", "Ashbury")) == [("Ashbury", "Person", 0)]
    assert ask.parts("X", "Ash") == []
    assert ask.parts("X", "bury") == []


def test_a_daemon_is_not_asked_about_what_holds_no_words():
    def ask(_rule, _text):
        raise AssertionError

    assert engine("SocketRules: [{Host: h, Port: 1}]", ask).parts("Rows", "512", is_text=False) == []


def test_a_pattern_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(rule_engine, "SECONDS_A_PATTERN", 0.05)
    rules = engine(r"BasicRules: [{Action: Report, As: Person, IfPattern: '(.*)(.*)(.*)(.*)(.*)[^a]$(?!x)'}]")
    with pytest.raises(RuleTimedOut):
        rules.parts("X", "a" * 400)


def test_an_automaton_that_ran_out_of_memory_hides_no_rule(monkeypatch):
    class Exhausted:
        Add = Compile = lambda self, *_: None
        Match = lambda self, _: []  # noqa: E731

    patterns = Patterns([BasicRule(Action="Ignore", IfPattern="ash")])
    monkeypatch.setattr(patterns._plain, "_set", Exhausted())
    assert len(patterns.that_may_fit("x", "ash")) == 1


PIECES = [
    "ash",
    "bury",
    r"\d+",
    r"\w",
    ".*",
    r"\b",
    "[A-Z]{2}",
    "(?:x|y)?",
    r"\s",
    "é",
    "[^a-c]",
    "^",
    "$",
    r"(?=b)",
    "a|b",
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join), min_size=1, max_size=12),
    st.text(alphabet="ash bury 123 ABé xÆ^-", max_size=20),
)
def test_the_automaton_leaves_out_no_rule_that_matches(patterns, value):
    rules = [BasicRule(Action="Report", As="Person", IfPattern=pattern) for pattern in patterns]
    value = value.strip()
    offered = {one.rule.IfPattern for one in Patterns(rules).that_may_fit("x", value)}
    for pattern in patterns:
        if regex.search(pattern, value, regex.VERSION1 | regex.IGNORECASE):
            assert pattern in offered


def test_ten_thousand_rules_say_the_same_as_each_alone():
    rnd = random.Random(1)
    names = ["".join(rnd.choices("abcdefghij", k=5)) for _ in range(400)]
    patterns = [f"^{re.escape(' '.join(rnd.choices(names, k=2)))}$" for _ in range(10_000)]
    rules = RuleSet(BasicRules=tuple(BasicRule(Action="Ignore", IfPattern=pattern) for pattern in patterns))
    ready = RuleEngine(rules, lambda _rule, _text: [])
    ignored = {pattern[1:-1].replace("\\ ", " ") for pattern in patterns}
    for value in [*rnd.sample(sorted(ignored), 50), *names[:50]]:
        assert (ready.parts("X", value) is None) is (value in ignored)

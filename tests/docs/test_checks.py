"""The page about checks says what the program does."""

import re
from pathlib import Path

import pytest
import yaml

from pixl.checks.conformance import ConformanceOptions
from pixl.checks.consistency import ConsistencyOptions
from pixl.checks.doubtful import DoubtfulOptions
from pixl.checks.known_values import KnownValuesOptions
from pixl.checks.options import Options
from pixl.checks.pixels_options import PixelsOptions
from pixl.checks.private import PrivateOptions
from pixl.checks.rules import RulesOptions
from pixl.domain.checks import Checks
from pixl.project.checks_keys import checks_of

FORMS = {
    "private": PrivateOptions,
    "consistency": ConsistencyOptions,
    "doubtful-objects": DoubtfulOptions,
    "known-values": KnownValuesOptions,
    "rules": RulesOptions,
    "pixels": PixelsOptions,
    "conformance": ConformanceOptions,
}


@pytest.fixture
def page(document):
    return document("docs/checks.md")


def defaults():
    """Return the default of each setting, those within others too."""
    for name, form in FORMS.items():
        for setting, field in form.model_fields.items():
            if isinstance(field.default, Options):
                yield from ((f"{name}.{setting}.{inner}", value) for inner, value in field.default)
            else:
                yield f"{name}.{setting}", field.default


def test_every_setting_of_a_checker_is_documented(page, table, spans):
    documented = {name for row in table(page.section("The checkers of a project")) for name in spans(row[0])}
    assert {name for name, _ in defaults()} <= documented


def test_the_documented_defaults_are_those_of_the_settings(page, table, spans):
    rows = {spans(row[0])[0]: row[1].strip("`") for row in table(page.section("The checkers of a project"))}
    for name, default in defaults():
        if isinstance(default, frozenset | tuple):
            assert set(re.findall(r"\w+", rows[name])) == {str(value) for value in default}
        else:
            assert rows[name] == shown(default)


def shown(default):
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_example_of_the_section_is_understood(page):
    [block] = page.blocks("yaml checks")
    entries = tuple({entry: {}} if isinstance(entry, str) else entry for entry in yaml.safe_load(block)["checks"])
    checks = checks_of(entries, Path("demo.yaml"))
    for choice in checks.checkers:
        FORMS[choice.name].model_validate(dict(choice.options))


def test_the_default_checkers_are_named(page, spans):
    section = page.section("The checkers of a project")
    assert {choice.name for choice in Checks().checkers} <= set(spans(section))

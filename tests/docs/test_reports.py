"""The page on reports says what the program does."""

import pytest

from pixl.domain.report import REPORT_FOLLOWS
from pixl.export.radiology import COLUMNS
from pixl.reports.cogstack import INTERFACES, CogStackOptions
from pixl.reports.composing import COLUMNS as QUERY_COLUMNS
from pixl.reports.deployment import EMBEDDED
from pixl.reports.postgres_source import PostgresOptions


@pytest.fixture
def page(document):
    return document("docs/reports.md")


def test_the_table_of_states_is_the_state_machine(page, table, spans):
    rows = table(page.section("A report's way"))
    told = {spans(row[0])[0]: set(spans(row[2])) for row in rows}
    assert told == {state.value: {after.value for after in follows} for state, follows in REPORT_FOLLOWS.items()}


def test_the_columns_of_the_file_are_those_that_are_written(page, table, spans):
    rows = table(page.section("`radiology.parquet`"))
    assert [spans(row[0])[0] for row in rows] == [name for name, _, _ in COLUMNS]


def test_the_columns_of_a_query_are_those_that_are_known(page, table, spans):
    rows = table(page.section("The deployment's reports file"))
    assert {name for row in rows for name in spans(row[0])} == set(QUERY_COLUMNS)


def test_the_embedded_engines_are_documented(page, table, spans):
    assert set(EMBEDDED) <= {name for row in table(page.section("Engines")) for name in spans(row[0])}


@pytest.mark.parametrize("options", [PostgresOptions, CogStackOptions])
def test_every_option_of_the_reports_file_is_shown(page, options):
    for name in options.model_fields:
        assert f"    {name}:" in page.text, name


def test_every_interface_of_cogstack_is_named(page):
    assert all(name in page.text for name in INTERFACES)

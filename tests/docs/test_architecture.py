"""The picture of the house is the house."""

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from pixl.domain.state import FINAL, FOLLOWS, State

ROOT = Path(__file__).parents[2]


@pytest.fixture
def architecture(document):
    return document("docs/architecture.md")


def sql():
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "pixl/ledger/migrations").glob("*.sql"))


def test_the_table_of_states_is_the_state_machine(architecture, table, spans):
    documented = {}
    for state, _, after in [row for row in table(architecture.section("States")) if len(row) == 3]:
        documented[State(*spans(state))] = frozenset(State(name) for name in spans(after))
    assert documented == FOLLOWS


def test_the_diagram_shows_only_ways_that_there_are(architecture):
    [diagram] = architecture.blocks("mermaid")
    ways = re.findall(r"(\w+) --> (\w+)", diagram)
    assert len(ways) > 5
    assert [(before, after) for before, after in ways if State(after) not in FOLLOWS[State(before)]] == []


def test_the_sum_names_every_final_state(architecture):
    [total] = re.findall(r"^    requested = (.+)$", architecture.text, re.MULTILINE)
    assert set(total.split(" + ")) == {state.value for state in FINAL} | {"in flight"}


def test_the_ledgers_tables_are_those_that_the_migrations_make(architecture, table, spans):
    made = set(re.findall(r"^CREATE TABLE (\w+)", sql(), re.MULTILINE))
    assert {name for row in table(architecture.section("The ledger")) for name in spans(row[0])} == made


def test_the_state_column_of_the_ledger_takes_every_state():
    *_, check = re.findall(r"ADD CONSTRAINT study_state_check CHECK \(state IN \((.*?)\)\)", sql(), re.DOTALL)
    assert set(re.findall(r"'(\w+)'", check)) == {state.value for state in State}


def test_every_folder_that_is_named_is_there(architecture, table, spans):
    named = [name for row in table(architecture.section("The folders")) for name in spans(row[0])]
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_package_is_named(architecture, table, spans):
    listed = subprocess.run(["git", "ls-files", "*/__init__.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("needs git and a checkout")
    packages = {Path(name).parent for name in listed.stdout.split()} - {Path("pixl"), Path("bench")}
    named = {Path(name) for row in table(architecture.section("The folders")) for name in spans(row[0])}
    assert {path for path in packages if not named & {path, *path.parents}} == set()


def test_the_layers_are_those_of_the_contract(architecture):
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layers = contracts["importlinter:contract:one-way"]["layers"].strip().splitlines()
    [figure] = [block for block in architecture.blocks("text") if "never import each other" in block]
    lines = [line for line in figure.splitlines() if line.strip(" |")]
    assert len(lines) == len(layers)
    for line, layer in zip(lines, layers, strict=True):
        modules = [name.strip() for name in re.split(r"[|:]", layer)]
        words = {word.removeprefix("pixl.") for word in line.split()}
        assert {name.removeprefix("pixl.") for name in modules} <= words, layer


def test_every_decision_has_its_three_parts_and_is_in_the_list(document):
    listed = document("docs/decisions/README.md").text
    records = sorted(path for path in (ROOT / "docs/decisions").glob("*.md") if path.name != "README.md")
    assert len({path.name[:4] for path in records}) == len(records), "a number is given once"
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^\*\*(Context|Choice|Price)\.\*\*", text, re.MULTILINE) == ["Context", "Choice", "Price"]
        assert text.startswith(f"# {path.name[:4]} ")
        assert f"({path.name})" in listed

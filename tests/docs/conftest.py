"""Reads the documents as their tests need them: tables, blocks of code, and what stands in code spans."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Document:
    """A Markdown file of this repository."""

    def __init__(self, name):
        self.path = ROOT / name
        self.text = self.path.read_text(encoding="utf-8")

    def section(self, title):
        """The text under a heading, up to the next one of the same level or above."""
        found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,6}} |\Z)", self.text, re.MULTILINE | re.DOTALL)
        assert found, f"{self.path.name} has no section {title!r}"
        return found[2]

    def blocks(self, info):
        """The blocks of code of one kind, such as `text` or `yaml project`."""
        return [body for kind, body in FENCE.findall(self.text) if kind.strip() == info]

    def prose(self):
        """The text without blocks of code."""
        return FENCE.sub("", self.text)


def rows(text):
    """The rows of all tables in a text, each a list of cells, without headers."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = {number for number, row in enumerate(cells) if all(set(cell) <= set("-: ") for cell in row) and any(row)}
    return [row for number, row in enumerate(cells) if number not in rules and number + 1 not in rules]


def code(text):
    """What stands in code spans."""
    return re.findall(r"`([^`\n]+)`", text)


@pytest.fixture
def document():
    return Document


@pytest.fixture
def table():
    return rows


@pytest.fixture
def spans():
    return code


@pytest.fixture
def every_document():
    return [
        Document(str(path.relative_to(ROOT))) for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    ]

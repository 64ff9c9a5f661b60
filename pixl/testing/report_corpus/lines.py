"""Lists of sentences, one a line."""

from __future__ import annotations


def lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text that are not empty, without the space around them."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def blocks(text: str) -> tuple[str, ...]:
    """Return the parts of a text between lines of `---`, each without the space around it."""
    return tuple(block.strip() for block in text.split("\n---\n") if block.strip())


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text; an underscore stands for a space within one."""
    return tuple(word.replace("_", " ") for word in text.split())

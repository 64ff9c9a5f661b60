"""A link in a document leads somewhere."""

import re

import pytest


def anchors(text):
    """Headings as links name them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("kind", ["file", "anchor"])
def test_every_link_has_its_target(every_document, kind):
    broken = []
    for document in every_document:
        for target in re.findall(r"\]\(([^)\s]+)\)", document.prose()):
            name, _, anchor = target.partition("#")
            path = (document.path.parent / name).resolve() if name else document.path
            if "://" in target:
                continue
            missing = not path.exists() if kind == "file" else bool(anchor) and anchor not in anchors(path.read_text())
            if missing:
                broken.append(f"{document.path.name}: {target}")
    assert broken == []

"""Text can be read by people with weak eyes: the style sheet's own colours, by the formula of WCAG 2.1, 1.4.3."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import console

STYLE = (Path(console.__file__).parent / "static/console.css").read_text()
LIGHT, DARK = (dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6})\b", part)) for part in STYLE.split("\n}", 2)[:2])
PAIRS = [
    *((text, ground) for text in ("ink", "soft") for ground in ("card", "ground", "raised")),
    *((kind, f"{kind}-soft") for kind in ("good", "bad", "warn", "info", "accent")),
    ("on-accent", "accent"),
    ("mark-ink", "mark"),
]
LEAST = 4.5


def luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("text", "ground"), PAIRS)
@pytest.mark.parametrize("colours", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(colours, text, ground):
    assert contrast(colours[text], colours[ground]) >= LEAST


def test_both_schemes_have_colours_of_their_own():
    assert LIGHT["card"] != DARK["card"]

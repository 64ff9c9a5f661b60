"""What the default install pulls may be combined with an Apache-2.0 whole."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
COPYLEFT = re.compile(r"\bA?GPL|(?<!Lesser )General Public License", re.IGNORECASE)
KNOWN = re.compile(r"MIT|BSD|Apache|MPL|Mozilla|LGPL|Lesser General|PSF|Python Software|ISC|Unlicense", re.IGNORECASE)
READ_BY_HAND = {"pyftpdlib": "MIT"}
"""Libraries that declare no licence in their metadata, and what their licence file says."""


def pulled(requirements):
    """The distributions that requirements pull, those of their requirements included."""
    found, waiting = set(), [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            key = canonicalize_name(requirement.name), wanted
            if key not in found:
                found.add(key)
                needs = importlib.metadata.requires(key[0]) or []
                waiting += [(Requirement(text), wanted) for text in needs]
    return {name for name, _ in found}


def licence(name):
    """What a distribution says its licence is."""
    metadata = importlib.metadata.metadata(name)
    classified = [line.split(" :: ")[-1] for line in metadata.get_all("Classifier") or [] if line.startswith("License")]
    stated = metadata.get("License-Expression") or " OR ".join(classified) or metadata.get("License") or ""
    return stated or READ_BY_HAND.get(name, "")


def is_fine(text):
    """Whether one of the licences to choose from is known and neither GPL nor AGPL."""
    choices = re.split(r"\s+OR\s+", text)
    return any(KNOWN.search(choice) and not COPYLEFT.search(choice) for choice in choices)


def direct(requirements):
    return {Requirement(text).name for text in requirements}


@pytest.mark.parametrize("kind", ["default", *(extra for extra in EXTRAS if extra != "dev")])
def test_nothing_that_a_hospital_installs_is_gpl(kind):
    requirements = PROJECT["dependencies"] if kind == "default" else EXTRAS[kind]
    try:
        names = pulled(requirements)
    except importlib.metadata.PackageNotFoundError as missing:
        pytest.skip(f"needs the extra {kind}: {missing.name} is not installed")
    assert {name: licence(name) for name in names if not is_fine(licence(name))} == {}


@pytest.mark.parametrize(
    "text", ["GPL-3.0-only", "AGPL-3.0-or-later", "GNU General Public License v3 (GPLv3)", "", "None"]
)
def test_a_licence_that_does_not_fit_is_seen(text):
    assert not is_fine(text)


@pytest.mark.parametrize(
    "text", ["MIT", "LGPL-3.0-only", "GNU Lesser General Public License v3 (LGPLv3)", "GPL-2.0-only OR MIT"]
)
def test_a_licence_that_fits_is_taken(text):
    assert is_fine(text)


def test_the_jpeg_decoder_under_the_gpl_is_not_locked():
    assert "pylibjpeg-libjpeg" not in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_every_library_is_in_the_record(document, table, spans):
    record = document("docs/decisions/0002-libraries.md")
    rows = table(record.text)
    assert {name for row in rows if len(row) == 3 for name in spans(row[0])} == direct(PROJECT["dependencies"])
    optional = {name for extra in EXTRAS if extra != "dev" for name in direct(EXTRAS[extra])}
    assert {name for row in rows if len(row) == 4 for name in spans(row[0])} == optional
    assert direct(EXTRAS["dev"]) - {"pixl"} <= set(spans(record.text))


def test_the_licence_is_the_apache_licence_in_full():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_readme_says_whose_code_this_is_and_under_which_licence(document):
    text = document("README.md").text
    assert "independent implementation" in text
    assert "not UCLH's code" in text
    assert "Apache-2.0" in text


def test_the_readme_is_one_screen(document):
    assert len(document("README.md").text.splitlines()) <= 60

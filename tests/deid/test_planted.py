"""Invented identifiers planted into real files, at known and at drawn places: none may be left."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pixl.deid import deidentify, load_policy
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    if not (SHARED / "data" / "dicom").is_dir():
        pytest.skip("needs ../shared/data and ../shared/tools")
    folder = tmp_path_factory.mktemp("planted")
    tool = SHARED / "tools" / "plant_phi.py"
    arguments = [str(tool), str(SHARED / "data" / "dicom"), str(folder), "--random", "60", "--seed", "pixl"]
    subprocess.run([sys.executable, "-W", "ignore", *arguments], check=True, capture_output=True)
    return folder


def forms(token):
    if token["kind"] == "uid":
        return {token["token"].encode()}
    return {token["token"].lower().encode(charset, "ignore") for charset in ("utf-8", "latin-1", "utf-16le")} - {b""}


def test_no_planted_identifier_is_left_and_no_file_is_missing(planted):
    policy = load_policy(Projects(ROOT / "projects").get("demo"))
    pseudonymiser = KeyedPseudonymiser(b"0" * 32)
    left, seen = [], 0
    for file in json.loads((planted / "planted.json").read_text())["files"]:
        out = deidentify((planted / "files" / file["file"]).read_bytes(), policy, pseudonymiser).data.lower()
        seen += len(file["tokens"])
        left += [
            (file["file"], token["where"])
            for token in file["tokens"]
            # Eight digits may occur in a new UID or a moved date by chance.
            if token["kind"] != "date" and not token["where"].endswith(" DA")
            if any(form in out for form in forms(token))
        ]
    assert seen > 5000
    assert left == []

"""Invented identifiers planted into real files, at known and at drawn places: none may be left."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import data_store
import pytest
from pydicom.data import get_testdata_file

from pixl.deid import deidentify, load_policy
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
FILES = {
    "shared": SHARED / "data" / "dicom",
    "pydicom": Path(get_testdata_file("CT_small.dcm")).parent,
    "pydicom-data": Path(data_store.__file__).parent / "data",
}
BIG = 300_000
DAY = re.compile(rb"\d{8}")
NEW_UID = re.compile(rb"2\.25\.\d+")
ACCEPTED = ("SOPClassUID is missing", "an item is longer than its sequence", "a DICOMDIR")
"""Why some of pydicom's files are refused: they are broken on purpose, or no images."""


def planted(files, seed, folder):
    tool = SHARED / "tools" / "plant_phi.py"
    if not tool.exists() or not files.is_dir():
        pytest.skip("needs ../shared/data and ../shared/tools")
    source = folder / "source"
    source.mkdir(parents=True)
    for file in files.rglob("*"):
        if file.is_file() and (file.stat().st_size < BIG or files == FILES["shared"]):
            (source / "-".join(file.relative_to(files).parts)).symlink_to(file)
    arguments = [str(tool), str(source), str(folder), "--random", "60", "--seed", seed]
    subprocess.run([sys.executable, "-W", "ignore", *arguments], check=True, capture_output=True)
    for file in json.loads((folder / "planted.json").read_text())["files"]:
        yield file["file"], file["tokens"], (folder / "files" / file["file"]).read_bytes()


def forms(token):
    if token["kind"] == "uid":
        return {token["token"].encode()}
    charsets = ("utf-8", "latin-1", "utf-16le", "utf-16be")
    return {token["token"].lower().encode(charset, "ignore") for charset in charsets} - {b""}


def left(tokens, out):
    """Return where a token comes from that is still there.

    Eight digits can stand in a new UID: they say nothing, and cannot be avoided while UIDs are drawn from all numbers.
    """
    out = out.lower()
    found = [token for token in tokens if any(form in out for form in forms(token))]
    without_uids = NEW_UID.sub(b"", out)
    return [
        token["where"]
        for token in found
        if not DAY.fullmatch(token["token"].encode()) or token["token"].encode() in without_uids
    ]


@pytest.mark.parametrize(
    ("files", "seed", "policy"),
    [
        ("shared", "pixl", "research"),
        ("shared", "another", "research-pixels"),
        ("pydicom", "a third", "strict"),
        ("pydicom", "pixl", "research"),
        ("pydicom-data", "pixl", "research"),
    ],
)
def test_no_planted_identifier_is_left_and_no_file_is_missing(files, seed, policy, tmp_path):
    project = Projects(ROOT / "projects").get("demo")
    rules = load_policy(replaced(project, policy))
    pseudonymiser = KeyedPseudonymiser(b"0" * 32)
    seen, bad, refused = 0, [], []
    for name, tokens, data in planted(FILES[files], seed, tmp_path):
        try:
            out = deidentify(data, rules, pseudonymiser).data
        except (InstanceFailed, InstanceRejected) as reason:
            refused.append((name, str(reason)))
            continue
        seen += len(tokens)
        bad += [(name, where) for where in left(tokens, out)]
    assert bad == []
    assert seen > 2500
    if policy != "research-pixels":  # which refuses pictures of which nobody knows what may stay
        assert [one for one in refused if files == "shared" or not any(why in one[1] for why in ACCEPTED)] == []


def replaced(project, policy):
    path = ROOT / "projects" / "policies" / f"{policy}.yaml"
    return dataclasses.replace(project, policy=path, modalities=())

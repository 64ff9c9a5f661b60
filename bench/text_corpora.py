"""Public corpora, read from a folder where a person has put them: none of them is part of this repository.

`PIXL_BENCH_TEXT` or `--corpora FOLDER` names the folder. What is not there is said to be not had, and is not scored.

* `synthetic_clinical_queries.txt` of ASQ-PHI (GitHub JamesWeatherhead/asq-phi, `data/`, MIT): after `===QUERY===` a
  text, after `===PHI_TAGS===` one JSON object a line with `identifier_type` and `value`. Each value is marked wherever
  the text has it. 1,051 queries, US style.
* `synth_dataset_v2.json` of presidio-research (GitHub microsoft/presidio-research, `data/`; also in the source archive
  of the package `presidio-evaluator`; MIT): a list of objects with `full_text` and `spans`, each with `entity_type`,
  `start_position`, `end_position`. 1,500 texts, not clinical.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.text_score import Document, Entity

ASQ_PHI, PRESIDIO = "synthetic_clinical_queries.txt", "synth_dataset_v2.json"
ASQ_KINDS = {
    "NAME": "NAME",
    "GEOGRAPHIC_LOCATION": "ADDRESS",
    "DATE": "DATE",
    "MEDICAL_RECORD_NUMBER": "MRN",
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "FAX_NUMBER": "PHONE",
    "URL": "URL",
    "WEB_URL": "URL",
    "DEVICE_IDENTIFIER": "DEVICE",
    "AGE_OVER_89": "AGE",
}
"""Any other type of ASQ-PHI's is a number."""
PRESIDIO_KINDS = {
    "PERSON": "NAME",
    "STREET_ADDRESS": "ADDRESS",
    "GPE": "ADDRESS",
    "ZIP_CODE": "POSTCODE",
    "DATE_TIME": "DATE",
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "DOMAIN_NAME": "URL",
    "CREDIT_CARD": "NUMBER",
    "IBAN_CODE": "NUMBER",
    "US_SSN": "NUMBER",
    "US_DRIVER_LICENSE": "NUMBER",
    "IP_ADDRESS": "NUMBER",
}
"""Titles, organisations, nationalities, ages (mostly below 90) and years alone identify nobody: they are not scored."""
YEAR = re.compile(r"(?:19|20)\d\d(?:s)?")
NOT_IDENTIFYING = re.compile(r"(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? |(?:Patient )?ID:? |MRN:? |#)+")
"""Titles and labels that ASQ-PHI counts as part of some values, and not of others."""


def asq_phi(path: Path) -> Iterator[Document]:
    """Yield the queries of ASQ-PHI, also those without identifiers."""
    for block in path.read_text(encoding="utf-8").split("===QUERY===")[1:]:
        text, _, tags = block.partition("===PHI_TAGS===")
        marked = [json.loads(line) for line in tags.splitlines() if line.strip()]
        yield Document(text=text.strip(), entities=tuple(_found(text.strip(), marked)), situation="asq-phi")


def _found(text: str, marked: list[dict[str, str]]) -> Iterator[Entity]:
    for tag in marked:
        kind = ASQ_KINDS.get(tag["identifier_type"], "NUMBER")
        if not (kind == "DATE" and YEAR.fullmatch(tag["value"])):
            value = NOT_IDENTIFYING.sub("", tag["value"], count=1)
            for place in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text):
                yield Entity(start=place.start(), end=place.end(), kind=kind)


def presidio_research(path: Path) -> Iterator[Document]:
    """Yield the texts of presidio-research's set."""
    for each in json.loads(path.read_text(encoding="utf-8")):
        spans = [
            Entity(start=span["start_position"], end=span["end_position"], kind=PRESIDIO_KINDS[span["entity_type"]])
            for span in each["spans"]
            if span["entity_type"] in PRESIDIO_KINDS and not YEAR.fullmatch(span["entity_value"])
        ]
        entities = tuple(sorted(spans, key=lambda span: span.start))
        yield Document(text=each["full_text"], entities=entities, situation="presidio-research")


CORPORA: dict[str, tuple[str, Callable[[Path], Iterator[Document]]]] = {
    "asq-phi": (ASQ_PHI, asq_phi),
    "presidio-research": (PRESIDIO, presidio_research),
}


def load(name: str, folder: Path | None) -> list[Document] | None:
    """Return a public corpus, or None, and say so, if its file is not in the folder."""
    file, read = CORPORA[name]
    if folder is None or not (folder / file).is_file():
        print(f"{name}: not had (put {file} into the folder of --corpora or PIXL_BENCH_TEXT)")
        return None
    return list(read(folder / file))


def folder_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the folder."""
    default = os.environ.get("PIXL_BENCH_TEXT")
    parser.add_argument("--corpora", type=Path, default=Path(default) if default else None, help="folder of corpora")

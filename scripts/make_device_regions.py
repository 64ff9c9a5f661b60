#!/usr/bin/env python3
"""Makes projects/policies/regions/dicom-dre.yaml from the catalogue of devices in the package `dicom-dre` (Apache-2.0).

pip download --no-deps --python-version 3.12 --only-binary :all: dicom-dre==1.4.2 && unzip -d dre dicom_dre-*.whl
PYTHONPATH=dre python3.12 scripts/make_device_regions.py

Only where the catalogue has text blackened; what it lets pass or refuses is the policy's business here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

OUT = Path(__file__).parents[1] / "projects" / "policies" / "regions" / "dicom-dre.yaml"
HEAD = """\
# Where devices burn text into their pictures: the rectangles of the catalogue of devices in dicom-dre 1.4.2, which is
# (c) the dicom-dre authors, Apache-2.0. Made by scripts/make_device_regions.py; not to be edited by hand. Every entry
# that matches counts here, there the first one.
"""
ELEMENTS = {
    "software_versions": "SoftwareVersions",
    "sop_class_uid": "SOPClassUID",
    "secondary_capture_device_manufacturer_model_name": "SecondaryCaptureDeviceManufacturerModelName",
    "series_description": "SeriesDescription",
    "study_description": "StudyDescription",
    "conversion_type": "ConversionType",
    "pixel_spacing": "PixelSpacing",
    "body_part_examined": "BodyPartExamined",
    "burned_in_annotation": "BurnedInAnnotation",
    "image_type_any": "ImageType",
    "comments_on_radiation_dose": "CommentsOnRadiationDose",
}
"""What a rule asks of an element -> the element."""
LARGEST = 0xFFFF


def entries(catalogue: Any) -> Iterator[dict[str, Any]]:
    """Yield each rule that has text blackened, one entry for each size of picture."""
    # What a rule asks of code meanings anywhere in a file is not asked here: dose reports are refused.
    for rule in (rule for rule in catalogue.default_devices if not rule.code_meaning):
        for variant in rule.variants or [rule]:
            regions = getattr(variant, "scrub_regions", ())
            if regions and rule.action != "deny":
                yield {"name": rule.name, "when": when(rule, variant), "blank": [rectangle(one) for one in regions]}


def when(rule: Any, variant: Any) -> dict[str, Any]:
    """Return which pictures a rule is for; a variant narrows it."""
    asked: dict[str, Any] = {}
    for name, ours in (("manufacturer", "manufacturer"), ("manufacturer_model_name", "model")):
        if pattern := regex(getattr(rule, name)):
            asked[ours] = pattern
    elements = {}
    for name, keyword in {**ELEMENTS, "modality": "Modality"}.items():
        for source in (rule, variant):
            if pattern := regex(getattr(source, name, None)):
                elements[keyword] = pattern
    for source in (rule, variant):
        sizes = (("rows", getattr(source, "rows", None)), ("columns", getattr(source, "cols", None)))
        asked |= {ours: size for ours, size in sizes if size}
        if types := several(getattr(source, "image_type", None)):
            elements["ImageType"] = "".join(f"(?=.*{regex(one)})" for one in types)
    excluded = [regex(text) for source in (rule, variant) for text in several(source.image_type_exclude)]
    asked |= {"elements": elements} if elements else {}
    return asked | ({"unless": {"ImageType": "|".join(map(str, excluded))}} if excluded else {})


def several(value: str | list[str] | None) -> list[str]:
    """Return one or more patterns as a list."""
    return [value] if isinstance(value, str) else list(value or [])


def regex(value: str | list[str] | None) -> str | None:
    """Return the catalogue's patterns (`=` exact, `^` beginning, `/.../` regular, else contained) as one of ours."""
    parts = []
    for text in several(value):
        if text.startswith("/") and text.endswith("/") and len(text) > 1:
            parts.append(text[1:-1].removeprefix("(?i)"))
        elif text.startswith("="):
            parts.append(f"^{re.escape(text[1:])}$")
        else:
            parts.append("^" * text.startswith("^") + re.escape(text.removeprefix("^")))
    return "|".join(parts).replace("\\ ", " ") or None


def rectangle(region: Any) -> list[int]:
    """Return left, top, width and height."""
    return [min(max(number, 0), LARGEST) for number in region.to_tuple()]


if __name__ == "__main__":
    found = list(entries(import_module("dicom_dre.default_catalog")))
    body = yaml.safe_dump({"devices": found}, sort_keys=False, width=118, default_flow_style=None, allow_unicode=True)
    OUT.write_text(HEAD + body, "utf-8")

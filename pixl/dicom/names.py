"""The data dictionary (PS3.6): what a tag is called, how it may be represented, how many values it has."""

from __future__ import annotations

from functools import cache

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._private_dict import private_dictionaries
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from pixl.dicom.encoding import tag_text

REPEATING_GROUPS = range(0x00, 0x20, 2)
"""PS3.5 section 7.6: 6000 to 601E, 5000 to 501E."""


@cache
def dictionary() -> dict[int, tuple[tuple[str, ...], str]]:
    """Return tag -> (the representations it may have, its multiplicity), repeating groups spelt out."""
    known = {tag: (_vrs(entry[0]), entry[1]) for tag, entry in DicomDictionary.items()}
    for mask, entry in RepeatersDictionary.items():
        if mask[:4].lower() in ("60xx", "50xx") and "x" not in mask[4:]:
            base = int(mask[:2] + "00" + mask[4:], 16)
            known |= {base | low << 16: (_vrs(entry[0]), entry[1]) for low in REPEATING_GROUPS}
    return known


def private_entry(group: int, creator: str, element: int) -> tuple[str, str] | None:
    """Return representation and multiplicity of a private element as its maker documents it, None if unknown."""
    entry = private_dictionaries.get(creator, {}).get(f"{group:04X}xx{element:02X}")
    return (entry[0], entry[1]) if entry else None


def keyword(tag: int) -> str:
    """Return the keyword of a tag, such as `PatientID`, or `(gggg,eeee)` if it has none."""
    return keyword_for_tag(tag) or tag_text(tag)


def tag_of(name: str) -> int | None:
    """Return the tag that has this keyword."""
    return tag_for_keyword(name)


@cache
def keywords() -> tuple[str, ...]:
    """Return every keyword of the dictionary."""
    return tuple(entry[4] for entry in DicomDictionary.values() if entry[4])


def _vrs(text: str) -> tuple[str, ...]:
    return tuple(vr for vr in text.split(" or ") if vr != "NONE")

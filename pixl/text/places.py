"""Where somebody lives or is treated: postcodes, addresses, hospitals and rooms in them."""

from __future__ import annotations

import re

from pixl.text import lists

AREAS = sorted(lists.words("postcode_areas.txt"))
"""Postcode areas of two letters (Royal Mail); those of one letter are B E G L M N S W."""
_INWARD = r"(?!\d(?-i:st|nd|rd|th)\b)\d[ABD-HJLNP-UW-Z]{2}"
_POSTCODE = rf"\b(?:(?:{'|'.join(AREAS)})|[BEGLMNSW])\d[\dA-HJKMNPR-Y]?[ \t\n-]{{0,2}}{_INWARD}\b|\bGIR ?0AA\b"
POSTCODE = re.compile(_POSTCODE, re.IGNORECASE)
_STREET = (
    r"(?:road|rd|street|st|avenue|ave|lane|ln|close|drive|dr|way|court|crescent|cres|gardens|gdns|grove|terrace|terr"
    r"|place|pl|square|sq|park|hill|mews|row|walk|rise|view|green|parade|villas|house|mansions|wharf|quay|boulevard)"
)
_CLEAR_STREET = r"(?:road|rd|street|avenue|ave|lane|crescent|cres|gardens|gdns|terrace|grove|mews|drive)"
"""What is a street even where nothing is written with a capital."""
_PROPER = r"[A-Z][\w'\u2019\-]*\.?"
_TOWN = rf"(?:,?\s{{1,3}}{_PROPER}(?:-[\w\-]+)?){{0,4}}"
_ADDRESSES = (
    (
        rf"\b(?:(?:[Ff]lat|[Aa]partment|[Aa]pt|[Uu]nit|[Hh]ouse)\.?\s\d+[A-Za-z]?[,\s]+)?\d{{1,4}}[A-Za-z]?,?"
        rf"\s(?:{_PROPER}\s){{1,4}}(?i:{_STREET})\b\.?"
        rf"(?:{_TOWN},?\s{{1,3}}(?i:{_POSTCODE})|(?:,\s*{_PROPER}(?:\s{_PROPER})?(?=[,.\n;)]|\s*$)){{0,3}})"
    ),
    rf"(?:\b{_PROPER}(?:-[\w\-]+)?,?\s{{1,3}}){{1,3}}(?=(?i:{_POSTCODE}))",
    rf"\b(?:{_PROPER}\s){{1,3}}(?:Road|Street|Avenue|Lane|Crescent|Gardens|Mews|Terrace|Close|Rd|Ave)\b",
    r"\b(?:[Ff]lat|[Aa]partment|[Aa]pt)\.?\s\d+[A-Za-z]?\b",
    (
        r"(?i:\b\d{1,4}[a-z]?,?\s(?!(?:mm|cm|ml|x|of|mg|french)\b)[a-z][a-z'\u2019\-]+(?:\s[a-z'\u2019\-]+){0,2}"
        rf"\s{_CLEAR_STREET}\b\.?(?:,\s(?!(?:with|and|no|ct|mri?|us|xr)\b)[a-z]+(?=[.,;]|\s*$))?)"
    ),
    r"(?i:\b(?:[a-z'\u2019\-]+\s)?high\s(?:street|road)\b(?:,\s[a-z]+)?)",
    rf"\b(?:[Tt]he\s)?(?:{_PROPER}\s){{1,3}}(?:Cottage|Farm|Lodge|Manor|School|Academy|Church|Prison|Barracks|House|Court)\b",
    rf"\bHMP\s{_PROPER}",
    r"(?i:\bP\.?O\.?\sbox\s\d+|\bpost\s?code\s?:?\s?[a-z]{1,2}\d[\da-z]?\b)",
)
ADDRESS = re.compile("|".join(_ADDRESSES))
_CARE = (
    r"(?:hospital|infirmary|hospice|clinic|surgery|(?:health|medical|treatment)\scent(?:re|er)|medical\spractice"
    r"|nhs\s(?:foundation\s)?trust|foundation\strust|(?:nursing|care|residential)\shome|(?:group|family)\spractice"
    r"|practice|polyclinic|(?:university\s)?health\sboard)"
)
_ROOM = r"(?i:ward|theatre|bay|room|rm|bed|cot|crib|incubator|trolley|cubicle|pod|suite|floor|bleep|side\sroom|chair)"
_COUNTED = (
    r"(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty)"
)
_HOSPITALS = (
    (
        r"\b(?:(?:[A-Z][\w'\u2019\-]*|[A-Z]\.|of|the|and|&|de|upon|in|on|for)\s){0,5}[A-Z][\w'\u2019\-]*\.?,?"
        rf"(?!(?<=['\u2019]s)\s(?i:clinic|surgery|practice))\s(?i:{_CARE})\b(?:\s(?:of|in|at)\s{_PROPER}(?:\s{_PROPER})?)?"
    ),
    rf"\b(?:St|Saint|ST|SAINT)\.?\s[A-Z][\w'\u2019\-]+(?:['\u2019]s?)?(?:\s(?i:{_CARE}))?",
    (
        r"\b(?:Guy|King|Queen|Bart|Addenbrooke|Barts|GOSH|Moorfields|Papworth|Royal\s(?:Marsden|Free|Brompton)|Great\sOrmond)"
        r"(?:['\u2019]?s)?\b(?=[\s,.]|$)(?:\s(?:Street|College|Mary|Elizabeth|Alexandra|Charlotte['\u2019]s))?"
    ),
    rf"\b(?:{_PROPER}\s){{1,4}}(?:[Ww]ard|WARD)\b",
    rf"\b(?:Dr|DR)\.?\s{_PROPER}\s(?:and|&)\s[Pp]artners\b",
    r"\b(?:UCLH|UCH|GSTT|KCH|NHNN|UHB|BRI|QEH|RLH|RFH|NGH|UHCW|CUH|OUH|LTHT|STH|GOSH)\b",
    rf"\b{_ROOM}\s(?:no\.?\s?|number\s)?(?:\d{{1,4}}[A-Za-z]?|[A-Z]\d{{1,3}}|[A-H]|{_COUNTED}(?:[\s-]{_COUNTED})?(?!\s(?:mm|cm|ml|of|to|or)\b))\b",
    r"\b(?:wd|sr)\s?(?:\d{1,3}[A-Za-z]?)\b",
)
HOSPITAL = re.compile("|".join(_HOSPITALS))
"""Hospitals, practices, wards, and rooms with their number."""

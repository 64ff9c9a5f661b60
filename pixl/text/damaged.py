"""Shapes of identifiers that a scan, a typist or a cautious writer took apart: masked when in doubt.

A pattern here asks for less than those in `numbers`, `dates`, `places` and `ages` do, and is looked for only in texts
that have something of its kind.
"""

from __future__ import annotations

import re

_D = r"[\dOolISZB|]"
_DAY = rf"{_D}(?:\s?{_D})?"
_YEAR = rf"['\u2019]?{_D}\s?{_D}(?:\s?{_D}\s?{_D})?"
_UNIT = (
    r"(?:mm|cm|ml|mg|m?gy|kg|x|%|degrees?|minutes?|mins?|seconds?|secs?|per\s?cent"
    r"|days|weeks|months|hours|metres|ms|mls|units)"
)
DATE = re.compile(
    rf"({_D}(?<![\w./\-].)(?=(?:{_D}|[\s/.\-'\u2019]){{5,19}})(?=(?:[^\d\n]{{0,6}}\d){{2}})(?:\s?{_D})?"
    rf"\s?(?P<s>[/.\-])\s{{0,2}}{_DAY}\s?(?P=s)\s{{0,2}}{_YEAR}(?![\w%]|\.\d|\s?(?:mm|cm|ml)\b))"
)
"""1 7 / O 4 / 1 9 5 3, O9.l2.'47."""
TWO_DAYS = re.compile(r"(?<![\d/])\d{1,2}/\d{1,2}\s?[\-\u2013]\s?\d{1,2}/\d{1,2}/\d{2,4}\b")
SPELT_DATE = re.compile(
    r"\b(?i:wk|week)\s\d{1,2}(?:,?\s|/)(?:19|20)\d\d\b"
    r"|\b(?i:feast|eve|morrow)\sof\s(?:(?i:saint|st)\.?\s)?[A-Za-z]+\b"
)
"""28/2-4/3/22, week 14 2022, the feast of Stephen."""
AGE = re.compile(
    r"\b(?:super|semi)?(?:nona|cente)(?:gen|n)?\w*arians?\b"
    rf"|\bninet(?:y|ies|ieth)(?:[\s\-]+(?:one|two|three|four|five|six|seven|eight|nine|odd|plus|something|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth))?\b(?!\s?{_UNIT}\b)"
    rf"|\b(?:(?:a|one|his|her|their)\s)?hundred(?:th)?(?:\sand\s(?:one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|fourth|fifth))?(?=\s(?:years?|next|this|last|birthday|old)\b|[.,;)]|\s*$)(?!\s?{_UNIT}\b)"
    r"|(?<![\d.,])9\s?[\dOoIl]\s?-?\s?(?:y\.?\s?/?o\b\.?|yrs?\b|years?\b|y\b)"
    r"|\ba\s?g\s?e\s?d?\s?[:=]?\s{0,3}9\s?[\dOoIl]\b"
    r"|\b(?:sister|brother|mother|father|wife|husband|mum|dad|aunt|uncle|widow(?:er)?|granny|nan|grandmother|grandfather|he|she|who|is|was|lived\sto|at|no|now|aged?|turned|turns|to)"
    rf"(?:\s(?:is|was|of|now|nearly|almost|just|only|over|about))?,?\s((?:9\d|10\d|11\d))(?=[.,;)]|\s*$|\s(?:and|with|this|next|but|who|yesterday|today|tomorrow)\b)(?!,\d|\.\d|\s{_UNIT})",
    re.IGNORECASE,
)
"""Ages from 90 on in words, and bare numbers behind who somebody is."""
_NUMBERED = r"\d[\dlIO]{0,3}\s?[A-Za-z]?|[lI]\d{1,3}"
_WORD = r"[^\W\d_][\w'\u2019\-]*"
_ROAD = (
    r"(?:road|rd|street|st|str|avenue|ave|lane|ln|crescent|cres|gardens|gdns|grove|terrace|terr|mews|drive|dr|parade|villas|boulevard"
    r"|brae|wynd|vennel|loan|gait|gate|heol|ffordd|bryn|esplanade|promenade|quay|wharf|causeway|broadway|roadway|bank|fields?|meadows?|copse|chase|croft|yard)"
)
_WAY = r"(?:close|cl|way|court|ct|row|walk|hill|place|pl|square|sq|view|rise|park|green|house|end|side|top|cottages?)"
_HOUSE = (
    r"(?:cottages?|farm(?:house|stead)?|rectory|vicarage|manse|croft|bungalow|barns?|lodge|manor|grange|bothy|chalet|almshouses?|hostel|caravan|marina|boatyard"
    r"|wharf|moorings?|towers?|mansions?|villas?|orchard|smithy|schoolhouse|gatehouse|mill|estate|caravan\spark|holiday\spark|(?:nursing|care|residential)\shome)"
)
_TAIL = r"(?:\.?,?\s[A-Z][\w'\u2019\-]+(?:[\s\-](?:on|upon|under|in|by|le|the|of|next)[\s\-]))?"
ADDRESS = re.compile(
    rf"(?<![\d./\-])\b(?:{_NUMBERED})[,.]?\s(?!(?:{_UNIT}|of|and|to|french)\b)(?:{_WORD}\s){{1,3}}(?i:{_ROAD})\b\.?"
    rf"|(?<![\d./\-])\b(?:{_NUMBERED})[,.]?\s(?:{_WORD}\s){{1,3}}(?-i:[A-Z])(?:(?<=[A-Z])(?i:lose|ay|ourt|ow|alk|ill|lace|quare|iew|ise|ark|reen|ouse|nd|ottages?))\b"
    rf"|(?<![\d./\-])\b(?:{_NUMBERED})[,.]?\s(?!(?:{_UNIT}|of|and|to|french)\b)(?:{_WORD}\s){{1,2}}(?i:{_WAY})(?=[,.;\n]|\s*$)"
    rf"|\b(?i:the)\s(?:{_WORD}\s){{1,2}}(?i:{_HOUSE})\b"
    rf"|\b(?:[A-Z][\w'\u2019\-]+\s){{1,2}}(?i:{_HOUSE})\b"
    r"|\b(?:pitch|plot|door|berth|mooring|caravan|flat|apt|apartment|chalet|lodge|hut|static)\s(?:no\.?\s|number\s)?(?:\d{1,4}[A-Za-z]?|[A-Z]\d{1,3}|[A-Z])\b"
    r"|\b(?:narrowboat|liveaboard|houseboat|boat|barge|yacht)\s(?:on\s)?(?:the\s)?[\"'\u2018]?(?:[A-Z][\w'\u2019]+\s?){1,3}"
)
"""What looks like a house, a street with its number, or a place on a site, in any case."""
EMAIL = re.compile(
    r"[^\s@,;]+\s?@\s?[^\s@]+(?:\s?\.\s?[A-Za-z][\w\-]+)*"
    r"|\b[\w.+\-]+\s?[\[({<*~#|\-]{1,2}\s?(?:at|a|hash|monkey|arroba)\s?[\])}>*~#|\-]{1,2}\s?[\w\-]+(?:\s?(?:\.|[\[({<]\s?(?:dot|d0t)\s?[\])}>])\s?\w+)*"
    r"|\b[\w.]+(?:\s(?:dot|d0t|underscore|dash|hyphen|point)\s\w+)*\s(?:at|@)\s\w+(?:\s(?:dash|hyphen)\s\w+)*(?:\s(?:dot|d0t|point)\s\w+)+"
    r"|\b[\w.\-]+\s?(?:at|@|on)\s?(?:g\s?mail|hot\s?mail|yahoo|outlook|i\s?cloud|bt\s?internet|nhs\s?(?:dot\s|\.)?\s?net|aol|protonmail|live\.co)\b(?:\s?(?:\.|dot)?\s?(?:com|co\s?(?:\.|dot)?\s?uk|net|org))?"
    r"|\be-?mail(?:ed|s)?(?:\saddress)?\s?(?:is|to|at|:)?\s?((?=\S*[^\w\s,;.:)]\S*)\w[^\s,;]{4,})",
    re.IGNORECASE,
)
"""Mail addresses with the at sign or the stops in words, in brackets, or apart."""
_END = (
    r"(?:com|org|net|co\s?\.\s?uk|org\s?\.\s?uk|nhs\s?\.\s?uk|ac\s?\.\s?uk|gov\s?\.\s?uk"
    r"|uk|example|info|edu|invalid|scot|wales|cymru|london)"
)
URL = re.compile(
    r"\bh\s?t\s?t\s?p\s?s?\s?[:;]\s?/\s?/\s?\S+(?:\s?[./]\s?[\w\-]+)*"
    r"|\b(?:w\s?w\s?w|vvww|wwvv|vvvvvv|wvvw|ww\s?w|w\s?ww)(?:\s?[.,]\s?|\s(?:dot|d0t)\s)[\w\-]+(?:(?:\s?[./]\s?|\s(?:dot|d0t|slash|dash|hyphen)\s)[\w\-]+)*"
    rf"|\b[\w\-]+(?:\s?\.\s?[\w\-]+){{0,3}}\s?\.\s?(?-i:{_END})\b(?:\s?/\s?[\w\-.]+)*"
    r"|\b[\w\-]+(?:\s(?:dot|d0t)\s[\w\-]+)+(?:\s(?:forward\s)?(?:slash|dash|hyphen)\s[\w\-]+)*"
    r"|\b[\w\-]+\s?[\[({]\s?(?:dot|d0t|\.)\s?[\])}]\s?[\w\-]+(?:\s?[\[({]\s?(?:dot|d0t|\.)\s?[\])}]\s?[\w\-]+)*",
    re.IGNORECASE,
)
"""Web addresses in words, with blanks, or damaged, and the paths of files."""
CARE_OF = re.compile(r"\bc/o\s[^\n.;]{2,60}", re.IGNORECASE)
NET_SIGNS = (
    *(
        "@",
        "//",
        "/ /",
        " dot ",
        "d0t",
        "dot)",
        "dot]",
        "mail",
        "(at",
        "[at",
        "{at",
        "<at",
        "*at",
        "hash)",
        "www",
        "w w w",
    ),
    *("vv", "outlook", "yahoo", "icloud", "nhs net", "nhs.net"),
)
NET_ENDS = (". com", ". co", ". uk", ". org", ". net", ". example")
"""One of these stands in every such address, but for those with a well-known end."""
ASKS_FOR_NET = re.compile(
    r"@|/\s?/|\bd[o0]t\b|[wv]\s?[wv]\s?[wv]\s?[.,]|[\[({<~*#]\s?(?:at|a|hash|monkey|dot|\.)\s?[\])}>~*#]|\be-?mail|gmail|hotmail"
    r"|\.\s?(?:com|org|net|co|uk|nhs|example|info|edu)\b",
    re.IGNORECASE,
)
PATH = re.compile(r"/(?<![\w.]/)(?:[a-z][\w.\-]+/)+[\w.\-]*", re.IGNORECASE)
NUMBER = re.compile(
    r"\b(?:hosp(?:ital)?|h[o0]sp|unit|nhs|pat(?:ient)?|acc(?:ession)?|ref|reg|case|request|exam|mrn|pid|crn)\.?\s?(?:n[o0]|nr|num(?:ber)?|#|id)\b\.?\s?[:.]?\s{0,3}"
    r"((?=(?:[^\d\n]{0,3}\d){3})(?:[A-Z]{0,3}[\dOolISZB]+[\s\-/]?){1,6})(?<!\s)",
    re.IGNORECASE,
)
"""Numbers with a label, whose digits and letters a scan took apart or for each other."""
POSTCODE = re.compile(
    r"\b(?!T\d)[A-Z]{1,2}\s?[\dlIO]\s?[\dlIOA-Z]?\s{1,2}[\dOlISZ]\s?[\dA-Z]\s?[\dA-Z]\b(?!\s?(?:mm|cm|ml))"
)

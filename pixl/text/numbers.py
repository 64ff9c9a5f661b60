"""Numbers, addresses of machines and of mail, initials: by their shape, or by the word before them."""

from __future__ import annotations

import re

from pixl.text.spans import Kind

_UNIT = r"(?:mm|cm|ml|mg|m?gy|mbq|kv|\u00b5m|micron)"
_IDENTIFIER = (
    r"(?=(?:[A-Za-z/.\- ]{0,4}\d){3})[A-Za-z0-9][\w/.\-]*[A-Za-z0-9](?![A-Za-z0-9])"
    rf"(?:[ \-]\d{{2,}}(?![\d.]*\s?{_UNIT}\b))*(?!\s?{_UNIT}\b)"
)
"""At least three digits, and groups of digits that follow."""
_CALLED = r"(?:\s?(?:numbers?|nos?\b\.?|num\b|ids?\b|#|\u2116))?\s{0,3}(?:is\s|was\s)?[:.=#\-]{0,2}\s{0,3}"
_TEN = r"((?:[\dOoIl][\s\-./,]{0,3}){9}[\dOoIl])(?!\d)"
_PHONES = (
    r"tel(?:ephone)?|phone|mob(?:ile)?|fax|ext(?:ension)?|extn|bleep|pager|bleeped|beeped|dect|contact|call(?:ed)?\s(?:on|back\son)"
    r"|ring|switchboard|cell"
)
LABELLED: tuple[tuple[Kind, str], ...] = (
    (Kind.NHS, rf"\b(?:NHS|N\.H\.S\.?){_CALLED}{_TEN}"),
    (Kind.CHI, rf"\bCHI{_CALLED}{_TEN}"),
    (
        Kind.NHS,
        (
            r"\b(?:NHS|CHI|MRN)\b[^.\n]{0,20}?\b(?:ending|ends|end|last\s(?:four|4|three|3)(?:\sdigits)?)"
            r"(?:\s(?:in|with|are|is|of))?:?\s?(\d{2,5})\b"
        ),
    ),
    (
        Kind.ACCESSION,
        rf"\b(?:accession|acc|access\.|exam\sid|order|request|episode|booking|attendance|report){_CALLED}({_IDENTIFIER})",
    ),
    (
        Kind.MRN,
        (
            r"\b(?:MRN|hospital|hosp|patient|unit|PID|CRN|URN|UHN|RXR|district|case\s?note|notes|registration|record|local|PAS"
            rf"|RIS|ref|reference|(?:our|your)\sref|study\s(?:id|no|number)){_CALLED}({_IDENTIFIER})"
        ),
    ),
    (
        Kind.NUMBER,
        (
            r"\b(?:GMC|HCPC|NMC|reg(?:istration)?|pin|passport|licen[cs]e|NI|national\sinsurance|account|policy|ssn"
            rf"|social\ssecurity){_CALLED}({_IDENTIFIER})"
        ),
    ),
    (
        Kind.DEVICE,
        (
            rf"\b(?:serial|s/n|sn|scanner|device|machine|station|asset|room|lot|batch|model|implant|magnet){_CALLED}"
            rf"({_IDENTIFIER})"
        ),
    ),
    (
        Kind.PHONE,
        (
            rf"\b(?:{_PHONES})\b\.?(?:\s?(?:no|number|on|at|\w{{1,5}}(?=\s\()))?\s?\(?\.?\s{{0,2}}[:#]?\s{{0,2}}"
            r"((?:\+?\(?\d[\d\s()\-.]{1,16}\d|\d{3,}))(?!\d)"
        ),
    ),
    (Kind.PHONE, r"\b(?:ext(?:ension|n)?|bleep|pager|dect)\b\.?\s?(?:no\.?|number)?\s?[:#]?\s?(\d{2,6}(?:-\d+)*)\b"),
)
"""What a number is called, and the number as the first group."""
RESEARCH: tuple[tuple[Kind, str], ...] = (
    (Kind.NUMBER, r"\b(?:subject|participant|volunteer|donor|recipient|proband)\s(?:no\.?\s|number\s)?(\d{1,4})\b"),
    (
        Kind.NUMBER,
        (
            r"\b(?:subject|participant|volunteer|trial|study|cohort|screening|randomi[sz]ation|randomi[sz]ed|enrol(?:l?ed|l?ment)|recruit|site|arm|pseudonym"
            r"|crime|collar|shoulder|cad|warrant|incident|case|ref|log|member|badge|staff|payroll|user|login|claim|policy|permit|visa|prison|service|key)"
            r"\s?(?:numbers?|nos?\.?|id|code|ref)?\s?[:#=]?\s?((?=[a-z\-/_]{0,8}\d)(?-i:[A-Z0-9]|[a-z]{2,6}[\-_]?\d)[\w\-/_]*\d[\w\-/]*)"
        ),
    ),
)
"""What counts somebody in a trial, a police file, a contract; it may be short."""
LONG: tuple[tuple[Kind, str], ...] = (
    (Kind.UID, r"(?<![\d.])\d{1,3}(?:\.\d+){5,}(?!\d)"),
    (Kind.DEVICE, r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|\b[\dA-Fa-f]{2}(?:[:-][\dA-Fa-f]{2}){5}\b"),
    (
        Kind.PHONE,
        (
            r"(?<![\d.])(?:\+\s?44|0044)\s?(?:\(0\))?[\s\-.]?\d(?:[\s\-.()]{0,2}\d){8,9}(?!\d)"
            r"|(?<![\d.\-/])\(?0[1-37-9](?:[\s\-.()]{0,2}\d){8,9}(?!\d)"
            r"|(?<![\d.])\(?\d{3}\)?[\s.\-]\d{3}[.\-]\d{4}(?!\d)|(?<![\d.])\+\d{1,3}(?:[\s\-.()]{0,2}\d){7,12}(?!\d)|\bx\d{4,5}\b"
        ),
    ),
    (
        Kind.PHONE,
        r"(?<![\w.])(?=(?:[\s.\-/()\u2013oOlI]*\d){8})(?:\+\s?)?\(?[0oO]\)?[\doOlI]{2,5}(?:[\s.\-/()\u2013]{1,2}[\doOlI]{2,5}){1,4}(?![\w%])",
    ),
    (
        Kind.NUMBER,
        (
            r"(?<![\d.])\d{3}[\s\-./]{1,2}\d{3}[\s\-./]{1,2}\d{3}[\s\-./]{0,2}\d(?!\d|\.\d)"
            r"|(?<![\d.])(?:\d[ .\-_*,]{1,2}){5,}\d(?!\d|\.\d)"
            r"|(?<![\d.])(?:\d[ .\-_*,/]{1,3}){7,}\d(?!\d|\.\d)"
            rf"|(?<![\d.,])\d{{2,6}}(?:[ \-_*]\d{{2,6}}){{3,}}(?!\d|\.\d|\s?{_UNIT})"
            rf"|(?<![\d.,\-])\d{{3,6}}[ \-]\d{{4,6}}(?:[ \-]\d{{2,6}})*(?!\d|\.\d|\s?{_UNIT})"
            rf"|\b\d{{1,4}}(?:/\d{{2,8}}){{2,}}\b"
        ),
    ),
)
"""Shapes of six digits and more: UIDs, network addresses, telephones, groups of digits."""
SHAPED: tuple[tuple[Kind, str], ...] = (
    (Kind.NUMBER, r"\b[a-z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[a-d]\b"),
    (
        Kind.NUMBER,
        (
            r"\b(?=[a-z]+(?:[ \-/.#]*\d){5})[a-z]{1,4}[\-/#]\d{2,6}(?:[ \-/.]\d{2,6})+(?:-?[a-z])?\b"
            r"|#\s?[a-z]?\d[\d\-/]{2,}\d\b"
        ),
    ),
    (
        Kind.NUMBER,
        (
            r"(?-i:\b(?!(?:NHS|CHI|MRN|GMC|HCPC|TEL|FAX|MOB|CT|MRI?|US|XR|PET|T|L|C|S|HU|PSA|IM|SE|AP|PA|SUV)\s)"
            r"[A-Z]{1,4}\s\d{2,4}(?:[ \-/.]\d{2,4})+(?![\d.%])(?!\s?(?:mm|cm|ml)\b))"
        ),
    ),
    (Kind.NUMBER, r"(?-i:\b[A-Z]{1,5}\d{0,3}(?:[/_\-][A-Z]{1,5}\d{0,3}){1,3}[/_\-]\d{2,})\b"),
    (Kind.NUMBER, rf"(?<![\d.,\-])\d{{3}}\s\d{{3}}(?!\d|\.\d|\s?{_UNIT}|\s?[x%])"),
    (
        Kind.NUMBER,
        (
            r"(?-i:\b[A-Z]{2}\d{2}\s?[A-HJ-PR-Z]{3}\b|\b[A-Z]{3}\s?\d{3}[A-Z]\b)"
            r"|(?-i:\b[Nn]o\.?\s?[A-Z]{1,3}-?\d+\b)"
            r"|\b(?:postcode|post\scode|pc)\s?:?\s?[a-z]{1,2}\d[\da-z]?\b"
        ),
    ),
)
"""Extensions, national insurance numbers, codes, number plates."""
TEN_DIGITS = re.compile(
    r"(?<![\d.])(?:\d{3}[\s\-.]?\d{3}[\s\-.]?\d{4}|\d{2}[\s\-.]?\d{2}[\s\-.]?\d{2}[\s\-.]?\d{4})(?!\d|\.\d)"
)
NET = re.compile(r"@|\bu/|://|www\.|\\|[A-Za-z]\.[A-Za-z]{2}|[\[(]at[\])]|\b[Dd][Oo][Tt]\b")
"""What stands in every address of mail or web."""
EMAIL = re.compile(
    r"[\w.+'\-]+(?:\s\.\s\w+)*\s?@\s?[\w\-]+(?:\s?\.\s?[A-Za-z][\w\-]+)+|[\w.+'\-]+@\w[\w\-]+"
    r"|\b[\w.\-]+\s?[\[(]at[\])]\s?[\w\-]+(?:\s?(?:\.|[\[(]dot[\])])\s?\w+)+"
    r"|\b[\w.]+(?:\s(?:dot|underscore|dash|hyphen)\s\w+)*\s(?:at|@)\s(?:the\s)?[\w\-]+(?:(?:\sdot\s|\s(?:dash|hyphen)\s|\s?\.\s?)\w+)*?(?:\sdot\s|\s?\.\s?)"
    r"(?:com|uk|org|net|edu|info)\b",
    re.IGNORECASE,
)
_PATH = r"(?:/[^\s<>\"]*[^\s<>\".,;)])?"
URL = re.compile(
    r"\\\\[\w.$\-\\ ]+|\b[A-Za-z]:\\[\w.$\-\\]+|\b(?:h..ps?|s?ftp|file)://[^\s<>\"]+[^\s<>\".,;)]"
    r"|\bwww\s\.\s[\w\-]+(?:\s\.\s[\w\-]+)*|\bwww\.[^\s<>\"]+[^\s<>\".,;)]|(?<![\w.])@[a-z]\w{2,}|(?<![\w/])u/[a-z]\w{2,}"
    rf"|\b[a-z][\w\-]+\.[a-z][\w\-]+\.[a-z]{{2,}}\b{_PATH}"
    r"|\b[\w\-]+\sdot\s(?:\w+\sdot\s)*(?:com|uk|org|net)\b(?:\s(?:forward\s)?slash\s\w+)*"
    r"|\b[\w\-]+(?:\.[\w\-]+)*\.(?:local|xyz|uk|com|org|net|edu|info|io|co|ly|me|ie|eu|scot|wales|example)\b"
    rf"{_PATH}",
    re.IGNORECASE,
)
UNDERSCORED = re.compile(r"\b[^\W_]+(?:_[^\W_]+)+\b")
SOCIAL = re.compile(
    r"\b(?:facebook|fb|insta(?:gram)?|twitter|tiktok|snapchat|linkedin|whatsapp|youtube|skype|reddit|telegram|handle|username|user\sname|screen\sname|blog)\b"
    r"(?:\s(?:name|handle|account|group|channel|page|profile|as|is|under|called|user|id)\b|\s?[:@=,])*\s?@?"
    r"((?!(?:and|or|to|by|on|with|in|at|the|for|from|message|chat|video|call|images?)\b)[\w.@\-/]*[\w\-](?:\s[A-Z][\w'\-]+){0,3}(?:\s(?:family|fans))?)"
)
"""What somebody is called there."""
INITIALS = re.compile(
    r"^[^\W\d_]{2,3}/[^\W\d_]{2,3}\s*$|(?<![^\W_])[^\W\d_a-z]{2,3}/\s?[^\W\d_]{2,3}[ \t]*\.?$"
    r"|[^\W\d_][^\W\d_'\u2019\-]+\^(?:[^\W\d_'\u2019\- ]*\^?)+|\b[A-Z]{2,4}(?=\s?/\s?\d{6,8}\b)"
    r"|(?<=\d{6}/)[A-Z]{2,4}\b|(?<=\d{8}/)[A-Z]{2,4}\b"
    r"|\b[A-Z][A-Za-z]{1,3}[/:](?!kg|ml|min|hr|day|mm|cm|dl|sec|mg|hz|mr|ct|us)[a-z]{2,3}\b(?![/'\u2019])"
    r"|\[[A-Z]{2,4}[:/][A-Za-z]{2,3}\]",
    re.MULTILINE,
)
"""AB/cd at the end of a line, AB/24062019, and names with carets."""

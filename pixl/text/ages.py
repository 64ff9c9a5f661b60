"""Ages from 90 on, and years of birth (45 CFR 164.514(b)(2)(i)(C))."""

from __future__ import annotations

import re

_OLD = r"(?:9\d|1[0-2]\d)"
_NINES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_SPOKEN = rf"(?:ninety(?:[\s\-]{_NINES})?|(?:one|a)\shundred(?:\sand\s\w+)?)"
_YEARS = r"(?:years?|yrs?|y)"
_NO_MEASURE = r"(?!\d|\.\d|\s?(?:[%x/]|(?:mm|cm|ml|kg|days|weeks|months|degrees)\b))"
_PERSON = r"(?:lady|man|woman|gentleman|patient|pt|female|male|widow(?:er)?)"
_FORMS = (
    rf"(?<![\d.,]){_OLD}[\s\-]?(?:yo|y/o|y\.o\.?)(?![a-z])",
    rf"\b{_PERSON}(?:,\s|\s\(|\s)({_OLD})\b{_NO_MEASURE}",
    rf"(?<=[A-Za-z],\s){_OLD}(?=,\s[a-z])",
    rf"(?<![\d.,]){_OLD}(?=,?\s(?:lives|living|presents|presenting|admitted|who|found|known|collapsed|fell)\b)",
    rf"\bat\s({_OLD})(?=\s(?:he|she|they)\b)",
    rf"\baged?\s({_OLD}\s?y)\b",
    rf"(?<![\d.,]){_OLD}\s?-?\s?{_YEARS}\b\.?(?:[\s\-]{{0,2}}(?:old|of\sage|o|young)\b)?",
    rf"(?<![\d.,\-]){_OLD}\s?/?\s?(?-i:[MF])\b",
    rf"(?<![^\W_])(?-i:[MF])\s?/?\s?{_OLD}{_NO_MEASURE}",
    (
        rf"\b(?:aged?|aet(?:at)?\.?|turned|turns|turning)\b\.?\s?(?:is|of|:|=|-|now|over|nearly|almost|about|approx(?:imately)?)?"
        rf"\s{{0,2}}({_OLD}|{_SPOKEN}){_NO_MEASURE}"
    ),
    rf"\bage\s?/\s?sex\s?[:=]?\s?({_OLD})\b",
    rf"\b{_SPOKEN}[\s\-]{_YEARS}[\s\-](?:old|of\sage|young)\b",
    rf"\b(?:nonagenarian|centenarian)s?\b(?:[,\s(]{{1,3}}{_OLD}\b)?",
    r"\b(?:(?:early|mid|late)[\s\-]?)?(?:nineties|90['\u2019]?s)\b",
    r"\b(?:9\d|1[0-2]\d)(?:st|nd|rd|th)\s(?:birthday|year)\b|\b(?:ninety[\s\-]\w+|ninetieth|hundredth)\sbirthday\b",
    rf"(?<![\d.,]){_OLD}(?=,?\s(?:-\s)?(?:male|female|man|woman|lady|gentleman|gent|chap|widow|widower|retired)\b)",
    rf"\b(?:lady|man|woman|gentleman|patient|female|male|widow)\sof\s({_OLD}|{_SPOKEN})\b{_NO_MEASURE}",
    (
        rf"\b(?:he|she|patient|mother|father|who)\s(?:is|was|'s|will\sbe|has\sturned)\s(?:now\s|nearly\s|almost\s|only\s|over\s)?"
        rf"({_OLD}|{_SPOKEN})\b{_NO_MEASURE}"
    ),
    r"\b(?:tenth|eleventh|10th|11th)\sdecade\b",
    rf"\b0?{_OLD}Y(?:\d|\s?\d{{1,2}}\s?m)?\b",
    rf"\b(?:for|at|reached|nonagenarian,?|centenarian\s\()\s?({_OLD})(?=[.,;)]|\s(?:next|this|in|and|with)\b|\s*$)",
    r"\b(?:in\s(?:his|her|their)\s)?(?:hundredth|ninetieth|ninety[\s\-]\w+th|one\shundred\sand\s\w+(?:st|nd|rd|th)|9\d(?:st|nd|rd|th)|10\d(?:st|nd|rd|th))\syear\b",
    rf"(?:(?<=[.!?]\s)|(?<=\n)|^|(?<=\bbe\s)|(?<=\bturn\s))({_OLD})(?=,\s|\.\s|\s(?:and|in|next|this|but)\b)(?!,?\s\d)",
    r"\bninety[\s\-](?:odd|plus|something)\b",
    r"\b(?:ninety|hundred)[\s\-]?(?:one|two|three|four|five|six|seven|eight|nine)?[\s\-](?:next|this|last)\s(?:week|month|year|birthday)\b",
    rf"\b(?:he|she|who|they|mum|dad)['\u2019]s\s(?:now\s|nearly\s|only\s)?({_OLD}|{_SPOKEN})\b{_NO_MEASURE}",
    rf"\b(?:nearly|almost|approaching)\s({_OLD})(?=\s?[.,;)]|\s*$)",
    r"\b9[Oo]\s?-?(?:yo|yrs?|years?)\b",
    r"\b(?:DOB|D\.O\.B\.?|date\sof\sbirth)\s?:?\s?((?:18|19|20)\d\d)\b(?![/.\-])",
    rf"\b(?:over|nearly|almost)\s({_OLD})(?=\s(?:and|years|yrs)\b)",
    r"\b(?:born|b\.|birth|yob)\s(?:in\s|c\.\s?|circa\s|year\s|about\s)?((?:18|19|20)\d\d)\b",
)
AGE = re.compile("|".join(_FORMS), re.IGNORECASE)

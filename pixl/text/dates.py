"""Dates as people write them: where they stand."""

from __future__ import annotations

import re

MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary|urary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:em?ber)?"
    r"|oct(?:ober)?|nov(?:em?ber)?|dec(?:em?ber)?)"
)
WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?)"
DAY = r"(?:[12]\d|3[01]|0?[1-9])"
MONTH_NUMBER = r"(?:1[0-2]|0?[1-9])"
ORDINAL = r"(?:\s?(?:st|nd|rd|th))"
LONG_YEAR = r"(?:(?:18|19|20)\d\d)"
YEAR = rf"(?:{LONG_YEAR}|['\u2019]?\d\d)"
CLOCK = (
    r"(?:[\s,]{0,3}(?:\bat\b|@)\s?(?:[01]?\d|2[0-3])[:.]?[0-5]\d(?![\d/])(?:\s?(?:hrs?|hours|h|am|pm)\b)?|[\s,]{0,3}(?:T|\bat\b|@|-)?\s?(?:[01]?\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:\s?(?:hrs?|hours|h|am|pm|Z)\b)?"
    r"|\.?[0-5]\d\s?(?:hrs?|hours|h|am|pm)\b))?"
)
SEPARATED_YEAR = rf"(?:[\s.,\-/_]{{1,3}}{YEAR}(?![\d%]|[ \t]?(?:mm|cm|ml|x|years?|yrs?|mins?|days?|weeks?)\b))"
SPOKEN_DAYS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "thirtieth",
]
CARDINALS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
]
SPOKEN_DAY = rf"(?:(?:(?:twenty|thirty)[\s-])?(?:{'|'.join((*SPOKEN_DAYS, *CARDINALS))}))"
SPOKEN_YEAR = (
    r"(?:(?:nineteen|twenty|two\s+thousand)(?:[\s-](?:and|hundred|oh|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|one|two|three|four|five|six"
    r"|seven|eight|nine)\b){0,3})"
)
FEAST = (
    r"(?:(?:christmas|xmas|boxing|new\syear(?:['\u2019]?s)?|easter\s(?:sun|mon)|pancake|shrove\stues|ash\swednes|valentine(?:['\u2019]?s)?|mothering\ssun"
    r"|remembrance\ssun|may|st\.?\s\w+(?:['\u2019]?s)?)\s?(?:day|eve)|good\sfriday|hallowe['\u2019]?en|bonfire\snight|guy\sfawkes(?:\snight)?|hogmanay"
    r"|(?:christmas|xmas|easter|diwali|ramadan|eid|hanukkah|whitsun|michaelmas|passover|pesach|pentecost|candlemas|lammas|vaisakhi|baisakhi|holi"
    r"|epiphany|midsummer|advent|lent|thanksgiving)(?:['\u2019]?s)?(?:\s(?:time|week|weekend|holidays?|break|day|night|sunday|eve))?"
    r"|(?:twelfth|burns['\u2019]?)\snight|(?:whit|palm|trinity|easter|low|advent)\s(?:sun|mon)day|maundy\sthursday|all\s(?:saints|souls|hallows)['\u2019]?(?:\s(?:day|eve))?"
    r"|yom\skippur|rosh\shashanah?|(?:lunar|chinese)\snew\syear|(?:father|mother)s?['\u2019]?s?\sday|v[ej]\sday|(?:armistice|ascension|coronation|australia|jubilee)\sday"
    r"|april\sfools?['\u2019]?(?:\sday)?|(?:bank\sholiday|new\syear))"
)
ROMAN_MONTH = r"(?:viii|vii|vi|v|iv|iii|ii|ix|xii|xi|x|i)"

_DIGITS = (
    rf"{LONG_YEAR}\s?(?P<a>[/.\-])\s?{MONTH_NUMBER}\s?(?P=a)\s?{DAY}(?!\d){CLOCK}",
    rf"{DAY}{ORDINAL}?\s?(?P<b>[/.\-\u2013\\])\s?{MONTH_NUMBER}\s?(?P=b)\s?{YEAR}(?!\d|\.\d){CLOCK}",
    rf"{MONTH_NUMBER}\s?(?P<c>[/.\-\u2013\\])\s?{DAY}\s?(?P=c)\s?{YEAR}(?!\d|\.\d){CLOCK}",
    rf"{DAY}\s{MONTH_NUMBER}\s{LONG_YEAR}(?!\d){CLOCK}",
    rf"{MONTH_NUMBER}\s?[/\-]\s?{LONG_YEAR}(?!\d)",
    rf"(?:0[1-9]|1[0-2])\.{LONG_YEAR}(?!\d|\.\d)",
    rf"{LONG_YEAR}[/\-](?:1[0-2]|0?[1-9])(?![\d/\-.])",
    rf"{LONG_YEAR}(?:1[0-2]|0[1-9])(?:[0-2]\d|3[01])(?:[T\-_ ]?[0-2]\d:?[0-5]\d(?::?[0-5]\d)?)?(?!\d)",
    rf"(?:[0-2]\d|3[01])(?:1[0-2]|0[1-9]){LONG_YEAR}(?!\d)",
    rf"{DAY}[/.\-]{ROMAN_MONTH}[/.\-]{YEAR}(?!\d)",
    rf"{DAY}\s(?:iv|vi{{1,3}}|ix|xii?|i{{2,3}})\s{LONG_YEAR}(?!\d)",
    r"(?=(?:[OolIZS|/.\-]*\d){3})[\dOolIZS|]{1,2}(?P<f>[/.\-])[\dOolIZS|]{1,2}(?P=f)[\dOolIZS|]{2}(?:[\dOolIZS|]{2})?(?![\dOolIZS|])",
    rf"{DAY}\s?[^\w\s,]{{1,2}}\s?{MONTH_NUMBER}[^\w\s]{{1,2}}\s?{LONG_YEAR}(?!\d)",
    rf"{DAY}\s?[^\w\s,]{{1,2}}\s?{MONTH_NUMBER}\s?[^\w\s,]{{1,2}}\s?{LONG_YEAR}(?!\d)",
    rf"{LONG_YEAR}[^\w\s,]{{1,2}}{MONTH_NUMBER}[^\w\s,]{{1,2}}{DAY}(?!\d|\.\d|\s?(?:mm|cm|ml|x)\b)",
    rf"{DAY}[./\-\\~*=|+_'\u2019]{{1,2}}{MONTH_NUMBER}[./\-\\~*=|+_'\u2019]{{1,2}}\d\d(?!\d|\.\d|%|\s?(?:mm|cm|ml|x|kg)\b)",
    rf"{DAY}(?:,{MONTH_NUMBER},|\sof\s{MONTH_NUMBER}\sof\s|(?:st|nd|rd|th)/{MONTH_NUMBER}/){YEAR}(?![\d,])",
    r"(?:0[1-9]|[12]\d|3[01])\s0[1-9]\s\d\d(?![\d.]|\s\d|\s?(?:mm|cm|ml))",
    r"(?=(?:[OolI/.\-]*\d){4})[\dOolI]{1,2}(?P<e>[/.\-])[\dOolI]{1,2}(?P=e)[\dOolI]{4}(?![\dOolI])",
)
IN_DIGITS = re.compile(rf"(?=[\dOolIZS|])(?<![\d.])(?<!\d[/\-])(?:{'|'.join(_DIGITS)})", re.IGNORECASE)
"""12/03/2019, 2019-03-12T10:15, 12.3.19, 20190312, 03/2019, 12.iii.2019."""
IN_WORDS = re.compile(
    rf"(?=[\d'\u2019lIOoZ|]|\b[adefjmnoqstw])(?:(?<![\d.]){DAY}{MONTH}{YEAR}(?!\d){CLOCK}"
    rf"|(?<![\d.]){DAY}{ORDINAL}?\s?(?:-|\u2013|/|to|and|&|or)\s?{DAY}{ORDINAL}?\s(?:of\s)?{MONTH}\b{SEPARATED_YEAR}?"
    rf"|\b{MONTH}\s?(?:-|\u2013|/|to|and|&|or)\s?{MONTH}\b{SEPARATED_YEAR}?"
    rf"|(?<![\d.]){DAY}{ORDINAL}?\s(?:of\s)?(?!of\b|in\b|and\b|on\b|from\b|to\b|mm\b|since\b)[a-z]{{3,10}}\.?,?\s{LONG_YEAR}(?!\d){CLOCK}"
    rf"|(?:\b{WEEKDAY}\b[\s,.]{{1,3}}(?:the\s)?)?(?<![\d./])(?<!\d:){DAY}{ORDINAL}?(?:[\s,\-/_]|\.(?!\s)){{0,3}}(?:(?:day\s)?of\s)?{MONTH}(?![a-z])"
    rf"{SEPARATED_YEAR}?{CLOCK}"
    rf"|(?:\b{WEEKDAY}\b[\s,.]{{1,3}})?\b{MONTH}\b[\s.,\-/]{{1,3}}(?:the\s)?{DAY}{ORDINAL}?(?![\d%]|\.\d|\s?(?:mm|cm|ml|x|years?|of|weeks?|months?)\b){SEPARATED_YEAR}?{CLOCK}"
    rf"|\b{MONTH}\b[\s.,\-/]{{0,3}}(?:of\s|in\s)?{LONG_YEAR}(?!\d)"
    rf"|\b{MONTH}[\s\-/]?['\u2019\-/]\d\d(?!\d)"
    rf"|(?<![\d/.\-]){LONG_YEAR}[\s\-/]{MONTH}\b(?:[\s\-/]{DAY}(?!\d))?"
    rf"|\b(?:the\s)?{SPOKEN_DAY}\s(?:day\s)?(?:of\s)?{MONTH}\b(?:[\s,]{{1,2}}(?:{LONG_YEAR}|{SPOKEN_YEAR}))?"
    rf"|\b{MONTH}\s(?:the\s)?{SPOKEN_DAY}\b(?:[\s,]{{1,2}}(?:{LONG_YEAR}|{SPOKEN_YEAR}))?"
    rf"|\b{MONTH}[\s,]{{1,2}}{SPOKEN_YEAR}"
    rf"|\b{MONTH}\d{{1,2}}(?:[\s,\-/]{{1,2}}{YEAR})?(?!\d)"
    rf"|\b{MONTH}(?=['\u2019]s\b|\s(?:scan|ct|mri?|study|imaging|films?|x-?ray|ultrasound|review|clinic|mdt|appointment|admission|examination)\b)"
    rf"|\b{SPOKEN_DAY}\s(?:inst|ult|prox)\b|(?<!\d){DAY}{ORDINAL}\s(?:inst|ult|prox)\b"
    rf"|\b(?:spring|summer|autumn|winter)\s(?:of\s)?{LONG_YEAR}\b|\bq[1-4][\s/]{LONG_YEAR}\b|\b(?:week|wk|w/c|w/e)\s?(?:commencing|ending|of)?\s?{DAY}{ORDINAL}?(?=[/.]\d)"
    rf"|\b{WEEKDAY}\s(?:the\s)?{DAY}[/.\-]{MONTH_NUMBER}(?![\d/.])"
    rf"|(?<![\d.]){DAY}{ORDINAL}\sof\s(?:last|this|next|the)\smonth\b"
    rf"|\b{WEEKDAY}\s(?:the\s)?{DAY}{ORDINAL}\b"
    rf"|\b(?:january|february|april|june|july|august|september|october|november|december)\b"
    rf"|(?<![\w.])(?=\d?[lIOoZSB|])[0-3lIOoZ|][\dlIOoSZB|]\s{MONTH}\b(?:\s[\dlIOoSZB]{{2,4}}\b)?)",
    re.IGNORECASE,
)
FEASTS = re.compile(rf"\b(?:{FEAST})\b(?:[\s,]{{1,2}}{LONG_YEAR})?", re.IGNORECASE)
"""Christmas Eve, Twelfth Night, the May bank holiday."""
"""12th of March 2019, Mar 12, June, the twelfth of March."""
LONE_MONTH = re.compile(
    rf"\b(?:in|since|from|until|till|by|during|before|after|around|about|early|late|mid|last|next|this|of|and|to|dated|for"
    rf"|[cm][tr]i?|us|uss|pet|xr|cxr|scan|study|imaging|examination|mammogram|x-?ray|-)[\s\-]+"
    rf"({MONTH})\b(?![\s]*(?:be|not|have|represent|also|well|reflect|need|\d))",
    re.IGNORECASE,
)
"""The months that are words too (May, March, Mar, Dec), behind what asks for a time."""
WRITTEN_MONTH = re.compile(r"(?<=[a-z0-9,;)]\s)(?:March|May|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b")
"""The same with a capital inside a sentence."""
WITHOUT_YEAR = re.compile(
    rf"\b(?:on|dated?|of|since|from|until|till|by|seen|scan|ct|mri?|us|uss|xr|cxr|pet|study|imaging|examination|reports?|reported"
    rf"|films?|previous|prior|and|to|with|at|x-?ray|radiograph|mammogram)\s{{0,2}}[:(]?\s?"
    rf"(?!\d{{1,2}}/(?:7|52|12)\s(?:of|hx|history|ago|days|weeks|months))({DAY}[/]{MONTH_NUMBER}|(?:0[1-9]|[12]\d|3[01])[.](?:0[1-9]|1[0-2])|(?:the\s)?{DAY}{ORDINAL}(?!\s(?:rib|toe|finger|metatars|metacarp|ventric|week|day|digit|image|slice|lumbar|thoracic|cervical|vertebra|nerve|ray|part"
    rf"|segment|order|gener|centile|percent|interspace|intercostal|floor|cranial|left|right|proximal|distal|mt|mc|month|year|trimester|time)))"
    rf"(?![\d/]|[.\-]\d|\s?(?:mm|cm|ml|%|x)\b)",
    re.IGNORECASE,
)
"""CT of 24/06, on the 24th."""
ALONE = re.compile(
    r"(?<![\w/.\-])(?<!power\s)(?<!grade\s)(?<!score\s)(?<!level\s)(?:0[1-9]|[12]\d|3[01])/(?:0[1-9]|1[0-2])(?![\d/.]|\s?(?:mm|cm)"
    r"|\s(?:of|hx|history|ago|images?))|(?<![\w/.\-])(?:0[1-9]|[12]\d|3[01])-0[1-9](?![\d/.\-]|\s?(?:mm|cm))"
    r"|(?<![\d.])(?:1[3-9]|2\d|3[01])(?:st|nd|rd|th)\b(?!\s(?:centile|percentile|century|weeks?|days?|years?|cycle|image|slice|fraction|time))"
    rf"|\b{MONTH}(?=\s?:\s)"
    r"|\bthe\s\d{1,2}(?:st|nd|rd|th)(?=[.,;)]|\s(?:of\s(?:this|last)|at|and)\b|\s*$)",
    re.IGNORECASE,
)
"""14/03, 14-03, 16th: hardly anything else in a report."""
FOREIGN = (
    r"(?:janvier|f\u00e9vrier|fevrier|mars|avril|mai|juin|juillet|ao\u00fbt|aout|septembre|octobre|novembre|d\u00e9cembre|decembre"
    r"|januar|februar|m\u00e4rz|maerz|juni|juli|oktober|dezember|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre"
    r"|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|janeiro|fevereiro|mar\u00e7o|maio"
    r"|junho|julho|setembro|outubro|novembro|dezembro|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|wrze\u015bnia|wrzesnia"
    r"|pa\u017adziernika|pazdziernika|listopada|grudnia|maart|mei|augustus|ionawr|chwefror|mawrth|ebrill|mehefin|gorffennaf|awst|medi|hydref"
    r"|tachwedd|rhagfyr|ianuarie|februarie|martie|iunie|iulie|octombrie|noiembrie|decembrie|ocak|\u015fubat|nisan|may\u0131s|haziran|temmuz"
    r"|a\u011fustos|eyl\u00fcl|ekim|kas\u0131m|aral\u0131k)"
)
IN_OTHER_LANGUAGES = re.compile(
    rf"(?:(?<![\d.]){DAY}(?:er|\.|\u00ba)?\s(?:de\s|di\s)?)?\b{FOREIGN}\b(?:,?\s(?:de\s|del\s)?{LONG_YEAR})?",
    re.IGNORECASE,
)
"""3 de mayo de 1950, 1er mars, 12. M\u00e4rz 2019."""
SLASHED = re.compile(
    r"(?<![\w/.\-+])(?:(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])/(?:1[3-9]|2\d|3[013-9]|4[1-9]|5[013-9]|[6-9]\d))"
    r"(?![\d/\-+%]|\.\d|\s?(?:mm|cm|ml|x)\b)"
)
"""7/8, 5/19: a day and a month, or a month and a year, if the words around allow it (pixl/text/figures.py)."""
ROMAN = re.compile(
    r"(?<![\w/.\-])(?:0?[1-9]|[12]\d|3[01])[/.\- ](?:viii|vii|vi|ix|xii|xi|iii|ii)\b(?:[/.\- ](?:\d{4}|\d\d)(?![\d.]))?"
    r"|\b(?:0?[1-9]|[12]\d|3[01])/(?:iv|v|x|i)\b(?:/\d\d)?",
    re.IGNORECASE,
)
"""2/xii, 1 viii 22."""
BEFORE_A_COLON = re.compile(r"(?<![\d/.])(?:0?[1-9]|[12]\d|3[01])/(?:0[1-9]|1[0-2])(?=\s?:|\s[-\u2013]\s)")
BEFORE = re.compile(
    rf"(?:\b(?:the|a|an|in|on|since)\s)?\b(?:(?:early|mid|late|beginning|start|end|middle|last|next|this|previous|ides|eve|first|second|third|fourth|one|two|three"
    rf"|few|couple|{WEEKDAY}|days?|weeks?|weekend|month|morning|evening|night|part|half|of|in|on|after|before|following|the|and|day)[\s\-]+)+$",
    re.IGNORECASE,
)
"""What makes a date of a month or a feast more exact: `the Sunday after` Easter, `mid` June."""
TELLING = re.compile(
    rf"\b(?:early|mid|late|beginning|start|end|middle|last|next|previous|ides|eve|first|second|third|fourth|{WEEKDAY}|days?|weeks?|weekend"
    r"|month|morning|evening|night|half)\b",
    re.IGNORECASE,
)
"""Words of these without which the others say nothing."""

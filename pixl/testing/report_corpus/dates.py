"""The many ways in which a date is written in a UK report."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

from pixl.testing.report_corpus.lines import words

TENS = {20: "twentieth", 30: "thirtieth"}
ORDINALS = words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth nineteenth"
)


def ordinal(day: int) -> str:
    """Return `1st`, `2nd`, `11th`."""
    if 10 < day % 100 < 14:  # noqa: PLR2004
        return f"{day}th"
    return f"{day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th') }"


def ordinal_word(day: int) -> str:
    """Return a day of the month in words."""
    if day in TENS:
        return TENS[day]
    tens, ones = divmod(day, 10)
    if day < 20:  # noqa: PLR2004
        return ORDINALS[day - 1]
    return f"{ {2: 'twenty', 3: 'thirty'}[tens] }-{ORDINALS[ones - 1]}"


FORMS: tuple[tuple[int, Callable[[dt.date], str]], ...] = (
    (10, lambda date: f"{date:%d/%m/%Y}"),
    (6, lambda date: f"{date:%d/%m/%y}"),
    (3, lambda date: f"{date.day}/{date.month}/{date:%y}"),
    (5, lambda date: f"{date:%d.%m.%Y}"),
    (3, lambda date: f"{date:%d.%m.%y}"),
    (5, lambda date: f"{date:%d-%b-%Y}"),
    (3, lambda date: f"{date:%d-%m-%Y}"),
    (3, lambda date: f"{date:%d-%b-%y}".upper()),
    (6, lambda date: f"{date.day} {date:%B %Y}"),
    (4, lambda date: f"{date.day} {date:%b %Y}"),
    (4, lambda date: f"{ordinal(date.day)} {date:%B %Y}"),
    (2, lambda date: f"{ordinal(date.day)} of {date:%B %Y}"),
    (2, lambda date: f"{date:%B} {ordinal(date.day)}, {date:%Y}"),
    (2, lambda date: f"{date:%B} {date.day}, {date:%Y}"),
    (3, lambda date: f"{date:%Y-%m-%d}"),
    (2, lambda date: f"{date:%Y%m%d}"),
    (1, lambda date: f"{date:%Y/%m/%d}"),
    (2, lambda date: f"{date:%d%b%Y}"),
    (2, lambda date: f"{date.day} {date:%b} '{date:%y}"),
    (2, lambda date: f"{date.day}{date:%b%y}".lower()),
    (1, lambda date: f"the {ordinal_word(date.day)} of {date:%B %Y}"),
)
PARTIAL: tuple[tuple[int, Callable[[dt.date], str]], ...] = (
    (5, lambda date: f"{date:%B %Y}"),
    (3, lambda date: f"{date:%b %Y}"),
    (2, lambda date: f"{date:%m/%Y}"),
    (2, lambda date: f"{ordinal(date.day)} {date:%B}"),
    (2, lambda date: f"{date.day} {date:%b}"),
    (1, lambda date: f"{date:%b-%y}"),
    (1, lambda date: f"{date:%b} '{date:%y}"),
)


def written(chance: random.Random, date: dt.date) -> str:
    """Return a whole date, written in one of its forms."""
    weights, forms = zip(*FORMS, strict=True)
    return str(chance.choices(forms, weights=weights)[0](date))


def written_in_part(chance: random.Random, date: dt.date) -> str:
    """Return a date without its day or without its year."""
    weights, forms = zip(*PARTIAL, strict=True)
    return str(chance.choices(forms, weights=weights)[0](date))

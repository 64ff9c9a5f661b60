"""Numbers that prove themselves: check digits."""

from __future__ import annotations

import datetime as dt

NHS_DIGITS = 10
GMC_DIGITS = 7
ELEVEN = 11


def is_nhs(digits: str) -> bool:
    """Tell whether ten digits are an NHS number: the last one is modulo 11 of the others (NHS Data Dictionary)."""
    if len(digits) != NHS_DIGITS or not digits.isdecimal() or len(set(digits)) == 1:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    return (ELEVEN - total % ELEVEN) % ELEVEN == int(digits[-1])


def is_chi(digits: str) -> bool:
    """Tell whether ten digits are a Scottish CHI number: a date of birth, four digits, modulo 11."""
    if not is_nhs(digits):
        return False
    try:
        dt.date(1900 + int(digits[4:6]) + (2000 - 1900) * (digits[4:6] == "00"), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return False
    return True

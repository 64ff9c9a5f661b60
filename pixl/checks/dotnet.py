r"""Regular expressions as .NET writes them, for the engines that we have.

`regex` decides: it knows what .NET knows (lookbehind of any length, Unicode categories, atomic groups) but for a few
spellings, which are translated here. RE2 only says which of thousands of patterns may match: it gets the same pattern,
and one that it does not know is simply tried on every value.

What stays different: balancing groups (`(?<a-b>)`), `(?n)` and `\G` are refused; `\\d`, `\\w` and `\\b` mean Unicode,
as in .NET; the culture of the machine plays no part in what is a capital letter.
"""

from __future__ import annotations

import regex

from pixl.domain.errors import ConfigurationError

SUBTRACTION = regex.compile(r"(?<!\\)(\[(?:[^\[\]\\]|\\.)+)-\[((?:[^\[\]\\]|\\.)*)\]\]")
QUOTED_NAME = regex.compile(r"\(\?'(\w+)'")
BACK_REFERENCE = regex.compile(r"(?<!\\)\\k[<'](\w+)[>']")
BALANCING = regex.compile(r"\(\?<\w*-\w+>")
EXPLICIT_CAPTURE = regex.compile(r"\(\?[imsx]*n[imsxn-]*[:)]")
ESCAPES = regex.compile(r"\\(.)", regex.DOTALL)
OPEN_REPEAT = regex.compile(r"(?<!\\)\{(?=,\d*\})")
ENDS = {"Z": r"(?=\n?\Z)", "z": r"\Z"}
PIECES = regex.compile(r"\\.|.", regex.DOTALL)
UNICODE = {"d": r"\p{Nd}", "w": r"\p{L}\p{M}\p{N}\p{Pc}", "s": r"\s\p{Z}"}
SPECIAL = set("\\*+?|{}[]()^$.# \t\n\r\f\v")
"""What .NET's `Regex.Escape` escapes, and the closing brackets."""


def translated(pattern: str) -> str:
    """Return a .NET pattern as `regex` writes it.

    Raises
    ------
    ConfigurationError
        It uses what no other engine knows.
    """
    if BALANCING.search(pattern) or EXPLICIT_CAPTURE.search(pattern) or r"\G" in pattern:
        raise ConfigurationError(r"balancing groups, (?n) and \G are not known")
    pattern = SUBTRACTION.sub(r"\1--[\2]]", pattern)
    pattern = QUOTED_NAME.sub(r"(?P<\1>", pattern)
    pattern = BACK_REFERENCE.sub(r"(?P=\1)", pattern)
    pattern = OPEN_REPEAT.sub(r"\{", pattern)
    return str(ESCAPES.sub(lambda found: ENDS.get(found.group(1), found.group(0)), pattern))


def compiled(pattern: str, *, case_sensitive: bool) -> regex.Pattern[str]:
    """Return what decides whether a .NET pattern matches.

    Raises
    ------
    ConfigurationError
        It is no regular expression, or uses what no other engine knows.
    """
    flags = regex.VERSION1 if case_sensitive else regex.VERSION1 | regex.IGNORECASE
    try:
        return regex.compile(translated(pattern), flags)
    except regex.error as error:
        raise ConfigurationError(f"is not a regular expression: {error}") from None


def widened(pattern: str) -> str:
    """Return a pattern for RE2 that matches at least what the .NET pattern matches in text that is not ASCII."""
    is_in_class, parts = False, []
    for piece in PIECES.findall(pattern):
        if piece in ("[", "]"):
            is_in_class = piece == "["
        parts.append(_wide(piece, is_in_class=is_in_class))
    return "".join(parts)


def _wide(piece: str, *, is_in_class: bool) -> str:
    if piece[0] != "\\" or len(piece) == 1:
        return piece
    if piece[1] in "bB" and not is_in_class:
        return ""
    if piece[1] in UNICODE:
        return UNICODE[piece[1]] if is_in_class else f"[{UNICODE[piece[1]]}]"
    return piece


def escaped(text: str) -> str:
    """Return a pattern that matches exactly this text, in .NET and here."""
    return "".join(f"\\{character}" if character in SPECIAL else character for character in text)

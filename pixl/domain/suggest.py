"""What was probably meant by a word that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

FEW = 16


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)`; if nothing is near, what is known, if that is little enough to read."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    if near:
        return f" (did you mean {by_lower[near[0]]!r}?)"
    return f" (known: {', '.join(sorted(by_lower.values()))})" if 0 < len(by_lower) <= FEW else ""

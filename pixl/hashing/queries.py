"""What may be asked, and what an answer must look like. The service and its client agree on it here."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence

from pixl.domain.errors import InstanceFailed
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery

LENGTHS = range(2, 65)
"""Hexadecimal digits that a `HASH` may have."""
VALUE_LIMIT = 65_536
"""Characters of one value."""
QUERIES_LIMIT = 1000
"""Queries of one request. The client splits what is longer."""
CHARACTERS_LIMIT = 1_000_000
"""Characters of all values of one request. The client splits what is longer."""
BODY_LIMIT = 8_000_000
"""Bytes of one request: `CHARACTERS_LIMIT` at six bytes (an escaped control character), and the frame around them."""

BLANK = string.whitespace + "\0"
PROJECT = re.compile(r"[a-z0-9]([a-z0-9-]{0,99}[a-z0-9])?")
DIGITS = re.compile(r"[0-9a-f]+")
UID = re.compile(r"2\.25\.(0|[1-9][0-9]{0,38})")
SHIFT = re.compile(r"0|[1-9][0-9]{0,19}")
SHIFT_BYTES = 8


def encoded(query: PseudonymQuery) -> bytes:
    """Return the bytes of a query's value that are hashed, or refuse what must not have a pseudonym.

    Raises
    ------
    InstanceFailed
        The value is blank (all patients without one would share a pseudonym), too long, or no text.
    ValueError
        The length is not one of `LENGTHS`: whoever asks did not check his policy.
    """
    if query.kind is PseudonymKind.HASH and query.length not in LENGTHS:
        raise ValueError(f"a hash has 2 to 64 digits, not {query.length}")
    if not query.value.strip(BLANK):
        raise InstanceFailed("an empty identifier has no pseudonym: all patients without one would share it")
    if len(query.value) > VALUE_LIMIT:
        raise InstanceFailed(f"an identifier is longer than {VALUE_LIMIT} characters")
    try:
        return query.value.encode("utf-8")
    except UnicodeEncodeError:
        raise InstanceFailed("an identifier holds characters that are no text") from None


def batches(queries: Sequence[PseudonymQuery]) -> Iterator[list[PseudonymQuery]]:
    """Split queries into lists that the service takes at once."""
    batch: list[PseudonymQuery] = []
    room = CHARACTERS_LIMIT
    for query in queries:
        if batch and (len(batch) == QUERIES_LIMIT or len(query.value) > room):
            yield batch
            batch, room = [], CHARACTERS_LIMIT
        batch.append(query)
        room -= len(query.value)
    if batch:
        yield batch


def is_pseudonym(text: object, query: PseudonymQuery) -> bool:
    """Whether `text` has the form of an answer to `query`; an error message never has."""
    if not isinstance(text, str):
        return False
    match query.kind:
        case PseudonymKind.HASH:
            return len(text) == query.length and DIGITS.fullmatch(text) is not None
        case PseudonymKind.UID:
            return UID.fullmatch(text) is not None and int(text[len("2.25.") :]) < 2**128
        case PseudonymKind.SHIFT:
            return SHIFT.fullmatch(text) is not None and int(text) < 1 << 8 * SHIFT_BYTES

"""The text engine: finds identifiers in words. Pure: text and what is known in, spans out."""

from pixl.text.engine import find
from pixl.text.known import find_known
from pixl.text.mrn import wrong_with
from pixl.text.patterns import find_patterns
from pixl.text.redaction import Surrogates, redact
from pixl.text.spans import NOTHING_KNOWN, Identifiers, Kind, Span

__all__ = [
    "NOTHING_KNOWN",
    "Identifiers",
    "Kind",
    "Span",
    "Surrogates",
    "find",
    "find_known",
    "find_patterns",
    "redact",
    "wrong_with",
]

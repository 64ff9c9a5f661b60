"""Text in what is no text: strings in binary values, comments in code streams, the words of documents. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from pixl.dicom.code_stream import comments

ASCII = re.compile(rb"[ -~\t\r\n\x80-\xff]{4,}")
RUN = re.compile(rb"[ -~\t\r\n\x1b\x80-\xff]{4,}")
UTF_16_LITTLE = re.compile(rb"(?:[ -~\xa0-\xff]\x00){3,}")
UTF_16_BIG = re.compile(rb"(?:\x00[ -~\xa0-\xff]){3,}")
PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
PDF_TEXT = re.compile(rb"\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f\s]{4,})>")
ESCAPE = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL)
MAX_INFLATED = 64 << 20
"""Bytes of one stream of a document."""


def strings_in(value: bytes) -> str:
    """Return what can be read in a binary value, one run a line: 8-bit text, and UTF-16 of either order."""
    runs = [run.decode("utf-8" if _is_utf8(run) else "latin-1") for run in ASCII.findall(value)]
    if b"\0" in value:
        runs += [run.decode("utf-16-le") for run in UTF_16_LITTLE.findall(value)]
        runs += [run.decode("utf-16-be") for run in UTF_16_BIG.findall(value)]
    return "\n".join(runs)


def runs_in(value: bytes) -> list[bytes]:
    """Return the runs of bytes that may be text in some character set of DICOM, escape sequences included."""
    return RUN.findall(value)


def comments_in(data: bytes, start: int, end: int) -> str:
    """Return the text of comments inside compressed frames, and of what follows an image's end."""
    return "\n".join(strings_in(data[first:last]) for first, last in comments(data, start, end))


def document_text(value: bytes) -> str:
    """Return the words of an encapsulated PDF or CDA document, as far as they can be read without its fonts."""
    if b"%PDF" not in value[:1024]:
        return strings_in(value)
    parts = [strings_in(value)]
    for stream in PDF_STREAM.findall(value):
        inflated = _inflated(stream)
        parts += [strings_in(inflated), " ".join(_shown(inflated)), "".join(_shown(inflated))]
    return "\n".join(parts)


def _inflated(stream: bytes) -> bytes:
    press = zlib.decompressobj()
    try:
        return press.decompress(stream, MAX_INFLATED)
    except zlib.error:
        return stream


def _shown(stream: bytes) -> Iterator[str]:
    """Yield the strings that a page shows (ISO 32000-1 section 9.4.3)."""
    for literal, digits in PDF_TEXT.findall(stream):
        if digits:
            packed = bytes.fromhex(_even(digits).decode("ascii"))
            yield packed.decode("utf-16-be" if packed[:1] == b"\0" else "latin-1", "replace")
        else:
            yield ESCAPE.sub(_escaped, literal.decode("latin-1"))


def _even(digits: bytes) -> bytes:
    """Return hexadecimal digits without blanks; a last one that lacks is 0 (ISO 32000-1 section 7.3.4.3)."""
    plain = re.sub(rb"\s", b"", digits)
    return plain + b"0" * (len(plain) % 2)


def _escaped(match: re.Match[str]) -> str:
    text = match.group(1)
    return chr(int(text, 8) & 0xFF) if text[0].isdigit() else text


def _is_utf8(run: bytes) -> bool:
    try:
        run.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

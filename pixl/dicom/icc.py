"""ICC profiles (ISO 15076-1) without the texts, names and dates in them: only the numbers that colours need."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence

Span = tuple[int, int]
HEADER = 128
ENTRY = struct.Struct(">4s2I")
SIGNATURE = slice(36, 40)
KEPT_OF_HEADER = (slice(8, 24), SIGNATURE, slice(64, 80))
"""Version, class and colour spaces; the signature; rendering intent and illuminant."""
FIRST_WITH_UNICODE = 4
"""The version from which on texts are of the type `mluc`."""
TEXT = "REMOVED"
NUMBERS = frozenset(
    {b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"bkpt", b"lumi", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"chad"}
    | {b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"gamt"}
)
"""White and primary colours, tone curves, adaptation, and tables of colours."""
PARAMETERS = (1, 3, 4, 5, 7)
"""How many numbers a parametric curve has, by its kind."""
MAX_CHANNELS = 15


def without_texts(profile: bytes) -> bytes | None:
    """Return a profile with the colour numbers of this one and nothing else; nothing if it cannot be read."""
    try:
        if profile[SIGNATURE] != b"acsp":
            return None
        tags = dict(_numbers(profile))
    except (struct.error, IndexError, ValueError):
        return None
    return _written(profile, tags) if tags else None


def _numbers(profile: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield what is known to be numbers, without what lies behind them."""
    (count,) = struct.unpack_from(">I", profile, HEADER)
    for place in range(min(count, 100)):
        signature, offset, size = ENTRY.unpack_from(profile, HEADER + 4 + ENTRY.size * place)
        value = profile[offset : offset + size]
        spans = SPANS.get(value[:4])
        if signature in NUMBERS and spans:
            yield signature, _only(value, tuple(spans(value)))


def _only(value: bytes, spans: Sequence[Span]) -> bytes:
    """Return a value with its type and these spans, and zeros between them."""
    last = max(end for _, end in spans)
    if last > len(value):
        raise IndexError(last)
    clean = bytearray(last)
    for begin, end in ((0, 4), *spans):
        clean[begin:end] = value[begin:end]
    return bytes(clean)


def _written(profile: bytes, tags: dict[bytes, bytes]) -> bytes:
    header = bytearray(HEADER)
    for kept in KEPT_OF_HEADER:
        header[kept] = profile[kept]
    unicode = header[8] >= FIRST_WITH_UNICODE
    tags |= {b"desc": _multilingual() if unicode else _description(), b"cprt": _multilingual() if unicode else _text()}
    table, end = struct.pack(">I", len(tags)), HEADER + 4 + ENTRY.size * len(tags)
    places: dict[bytes, int] = {}
    for signature, value in tags.items():
        if value not in places:
            places[value], end = end, end + len(value) + -len(value) % 4
        table += ENTRY.pack(signature, places[value], len(value))
    header[:4] = struct.pack(">I", end)
    return bytes(header) + table + b"".join(value + bytes(-len(value) % 4) for value in places)


def _text() -> bytes:
    return b"text" + bytes(4) + TEXT.encode() + b"\0"


def _description() -> bytes:
    """Return a textDescriptionType: in ASCII, and neither in Unicode nor as a Macintosh script."""
    return b"desc" + struct.pack(">2I", 0, len(TEXT) + 1) + TEXT.encode() + b"\0" + bytes(8 + 3 + 67)


def _multilingual() -> bytes:
    words = TEXT.encode("utf-16-be")
    return b"mluc" + struct.pack(">3I4s2I", 0, 1, 12, b"enUS", len(words), 28) + words


def _numbers_up_to(most: int) -> Callable[[bytes], Iterator[Span]]:
    """Return what says where the numbers of four bytes in a value are: so many at most."""

    def spans(value: bytes) -> Iterator[Span]:
        yield 8, min(len(value) - len(value) % 4, 8 + 4 * most)

    return spans


def _curve(value: bytes, start: int = 0) -> Iterator[Span]:
    kind = value[start : start + 4]
    if kind == b"curv":
        yield start, start + 12 + 2 * int(struct.unpack_from(">I", value, start + 8)[0])
    elif kind == b"para":
        yield start, start + 12 + 4 * PARAMETERS[struct.unpack_from(">H", value, start + 8)[0]]
    else:
        raise IndexError(start)


def _table(value: bytes) -> Iterator[Span]:
    """Yield where a table of 8 or 16 bit numbers is: curves, a grid, curves."""
    inputs, outputs, points = value[8:11]
    if value[:4] == b"mft1":
        yield 8, 48 + 256 * inputs + _grid((points,) * inputs) * outputs + 256 * outputs
    else:
        before, after = struct.unpack_from(">2H", value, 48)
        yield 8, 52 + 2 * (before * inputs + _grid((points,) * inputs) * outputs + after * outputs)


def _steps(value: bytes) -> Iterator[Span]:
    """Yield where the steps between device and connection colours are (10.12 and 10.13): curves, matrix, grid."""
    inputs, outputs = value[8:10]
    near, far = (outputs, inputs) if value[:4] == b"mAB " else (inputs, outputs)
    b, matrix, m, grid, a = struct.unpack_from(">5I", value, 12)
    yield 8, 32
    for start, count in ((b, near), (m, near), (a, far)):
        yield from _curves(value, start, count if start else 0)
    if matrix:
        yield matrix, matrix + 48
    if grid:
        yield grid, grid + 20 + _grid(value[grid : grid + inputs]) * outputs * value[grid + 16]


def _curves(value: bytes, start: int, count: int) -> Iterator[Span]:
    for _ in range(count):
        for begin, end in _curve(value, start):
            yield begin, end
            start = end + -end % 4


def _grid(points: Sequence[int]) -> int:
    if not 0 < len(points) <= MAX_CHANNELS:
        raise IndexError(len(points))
    return math.prod(points)


SPANS: dict[bytes, Callable[[bytes], Iterator[Span]]] = {
    b"XYZ ": _numbers_up_to(3),
    b"sf32": _numbers_up_to(9),
    b"curv": _curve,
    b"para": _curve,
    b"mft1": _table,
    b"mft2": _table,
    b"mAB ": _steps,
    b"mBA ": _steps,
}
"""Where the numbers of a value are, by its type; of other types nothing is kept."""

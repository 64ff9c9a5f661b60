"""How orthanc-raw's plugin sends several files without their pictures: a line of JSON, then the headers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pixl.dicom.condensed import Condensed
from pixl.domain.errors import RetryLater

MOST = 16
"""Instances that are asked for at once."""


def pack(answers: Sequence[Condensed | None]) -> bytes:
    """Return an answer for each instance that was asked for; None where it has to be fetched whole."""
    sizes = [[len(one.header), one.pixels] if one else None for one in answers]
    return b"".join((json.dumps(sizes).encode(), b"\n", *(one.header for one in answers if one)))


def unpack(body: bytes, asked: int) -> list[Condensed | None]:
    """Return what was packed.

    Raises
    ------
    RetryLater
        It is not whole, or not what was asked for.
    """
    line, _, headers = body.partition(b"\n")
    try:
        sizes = [(0, None) if size is None else (int(size[0]), str(size[1])) for size in json.loads(line)]
    except (ValueError, TypeError, LookupError):
        raise RetryLater("orthanc-raw's plugin sent headers that cannot be read") from None
    if len(sizes) != asked or sum(size for size, _ in sizes) != len(headers):
        raise RetryLater("orthanc-raw's plugin did not send all headers")
    found, position = [], 0
    for size, pixels in sizes:
        header = headers[position : position + size]
        found.append(None if pixels is None else Condensed(header=header, pixels=pixels))
        position += size
    return found

"""How a worker and its check process talk: a JSON document and some bytes in each frame, over pipes."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

LENGTH = struct.Struct("<I")


def send(stream: IO[bytes], document: Mapping[str, Any], *blobs: bytes) -> None:
    """Write a frame.

    Raises
    ------
    OSError
        The other side is gone.
    """
    text = json.dumps({**document, "sizes": [len(blob) for blob in blobs]}).encode()
    stream.write(LENGTH.pack(len(text)))
    stream.write(text)
    stream.writelines(blobs)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], list[bytes]] | None:
    """Read a frame; None where the other side has ended, also in the middle of one."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    text = stream.read(length)
    if len(text) < length:
        return None
    document = json.loads(text)
    blobs = [stream.read(size) for size in document.pop("sizes")]
    return document, blobs

"""Names and manifests of what is stored at a destination."""

from __future__ import annotations

import re

from pixl.domain.errors import ConfigurationError

PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=+ -]*")
"""What a folder or file may be called: nothing that a server could read as a command, an option or a way up."""
MANIFEST = re.compile(rb"([0-9a-f]{64}) [ *]([^\r\n]+)\r?\n?")


def split_name(name: str) -> tuple[str, str]:
    """Return the folder (may be empty) and the last part of a relative path with `/`."""
    parts = name.split("/")
    if not all(PART.fullmatch(part) for part in parts):
        raise ConfigurationError(
            "a file's name at a destination must be letters, digits and _.=+- in parts with / between"
        )
    return "/".join(parts[:-1]), parts[-1]


def partial_name(base: str) -> str:
    """Return what a file is called while it is incomplete or unverified."""
    return f".{base}.partial"


def manifest_name(base: str) -> str:
    """Return the name of the file that says what the SHA-256 of `base` is."""
    return f"{base}.sha256"


def manifest(base: str, sha256: str) -> bytes:
    """Return the manifest's content, as `sha256sum -c` reads it."""
    return f"{sha256}  {base}\n".encode()


def read_manifest(content: bytes, base: str) -> str | None:
    """Return the SHA-256 that a manifest gives for `base`, or None when it does not."""
    found = MANIFEST.fullmatch(content)
    return found[1].decode() if found and found[2] == base.encode() else None

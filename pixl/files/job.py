"""What a run is told: where from, where to, under which policy, with which key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pixl.deid
import pixl.dicom
from pixl.deid import Policy, load_policy
from pixl.domain.errors import ConfigurationError
from pixl.domain.project import Project
from pixl.files.cache import Fingerprints
from pixl.files.layout import DEFAULT_LAYOUT


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run. Its paths are absolute and have no links in them."""

    source: Path
    """A folder, a ZIP archive or a file; only read."""
    out: Path
    project: Project
    secret: bytes = field(repr=False)
    """The project's secret, as the store holds it."""
    cache: Path
    """The database of what was made before."""
    layout: str = DEFAULT_LAYOUT
    terms: bytes = b""
    """What the outputs depend on, `terms_of` the project; a worker that finds other terms stops."""


def terms_of(project: Project, secret: bytes) -> bytes:
    """Return a keyed hash of all that decides what an output looks like, but for the input itself."""
    return policy_and_terms(project, secret)[1]


@lru_cache(maxsize=1)
def policy_and_terms(project: Project, secret: bytes) -> tuple[Policy, bytes]:
    """Return a project's policy, read once a process, and `terms_of` it."""
    policy = load_policy(project)
    filters = (project.series_filters, project.allowed_manufacturers, project.modalities)
    return policy, Fingerprints(secret).terms(policy.hash, repr(filters), _engine())


def check_places(source: Path, out: Path, *private: Path) -> None:
    """See to it that nothing is written where something is read, or where it would be handed on by mistake.

    Raises
    ------
    ConfigurationError
        The input is not there, one folder is in the other, or a folder in `private` is in the output.
    """
    if not source.exists():
        raise ConfigurationError(f"{source} is not there")
    if out.exists() and not out.is_dir():
        raise ConfigurationError(f"{out} is a file; the output needs a folder")
    if _is_in(source, out) or _is_in(out, source):
        raise ConfigurationError("the output folder may not be in the input, nor the input in the output folder")
    for folder in private:
        if _is_in(folder, out):
            raise ConfigurationError(f"{folder} holds keys and identifiers: it may not be in the output folder")


def _is_in(inner: Path, outer: Path) -> bool:
    """Whether one is the other or in it, also under another name (a bind mount, another spelling)."""
    if not outer.exists():
        return outer == inner or outer in inner.parents
    identity = _identity(outer)
    return any(_identity(one) == identity for one in (inner, *inner.parents) if one.exists())


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _engine() -> str:
    """Return what tells this engine from an older or newer one: the hash of its own files."""
    digest = sha256()
    for path in sorted(_files_of(pixl.deid.__path__[0], pixl.dicom.__path__[0])):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files_of(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for where, _, names in os.walk(folder):
            yield from (Path(where, name) for name in names if "__pycache__" not in where)

"""Policies that are asked for again and again: made anew only where their files say something else than before."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pixl.deid.loader import load_policy, policy_files
from pixl.deid.policy import Policy
from pixl.domain.project import Project


@dataclass(frozen=True, kw_only=True)
class _Known:
    project: Project
    files: Mapping[Path, bytes]
    """What they said before the policy was made."""
    policy: Policy


class Policies:
    """Gives projects' policies, from their files as they are now. Threads may share it.

    To read the files takes a fraction of a millisecond; to make a policy of them, and its hash, 50.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def __call__(self, project: Project) -> Policy:
        """Return a project's policy; the same object as long as nothing has changed.

        Raises
        ------
        ConfigurationError
            As `load_policy`.
        """
        with self._lock:
            known = self._known.get(project.name)
            if known is None or known.project != project or known.files != _contents(known.files):
                known = self._known[project.name] = _load(project)
            return known.policy


def _load(project: Project) -> _Known:
    load_policy(project)  # says what is wrong with a file; the next line only where they are
    files = _contents(policy_files(project))
    # Made after the files were read: if one changes meanwhile, what is remembered differs from it, and is not used.
    return _Known(project=project, files=files, policy=load_policy(project))


def _contents(paths: Iterable[Path]) -> dict[Path, bytes]:
    """Return what files say; one that is not there any more says something else than any that is."""
    return {path: path.read_bytes() for path in paths if path.is_file()}

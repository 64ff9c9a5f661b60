"""Reads a project's policy from its files. The only part of the engine that touches a disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pixl.deid.peer_file import peer_rules
from pixl.deid.policy import Override, Policy, Rule
from pixl.deid.policy_file import PolicyKeys, check_options, overrides_of, rules_of
from pixl.domain.errors import ConfigurationError
from pixl.domain.project import Project
from pixl.project.yaml_file import read_form, read_yaml

_Contents = tuple[tuple[str, ...], tuple[Rule, ...], tuple[Override, ...]]


def load_policy(project: Project) -> Policy:
    """Return the policy of a project: its policy file, then its tag operation files, the later winning.

    Raises
    ------
    ConfigurationError
        It names the file, the key, and what was probably meant.
    """
    # Tag operation files alone say nothing about a profile, so the output does not claim one either.
    options: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    overrides: tuple[Override, ...] = ()
    if project.policy:
        options, rules, overrides = _read_policy(project.policy)
    files = project.tag_operation_files
    peer = peer_rules(_documents(files.base), _documents(files.manufacturer_overrides))
    refusal = "the project's image operation files are recipes that this engine cannot run"
    return Policy(
        name=project.name,
        rules=rules + peer.rules,
        overrides=overrides + peer.overrides,
        options=options,
        modalities=project.modalities,
        notes=peer.notes,
        refuse_pixels=refusal if project.image_operation_files else "",
    )


def _documents(paths: tuple[Path, ...]) -> Iterator[tuple[Path, Any]]:
    return ((path, read_yaml(path)) for path in paths)


def _read_policy(
    path: Path, including: tuple[Path, ...] = ()
) -> tuple[tuple[str, ...], tuple[Rule, ...], tuple[Override, ...]]:
    """Return options, rules and overrides of a policy file, after those of the files that it includes."""
    if path in including:
        raise ConfigurationError(f"{path}: includes itself")
    keys = read_form(path, PolicyKeys)
    check_options(keys.options, path)
    rules: tuple[Rule, ...] = ()
    overrides: tuple[Override, ...] = ()
    for name in keys.include:
        _, more_rules, more_overrides = _read_policy(path.with_name(name), (*including, path))
        rules, overrides = rules + more_rules, overrides + more_overrides
    return keys.options, rules + rules_of(keys.rules, path), overrides + overrides_of(keys, path)

"""Reads a project's policy from its files. The only part of the engine that touches a disk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pixl.deid import profile
from pixl.deid.content import ContentItem, read_items, unwanted_items
from pixl.deid.ctp_script import script_regions
from pixl.deid.peer_file import peer_rules
from pixl.deid.policy import Override, Policy, Rule
from pixl.deid.policy_file import PolicyKeys, check_options, date_shift, overrides_of, rules_of
from pixl.deid.recipe_file import START, recipe_regions
from pixl.deid.region_file import RegionsFile, device_regions
from pixl.deid.regions import DeviceRegions
from pixl.domain.date_shift import DateShift
from pixl.domain.errors import ConfigurationError
from pixl.domain.project import Project
from pixl.project.yaml_file import read_form, read_yaml

TABLE, CONTENT_TABLE = "confidentiality.csv", "content_items.csv"


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
    regions: tuple[DeviceRegions, ...] = ()
    refusal, allow_burned_in, dates = "", False, DateShift()
    if project.policy:
        keys = read_form(project.policy, PolicyKeys)
        options = _options(keys, project.policy)
        rules, overrides = _rules(keys, project.policy)
        regions = _regions(keys, project.policy)
        refusal, allow_burned_in = keys.refuse_pixels, keys.allow_burned_in
        dates = _dates(keys, project.policy) or dates
    tag_files = project.tag_operation_files
    peer = peer_rules(_documents(tag_files.base), _documents(tag_files.manufacturer_overrides))
    return Policy(
        name=project.name,
        rules=_profile_rules(options, project.policy) + rules + peer.rules,
        overrides=overrides + peer.overrides,
        options=options,
        modalities=project.modalities,
        notes=peer.notes,
        limits=profile.limits(confidentiality_table(), options) if options else {},
        refuse_pixels=refusal,
        unwanted_items=unwanted_items(content_items(), options),
        allow_burned_in=allow_burned_in,
        dates=dates,
        regions=sum(map(_region_list, project.image_operation_files), regions),
    )


def policy_files(project: Project) -> Iterator[Path]:
    """Yield the files that say what a project's policy is, besides its own; they can be read."""
    if project.policy:
        yield from _with_included(project.policy)
    yield from project.tag_operation_files.base
    yield from project.tag_operation_files.manufacturer_overrides
    yield from project.image_operation_files


def _with_included(path: Path) -> Iterator[Path]:
    keys = read_form(path, PolicyKeys)
    yield path
    for name in keys.include:
        yield from _with_included(path.with_name(name))
    yield from (path.parent / name for name in keys.regions)


@cache
def confidentiality_table() -> tuple[profile.Attribute, ...]:
    """Return table E.1-1 of PS3.15, which comes with the engine."""
    return profile.read_table(files("pixl.deid").joinpath(TABLE).read_text("utf-8"))


@cache
def content_items() -> tuple[ContentItem, ...]:
    """Return table E.3.4-1 of PS3.15, which comes with the engine."""
    return read_items(files("pixl.deid").joinpath(CONTENT_TABLE).read_text("utf-8"))


def _options(keys: PolicyKeys, path: Path) -> tuple[str, ...]:
    """Return the profile and its options, as the output is stamped with them."""
    check_options(keys, path)
    return ("basic", *keys.options) if keys.profile == "basic" else ()


def _profile_rules(options: tuple[str, ...], path: Path | None) -> tuple[Rule, ...]:
    if not options:
        return ()
    try:
        return profile.profile_rules(confidentiality_table(), options)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: options: {error}") from None


def _regions(keys: PolicyKeys, path: Path) -> tuple[DeviceRegions, ...]:
    """Return the regions that a policy file lists, and those of the files that it includes."""
    regions: tuple[DeviceRegions, ...] = ()
    for name in keys.include:
        included = path.with_name(name)
        regions += _regions(read_form(included, PolicyKeys), included)
    for name in keys.regions:
        regions += _region_list(path.parent / name)
    if "clean-pixel-data" in keys.options and not regions:
        raise ConfigurationError(f"{path}: options: clean-pixel-data needs regions: the files that list them")
    return regions


def _dates(keys: PolicyKeys, path: Path) -> DateShift | None:
    """Return how dates move by a policy file, or else by the last of the files that it includes; None: as usual."""
    if keys.dates:
        return date_shift(keys.dates, path)
    included = (path.with_name(name) for name in reversed(keys.include))
    return next(filter(None, (_dates(read_form(one, PolicyKeys), one) for one in included)), None)


def _region_list(path: Path) -> tuple[DeviceRegions, ...]:
    """Return the regions of a list in our format, of a recipe of pydicom-deid, or of a script of CTP."""
    if path.suffix in (".yaml", ".yml"):
        return device_regions(read_form(path, RegionsFile), path)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from None
    return recipe_regions(text, path) if text.lstrip().startswith(START) else script_regions(text, path)


def _documents(paths: tuple[Path, ...]) -> Iterator[tuple[Path, Any]]:
    return ((path, read_yaml(path)) for path in paths)


def _rules(
    keys: PolicyKeys, path: Path, including: tuple[Path, ...] = ()
) -> tuple[tuple[Rule, ...], tuple[Override, ...]]:
    """Return rules and overrides of a policy file, after those of the files that it includes."""
    if path in including:
        raise ConfigurationError(f"{path}: includes itself")
    rules: tuple[Rule, ...] = ()
    overrides: tuple[Override, ...] = ()
    for name in keys.include:
        included = path.with_name(name)
        more_rules, more_overrides = _rules(read_form(included, PolicyKeys), included, (*including, path))
        rules, overrides = rules + more_rules, overrides + more_overrides
    return rules + rules_of(keys.rules, path), overrides + overrides_of(keys, path)

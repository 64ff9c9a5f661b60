"""What would change for which elements if one policy took the place of another. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pixl.deid.policy import NO_RULE, Decision, Override, Policy, PrivateTag, Rule, Rulebook
from pixl.dicom.encoding import tag_text
from pixl.dicom.names import keyword

NOTHING = Rulebook(standard={}, private={})


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference."""

    where: str
    """The instances that it is for; empty: all."""
    what: str
    """An element, or a part of the policy."""
    before: str
    after: str


def changes(first: Policy, second: Policy) -> Iterator[Change]:
    """Yield what another policy does otherwise, the standard elements by tag; nothing if both do the same."""
    for what in ("options", "modalities", "refuse_pixels", "allow_burned_in"):
        before, after = _shown(getattr(first, what)), _shown(getattr(second, what))
        if before != after:
            yield Change(where="", what=what.replace("_", " "), before=before, after=after)
    if first.dates != second.dates:
        yield Change(where="", what="dates move by", before=str(first.dates), after=str(second.dates))
    yield from _of_regions(first, second)
    yield from _of_items(first, second)
    yield from _between(Rulebook.of(first.rules, first.limits), Rulebook.of(second.rules, second.limits), "")
    old, new = _by_device(first), _by_device(second)
    for device in sorted(old.keys() | new.keys()):
        yield from _between(old.get(device, NOTHING), new.get(device, NOTHING), device)


def _of_regions(first: Policy, second: Policy) -> Iterator[Change]:
    """Yield the entries of the lists of regions that differ."""
    old, new = ({device.name: str(device) for device in policy.regions} for policy in (first, second))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            after = "gone" if name not in new else "other regions" if name in old else "listed"
            yield Change(where="", what=f"regions of {name}", before="listed" if name in old else "none", after=after)


def _of_items(first: Policy, second: Policy) -> Iterator[Change]:
    for concept in sorted(first.unwanted_items ^ second.unwanted_items):
        before = "remove" if concept in first.unwanted_items else "as its elements"
        after = "remove" if concept in second.unwanted_items else "as its elements"
        yield Change(where="", what=f"content items {' '.join(concept)}", before=before, after=after)


def _between(first: Rulebook, second: Rulebook, where: str) -> Iterator[Change]:
    for tag in sorted(first.standard.keys() | second.standard.keys()):
        before, after = _name(first.standard.get(tag), where), _name(second.standard.get(tag), where)
        if before != after:
            yield Change(where=where, what=f"{tag_text(tag)} {keyword(tag)}", before=before, after=after)
    for key in sorted(first.private.keys() | second.private.keys()):
        before, after = _name(first.private.get(key), where), _name(second.private.get(key), where)
        if before != after:
            group, creator, element = key
            what = str(PrivateTag(group=group, creator=creator, element=element))
            yield Change(where=where, what=what, before=before, after=after)


def _name(decision: Decision | None, where: str) -> str:
    if decision is None:
        return "as for others" if where else str(NO_RULE.operation)
    return str(decision.operation)


def _by_device(policy: Policy) -> dict[str, Rulebook]:
    """Return the overrides as one rulebook for each kind of instance that they name."""
    rules: dict[str, tuple[Rule, ...]] = {}
    for override in policy.overrides:
        rules[_device(override)] = rules.get(_device(override), ()) + override.rules
    return {device: Rulebook.of(merged, policy.limits) for device, merged in rules.items()}


def _device(override: Override) -> str:
    device = f"manufacturer matches {override.manufacturer!r}" if override.manufacturer else "any manufacturer"
    return f"{device}, modality {' or '.join(override.modalities) or 'any'}"


def _shown(value: str | tuple[str, ...] | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) and value else ", ".join(value) or "none"

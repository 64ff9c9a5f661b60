"""Says what a policy would do to each element of an instance, and which rule says so. Shows no value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pixl.deid.content import CONTENT_SEQUENCES, concept_of
from pixl.deid.gate import check, read_header
from pixl.deid.operations import TEXT_VRS, Keep, Remove
from pixl.deid.pixels import PIXEL_DATA, listed
from pixl.deid.policy import NO_RULE, Decision, Policy, Rulebook
from pixl.deid.regions import DeviceRegions
from pixl.deid.tables import Entry, Kind, entry_of, private_entry_of
from pixl.dicom.elements import Element, elements, items_of
from pixl.dicom.names import dictionary, keyword
from pixl.dicom.part10 import read_part10

FIRST_PRIVATE_ELEMENT = 0x1000
Span = tuple[int, int]
"""Where something begins and ends."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What would happen to one element."""

    element: Element
    outcome: str
    why: str

    @property
    def name(self) -> str:
        """The element's keyword, or its tag."""
        return keyword(self.element.tag)


def explain(data: bytes, policy: Policy) -> Iterator[Explanation]:
    """Yield what the policy would do to each element; what is in a removed sequence goes with it and is not named.

    Raises
    ------
    InstanceRejected
        The policy does not want this instance.
    InstanceFailed
        The bytes cannot be read to the end, or nobody knows what may stay of the pixels.
    """
    file = read_part10(data)
    header = read_header(file)
    check(header, policy)
    rulebook = policy.rulebook(header.manufacturer, header.modality)
    _, devices = listed(file, policy, rulebook)
    creators: dict[tuple[tuple[int, ...], int], str] = {}
    gone: list[Span] = []
    for element in elements(file):
        gone = [span for span in gone if element.start < span[1]]
        if any(begin <= element.start for begin, _ in gone):
            continue
        explanation = _explain(element, file.data, rulebook, creators)
        if element.tag == PIXEL_DATA and devices:
            explanation = _blackened(element, devices)
        yield explanation
        if explanation.outcome == "remove":
            gone.append((element.start, element.end))
        elif element.tag in CONTENT_SEQUENCES:
            items = dict(_unwanted(element, file.data, rulebook))
            gone += items
            yield from items.values()


def explain_rules(policy: Policy) -> Iterator[str]:
    """Yield what the policy does, a line an element."""
    return policy.describe()


def _unwanted(element: Element, data: bytes, rulebook: Rulebook) -> Iterator[tuple[Span, Explanation]]:
    """Yield which content items go, and why."""
    for begin, end in items_of(data, element):
        concept = concept_of(data, begin, end, element.inner)
        if concept in rulebook.unwanted_items:
            why = f"PS3.15 table E.3.4-1: content items {' '.join(concept)}"
            yield (begin, end), Explanation(element=element, outcome="remove item", why=why)


def _blackened(element: Element, devices: tuple[DeviceRegions, ...]) -> Explanation:
    names = ", ".join(device.name for device in devices)
    return Explanation(element=element, outcome="regions", why=f"the lists of regions: {names}")


def _explain(
    element: Element, data: bytes, rulebook: Rulebook, creators: dict[tuple[tuple[int, ...], int], str]
) -> Explanation:
    if element.tag >> 16 & 1:
        return _explain_private(element, data, rulebook, creators)
    decision = rulebook.decide(element.tag)
    return Explanation(element=element, outcome=_outcome(element, data, decision), why=decision.source)


def _explain_private(
    element: Element, data: bytes, rulebook: Rulebook, creators: dict[tuple[tuple[int, ...], int], str]
) -> Explanation:
    group, number = divmod(element.tag, 0x10000)
    if number < FIRST_PRIVATE_ELEMENT:
        creator = data[element.value : element.end].strip(b"\0 ").decode("latin-1")
        known = (group, creator) in rulebook.creators
        creators[element.path, element.tag] = creator if known else ""
        why = "a private creator that a rule lists" if known else NO_RULE.source
        return Explanation(element=element, outcome="keep" if known else "remove", why=why)
    creator = creators.get((element.path, group << 16 | number >> 8), "")
    decision = rulebook.private.get((group, creator, number & 0xFF), NO_RULE)
    entry = private_entry_of(decision.operation, element.tag, creator, element.vr, implicit=element.encoding.implicit)
    outcome = str(decision.operation) if _fits(element, data, entry) else "remove"
    return Explanation(element=element, outcome=outcome, why=decision.source)


def _outcome(element: Element, data: bytes, decision: Decision) -> str:
    """Return the operation's name, or why the value cannot even be kept."""
    operation = decision.operation
    if isinstance(operation, Remove):
        return operation.name
    vrs, multiplicity = dictionary().get(element.tag, ((element.vr,), "1-n"))
    if element.vr not in vrs and element.vr != "UN" and (isinstance(operation, Keep) or element.vr not in TEXT_VRS):
        return "remove"
    vr = element.vr if element.vr in vrs else vrs[0]
    entry = entry_of(operation, element.tag, vr, multiplicity, implicit=element.encoding.implicit)
    return str(operation) if _fits(element, data, entry) else "remove"


def _fits(element: Element, data: bytes, entry: Entry) -> bool:
    """Whether the value is what the walk lets pass."""
    kind, what = entry
    if kind is Kind.EXACT:
        return element.length in (0, what)
    return kind is not Kind.NO_RULE and (kind is not Kind.MATCH or bool(what(data, element.value, element.end)))

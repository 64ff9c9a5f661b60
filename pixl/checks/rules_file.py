"""Rules as IsIdentifiable's YAML has them: read, written, and made of a verdict. The format is that program's."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import pydantic
import yaml

from pixl.checks.dotnet import escaped
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding
from pixl.domain.suggest import suggestion


class RuleAction(enum.StrEnum):
    """What a rule does with what it fits."""

    NONE = "None"
    IGNORE = "Ignore"
    REPORT = "Report"


class Classification(enum.StrEnum):
    """IsIdentifiable's classes of what is found."""

    NONE = "None"
    PRIVATE_IDENTIFIER = "PrivateIdentifier"
    LOCATION = "Location"
    PERSON = "Person"
    ORGANIZATION = "Organization"
    MONEY = "Money"
    PERCENT = "Percent"
    DATE = "Date"
    TIME = "Time"
    PIXEL_TEXT = "PixelText"
    POSTCODE = "Postcode"


WORDS: dict[str, str] = {member.value.lower(): member.value for member in (*RuleAction, *Classification)}


def _any_case(value: Any) -> Any:
    """Take a word of an enumeration in any case, as the peer does."""
    if value is None:
        return "None"
    return WORDS.get(value.lower(), value) if isinstance(value, str) else value


class _Form(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class _Pattern(_Form):
    Action: Annotated[RuleAction, pydantic.BeforeValidator(_any_case)] = RuleAction.NONE
    IfColumn: str | None = None
    IfPattern: str | None = None
    As: Annotated[Classification, pydantic.BeforeValidator(_any_case)] = Classification.NONE
    CaseSensitive: bool = False


class BasicRule(_Pattern):
    """Ignores or reports what a pattern finds in a column's values."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> BasicRule:
        if self.Action is not RuleAction.NONE and self.IfColumn is None and self.IfPattern is None:
            raise ValueError("needs IfColumn or IfPattern")
        if self.Action is RuleAction.REPORT and self.As is Classification.NONE:
            raise ValueError("needs As, as its Action is Report")
        return self


class AllowlistRule(_Pattern):
    """Takes back what other rules reported."""

    Action: Annotated[RuleAction, pydantic.BeforeValidator(_any_case)] = RuleAction.IGNORE
    IfPartPattern: str | None = None
    WordBefore: str | None = None
    WordAfter: str | None = None

    @pydantic.model_validator(mode="after")
    def _check(self) -> AllowlistRule:
        if self.Action is RuleAction.REPORT:
            raise ValueError("an allowlist rule cannot have the Action Report")
        if self.IfColumn is None and self.IfPattern is None and self.IfPartPattern is None:
            raise ValueError("needs IfColumn, IfPattern or IfPartPattern: it would allow everything")
        return self


class SocketRule(_Form):
    """Asks a daemon."""

    Host: str
    Port: Annotated[int, pydantic.Field(ge=1, le=65535)]


class ConsensusRule(_Form):
    """Reports what all of its rules report."""

    Rules: Annotated[tuple[SocketRule | BasicRule, ...], pydantic.Field(min_length=1)]


def _nothing(value: Any) -> Any:
    return () if value is None else value


class RuleSet(_Form):
    """A file of rules, or several put together."""

    BasicRules: Annotated[tuple[BasicRule, ...], pydantic.BeforeValidator(_nothing)] = ()
    SocketRules: Annotated[tuple[SocketRule, ...], pydantic.BeforeValidator(_nothing)] = ()
    ConsensusRules: Annotated[tuple[ConsensusRule, ...], pydantic.BeforeValidator(_nothing)] = ()
    AllowlistRules: Annotated[
        tuple[AllowlistRule, ...],
        pydantic.BeforeValidator(_nothing),
        pydantic.Field(validation_alias=pydantic.AliasChoices("AllowlistRules", "WhiteListRules", "WhitelistRules")),
    ] = ()

    def __add__(self, other: RuleSet) -> RuleSet:
        return RuleSet(**{name: getattr(self, name) + getattr(other, name) for name in RuleSet.model_fields})

    @property
    def is_empty(self) -> bool:
        """Whether there is no rule."""
        return not any(getattr(self, name) for name in RuleSet.model_fields)


NO_RULES = RuleSet()
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _TaggedLoader(_Loader):  # type: ignore[misc,valid-type]
    """The peer tags nested rules, such as `!SocketRule`; what they are can be seen without."""


def _untagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:  # noqa: ARG001  the name adds nothing
    return loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None


_TaggedLoader.add_multi_constructor("!", _untagged)


def read_rules(paths: Iterable[Path]) -> RuleSet:
    """Return the rules of some files, in their order.

    Raises
    ------
    ConfigurationError
        It names the file, the rule and what is wrong with it.
    """
    rules = NO_RULES
    for path in paths:
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigurationError(f"{path}: cannot be read: {reason}") from None
        rules += parse_rules(text, str(path))
    return rules


def parse_rules(text: str, origin: str) -> RuleSet:
    """Return the rules in a YAML text; `origin` begins the message if something is wrong."""
    try:
        document = yaml.load(text, Loader=_TaggedLoader)  # noqa: S506  a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{origin}{where}: this is not YAML") from None
    try:
        return RuleSet.model_validate({} if document is None else document)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ConfigurationError(f"{origin}: {_problem(first)}") from None


def write_rules(rules: RuleSet) -> str:
    """Return rules as YAML that this program and IsIdentifiable read; what is not set is left out."""
    document = {
        name: [_plain(rule) for rule in getattr(rules, name)] for name in RuleSet.model_fields if getattr(rules, name)
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1 << 16)


def rule_for(finding: Finding) -> AllowlistRule:
    """Return the rule that a verdict "this is none" becomes: exactly this value, in this element.

    Raises
    ------
    ConfigurationError
        The finding has no value, so a rule would allow everything in that element.
    """
    from pixl.checks.columns import column_of  # noqa: PLC0415

    if not finding.value:
        raise ConfigurationError("a finding without a value cannot become a rule")
    return AllowlistRule(IfColumn=column_of(finding.where), IfPattern=f"^{escaped(finding.value)}$", CaseSensitive=True)


def _plain(rule: pydantic.BaseModel) -> dict[str, Any]:
    return rule.model_dump(mode="json", exclude_defaults=True) | (
        {"Action": "Ignore"} if isinstance(rule, AllowlistRule) else {}
    )


def _problem(entry: Any) -> str:
    location = entry["loc"]
    key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")
    if entry["type"] == "extra_forbidden":
        known = (
            {*RuleSet.model_fields} if len(location) == 1 else {*AllowlistRule.model_fields, "Host", "Port", "Rules"}
        )
        return f"unknown key {key}{suggestion(str(location[-1]), tuple(sorted(known)))}"
    return f"{key or 'the document'}: {entry['msg'].removeprefix('Value error, ')}"

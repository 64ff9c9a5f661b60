"""Thousands of rules over a value at once: one combined automaton says which may fit, and those are looked at. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import re2
import regex

from pixl.checks.dotnet import compiled, widened
from pixl.checks.rules_file import AllowlistRule, BasicRule, Classification, RuleAction, RuleSet, SocketRule
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Part

AUTOMATON_MEMORY = 512 << 20
"""Bytes that the automaton of a rule set may take; it takes what it needs."""
SECONDS_A_PATTERN = 1.0
"""A pattern that takes longer on one value is a pattern that never ends; the value is held."""
Ask = Callable[[SocketRule, str], list[Part]]
"""Asks a daemon for what it finds in a text."""


class RuleTimedOut(Exception):
    """A rule's pattern did not come to an end."""


@dataclass(frozen=True, eq=False)
class _Ready:
    """A rule with its compiled pattern."""

    rule: BasicRule | AllowlistRule
    column: str | None
    pattern: regex.Pattern[str] | None

    def fits(self, column: str) -> bool:
        """Whether it is for this column."""
        return self.column is None or self.column == column

    def matches(self, value: str) -> list[regex.Match[str]]:
        """Return where its pattern is in a value."""
        if self.pattern is None:
            return []
        try:
            return list(self.pattern.finditer(value, timeout=SECONDS_A_PATTERN))
        except TimeoutError:
            raise RuleTimedOut("a rule's pattern takes too long") from None


class Patterns:
    """Says which of many rules may fit a value."""

    def __init__(self, rules: Sequence[BasicRule | AllowlistRule]) -> None:
        self.ready = [_ready(rule) for rule in rules]
        self._always = [number for number, one in enumerate(self.ready) if one.pattern is None]

    @cached_property
    def _plain(self) -> _Automaton:
        return _Automaton([(number, one.rule) for number, one in enumerate(self.ready) if one.pattern], wide=False)

    @cached_property
    def _wide(self) -> _Automaton:
        return _Automaton([(number, one.rule) for number, one in enumerate(self.ready) if one.pattern], wide=True)

    def that_may_fit(self, column: str, value: str) -> list[_Ready]:
        """Return the rules for this column that may fit the value, in their order."""
        if not self.ready:
            return []
        automaton = self._plain if value.isascii() else self._wide
        numbers = [*self._always, *automaton.that_may_match(value)]
        return [self.ready[number] for number in sorted(numbers) if self.ready[number].fits(column)]


class _Automaton:
    """RE2's set of patterns; what RE2 does not know is tried on every value."""

    def __init__(self, rules: Iterable[tuple[int, BasicRule | AllowlistRule]], *, wide: bool) -> None:
        options = re2.Options()
        options.max_mem = AUTOMATON_MEMORY
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self._set.Add("")  # matches everything: if it is not among the answers, RE2 ran out of memory and knows none
        self._numbers: list[int] = []
        self._unknown: list[int] = []
        for number, rule in rules:
            self._add(number, rule, wide=wide)
        self._set.Compile()

    def that_may_match(self, value: str) -> list[int]:
        """Return the numbers of the rules whose patterns may match."""
        found = self._set.Match(value)
        if 0 not in found:
            return [*self._numbers, *self._unknown]
        return [*(self._numbers[place - 1] for place in found if place), *self._unknown]

    def _add(self, number: int, rule: BasicRule | AllowlistRule, *, wide: bool) -> None:
        pattern = rule.IfPattern or ""
        text = widened(pattern) if wide else pattern
        try:
            self._set.Add(text if rule.CaseSensitive else f"(?i:{text})")
        except re2.error:
            self._unknown.append(number)
        else:
            self._numbers.append(number)


class RuleEngine:
    """Applies a rule set as IsIdentifiable does: ignore, report, consensus, daemons; then what is allowed goes."""

    def __init__(self, rules: RuleSet, ask: Ask) -> None:
        self._basic = Patterns([rule for rule in rules.BasicRules if rule.Action is not RuleAction.NONE])
        self._allowed = Allowlist(rules.AllowlistRules)
        self._consensus = [
            [rule if isinstance(rule, SocketRule) else _ready(rule) for rule in consensus.Rules]
            for consensus in rules.ConsensusRules
        ]
        self._sockets = rules.SocketRules
        self._ask = ask

    @property
    def asks_daemons(self) -> bool:
        """Whether daemons have a say."""
        return bool(self._sockets or self._consensus)

    def is_ignored(self, column: str, value: str) -> bool:
        """Whether a rule says that nothing in this value is to be looked at."""
        return any(
            one.pattern is None or one.matches(value)
            for one in self._basic.that_may_fit(column.lower(), value)
            if one.rule.Action is RuleAction.IGNORE
        )

    def parts(self, column: str, value: str, *, is_text: bool = True) -> list[Part] | None:
        """Return what the rules report of a value, or None if a rule says to ignore it.

        Parameters
        ----------
        column
            The element's keyword.
        value
            Its text.
        is_text
            Whether the value may hold words, so that daemons are asked.
        """
        fitting = [(one, one.matches(value)) for one in self._basic.that_may_fit(column.lower(), value)]
        fitting = [(one, found) for one, found in fitting if found or one.pattern is None]
        if any(one.rule.Action is RuleAction.IGNORE for one, _ in fitting):
            return None
        reported = [part for one, found in fitting for part in _reported(one, found, value)]
        for rules in self._consensus:
            reported += self._agreed(rules, column, value)
        if is_text:
            for socket in self._sockets:
                reported += self._ask(socket, value)
        return reported

    def without_allowed(self, column: str, value: str, parts: Iterable[Part]) -> list[Part]:
        """Return the parts that no allowlist rule takes back."""
        return self._allowed.without_allowed(column, value, parts)

    def _agreed(self, rules: Sequence[SocketRule | _Ready], column: str, value: str) -> list[Part]:
        """Return what all rules of a consensus report: of the same class, and overlapping."""
        agreed: list[Part] | None = None
        for rule in rules:
            found = self._ask(rule, value) if isinstance(rule, SocketRule) else _alone(rule, column, value)
            agreed = found if agreed is None else [part for part in agreed if any(_same(part, one) for one in found)]
            if not agreed:
                return []
        return agreed or []


class Allowlist:
    """Rules that take back what others reported."""

    def __init__(self, rules: Sequence[AllowlistRule]) -> None:
        used = [rule for rule in rules if rule.Action is RuleAction.IGNORE]
        self._patterns = Patterns(used)
        self._parts = {
            id(one): compiled(one.rule.IfPartPattern, case_sensitive=one.rule.CaseSensitive)
            for one in self._patterns.ready
            if isinstance(one.rule, AllowlistRule) and one.rule.IfPartPattern is not None
        }

    def without_allowed(self, column: str, value: str, parts: Iterable[Part]) -> list[Part]:
        """Return the parts that no rule takes back."""
        left = list(parts)
        for one in self._patterns.that_may_fit(column.lower(), value):
            if left and (one.pattern is None or one.matches(value)):
                left = [part for part in left if not self._covers(one, value, part)]
        return left

    def _covers(self, one: _Ready, value: str, part: Part) -> bool:
        rule = one.rule
        if rule.As is not Classification.NONE and rule.As != part.kind:
            return False
        pattern = self._parts.get(id(one))
        if pattern is not None and not pattern.search(part.word, timeout=SECONDS_A_PATTERN):
            return False
        return not isinstance(rule, AllowlistRule) or _is_between(rule, value, part)


def _is_between(rule: AllowlistRule, value: str, part: Part) -> bool:
    """Whether the words stand beside the part that the rule wants there."""
    before, after = value[: max(part.offset, 0)], value[max(part.offset, 0) + len(part.word) :]
    if rule.WordBefore and not _word(rf"\b{rule.WordBefore}\s+$", rule.CaseSensitive).search(before):
        return False
    return not rule.WordAfter or bool(_word(rf"^\s+{rule.WordAfter}\b", rule.CaseSensitive).search(after))


@lru_cache(maxsize=4096)
def _word(pattern: str, case_sensitive: bool) -> regex.Pattern[str]:  # noqa: FBT001
    return compiled(pattern, case_sensitive=case_sensitive)


def _ready(rule: BasicRule | AllowlistRule) -> _Ready:
    try:
        pattern = None if rule.IfPattern is None else compiled(rule.IfPattern, case_sensitive=rule.CaseSensitive)
    except ConfigurationError as error:
        raise ConfigurationError(f"IfPattern {rule.IfPattern!r} {error}") from None
    return _Ready(rule, rule.IfColumn.lower() if rule.IfColumn and rule.IfColumn.strip() else None, pattern)


def _reported(one: _Ready, found: list[regex.Match[str]], value: str) -> list[Part]:
    kind = one.rule.As.value
    if one.pattern is None:
        return [Part(word=value, kind=kind, offset=0)]
    return [Part(word=match.group(), kind=kind, offset=match.start()) for match in found]


def _alone(one: _Ready, column: str, value: str) -> list[Part]:
    """Return what a rule of a consensus reports."""
    if not one.fits(column.lower()) or one.rule.Action is not RuleAction.REPORT:
        return []
    return _reported(one, one.matches(value), value)


def _same(one: Part, other: Part) -> bool:
    """Whether two parts are of one class and share a character, or have no place."""
    if one.kind != other.kind:
        return False
    begins_in = other.offset <= one.offset < other.offset + len(other.word)
    return one.offset == other.offset or begins_in or one.offset <= other.offset < one.offset + len(one.word)

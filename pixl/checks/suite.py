"""All checkers of a project, one after the other over each instance: what throws holds, what is silent passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, EntryPoints, entry_points

from pixl.checks.instance import Instance
from pixl.checks.port import Checked, Checker, Context, Examination, KnownStudy, MakeChecker
from pixl.domain.allowed import AllowedBy
from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.errors import ConfigurationError, InstanceFailed
from pixl.domain.finding import Finding, Outcome
from pixl.domain.project import Project
from pixl.domain.suggest import suggestion

GROUP = "pixl.checkers"
READER = "reader"
TOLD_FAILURES = 3
"""After so many, a checker looks at no more of a series, which is held anyway."""


@dataclass
class _Running:
    """A checker at work on a series."""

    name: str
    examination: Examination | None
    tell: Callable[[str], None]
    failures: Counter[str] = field(default_factory=Counter)
    """By the exception's class."""


class Suite:
    """The checkers of a project, ready to look."""

    def __init__(
        self, checkers: tuple[tuple[str, Checker], ...], *, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._checkers = checkers
        self._tell = tell

    @property
    def names(self) -> tuple[str, ...]:
        """The checkers' names, in the order in which they look."""
        return tuple(name for name, _ in self._checkers)

    def watched(self, tell: Callable[[str], None]) -> Suite:
        """Return the same checkers; each begins its work with a call of `tell` with its name."""
        return Suite(self._checkers, tell=tell)

    def made_with(self) -> dict[str, str]:
        """Return what each checker says of its rules and models (its attribute `made_with`), by its name."""
        return {name: str(getattr(checker, "made_with", "")) for name, checker in self._checkers}

    def check(self, instances: Iterable[Checked], known: KnownStudy) -> Iterator[Finding]:
        """Look at the outputs of one series; yield what is wrong, as it is found.

        Memory is bounded by one instance. A checker that raises holds the study: that is a finding too, and names the
        checker and the class of what it raised, nothing else. What an iterable of instances raises is the caller's.
        """
        running = [_Running(name=name, examination=None, tell=self._tell) for name, _ in self._checkers]
        for one, (_, checker) in zip(running, self._checkers, strict=True):
            yield from _begun(one, checker, known)
        for checked in instances:
            yield from _looked(running, checked)
        for one in running:
            if one.examination:
                yield from _guarded(one, one.examination.finish)


def load_suite(project: Project, *, allowed: AllowedBy) -> Suite:
    """Return the checkers that a project switches on.

    Parameters
    ----------
    project
        Its `checks` say which, in which order, with which settings.
    allowed
        What its policy lets leave: `pixl.deid.allowed.allowed_by(load_policy(project))`.

    Raises
    ------
    ConfigurationError
        A checker is unknown or not installed, or one of its settings is wrong.
    """
    return suite_of(project.checks, Context(project=project, allowed=allowed), f"{project.file}: checks")


def suite_of(checks: Checks, context: Context, where: str) -> Suite:
    """Return these checkers; `where` begins the message if one is wrong."""
    installed = entry_points(group=GROUP)  # asked once: it reads what every installed package says
    return Suite(tuple((choice.name, _made(choice, installed, context, where)) for choice in checks.checkers))


def checker_names() -> tuple[str, ...]:
    """Return the names of all checkers that are installed."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def _made(choice: CheckerChoice, installed: EntryPoints, context: Context, where: str) -> Checker:
    found = tuple(installed.select(name=choice.name))
    if not found:
        raise ConfigurationError(f"{where}: no checker {choice.name!r}{suggestion(choice.name, checker_names())}")
    if len(found) > 1:
        raise ConfigurationError(f"{where}: more than one package has a checker {choice.name!r}")
    try:
        make: MakeChecker = found[0].load()
    except ImportError as error:
        raise ConfigurationError(f"{where}: {choice.name}: {error.name} is not installed{_hint(found[0])}") from None
    try:
        return make(choice.options, context)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {choice.name}: {error}") from None


def _hint(point: EntryPoint) -> str:
    """Return how to install what a checker needs, if its entry point names an extra of its package for that."""
    package = point.dist.name if point.dist else ""
    return f": pip install '{package}[{','.join(point.extras)}]'" if point.extras and package else ""


def _begun(one: _Running, checker: Checker, known: KnownStudy) -> Iterator[Finding]:
    def begin() -> Iterable[Finding]:
        one.examination = checker.begin(known)
        return ()

    yield from _guarded(one, begin)


def _looked(running: list[_Running], checked: Checked) -> Iterator[Finding]:
    try:
        instance = Instance(checked)
    except InstanceFailed as error:
        yield Finding(
            checker=READER,
            kind="unreadable",
            reason=f"an output cannot be read to its end, so nothing is known of it: {error}",
            where="file",
            instance=checked.name,
        )
        return
    for one in running:
        if one.examination and one.failures.total() < TOLD_FAILURES:
            yield from _guarded(one, partial(one.examination.look, instance), checked.name)


def _guarded(one: _Running, work: Callable[[], Iterable[Finding]], instance: str | None = None) -> Iterator[Finding]:
    """Yield what a checker finds; what it raises becomes a finding without a value."""
    one.tell(one.name)
    try:
        yield from work()
    except Exception as error:  # noqa: BLE001  a checker may be anybody's: whatever it raises holds the study, and no more
        kind = type(error).__name__
        one.failures[kind] += 1
        # The exception's own text may quote what it was looking at.
        reason = f"the checker {one.name} could not finish: {kind}"
        yield Finding(
            checker=one.name,
            kind="checker-failed",
            reason=reason,
            where="checker",
            outcome=Outcome.HOLD,
            instance=instance,
        )

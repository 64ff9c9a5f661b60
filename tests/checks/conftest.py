"""One factory for the outputs and originals of these tests, and the checkers as a project has them."""

from __future__ import annotations

import pydicom
import pytest

from pixl.checks import Checked, Context, KnownStudy, suite_of
from pixl.domain.allowed import Allowed
from pixl.domain.checks import CheckerChoice, Checks
from pixl.testing.outputs import BASE


def everything_allowed(*, identifying=None):
    from pixl.deid.allowed import identifying as by_table

    found = Allowed(every_standard=True, identifying=by_table() if identifying is None else identifying)
    return lambda _manufacturer, _modality: found


def allowing(*tags, kept=(), private=()):
    """Return what lets these elements leave, besides those that every file of these tests has."""
    base = frozenset(pydicom.datadict.tag_for_keyword(keyword) for keyword in BASE)
    found = Allowed(changed=base | frozenset(tags), kept=frozenset(kept), private=frozenset(private))
    return lambda _manufacturer, _modality: found


def findings(checker, *outputs, options=None, known=None, allowed=None):
    """Return what one checker says of some outputs: bytes, pairs of output and original, or `Checked`."""
    checks = Checks(checkers=(CheckerChoice(name=checker, options=options or {}),))
    suite = suite_of(checks, Context(project=None, allowed=allowed or everything_allowed()), "checks")
    return list(suite.check(map(as_checked, range(len(outputs)), outputs), known or KnownStudy()))


def as_checked(number, output):
    if isinstance(output, Checked):
        return output
    data, source = output if isinstance(output, tuple) else (output, None)
    return Checked(name=f"2.25.{number}", data=data, original=source)


@pytest.fixture
def told():
    """Return kind and place of each finding."""
    return lambda found: [(one.kind, one.where) for one in found]

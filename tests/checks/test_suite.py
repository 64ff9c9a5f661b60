"""A checker may be anybody's: whatever it does, it never passes a study and never wedges one."""

import dataclasses
import logging
import sys

import pytest

from pixl.checks import Checked, Context, KnownStudy, Suite, load_suite, suite_of
from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding, Outcome
from pixl.domain.project import DestinationNames, Project
from pixl.testing.outputs import dicom, original

from .conftest import allowing, everything_allowed

SECRET = "Ashbury^Josephine"
PLACE = Finding(checker="sees", kind="name", reason="a reason", where="(0010,0010)", value=SECRET)


class Sees:
    """Finds one thing in each instance."""

    def begin(self, known):
        return self

    def look(self, instance):
        return [dataclasses.replace(PLACE, instance=instance.name)]

    def finish(self):
        return ()


class Raises(Sees):
    def __init__(self, *places):
        self.places = places
        self.looked = 0

    def begin(self, known):
        self._perhaps("begin")
        return self

    def look(self, instance):
        self.looked += 1
        self._perhaps("look")
        return ()

    def finish(self):
        self._perhaps("finish")
        return ()

    def _perhaps(self, place):
        if place in self.places:
            raise ValueError(f"cannot read {SECRET}")


def outputs(count):
    return [Checked(name=f"2.25.{number}", data=dicom(SOPInstanceUID=f"2.25.{number}")) for number in range(count)]


def run(*checkers, count=1):
    suite = Suite(tuple((f"checker{number}", one) for number, one in enumerate(checkers)))
    return list(suite.check(outputs(count), KnownStudy()))


@pytest.mark.parametrize("place", ["begin", "look", "finish"])
def test_a_checker_that_raises_holds_the_study_and_the_others_still_look(place):
    found = run(Raises(place), Sees())
    assert [(one.checker, one.kind, one.outcome) for one in found if one.kind == "checker-failed"] == [
        ("checker0", "checker-failed", Outcome.HOLD)
    ]
    assert any(one.kind == "name" for one in found)


@pytest.mark.parametrize("place", ["begin", "look", "finish"])
def test_what_a_checker_raised_is_told_by_its_class_alone(place):
    (failed,) = run(Raises(place))
    assert failed.reason == "the checker checker0 could not finish: ValueError"
    assert SECRET not in repr(failed) + failed.value + failed.reason


def test_a_checker_that_goes_on_raising_is_left_out_of_the_rest_of_a_series():
    checker = Raises("look")
    assert len(run(checker, count=10)) == checker.looked == 3


def test_an_output_that_cannot_be_read_to_its_end_holds_the_study():
    whole = dicom()
    found = list(Suite((("sees", Sees()),)).check([Checked(name="2.25.1", data=whole[:-3])], KnownStudy()))
    assert [(one.checker, one.kind, one.outcome) for one in found] == [("reader", "unreadable", Outcome.HOLD)]


def test_instances_are_asked_for_one_at_a_time():
    asked = []

    def instances():
        for one in outputs(3):
            asked.append(one.name)
            yield one

    findings = Suite((("sees", Sees()),)).check(instances(), KnownStudy())
    assert asked == []
    next(findings)
    assert asked == ["2.25.0"]


def test_a_checker_writes_no_value_into_a_log(caplog):
    caplog.set_level(logging.DEBUG)
    project = dataclasses.replace(project_with(Checks()), checks=Checks())
    suite = load_suite(project, allowed=everything_allowed())
    found = list(suite.check([Checked(name="2.25.1", data=original(), original=original())], KnownStudy()))
    assert found
    assert "Ashbury" not in caplog.text
    assert not any("Ashbury" in repr(one) + one.reason for one in found)


def project_with(checks):
    from pathlib import Path

    return Project(
        name="demo",
        modalities=("CT",),
        destination=DestinationNames(dicom="none", parquet="none"),
        file=Path("demo.yaml"),
        checks=checks,
    )


def test_the_default_checkers_are_installed():
    suite = load_suite(project_with(Checks()), allowed=allowing())
    assert suite.names == tuple(choice.name for choice in Checks().checkers)


def test_text_in_pictures_is_looked_for_by_default_and_after_what_costs_less():
    assert Checks().checkers[-1].name == "pixels"


@pytest.mark.parametrize("library", ["cv2", "onnxruntime"])
def test_a_default_checker_without_its_library_is_an_error_that_says_what_to_install(monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    for name in [name for name in sys.modules if name.startswith("pixl.checks.pixels")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigurationError, match=rf"pixels: {library} is not installed: pip install 'pixl\[ocr\]'"):
        load_suite(project_with(Checks()), allowed=allowing())


def test_checkers_look_in_the_order_of_the_project():
    checks = Checks(checkers=(CheckerChoice(name="rules"), CheckerChoice(name="private")))
    assert load_suite(project_with(checks), allowed=allowing()).names == ("rules", "private")


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (CheckerChoice(name="known-value"), "no checker 'known-value', did you mean 'known-values'"),
        (CheckerChoice(name="private", options={"outcomes": "hold"}), "unknown key outcomes"),
        (CheckerChoice(name="private", options={"outcome": "pass"}), "outcome"),
        (CheckerChoice(name="rules", options={"files": ["none.yaml"]}), "none.yaml: cannot be read"),
        (CheckerChoice(name="conformance", options={"program": "no-such-program"}), "no-such-program is not installed"),
    ],
)
def test_a_mistake_in_the_settings_is_an_error_that_names_it(choice, message):
    with pytest.raises(ConfigurationError, match=r"demo\.yaml: checks") as told:
        load_suite(project_with(Checks(checkers=(choice,))), allowed=allowing())
    assert message.split(",")[0] in str(told.value)


def test_a_suite_needs_no_project():
    suite = suite_of(Checks(), Context(project=None, allowed=everything_allowed()), "checks")
    assert not list(suite.check([Checked(name="2.25.1", data=dicom())], KnownStudy()))


def test_each_checker_says_what_it_was_made_with():
    one, other = (
        suite_of(
            Checks(checkers=(CheckerChoice(name="private", options={"outcome": outcome}),)),
            Context(project=None, allowed=everything_allowed()),
            "checks",
        ).made_with()["private"]
        for outcome in ("hold", "reject")
    )
    assert one != other
    assert "PIXL" in one

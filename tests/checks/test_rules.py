"""Rules see every value that may hold text, at every depth, and the built-in patterns beside them."""

import pydicom
import pytest
from pydicom.dataset import Dataset

from pixl.checks import Checked, Context, KnownStudy, suite_of
from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.finding import Outcome
from pixl.testing.outputs import dicom

from .conftest import everything_allowed, findings

REPORT = "BasicRules: [{Action: Report, As: Person, IfPattern: Ashbury}]"


def with_rules(tmp_path, text, *outputs, **options):
    path = tmp_path / "rules.yaml"
    path.write_text(text, "utf-8")
    return findings("rules", *outputs, options={"files": [str(path)], **options})


def nested(text):
    item = Dataset()
    item.TextValue = text
    outer = Dataset()
    outer.ContentSequence = pydicom.Sequence([item])
    return pydicom.Sequence([outer])


def test_a_finding_has_the_path_of_its_element(tmp_path, told):
    found = with_rules(tmp_path, REPORT, dicom(ContentSequence=nested("by Ashbury")))
    assert told(found) == [("name", "(0040,A730)[1].(0040,A730)[1].(0040,A160)")]
    assert [(part.word, part.kind, part.offset) for part in found[0].parts] == [("Ashbury", "Person", 3)]


def test_private_and_binary_values_are_looked_at(tmp_path, told):
    block = Dataset()
    private = block.private_block(0x0099, "MAKER", create=True)
    private.add_new(0x10, "OB", b"\0\1Ashbury\0")
    private.add_new(0x11, "UN", "Ashbury".encode("utf-16-le"))
    assert told(with_rules(tmp_path, REPORT, dicom(list(block)))) == [("name", "(0099,1010)"), ("name", "(0099,1011)")]


def test_numbers_can_be_ruled_on_too(tmp_path):
    rules = "BasicRules: [{Action: Report, As: PrivateIdentifier, IfColumn: InstanceNumber, IfPattern: '^1234567$'}]"
    assert [one.kind for one in with_rules(tmp_path, rules, dicom(InstanceNumber="1234567"))] == ["identifier"]


def test_a_caret_counts_as_a_space(tmp_path):
    rules = "BasicRules: [{Action: Report, As: Person, IfPattern: '^Ash Bury$'}]"
    assert with_rules(tmp_path, rules, dicom(OperatorsName="Ash^Bury"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CHI 0703501231", "identifier"),
        ("NHS 943 476 5919", "identifier"),
        ("of AB1 2XY", "postcode"),
        ("on 7 March 1950", "date"),
        ("on 07/03/1950", "date"),
    ],
)
def test_built_in_patterns_are_found_without_any_rule(text, kind):
    assert kind in [one.kind for one in findings("rules", dicom(StudyDescription=text))]


@pytest.mark.parametrize("text", ["943 476 5918", "Axial 5.0 mm", "T1 SE 3/4", "Abdomen 1-2"])
def test_what_has_no_check_digit_or_is_no_date_is_none(text):
    assert findings("rules", dicom(StudyDescription=text)) == []


def test_a_pseudonym_is_not_taken_for_a_number():
    assert findings("rules", dicom(PatientID="ab9434765919cd9434765919")) == []


def test_a_date_in_an_element_for_dates_is_none_of_the_patterns_business():
    assert findings("rules", dicom(StudyDate="19500307", StudyTime="101500")) == []


def test_patterns_elements_and_the_outcome_are_settings():
    output = dicom(StudyDescription="on 07/03/1950")
    assert findings("rules", output, options={"patterns": []}) == []
    assert findings("rules", output, options={"skip": ["studydescription"]}) == []
    assert findings("rules", output, options={"outcome": "note"})[0].outcome is Outcome.NOTE


def test_what_an_allowlist_rule_takes_back_is_no_finding(tmp_path):
    rules = "AllowlistRules: [{IfColumn: StudyDescription, IfPattern: '^on 07/03/1950$'}]"
    assert with_rules(tmp_path, rules, dicom(StudyDescription="on 07/03/1950")) == []
    assert with_rules(tmp_path, rules, dicom(SeriesDescription="on 07/03/1950"))


def test_each_kind_in_a_value_is_a_finding_of_its_own(tmp_path):
    found = with_rules(tmp_path, REPORT, dicom(StudyDescription="Ashbury, on 07/03/1950"))
    assert sorted(one.kind for one in found) == ["date", "name"]


def test_the_same_value_is_judged_in_every_instance(tmp_path):
    outputs = [dicom(SOPInstanceUID=f"2.25.{number}", StudyDescription="Ashbury") for number in range(3)]
    assert len(with_rules(tmp_path, REPORT, *outputs)) == 3


def test_rules_that_change_count_from_the_next_series_on(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(REPORT, "utf-8")
    checks = Checks(checkers=(CheckerChoice(name="rules", options={"files": [str(path)]}),))
    suite = suite_of(checks, Context(project=None, allowed=everything_allowed()), "checks")
    output = Checked(name="2.25.1", data=dicom(StudyDescription="Ashbury"))
    before = suite.made_with()
    assert list(suite.check([output], KnownStudy()))
    path.write_text(f"{REPORT}\nAllowlistRules: [{{IfPattern: ^Ashbury$}}]", "utf-8")
    assert not list(suite.check([output], KnownStudy()))
    assert before != suite.made_with()
    path.write_text("BasicRules: [", "utf-8")
    assert [one.kind for one in suite.check([output], KnownStudy())] == ["checker-failed"]

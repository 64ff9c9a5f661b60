"""The Basic Profile and its options, as PS3.15 table E.1-1 has them, and the policies that claim them."""

import dataclasses
import io
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pixl.deid import deidentify, load_policy
from pixl.deid.loader import confidentiality_table
from pixl.deid.operations import AgeBand, CleanText, Empty, Keep, Remove, Replace, ShiftDate, Uid
from pixl.deid.policy import OPTION_CODES
from pixl.deid.profile import limits, profile_rules
from pixl.dicom.names import tag_of
from pixl.domain.errors import ConfigurationError
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
POLICIES = sorted((ROOT / "projects" / "policies").glob("*.yaml"))
HELD_BACK = {"clean-pixel-data", "clean-recognizable-visual-features"}


@pytest.fixture
def load(tmp_path):
    def make(text):
        file = tmp_path / "policy.yaml"
        file.write_text(text)
        return load_policy(dataclasses.replace(Projects(ROOT / "projects").get("demo"), policy=file))

    return make


def chosen(keyword, *options):
    """Return the operation that the profile with these options gives."""
    tag = tag_of(keyword)
    (rule,) = [rule for rule in profile_rules(confidentiality_table(), ("basic", *options)) if rule.tags == (tag,)]
    return rule.operation


def test_the_table_is_whole_and_every_option_of_it_is_one_that_a_policy_can_name():
    table = confidentiality_table()
    assert len(table) == 657
    assert {option for attribute in table for option in attribute.options} == set(OPTION_CODES) - HELD_BACK - {"basic"}
    assert {attribute.basic for attribute in table} == {"X", "Z", "D", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*"}


@pytest.mark.parametrize(
    ("keyword", "options", "operation"),
    [
        ("AccessionNumber", (), Empty()),  # Z
        ("PatientAddress", (), Remove()),  # X
        ("RTPlanLabel", (), Replace()),  # D
        ("StudyInstanceUID", (), Uid()),  # U
        ("StudyInstanceUID", ("retain-uids",), Keep()),
        ("AcquisitionDate", (), Empty()),  # X/Z: empty is right for types 2 and 3
        ("SeriesDate", (), Replace()),  # X/D: a dummy is right for each type
        ("PatientID", (), Replace()),  # Z/D
        ("AcquisitionDateTime", (), Replace()),  # X/Z/D
        ("AcquisitionDateTime", ("retain-full-dates",), Keep()),
        ("AcquisitionDateTime", ("retain-modified-dates",), ShiftDate()),
        ("SourceImageSequence", (), Keep()),  # X/Z/U*: the items stay, their UIDs become the project's
        ("InstitutionCodeSequence", (), Empty()),  # X/Z/D: a sequence has no dummy
        ("OperatorIdentificationSequence", (), Remove()),  # X/D
        ("ContentSequence", (), Remove()),  # D
        ("ContentSequence", ("clean-structured-content",), Keep()),
        ("StationName", ("retain-device-identity",), Keep()),
        ("InstitutionName", ("retain-institution-identity",), Keep()),
        ("PatientAge", ("retain-patient-characteristics",), AgeBand()),  # K, but nobody is older than 89
        ("PatientSex", (), Empty()),
        ("Allergies", ("retain-patient-characteristics",), CleanText()),
        ("StudyDescription", ("clean-descriptors",), CleanText()),
        ("RTPlanLabel", ("clean-descriptors",), CleanText("REMOVED")),  # type 1
        ("RTPrescriptionLabel", ("clean-descriptors",), CleanText("REMOVED")),
        ("RequestedProcedureDescription", ("clean-descriptors",), CleanText("")),  # type 2
        ("GraphicAnnotationSequence", (), Remove()),
        ("GraphicAnnotationSequence", ("clean-graphics",), Keep()),
        ("DateOfLastCalibration", ("retain-device-identity",), Keep()),
        ("DateOfLastCalibration", ("retain-device-identity", "retain-modified-dates"), ShiftDate()),
    ],
)
def test_an_action_of_the_table_is_an_operation(keyword, options, operation):
    assert chosen(keyword, *options) == operation


@pytest.mark.parametrize("options", [(), ("clean-graphics",)])
def test_overlays_and_curves_go_as_nobody_can_clean_them(options):
    rules = profile_rules(confidentiality_table(), ("basic", *options))
    assert {rule.operation for rule in rules if rule.tags[0] >> 24 in (0x50, 0x60)} == {Remove()}


def test_dates_cannot_be_both_kept_and_moved():
    with pytest.raises(ConfigurationError, match="moved or they are not"):
        profile_rules(confidentiality_table(), ("basic", "retain-full-dates", "retain-modified-dates"))


@pytest.mark.parametrize("action", ["C", "D", "U", "X", "X/D", "X/Z", "X/Z/D", "X/Z/U*", "Z", "Z/D"])
def test_the_profile_is_as_strict_as_itself(action, load):
    policy = load(f"options: [{', '.join(sorted(set(OPTION_CODES) - HELD_BACK - {'basic', 'retain-full-dates'}))}]")
    assert action in policy.limits.values() or action in limits(confidentiality_table(), ("basic",)).values()
    assert policy.deviations == load("profile: basic").deviations == ()


def test_a_rule_for_many_elements_loosens_nothing_that_the_profile_names(load):
    policy = load("rules: [{op: keep, groups: ['0008', '0010']}, {op: shift-date, vrs: [DA]}]")
    book = policy.rulebook("", "")
    assert book.decide(tag_of("InstitutionName")).operation == Replace()
    assert book.decide(tag_of("PatientBirthDate")).operation == Empty()
    assert book.decide(tag_of("Modality")).operation == Keep()
    assert policy.deviations == ()


def test_a_rule_for_many_elements_may_be_stricter_than_the_profile(load):
    book = load("options: [retain-device-identity]\nrules: [{op: remove, groups: ['0008', '0018']}]").rulebook("", "")
    assert book.decide(tag_of("StationName")).operation == Remove()


def test_a_policy_that_falls_behind_its_profile_says_so_and_is_not_stamped_with_it(load, instance, pseudonymiser, read):
    policy = load("rules: [{op: keep, tags: [InstitutionName], why: asked for}]")
    assert policy.deviations == ("(0008,0080) InstitutionName: keep [policy.yaml rules[1]: asked for], not X/Z/D",)
    assert any("less than the profile" in line for line in policy.describe())
    out = read(deidentify(instance(Modality="CT"), load_with(policy), pseudonymiser).data)
    assert "DeidentificationMethodCodeSequence" not in out


def load_with(policy):
    """Return the policy for any modality."""
    return dataclasses.replace(policy, modalities=(), _rulebooks={})


def test_private_elements_without_the_option_are_a_deviation(load):
    rules = """rules: [{op: keep, tags: ['(0019,"SIEMENS MR HEADER",0c)']}]"""
    assert load(rules).deviations == ("private elements stay without retain-safe-private",)
    assert load(f"options: [retain-safe-private]\n{rules}").deviations == ()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_a_ready_policy_is_nowhere_looser_than_the_profile_that_it_claims(policy):
    loaded = load_policy(dataclasses.replace(Projects(ROOT / "projects").get("demo"), policy=policy))
    assert loaded.limits
    assert loaded.deviations == ()
    assert loaded.claims == loaded.options


def test_the_profile_alone_empties_a_sequence_of_undefined_length(load, instance, pseudonymiser, read):
    code = Dataset()
    code.CodeValue = "1"
    data = instance(InstitutionCodeSequence=Sequence([code]))
    dataset = read(data)
    dataset["InstitutionCodeSequence"].is_undefined_length = True
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    out = read(deidentify(buffer.getvalue(), load_with(load("rules: []")), pseudonymiser).data)
    assert list(out.InstitutionCodeSequence) == []


def test_the_table_is_made_from_its_source_without_a_difference(tmp_path):
    spec = spec_from_file_location("make_table", ROOT / "scripts" / "make_confidentiality_table.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    source = {
        "source": {"edition": "2026d", "url": "http://example.org/part15.xml", "sha256_of_source_xml": "0" * 64},
        "rules": [
            {"tag": "PRIVATE", "name": "Private Attributes", "basic": "X", "options": {"retain_safe_private": "C"}},
            {"tag": "00080050", "name": "Accession Number", "basic": "Z", "options": {}},
        ],
    }
    table = io.StringIO()
    script.write(json.loads(json.dumps(source)), table)
    lines = [line for line in table.getvalue().splitlines() if not line.startswith("#")]
    assert lines == [
        "tag,name,basic,options",
        "00080050,Accession Number,Z,",
        "PRIVATE,Private Attributes,X,retain-safe-private=C",
    ]
    assert set(lines) <= set((ROOT / "pixl" / "deid" / "confidentiality.csv").read_text().splitlines())

"""Policy files and the peer's tag operation files, right and wrong."""

import re
from pathlib import Path

import pytest

from pixl.deid import deidentify, load_policy
from pixl.deid.operations import Empty, Hash, Keep, Remove, Replace, Uid
from pixl.domain.date_shift import DateShift
from pixl.domain.errors import ConfigurationError
from pixl.domain.project import DestinationNames, Project, TagOperationFiles
from pixl.project import Projects

PROJECTS = Path(__file__).parents[2] / "projects"


@pytest.fixture
def load(tmp_path):
    """Return the policy of a project with the given files' contents."""

    def make(policy=None, base=None, overrides=None, **files):
        def write(name, text):
            path = tmp_path / f"{name}.yaml"
            path.write_text(text)
            return path

        for name, text in files.items():
            write(name, text)
        project = Project(
            name="p",
            modalities=(),
            destination=DestinationNames(dicom="none", parquet="none"),
            file=tmp_path / "p.yaml",
            policy=policy and write("policy", policy),
            tag_operation_files=TagOperationFiles(
                base=(write("base", base),) if base else (),
                manufacturer_overrides=(write("overrides", overrides),) if overrides else (),
            ),
        )
        return load_policy(project)

    return make


def operation(policy, tag, manufacturer="", modality=""):
    return policy.rulebook(manufacturer, modality).decide(tag).operation


# Ours


def test_rules_are_written_by_keyword_tag_group_representation_and_private_creator(load):
    policy = load(
        """
options: [retain-safe-private]
rules:
- {op: keep, tags: [Rows, "(0028,0011)", "(60xx,3000)", '(2005,"Philips MR Imaging DD 001",10)']}
- {op: keep, groups: ["0018"], vrs: [DS]}
- {op: hash, length: 16, tags: [AccessionNumber]}
- {op: replace, value: "NONE", tags: [StudyID]}
"""
    )
    assert operation(policy, 0x00280010) == operation(policy, 0x00280011) == operation(policy, 0x601E3000) == Keep()
    assert operation(policy, 0x00180060) == Keep()
    assert operation(policy, 0x00180015) == Remove()  # a CS of the same group
    assert operation(policy, 0x00080050) == Hash(16)
    assert operation(policy, 0x00200010) == Replace("NONE")
    private = policy.rulebook("", "").private[0x2005, "Philips MR Imaging DD 001", 0x10]
    assert private.operation == Keep()


def test_a_later_rule_wins_and_overrides_win_over_rules(load):
    policy = load(
        """
rules:
- {op: keep, tags: [KVP, Rows]}
- {op: remove, tags: [KVP]}
overrides:
- when: {manufacturer: "^philips", modalities: [MR]}
  rules: [{op: remove, tags: [Rows]}, {op: keep, tags: [KVP]}]
"""
    )
    assert operation(policy, 0x00180060) == Remove()
    assert operation(policy, 0x00280010, "Philips Medical", "MR") == Remove()
    assert operation(policy, 0x00180060, "Philips Medical", "MR") == Keep()
    assert operation(policy, 0x00280010, "Philips Medical", "CT") == Keep()
    assert operation(policy, 0x00280010, "GE", "MR") == Keep()


def test_a_policy_includes_another_and_its_own_rules_win(load):
    policy = load(
        "include: [other.yaml]\nrules: [{op: remove, tags: [KVP]}]", other="rules: [{op: keep, tags: [KVP, Rows]}]"
    )
    assert operation(policy, 0x00180060) == Remove()
    assert operation(policy, 0x00280010) == Keep()


def test_how_dates_move_is_a_part_of_the_policy_and_comes_with_what_it_includes(load, tmp_path):
    usual, former = load("rules: []"), load("dates: {days: [-3650, -1]}")
    assert usual.dates == DateShift()
    assert former.dates == DateShift(first=-3650, last=-1)
    assert usual.hash != former.hash
    (tmp_path / "base.yaml").write_text("dates: {days: [-3650, -1]}")
    assert load("include: [base.yaml]").dates == former.dates


def test_a_policy_that_includes_itself_is_refused(load):
    with pytest.raises(ConfigurationError, match="includes itself"):
        load("include: [policy.yaml]")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "rules: [{op: kep, tags: [Rows]}]",
            r"policy\.yaml: rules\[1\]: unknown operation 'kep' \(did you mean 'keep'",
        ),
        ("rules: [{op: keep, tags: [Rosw]}]", r"unknown keyword 'Rosw' \(did you mean 'Rows'"),
        ("rules: [{op: keep, tag: [Rows]}]", r"unknown key rules\[1\]\.tag \(did you mean 'tags'"),
        ("rulez: []", r"unknown key rulez \(did you mean 'rules'"),
        ("options: [clean-graphic]", r"unknown option 'clean-graphic' \(did you mean 'clean-graphics'"),
        ("options: [basic]", r"unknown option 'basic': write profile: basic"),
        ("profile: none\noptions: [clean-graphics]", r"options are options of a profile"),
        ("options: [retain-full-dates, retain-modified-dates]", r"dates are moved or they are not"),
        ("rules: [{op: keep}]", "names no element"),
        ("rules: [{op: keep, tags: ['(0019,100c)']}]", "is private: name it with its creator"),
        ("rules: [{op: keep, tags: ['(0038,0f0f)']}]", "not in the data dictionary"),
        ("rules: [{op: keep, groups: ['0019']}]", "not an even group"),
        ("rules: [{op: keep, vrs: [XX]}]", "unknown value representation"),
        ("rules: [{op: hash, length: 99, tags: [PatientID]}]", r"rules\[1\]\.length"),
        ("rules: [{op: keep, length: 9, tags: [PatientID]}]", "keep takes no length"),
        ("rules: [{op: replace, value: x, tags: [Rows]}]", "'x' is no value of the representation US"),
        ("rules: [{op: replace, value: '12345678901234567', tags: [StudyID]}]", "too long"),
        ("dates: {days: [3650, 1]}", r"policy\.yaml: dates\.days: the smaller number comes first"),
        ("dates: {days: [1, 2, 3]}", r"dates\.days"),
        ("dates: {day: [1, 2]}", r"unknown key dates\.day \(did you mean 'days'"),
        ("overrides: [{when: {manufacturer: '('}, rules: []}]", r"overrides\[1\]\.when\.manufacturer.*expression"),
    ],
)
def test_a_wrong_policy_is_named_with_the_file_the_rule_and_what_was_meant(load, text, said):
    with pytest.raises(ConfigurationError, match=said):
        load(text)


def test_the_hash_tells_policies_apart_and_nothing_else(load):
    one, same, other = (load(f"rules: [{{op: keep, tags: [{tag}]}}]") for tag in ("Rows", "Rows", "Columns"))
    assert one.hash == same.hash != other.hash


def test_a_policy_describes_itself(load):
    lines = list(load("profile: none\nrules: [{op: hash, length: 8, tags: [PatientID], why: links}]").describe())
    assert "(0010,0020) PatientID: hash(8) [policy.yaml rules[1]: links]" in lines
    assert lines[-1] == "everything else is removed"


# The peer's

BASE = """
- {name: "Rows", group: 0x0028, element: 0x0010, op: "keep"}
- {name: "SOP", group: 0x0008, element: 0x0018, op: "replace_UID"}
- {name: "Sex", group: 0x0010, element: 0x0040, op: "empty"}
- {name: "Name", group: 0x0010, element: 0x0010, op: "replace"}
- {name: "ID", group: 0x0010, element: 0x0020, op: "secure-hash"}
- {name: "Position", group: 0x0018, element: 0x5100, op: "replace"}
- {name: "Gone", group: 0x0018, element: 0x0060, op: "delete"}
- {name: "No such", group: 0x0018, element: 0x0ff0, op: "keep"}
"""
OVERRIDES = """
- manufacturer: ^philips
  tags:
  - {name: "creator", group: 0x2001, element: 0x0010, op: "keep"}
  - {name: "b", group: 0x2001, element: 0x1003, op: "keep"}
- manufacturer: ^siemens
  tags:
  - {name: "SIEMENS CSA HEADER private creator", group: 0x0029, element: 0x0010, op: "keep"}
  - {name: "blob", group: 0x0029, element: 0x1010, op: "keep"}
  - {name: "none", group: 0x0029, element: 0x10f3, op: "keep"}
"""


def test_tag_operation_files_mean_what_they_say(load):
    policy = load(base=BASE)
    expected = {0x00280010: Keep(), 0x00080018: Uid(), 0x00100040: Empty(), 0x00100010: Replace(), 0x00100020: Hash()}
    assert {tag: operation(policy, tag) for tag in expected} == expected
    assert operation(policy, 0x00180060) == operation(policy, 0x00180FF0) == Remove()


def test_patient_position_is_never_overwritten(load):
    policy = load(base=BASE)
    assert operation(policy, 0x00185100) == Keep()
    assert any("turn the patient over" in note for note in policy.notes)


def test_what_the_dictionary_does_not_know_is_noted(load):
    assert any("(0018,0ff0) is not in the data dictionary" in note for note in load(base=BASE).notes)


def test_a_tag_operation_file_wins_over_the_policy(load):
    policy = load("rules: [{op: keep, tags: [KVP]}]", base=BASE)
    assert operation(policy, 0x00180060) == Remove()


def test_the_peers_private_numbers_become_creators_of_that_manufacturer(load):
    policy = load(base=BASE, overrides=OVERRIDES)
    assert policy.rulebook("GE", "MR").private == {}
    philips = policy.rulebook("Philips Medical Systems", "MR").private
    assert {(group, element) for group, _, element in philips} == {(0x2001, 0x03)}
    assert all(creator.startswith("Philips") for _, creator, _ in philips)


def test_the_peers_private_blobs_and_unknown_elements_go_with_a_note(load):
    policy = load(base=BASE, overrides=OVERRIDES)
    assert policy.rulebook("SIEMENS", "MR").private == {}
    assert any("(0029,1010) is removed: identifiers may hide" in note for note in policy.notes)
    assert any("(0029,10f3) is removed: no known private creator" in note for note in policy.notes)


@pytest.mark.parametrize(
    ("base", "overrides", "said"),
    [
        (
            BASE.replace('"keep"', '"kep"', 1),
            None,
            r"base\.yaml: \[1\]\.op: unknown operation 'kep' \(did you mean 'keep'",
        ),
        (BASE.replace("group: 0x0028", "grp: 0x0028"), None, r"base\.yaml: .*unknown key \[1\]\.grp"),
        (BASE.replace("0x0028", '"0x0028"'), None, r"\[1\]\.group"),
        ("{}", None, "base.yaml"),
        (BASE, OVERRIDES.replace("^siemens", "'('"), r"overrides\.yaml: \[2\]\.manufacturer: not a regular expression"),
        (BASE, OVERRIDES.replace("tags:", "tag:"), r"overrides\.yaml"),
    ],
)
def test_a_wrong_tag_operation_file_is_named_with_its_entry(load, base, overrides, said):
    with pytest.raises(ConfigurationError, match=said):
        load(base=base, overrides=overrides)


def test_a_policy_of_tag_operations_alone_de_identifies(load, instance, pseudonymiser, read):
    policy = load(
        base=BASE
        + "- {group: 0x0020, element: 0x000d, op: replace_UID}\n- {group: 0x0020, element: 0x000e, op: replace_UID}\n"
    )
    data = instance(PatientName="Smith", Rows=4, PatientPosition="HFS", PatientAddress="x")
    out = read(deidentify(data, policy, pseudonymiser).data)
    assert (out.Rows, out.PatientPosition, str(out.PatientName)) == (4, "HFS", "ANONYMIZED")
    assert "PatientAddress" not in out


# What is in this repository


@pytest.mark.parametrize("name", Projects(PROJECTS).names())
def test_the_policy_of_every_project_in_this_repository_loads(name):
    policy = load_policy(Projects(PROJECTS).get(name))
    assert re.fullmatch("[0-9a-f]{64}", policy.hash)


@pytest.mark.parametrize("name", sorted(path.stem for path in (PROJECTS / "policies").glob("*.yaml")))
def test_every_ready_policy_de_identifies_and_keeps_what_the_image_needs(name, instance, pseudonymiser, read, tmp_path):
    project = Project(
        name="p",
        modalities=("CT",),
        destination=DestinationNames(dicom="none", parquet="none"),
        file=tmp_path / "p.yaml",
        policy=PROJECTS / "policies" / f"{name}.yaml",
    )
    data = instance(
        PatientName="Smith",
        PatientBirthDate="19480203",
        StudyDate="20200131",
        StudyDescription="Smith",
        Rows=512,
        PixelSpacing=[0.5, 0.5],
        PatientPosition="HFS",
    )
    done = deidentify(data, load_policy(project), pseudonymiser)
    out = read(done.data)
    assert (out.Rows, out.PixelSpacing, out.PatientPosition) == (512, [0.5, 0.5], "HFS")
    assert str(out.PatientName) == out.PatientID == done.record.patient_id
    for value in (b"Smith", b"19480203", b"20200131", b"MRN0042", b"1.2.3.2"):
        assert value not in done.data

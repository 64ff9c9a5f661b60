"""What becomes of an instance: each sentence of the policy engine's promise."""

import io
import pickle
import struct

import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pixl.deid import Subject, deidentify
from pixl.domain.errors import ConfigurationError, InstanceFailed, InstanceRejected, RetryLater

ENCODINGS = [
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]


def item(**keywords):
    dataset = Dataset()
    for keyword, value in keywords.items():
        setattr(dataset, keyword, value)
    return dataset


def element(tag, vr, value):
    return DataElement(tag, vr, value)


def raw(tag, vr, value):
    """Return an explicit little endian element that pydicom would not write like this."""
    length = struct.pack("<HI", 0, len(value)) if vr in (b"UN", b"OB") else struct.pack("<H", len(value))
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr + length + value


@pytest.mark.parametrize("syntax", ENCODINGS)
def test_an_element_without_a_rule_is_removed_and_a_kept_one_stays(instance, policy, pseudonymiser, read, syntax):
    data = instance(syntax=syntax, PatientAddress="12 High Street", Rows=512, KVP="120")
    out = read(deidentify(data, policy({"op": "keep", "tags": ["Rows", "KVP"]}), pseudonymiser).data)
    assert "PatientAddress" not in out
    assert (out.Rows, out.KVP) == (512, 120)
    assert out.file_meta.TransferSyntaxUID == syntax


@pytest.mark.parametrize("syntax", ENCODINGS)
def test_rules_hold_at_every_depth(instance, policy, pseudonymiser, read, syntax):
    code = item(CodeValue="T1", CodeMeaning="Smith", ConceptCodeSequence=Sequence([item(CodeMeaning="Jones")]))
    data = instance(syntax=syntax, ProcedureCodeSequence=Sequence([code]))
    rules = {"op": "keep", "tags": ["ProcedureCodeSequence", "ConceptCodeSequence", "CodeValue"]}
    out = read(deidentify(data, policy(rules), pseudonymiser).data)
    assert out.ProcedureCodeSequence[0].CodeValue == "T1"
    assert "CodeMeaning" not in out.ProcedureCodeSequence[0]
    assert "ConceptCodeSequence" not in out.ProcedureCodeSequence[0]  # nothing is left in it


@pytest.mark.parametrize("syntax", ENCODINGS)
def test_sequence_of_which_nothing_is_left_stays_only_where_objects_must_have_it(
    instance, policy, pseudonymiser, read, syntax
):
    names = ("AcquisitionContextSequence", "PerFrameFunctionalGroupsSequence", "AnatomicRegionSequence")
    sequences = {name: Sequence([item(CodeMeaning="Jones"), item(CodeMeaning="Smith")]) for name in names}
    data = instance(syntax=syntax, **sequences)
    out = read(deidentify(data, policy({"op": "keep", "tags": list(names)}), pseudonymiser).data)
    assert len(out.AcquisitionContextSequence) == 0  # type 2
    assert len(out.PerFrameFunctionalGroupsSequence) == 2  # an item a frame
    assert "AnatomicRegionSequence" not in out


def test_sequence_without_a_rule_is_removed_although_what_is_in_it_has_one(instance, policy, pseudonymiser, read):
    data = instance(ProcedureCodeSequence=Sequence([item(CodeValue="T1")]))
    out = read(deidentify(data, policy({"op": "keep", "tags": ["CodeValue"]}), pseudonymiser).data)
    assert "ProcedureCodeSequence" not in out


def test_sequence_that_came_empty_stays(instance, policy, pseudonymiser, read):
    data = instance(ProcedureCodeSequence=Sequence([]))
    out = read(deidentify(data, policy({"op": "keep", "tags": ["ProcedureCodeSequence"]}), pseudonymiser).data)
    assert "ProcedureCodeSequence" in out


def test_the_pseudonymiser_is_asked_once_with_all_values_at_once(instance, policy, pseudonymiser):
    data = instance(
        StudyDate="20200131",
        AccessionNumber="ACC1",
        ReferencedImageSequence=Sequence([item(ReferencedSOPInstanceUID="1.2.3.9")]),
    )
    rules = (
        {"op": "keep", "tags": ["ReferencedImageSequence"]},
        {"op": "hash", "tags": ["AccessionNumber"], "length": 16},
        {"op": "shift-date", "tags": ["StudyDate"]},
    )
    deidentify(data, policy(*rules), pseudonymiser)
    assert len(pseudonymiser.batches) == 1
    asked = {query.value for query in pseudonymiser.batches[0]}
    assert {"1.2.3.4", "1.2.3.9", "ACC1", "MRN0042"} <= asked


def test_an_instance_that_needs_the_same_answer_twice_asks_for_it_once(instance, policy, pseudonymiser):
    reference = Sequence([item(ReferencedSOPInstanceUID="1.2.3.4")])
    deidentify(
        instance(ReferencedImageSequence=reference),
        policy({"op": "keep", "tags": ["ReferencedImageSequence"]}),
        pseudonymiser,
    )
    assert [query.value for query in pseudonymiser.batches[0]].count("1.2.3.4") == 1


@pytest.mark.parametrize("answer", [None, "", "Internal Server Error", "1.2.3.4", "-0", "2.25.01", "f" * 65])
def test_an_error_is_never_a_pseudonym(instance, policy, answer):
    class Broken:
        def pseudonyms(self, queries):
            return [] if answer is None else [answer] * len(queries)

    with pytest.raises(RetryLater):
        deidentify(instance(), policy(), Broken())


def test_the_same_input_gives_the_same_bytes(instance, policy, pseudonymiser):
    data, rules = instance(PatientName="A"), policy({"op": "replace", "value": "{patient}", "tags": ["PatientName"]})
    assert deidentify(data, rules, pseudonymiser).data == deidentify(data, rules, pseudonymiser).data


# UIDs


def test_uids_are_remapped_everywhere_and_registered_ones_stay(instance, policy, pseudonymiser, read):
    reference = item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID="1.2.3.4")
    data = instance(ReferencedImageSequence=Sequence([reference]), FrameOfReferenceUID="1.2.3.5")
    done = deidentify(data, policy({"op": "keep", "tags": ["ReferencedImageSequence"]}), pseudonymiser)
    out = read(done.data)
    assert out.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert out.SOPInstanceUID == out.file_meta.MediaStorageSOPInstanceUID == done.record.sop_uid
    assert out.ReferencedImageSequence[0].ReferencedSOPInstanceUID == out.SOPInstanceUID
    assert out.ReferencedImageSequence[0].ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    for original in (b"1.2.3.2", b"1.2.3.3", b"1.2.3.4", b"1.2.3.5"):
        assert original not in done.data


def test_each_uid_of_a_multiple_value_is_remapped(instance, policy, pseudonymiser, read):
    data = instance(IrradiationEventUID=["1.9.1", "1.2.3.4", "1.2.840.10008.1.1"])
    out = read(deidentify(data, policy(), pseudonymiser).data)
    first, second, third = out.IrradiationEventUID
    assert first.startswith("2.25.")
    assert (second, third) == (out.SOPInstanceUID, "1.2.840.10008.1.1")


def test_a_number_below_the_standards_root_that_it_cannot_have_registered_is_remapped(
    instance, policy, pseudonymiser, read
):
    data = instance(FrameOfReferenceUID="1.2.840.10008.19480615")
    assert read(deidentify(data, policy(), pseudonymiser).data).FrameOfReferenceUID.startswith("2.25.")


# Patient


def test_patient_id_is_hashed_and_the_name_is_the_pseudonym(instance, policy, pseudonymiser, read):
    data = instance(PatientName="Smith^John")
    done = deidentify(data, policy({"op": "replace", "value": "{patient}", "tags": ["PatientName"]}), pseudonymiser)
    out = read(done.data)
    assert out.PatientID == str(out.PatientName) == done.record.patient_id
    assert len(out.PatientID) == 64
    assert b"Smith" not in done.data
    assert b"MRN0042" not in done.data


def test_the_cohorts_participant_id_replaces_the_hash_wherever_the_patient_id_stands(
    instance, policy, pseudonymiser, read
):
    other = Sequence([item(PatientID="MRN0042")])
    data = instance(PatientName="Smith", ReferencedPatientSequence=None, SourcePatientGroupIdentificationSequence=other)
    rules = (
        {"op": "replace", "value": "{patient}", "tags": ["PatientName"]},
        {"op": "keep", "tags": ["SourcePatientGroupIdentificationSequence"]},
    )
    done = deidentify(data, policy(*rules), pseudonymiser, subject=Subject(patient_pseudonym="P0001"))
    out = read(done.data)
    assert (out.PatientID, str(out.PatientName), done.record.patient_id) == ("P0001", "P0001", "P0001")
    assert out.SourcePatientGroupIdentificationSequence[0].PatientID == "P0001"


@pytest.mark.parametrize("participant_id", ["", "Müller", "a\\b", "x" * 65, " 1", "1\n"])
def test_a_participant_id_that_is_no_patient_id_is_refused(participant_id):
    with pytest.raises(ConfigurationError, match="participant_id"):
        Subject(patient_pseudonym=participant_id)


def test_a_patient_id_with_a_backslash_is_one_patient(instance, policy, pseudonymiser, read):
    data = instance() + raw(0x00100020, b"LO", b"MRN1\\2")
    rules = policy({"op": "replace", "value": "{patient}", "tags": ["PatientName"]})
    assert "\\" not in read(deidentify(data, rules, pseudonymiser).data).PatientID


def test_a_policy_can_be_sent_to_another_process(policy):
    rules = policy({"op": "keep", "tags": ["Rows"]})
    assert pickle.loads(pickle.dumps(rules)).hash == rules.hash  # noqa: S301 - our own bytes


@pytest.mark.parametrize("patient_id", [None, "", "  "])
def test_a_missing_patient_id_becomes_a_pseudonym_made_from_the_study(
    instance, policy, pseudonymiser, read, patient_id
):
    first = deidentify(instance(PatientID=patient_id), policy(), pseudonymiser)
    second = deidentify(instance(PatientID=patient_id, StudyInstanceUID="1.2.3.77"), policy(), pseudonymiser)
    assert read(first.data).PatientID == first.record.patient_id
    assert first.record.patient_id != second.record.patient_id


@pytest.mark.parametrize("accession_number", [None, ""])
def test_a_missing_accession_number_stays_missing(instance, policy, pseudonymiser, read, accession_number):
    rules = policy({"op": "hash", "length": 16, "tags": ["AccessionNumber"]})
    done = deidentify(instance(AccessionNumber=accession_number), rules, pseudonymiser)
    assert read(done.data).get("AccessionNumber") == accession_number
    assert done.record.accession_number == ""


def test_a_hash_is_no_longer_than_its_element_may_be(instance, policy, pseudonymiser, read):
    done = deidentify(
        instance(AccessionNumber="A1"), policy({"op": "hash", "tags": ["AccessionNumber"]}), pseudonymiser
    )
    assert len(read(done.data).AccessionNumber) == 16
    assert read(done.data).AccessionNumber == done.record.accession_number


def test_a_missing_modality_is_rejected_if_the_project_names_modalities(instance, policy, pseudonymiser):
    with pytest.raises(InstanceRejected, match="Modality is missing"):
        deidentify(instance(Modality=None), policy(modalities=("CT",)), pseudonymiser)
    assert deidentify(instance(Modality=None), policy(), pseudonymiser).record.modality == ""


def test_another_modality_is_rejected_without_saying_which(instance, policy, pseudonymiser):
    with pytest.raises(InstanceRejected) as reason:
        deidentify(instance(Modality="SMITH"), policy(modalities=("CT",)), pseudonymiser)
    assert "SMITH" not in str(reason.value)


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID"])
def test_an_instance_without_its_own_identifiers_fails_and_says_which(instance, policy, pseudonymiser, keyword):
    with pytest.raises(InstanceFailed, match=keyword):
        deidentify(instance(**{keyword: None}), policy(), pseudonymiser)


@pytest.mark.parametrize(
    "sop_class",
    [
        "1.2.840.10008.5.1.4.1.1.104.1",
        "1.2.840.10008.5.1.4.1.1.104.2",
        "1.2.840.10008.5.1.4.1.1.66",
        "1.2.840.113619.4",
    ],
)
def test_documents_raw_data_and_private_classes_are_rejected(instance, policy, pseudonymiser, sop_class):
    with pytest.raises(InstanceRejected, match="SOPClassUID"):
        deidentify(instance(SOPClassUID=sop_class), policy(), pseudonymiser)


def test_an_unknown_transfer_syntax_fails(instance, policy, pseudonymiser):
    data = instance(meta={}, syntax=ExplicitVRLittleEndian)
    unknown = data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")
    with pytest.raises(InstanceFailed, match="transfer syntax"):
        deidentify(unknown, policy(), pseudonymiser)


def test_pixels_that_a_recipe_would_have_to_black_out_are_refused(instance, policy, pseudonymiser):
    data = instance([element(0x7FE00010, "OW", b"\0\0")])
    rules = {"op": "keep", "tags": ["PixelData"]}
    with pytest.raises(InstanceRejected, match="recipe"):
        deidentify(data, policy(rules, refuse_pixels="a recipe cannot run"), pseudonymiser)


@pytest.mark.parametrize("rules", [[], [{"op": "keep", "tags": ["BurnedInAnnotation"]}]])
@pytest.mark.parametrize("said", ["YES", "yes", " YES "])
def test_text_that_is_said_to_be_burned_in_does_not_pass(instance, policy, pseudonymiser, rules, said):
    pixels = element(0x7FE00010, "OW", b"\0\0")
    keep_pixels = {"op": "keep", "tags": ["PixelData"]}
    data = instance([element(0x00280301, "CS", said), pixels])
    with pytest.raises(InstanceRejected, match="BurnedInAnnotation is YES"):
        deidentify(data, policy(keep_pixels, *rules), pseudonymiser)
    assert deidentify(data, policy(keep_pixels, *rules, allow_burned_in=True), pseudonymiser).record
    # Where no pixels leave, none can show a name.
    assert deidentify(data, policy(*rules), pseudonymiser).record
    assert deidentify(instance([element(0x00280301, "CS", "NO"), pixels]), policy(keep_pixels), pseudonymiser).record


def test_what_stands_in_place_of_the_burned_in_code_is_kept_only_if_it_is_a_code(instance, policy, pseudonymiser, read):
    keep = {"op": "keep", "tags": ["BurnedInAnnotation"]}
    for said, kept in (("NO", "NO"), ("Jane Doe", "")):
        out = read(deidentify(instance([element(0x00280301, "CS", said)]), policy(keep), pseudonymiser).data)
        assert (out.BurnedInAnnotation or "") == kept


# What is around the data set


def test_preamble_meta_padding_and_group_lengths_go(instance, policy, pseudonymiser, read):
    data = instance(
        [element(0xFFFCFFFC, "OB", b"SMITHPADDING"), element(0x00080000, "UL", 42)],
        preamble=b"SMITHPREAMBLE".ljust(128, b"\0"),
        meta={
            "SourceApplicationEntityTitle": "SMITHAE",
            "PrivateInformationCreatorUID": "1.9.9",
            "PrivateInformation": b"SMITHINFO ",
        },
    )
    done = deidentify(data, policy(), pseudonymiser)
    assert b"SMITH" not in done.data
    assert b"1.9.9" not in done.data
    assert done.data[:132] == bytes(128) + b"DICM"
    assert 0x00080000 not in read(done.data)


def test_a_file_without_preamble_or_meta_is_read_and_written_as_a_whole_file(instance, policy, pseudonymiser, read):
    data = instance()
    for bare in (data[132:], data[data.index(b"\x08\x00\x16\x00UI") :]):
        assert read(deidentify(bare, policy(), pseudonymiser).data).Modality == "CT"


def test_the_output_says_what_was_done(instance, policy, pseudonymiser, read):
    options = ("basic", "retain-modified-dates", "clean-graphics")
    rules = policy({"op": "keep", "tags": ["Rows", "ClinicalTrialSubjectID"]}, options=options)
    before = Sequence([item(CodeValue="1", CodingSchemeDesignator="99X", CodeMeaning="Smith")])
    data = instance(
        Rows=4, DeidentificationMethod="Smith", DeidentificationMethodCodeSequence=before, ClinicalTrialSubjectID="9"
    )
    out = read(deidentify(data, rules, pseudonymiser).data)
    assert out.PatientIdentityRemoved == "YES"
    assert out.DeidentificationMethod == f"PIXL test {rules.hash[:12]}"
    codes = out.DeidentificationMethodCodeSequence
    assert [code.CodeValue for code in codes] == ["113100", "113107", "113103"]
    assert {code.CodingSchemeDesignator for code in codes} == {"DCM"}
    assert out.LongitudinalTemporalInformationModified == "MODIFIED"
    tags = [one.tag for one in out]
    assert tags == sorted(tags)


def test_what_is_said_about_dates_follows_the_options(instance, policy, pseudonymiser, read):
    for options, said in ((("basic",), "REMOVED"), (("basic", "retain-full-dates"), "UNMODIFIED")):
        out = read(deidentify(instance(), policy(options=options), pseudonymiser).data)
        assert out.LongitudinalTemporalInformationModified == said


def test_elements_come_out_in_order_wherever_the_stamps_have_to_stand(instance, policy, pseudonymiser, read):
    private = [element(0x00130010, "LO", "ACME 1.0"), element(0x00131001, "DS", "1.5")]
    rules = {"op": "keep", "tags": ['(0013,"ACME 1.0",01)', "Rows", "PixelData", "ProtocolName"]}
    data = instance([*private, element(0x7FE00010, "OW", b"\0\0")], Rows=1, ProtocolName="x")
    out = read(deidentify(data, policy(rules, options=("basic",)), pseudonymiser).data)
    tags = [one.tag for one in out]
    assert tags == sorted(tags)
    assert {0x00120062, 0x00130010, 0x00131001, 0x00280303} <= set(tags)


# What stays stays as it was


def test_patient_position_stays_what_it_was(instance, policy, pseudonymiser, read):
    out = read(deidentify(instance(PatientPosition="HFS"), policy({"op": "keep", "vrs": ["CS"]}), pseudonymiser).data)
    assert out.PatientPosition == "HFS"


def test_undefined_lengths_stay_undefined_and_defined_ones_are_right(instance, policy, pseudonymiser, read):
    def with_lengths(*, undefined):
        code = item(CodeValue="T1", CodeMeaning="Smith")
        code.is_undefined_length_sequence_item = undefined
        sequence = DataElement(0x00081032, "SQ", Sequence([code]))
        sequence.is_undefined_length = undefined
        return instance([sequence])

    rules = policy({"op": "keep", "tags": ["ProcedureCodeSequence", "CodeValue"]})
    for undefined in (True, False):
        out = read(deidentify(with_lengths(undefined=undefined), rules, pseudonymiser).data)
        assert out["ProcedureCodeSequence"].is_undefined_length is undefined
        assert out.ProcedureCodeSequence[0].CodeValue == "T1"


def test_a_sequence_sent_as_unknown_is_walked_with_the_same_rules(instance, policy, pseudonymiser, read):
    inner = struct.pack("<HHI", 8, 0x0100, 2) + b"T1" + struct.pack("<HHI", 8, 0x0104, 6) + b"Smith "
    value = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(inner)) + inner
    data = instance() + raw(0x00081032, b"UN", value)
    done = deidentify(data, policy({"op": "keep", "tags": ["ProcedureCodeSequence", "CodeValue"]}), pseudonymiser)
    assert b"Smith" not in done.data
    assert read(done.data).ProcedureCodeSequence[0].CodeValue == "T1"


def test_an_element_sent_as_unknown_is_kept_only_if_it_is_what_it_should_be(instance, policy, pseudonymiser):
    rules = policy({"op": "keep", "tags": ["KVP", "Exposure"]})
    data = instance() + raw(0x00180060, b"UN", b"120 ") + raw(0x00181152, b"UN", b"Smith ")
    done = deidentify(data, rules, pseudonymiser)
    assert b"120 " in done.data
    assert b"Smith" not in done.data


@pytest.mark.parametrize(
    "planted",
    [
        (0x00180060, b"DS", b"Smith "),
        (0x00280010, b"US", b"Smithson"),
        (0x00185100, b"CS", b"smith "),
        (0x00181030, b"OB", b"Smith "),
        (0x00180060, b"LO", b"Smith "),
    ],
)
def test_a_name_where_something_else_belongs_goes(instance, policy, pseudonymiser, read, planted):
    data = instance() + raw(*planted)
    done = deidentify(data, policy({"op": "keep", "tags": ["KVP", "Rows", "PatientPosition"]}), pseudonymiser)
    assert b"mith" not in done.data
    read(done.data)


# Errors


def test_an_error_names_the_path_and_the_offset_and_never_a_value(instance, policy, pseudonymiser):
    inner = struct.pack("<HH2sH", 0x0010, 0x0010, b"PN", 200) + b"Smith "
    broken = b"\xfe\xff\0\xe0" + struct.pack("<I", len(inner)) + inner
    data = instance() + b"\x08\0\x32\x10SQ\0\0" + struct.pack("<I", len(broken)) + broken
    for rules in ({"op": "keep", "tags": ["ProcedureCodeSequence"]}, {"op": "keep", "vrs": ["SQ", "PN"]}):
        with pytest.raises(InstanceFailed, match=r"\(0008,1032\)/\(0010,0010\) at offset \d+") as reason:
            deidentify(data, policy(rules), pseudonymiser)
        assert "Smith" not in str(reason.value)


# Private elements


PRIVATE = [
    element(0x00190010, "LO", "SIEMENS MR HEADER"),
    element(0x00190011, "LO", "ACME CLINIC"),
    element(0x0019100C, "IS", "1000"),
    element(0x0019100D, "LO", "Smith"),
    element(0x0019110C, "LO", "Jones"),
]


def test_private_elements_stay_by_creator_and_never_by_number(instance, policy, pseudonymiser, read):
    rules = policy({"op": "keep", "tags": ['(0019,"SIEMENS MR HEADER",0c)']})
    out = read(deidentify(instance(PRIVATE), rules, pseudonymiser).data)
    assert [one.tag for one in out if one.tag.is_private] == [0x00190010, 0x0019100C]
    assert out[0x0019100C].value == 1000


def test_private_elements_go_with_their_creators_unless_listed(instance, policy, pseudonymiser):
    done = deidentify(instance(PRIVATE), policy(), pseudonymiser)
    for text in (b"SIEMENS", b"ACME", b"Smith", b"Jones"):
        assert text not in done.data


def test_the_block_number_of_a_creator_may_be_any(instance, policy, pseudonymiser, read):
    moved = [element(0x00190042, "LO", "SIEMENS MR HEADER"), element(0x0019420C, "IS", "50")]
    rules = policy({"op": "keep", "tags": ['(0019,"SIEMENS MR HEADER",0c)']})
    assert read(deidentify(instance(moved), rules, pseudonymiser).data)[0x0019420C].value == 50


@pytest.mark.parametrize(
    "planted", [(0x0019100C, b"LO", b"Smith "), (0x0019100C, b"IS", b"Smith "), (0x0019100E, b"FD", b"Smith ")]
)
def test_a_listed_private_element_must_come_as_its_maker_documents_it(instance, policy, pseudonymiser, planted):
    rules = policy({"op": "keep", "tags": ['(0019,"SIEMENS MR HEADER",0c)', '(0019,"SIEMENS MR HEADER",0e)']})
    creator = raw(0x00190010, b"LO", b"SIEMENS MR HEADER ")
    assert b"Smith" not in deidentify(instance() + creator + raw(*planted), rules, pseudonymiser).data


def test_what_only_its_maker_can_read_is_not_kept(instance, policy, pseudonymiser):
    rules = policy({"op": "keep", "tags": ['(0029,"SIEMENS CSA HEADER",10)', '(0029,"ACME",01)']})
    for creator, element_number in ((b"SIEMENS CSA HEADER", 0x10), (b"ACME", 0x01)):
        data = instance() + raw(0x00290010, b"LO", creator) + raw(0x00291000 + element_number, b"OB", b"Smith ")
        done = deidentify(data, rules, pseudonymiser)
        assert b"Smith" not in done.data
        assert creator not in done.data


def test_private_elements_without_a_creator_go(instance, policy, pseudonymiser):
    rules = policy({"op": "keep", "tags": ['(0019,"SIEMENS MR HEADER",0c)']})
    done = deidentify(instance([element(0x0019100C, "LO", "Smith")]), rules, pseudonymiser)
    assert b"Smith" not in done.data


def test_a_listed_private_sequence_is_walked_with_the_same_rules(instance, policy, pseudonymiser, read):
    inside = item(PatientName="Smith", KVP="120")
    data = instance([element(0x20050010, "LO", "ACME"), element(0x20051001, "SQ", Sequence([inside]))])
    done = deidentify(data, policy({"op": "keep", "tags": ['(2005,"ACME",01)', "KVP"]}), pseudonymiser)
    assert b"Smith" not in done.data
    assert read(done.data)[0x20051001].value[0].KVP == 120


def test_unknown_elements_go(instance, policy, pseudonymiser):
    data = instance([element(0x00380F0F, "LO", "Smith"), element(0x00102FFE, "UN", b"Jones ")])
    done = deidentify(data, policy({"op": "keep", "groups": ["0038", "0010"]}), pseudonymiser)
    assert b"Smith" not in done.data
    assert b"Jones" not in done.data


def test_overlays_and_curves_go_without_a_rule_and_stay_with_one(instance, policy, pseudonymiser, read):
    data = instance([element(0x60020022, "LO", "Smith"), element(0x60023000, "OW", b"\1\1")])
    assert b"Smith" not in deidentify(data, policy(), pseudonymiser).data
    kept = deidentify(data, policy({"op": "keep", "tags": ["(60xx,3000)"]}), pseudonymiser)
    assert read(kept.data)[0x60023000].value == b"\1\1"
    assert b"Smith" not in kept.data


def test_native_pixels_pass_unchanged(instance, policy, pseudonymiser, read):
    pixels = bytes(range(256)) * 4
    data = instance([element(0x7FE00010, "OW", pixels)], BitsAllocated=16)
    out = read(deidentify(data, policy({"op": "keep", "tags": ["PixelData", "BitsAllocated"]}), pseudonymiser).data)
    assert out.PixelData == pixels


def test_the_record_counts_what_was_done_and_holds_no_original(instance, policy, pseudonymiser):
    data = instance(PatientName="Smith", PatientAddress="x", StudyDate="20200131")
    done = deidentify(data, policy({"op": "shift-date", "tags": ["StudyDate"]}), pseudonymiser)
    assert done.record.counts == {"uid": 3, "hash": 1, "shift-date": 1, "remove": 2}
    assert "1.2.3" not in repr(done)
    assert "MRN0042" not in repr(done)


def test_what_pydicom_writes_it_reads_back(instance, policy, pseudonymiser):
    data = deidentify(instance(Rows=4), policy({"op": "keep", "tags": ["Rows"]}), pseudonymiser).data
    buffer = io.BytesIO()
    pydicom.dcmread(io.BytesIO(data)).save_as(buffer)
    assert buffer.getvalue()[132:] != b""

"""Content items of structured reports, by the code of their concept (PS3.15 table E.3.4-1)."""

import dataclasses
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pixl.deid import deidentify, load_policy
from pixl.deid.content import ContentItem, unwanted_items
from pixl.deid.explain import explain
from pixl.deid.loader import content_items
from pixl.domain.errors import InstanceFailed
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
SR = "1.2.840.10008.5.1.4.1.1.88.33"
SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


def code(value, scheme="DCM", meaning="Finding"):
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def item(kind, concept, scheme="DCM", **elements):
    made = Dataset()
    made.RelationshipType, made.ValueType = "CONTAINS", kind
    made.ConceptNameCodeSequence = Sequence([code(concept, scheme)])
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def measured(value, unit):
    made = Dataset()
    made.NumericValue, made.MeasurementUnitsCodeSequence = value, Sequence([code(unit, "UCUM", unit)])
    return Sequence([made])


def report():
    """Return a report's content: a patient's characteristics, a finding, a reference."""
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.77"
    person = item("CONTAINER", "121118")
    person.ContentSequence = Sequence(
        [
            item("DATE", "121031", Date="19310203"),
            item("NUM", "121033", MeasuredValueSequence=measured("94", "a")),
            item("CODE", "121032", ConceptCodeSequence=Sequence([code("M", "DCM", "Male")])),
            item("PNAME", "121029", PersonName="Ashworthy^Theodore"),
            item("TEXT", "121022", TextValue="AB123456789"),
        ]
    )
    return [
        person,
        item("NUM", "103355008", "SCT", MeasuredValueSequence=measured("12.5", "mm")),
        item("TEXT", "121071", TextValue="Seen by Dr Ashworthy"),
        item("DATETIME", "111526", DateTime="20200131120000"),
        item("IMAGE", "121080", ReferencedSOPSequence=Sequence([reference])),
    ]


@pytest.fixture
def policy():
    def named(name):
        demo = Projects(ROOT / "projects").get("demo")
        path = ROOT / "projects" / "policies" / f"{name}.yaml"
        return load_policy(dataclasses.replace(demo, policy=path))

    return named


@pytest.fixture
def data(instance):
    def make(syntax=ExplicitVRLittleEndian, **keywords):
        content = {"ContentSequence": Sequence(report()), "ValueType": "CONTAINER"} | keywords
        return instance(syntax=syntax, SOPClassUID=SR, Modality="SR", StudyDate="20200131", **content)

    return make


def concepts(dataset):
    for one in dataset.get("ContentSequence", ()):
        yield one.ConceptNameCodeSequence[0].CodeValue
        yield from concepts(one)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_birth_dates_ages_and_numbers_of_a_subject_go_and_measurements_stay(data, policy, pseudonymiser, read, syntax):
    out = read(deidentify(data(syntax), policy("research"), pseudonymiser).data)
    left = list(concepts(out))
    assert not {"121031", "121033", "121022"} & set(left)  # birth date, age, accession number
    assert {"121118", "121032", "103355008", "121071", "111526", "121080"} <= set(left)
    assert out.ContentSequence[1].MeasuredValueSequence[0].NumericValue == 12.5
    assert out.ContentSequence[2].TextValue == "REMOVED"
    assert out.ContentSequence[3].DateTime == "21561223120000"
    assert out.ContentSequence[4].ReferencedSOPSequence[0].ReferencedSOPInstanceUID.startswith("2.25.")


def test_with_fewer_options_more_goes(data, policy, pseudonymiser, read):
    left = set(concepts(read(deidentify(data(), policy("strict"), pseudonymiser).data)))
    assert not {"121032", "121031"} & left  # sex, birth date
    assert {"121118", "103355008", "121080"} <= left


def test_a_sequence_of_undefined_length_and_items_without_one_are_read_too(data, policy, pseudonymiser, read):
    content = Sequence(report())
    content[0].is_undefined_length_sequence_item = True
    content[0]["ContentSequence"].is_undefined_length = True
    content[0].ContentSequence[0].is_undefined_length_sequence_item = True
    out = deidentify(data(ContentSequence=content), policy("research"), pseudonymiser)
    assert "121031" not in set(concepts(read(out.data)))
    assert out.record.counts["content item"] == 3


def test_where_items_refer_to_each_other_by_place_none_is_taken_away(data, policy, pseudonymiser):
    content = report()
    content[1].ContentSequence = Sequence([Dataset()])
    content[1].ContentSequence[0].RelationshipType = "INFERRED FROM"
    content[1].ContentSequence[0].ReferencedContentItemIdentifier = [1, 1]
    with pytest.raises(InstanceFailed, match="by their place"):
        deidentify(data(ContentSequence=Sequence(content)), policy("research"), pseudonymiser)


def test_what_goes_is_explained(data, policy):
    said = {one.why for one in explain(data(), policy("research")) if one.outcome == "remove item"}
    assert "PS3.15 table E.3.4-1: content items DATE DCM 121031" in said


def test_the_table_is_whole_and_its_options_are_those_of_policies():
    table = content_items()
    assert len(table) == 214
    assert {item.basic for item in table} == {"X", "D", "X/D"}
    assert unwanted_items(table, ()) == frozenset()


def test_an_option_keeps_what_the_table_removes():
    sex = ContentItem(concept=("CODE", "DCM", "121032"), basic="X", options={"retain-patient-characteristics": "K"})
    assert sex.goes(("basic",))
    assert not sex.goes(("basic", "retain-patient-characteristics"))

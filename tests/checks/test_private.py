"""Nothing private, nothing unlisted, at any depth."""

import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pixl.domain.finding import Outcome
from pixl.testing.outputs import dicom

from .conftest import allowing, everything_allowed, findings

REQUEST, PATIENTS, CODES = 0x00400275, 0x00081120, 0x00081032


def private(creator="MAKER 1", element=0x10, value="anything"):
    block = Dataset()
    block.private_block(0x0099, creator, create=True).add_new(element, "LO", value)
    return list(block)


def in_sequence(*elements):
    item = Dataset()
    for element in elements:
        item.add(element)
    return pydicom.Sequence([item])


def test_an_output_with_listed_elements_alone_passes():
    assert findings("private", dicom(), allowed=allowing()) == []


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_private_element_is_found(syntax, told):
    found = findings("private", dicom(private(), syntax=syntax), allowed=allowing())
    assert told(found) == [("private", "(0099,1010)")]


def test_a_private_element_deep_in_sequences_is_found_with_its_path(told):
    data = dicom(RequestAttributesSequence=in_sequence(*private()))
    found = findings("private", data, allowed=allowing(REQUEST))
    assert told(found) == [("private", "(0040,0275)[1].(0099,1010)")]


def test_a_listed_private_element_of_a_listed_creator_passes():
    allowed = allowing(private=[(0x0099, "MAKER 1", 0x10)])
    assert findings("private", dicom(private()), allowed=allowed) == []


@pytest.mark.parametrize("other", [private(creator="MAKER 2"), private(element=0x11)])
def test_another_creator_or_another_element_of_a_listed_one_is_found(other):
    allowed = allowing(private=[(0x0099, "MAKER 1", 0x10)])
    assert findings("private", dicom(other), allowed=allowed)


def test_a_creator_in_one_item_says_nothing_of_the_next(told):
    orphan = DataElement(0x00991010, "LO", "anything")
    data = dicom(private(), RequestAttributesSequence=in_sequence(orphan))
    found = findings("private", data, allowed=allowing(REQUEST, private=[(0x0099, "MAKER 1", 0x10)]))
    assert told(found) == [("private", "(0040,0275)[1].(0099,1010)")]


def test_a_creator_of_which_nothing_is_left_is_found(told):
    found = findings("private", dicom([DataElement(0x00990010, "LO", "ASHBURY")]), allowed=allowing())
    assert told(found) == [("private", "(0099,0010)")]


def test_an_element_without_a_creator_is_found():
    assert findings("private", dicom([DataElement(0x00991010, "LO", "anything")]), allowed=allowing())


def test_a_standard_element_that_the_policy_does_not_list_is_found(told):
    found = findings("private", dicom(PatientComments="anything"), allowed=allowing())
    assert told(found) == [("unlisted", "(0010,4000)")]


def test_an_element_that_is_in_no_dictionary_is_found_without_a_policy_too(told):
    found = findings("private", dicom([DataElement(0x00102FFE, "LO", "anything")]), allowed=everything_allowed())
    assert told(found) == [("unknown", "(0010,2FFE)")]


def test_what_is_around_the_data_set_is_looked_at(told):
    data = dicom(preamble=b"Ashbury".ljust(128, b"\0"), meta={"SourceApplicationEntityTitle": "ASHBURY"})
    assert told(findings("private", data, allowed=allowing())) == [
        ("preamble", "preamble"),
        ("unlisted", "(0002,0016)"),
    ]


def test_the_outcome_is_a_setting():
    found = findings("private", dicom(private()), allowed=allowing(), options={"outcome": "reject"})
    assert [one.outcome for one in found] == [Outcome.REJECT]

"""Kinds of objects that are held or rejected whatever their header says."""

import pytest
from pydicom.uid import MPEG4HP41

from pixl.domain.finding import Outcome
from pixl.testing.outputs import dicom, original

from .conftest import findings

CLASS = "1.2.840.10008.5.1.4.1.1."
DOUBTFUL = [
    ({"SOPClassUID": CLASS + "7"}, "secondary-capture", Outcome.HOLD),
    ({"SOPClassUID": CLASS + "7.4"}, "secondary-capture", Outcome.HOLD),
    ({"SOPClassUID": CLASS + "104.1"}, "encapsulated", Outcome.REJECT),
    ({"SOPClassUID": CLASS + "77.1.4.1"}, "video", Outcome.HOLD),
    ({"syntax": MPEG4HP41}, "video", Outcome.HOLD),
    ({"BurnedInAnnotation": "YES"}, "burned-in", Outcome.HOLD),
    ({"ConversionType": "SD"}, "scanned-document", Outcome.REJECT),
    ({"SeriesDescription": "Dose Report"}, "dose-sheet", Outcome.HOLD),
    ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "dose-sheet", Outcome.HOLD),
]


@pytest.mark.parametrize(("keywords", "kind", "outcome"), DOUBTFUL)
def test_a_doubtful_object_is_found(keywords, kind, outcome):
    assert [(one.kind, one.outcome) for one in findings("doubtful-objects", dicom(**keywords))] == [(kind, outcome)]


def test_what_the_output_no_longer_says_is_seen_in_the_original():
    found = findings("doubtful-objects", (dicom(), original(BurnedInAnnotation="YES", ConversionType="WSD")))
    assert [one.kind for one in found] == ["burned-in"]


@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"BurnedInAnnotation": "NO"},
        {"SOPClassUID": CLASS + "88.67", "SeriesDescription": "Dose Report"},
        {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]},
    ],
)
def test_other_objects_pass(keywords):
    assert findings("doubtful-objects", dicom(**keywords)) == []


def test_each_kind_has_a_setting():
    found = findings("doubtful-objects", dicom(BurnedInAnnotation="YES"), options={"burned_in": "note"})
    assert [one.outcome for one in found] == [Outcome.NOTE]

"""What the original header said is not left in any form, anywhere; what only looks like it is no finding."""

import datetime as dt
import zlib

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ImplicitVRLittleEndian, JPEGBaseline8Bit

from pixl.checks import Checked, KnownStudy, known_values
from pixl.checks.instance import DataSet
from pixl.deid.allowed import identifying
from pixl.domain.allowed import Allowed
from pixl.testing.outputs import dicom, original
from pixl.text import Identifiers

from .conftest import allowing, findings

LEFT = [
    ("Ashbury", "name"),
    ("scan of ASHBURY today", "name"),
    ("JOSEPHINE, A.", "name"),
    ("ashbury_1950", "name"),
    ("xAshbury2", "name"),
    ("A S H B U R Y", "name"),
    ("li ashbury", "name"),
    ("Li Josephine", "name"),
    ("RX1234567", "mrn"),
    ("rx 123-4567", "mrn"),
    ("MRN 1234567", "mrn"),
    ("001234567", "mrn"),
    ("A98765432", "accession"),
    ("98765432", "accession"),
    ("19500307", "date"),
    ("1950-03-07", "date"),
    ("07.03.1950", "date"),
    ("7/3/50", "date"),
    ("born 7th of March 1950", "date"),
    ("Mar 7, 1950", "date"),
    ("1950MAR07", "date"),
    ("07031950", "date"),
    ("20200415103000", "date"),
    ("Dr Quarrstone", "clinician"),
    ("seen at Larkmoor", "institution"),
    ("Thistledown Ave", "address"),
    ("020 7946 0123", "phone"),
    ("VEXXBROOK3", "device"),
    ("fell down the stairs, on the way to the library", "text"),
    ("1.2.3.400002", "uid"),
]


@pytest.mark.parametrize(("text", "kind"), LEFT)
def test_what_the_original_said_is_found_in_a_description(text, kind):
    found = findings("known-values", (dicom(StudyDescription=text), original()))
    assert kind in [one.kind for one in found]
    assert {one.where for one in found} == {"(0008,1030)"}


@pytest.mark.parametrize(("text", "kind"), LEFT)
def test_what_the_original_said_is_found_in_private_binary_values(text, kind):
    for value in (b"\1\2\0" + text.encode() + b"\0\3", text.encode("utf-16-le") + b"\0\0"):
        block = Dataset()
        block.private_block(0x0099, "MAKER", create=True).add_new(0x10, "OB", value + b"\0" * (len(value) % 2))
        found = findings("known-values", (dicom(list(block)), original()))
        assert kind in [one.kind for one in found]


NOT_LEFT = [
    "Axial CT of the chest",
    "STANDARD",
    "Limits 12345678901234567890",
    "the list",
    "0.1234567",
    "20200414",
    "general hospital",
    "RX12345678",
    "Mrs",
    "ward 3",
    "1.2.3.4000021",
    "stairs",
]


@pytest.mark.parametrize("text", NOT_LEFT)
def test_what_only_looks_like_it_is_no_finding(text):
    assert findings("known-values", (dicom(StudyDescription=text), original())) == []


def test_the_reason_says_what_was_found_and_not_the_value():
    (found,) = findings("known-values", (dicom(StudyDescription="for Ashbury"), original()))
    assert found.reason == "a part of the patient's name"
    assert [(part.word, part.kind, part.offset) for part in found.parts] == [("Ashbury", "name", 4)]
    assert "Ashbury" not in repr(found)


def nested(text):
    inner, outer = Dataset(), Dataset()
    inner.TextValue = text
    outer.ContentSequence = pydicom.Sequence([inner])
    return pydicom.Sequence([Dataset(), outer])


@pytest.mark.parametrize("syntax", [None, ImplicitVRLittleEndian])
def test_every_depth_is_searched_and_the_path_is_told(syntax, told):
    keywords = {"syntax": syntax} if syntax else {}
    found = findings("known-values", (dicom(ContentSequence=nested("for Ashbury"), **keywords), original()))
    assert told(found) == [("name", "(0040,A730)[2].(0040,A730)[1].(0040,A160)")]


@pytest.mark.parametrize(
    ("output", "where"),
    [
        (dicom(preamble=b"Ashbury".ljust(128, b"\0")), "preamble"),
        (dicom(meta={"SourceApplicationEntityTitle": "ASHBURY"}), "(0002,0016)"),
        (dicom([DataElement(0x60003000, "OW", b"\0\1 Ashbury\0\1")]), "(6000,3000)"),
        (dicom(BitsAllocated=8, PixelData=b"\7" * 40000 + b"ASHBURY " + b"\7" * 40000), "(7FE0,0010)"),
        (dicom(BitsAllocated=8, PixelData=b"\7" * 40000 + "rx1234567 ".encode("utf-16-le") + b"\7" * 4), "(7FE0,0010)"),
        (dicom(BitsAllocated=8, PixelData=b"\7" * 10 + b"Ashbury " + b"\7" * 10), "(7FE0,0010)"),
    ],
)
def test_no_place_in_a_file_is_left_out(output, where, told):
    assert told(findings("known-values", (output, original())))[0][1] == where


def test_a_kind_that_is_left_out_hides_no_other_in_pixel_data():
    pixels = b"\7" * 40000 + b"VEXXBROOK3 " + b"\7" * 100 + b"rx1234567 " + b"\7" * 4
    pair = dicom(BitsAllocated=8, PixelData=pixels), original()
    assert [one.kind for one in findings("known-values", pair)] == ["device"]
    assert [one.kind for one in findings("known-values", pair, options={"ignore_kinds": ["device"]})] == ["mrn"]


def test_a_comment_in_a_code_stream_is_read_as_text():
    frame = b"\xff\xd8\xff\xfe\x00\x10RX 123-45-67\0\0\xff\xda\x00\x02" + bytes(range(1, 200)) * 200 + b"\xff\xd9"
    output = dicom(BitsAllocated=8, PixelData=encapsulate([frame]), syntax=JPEGBaseline8Bit)
    (found,) = findings("known-values", (output, original()))
    assert (found.kind, found.where) == ("mrn", "(7FE0,0010)")


def test_text_in_an_encapsulated_document_is_read():
    page = zlib.compress(b"BT [(Ash) -20 (bury)] TJ ET")
    pdf = b"%PDF-1.4\n1 0 obj <</Filter/FlateDecode>>\nstream\n" + page + b"\nendstream endobj"
    output = dicom([DataElement(0x00420011, "OB", pdf + b"\0" * (len(pdf) % 2))])
    assert "name" in [one.kind for one in findings("known-values", (output, original()))]


def test_the_name_of_the_file_is_searched():
    pair = Checked(name="out/ashbury/1.dcm", data=dicom(), original=original())
    assert [one.where for one in findings("known-values", pair)] == ["file name"]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Müller^Jörg", "Muller"),
        ("Müller^Jörg", "MUELLER"),
        ("Müller^Jörg", "MÜLLER"),
        ("O'Brien^Sean", "obrien"),
        ("Smith-Jones^Ann", "SMITH JONES"),
        ("Smith-Jones^Ann", "ann"),
        ("Li^Wu", "wu li"),
        ("Yamada^Tarou=山田^太郎", "山田太郎"),
    ],
)
def test_names_are_found_however_they_are_written(name, left):
    keywords = {"SpecificCharacterSet": "ISO_IR 192"}
    output = dicom(StudyDescription=left, **keywords)
    assert findings("known-values", (output, original(PatientName=name, **keywords)))


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Long^Ann", "LONG HEAD"),
        ("Head^Perfusion", "HEAD CT PERFUSION"),
        ("Anonymous", "Anonymous"),
        ("TEST^PATIENT", "test patient"),
        ("Lee^Ann", "sleep planning"),
        ("Li^Wu", "lip"),
        ("Philip^Eda", "Philips 25f5f32c65ad772471c7e23caf7aa93a3c5f684c"),
    ],
)
def test_common_and_short_words_of_names_raise_no_false_alarm(name, left):
    output = dicom(BodyPartExamined="HEAD", StudyDescription=left)
    assert findings("known-values", (output, original(PatientName=name))) == []


def test_a_common_word_is_a_finding_in_an_element_that_holds_a_name():
    assert findings("known-values", (dicom(OperatorsName="LONG"), original(PatientName="Long^Ann")))


def test_a_common_word_is_a_finding_beside_another_part_of_the_name():
    assert findings("known-values", (dicom(StudyDescription="ct for long, bo"), original(PatientName="Long^Bo")))


def test_a_date_that_moved_by_less_than_a_life_is_none_of_the_original_even_if_it_falls_on_one():
    output, source = dicom(StudyDate="19500307"), original()
    assert findings("known-values", (output, source)) == []


def test_a_date_that_should_have_moved_by_more_than_a_life_is_found_wherever_the_original_had_it(told):
    study_date = frozenset({0x00080020})
    allowed = Allowed(every_standard=True, identifying=identifying(), moved=study_date)
    output, source = dicom(StudyDate="19500307"), original()
    found = findings("known-values", (output, source), allowed=lambda *_: allowed)
    assert told(found) == [("date", "(0008,0020)")]
    assert findings("known-values", (dicom(StudyDate="21690818"), source), allowed=lambda *_: allowed) == []


def test_a_date_that_was_not_moved_is_found(told):
    found = findings("known-values", (dicom(StudyDate="20200415"), original()))
    assert told(found) == [("date", "(0008,0020)")]


def test_dates_that_the_file_says_were_kept_are_not_compared():
    kept = {"LongitudinalTemporalInformationModified": "UNMODIFIED"}
    assert findings("known-values", (dicom(StudyDate="20200415", **kept), original())) == []


def test_an_element_that_the_policy_keeps_may_hold_what_it_held():
    allowed = Allowed(every_standard=True, kept=frozenset({0x00081010}), identifying=identifying() - {0x00081010})
    output = dicom(StationName="VEXXBROOK3", StudyDescription="VEXXBROOK3")
    found = findings("known-values", (output, original()), allowed=lambda *_: allowed)
    assert found == []


def test_numbers_are_a_finding_only_as_a_whole():
    source = original(PatientID="1234567")
    assert findings("known-values", (dicom(InstanceNumber="1234567"), source))
    assert not findings("known-values", (dicom(SliceLocation="0.1234567"), source))


def test_what_the_cohort_knows_is_searched_for_too():
    known = KnownStudy(
        identifiers=Identifiers(names=("Marrowgate^P",), numbers=("55512345",), dates=(dt.date(1944, 5, 6),))
    )
    for text in ("Marrowgate", "555-12345", "6 May 1944"):
        assert findings("known-values", dicom(StudyDescription=text), known=known)


def test_what_one_header_says_is_searched_for_in_the_next_output():
    outputs = (dicom(), original()), (dicom(SOPInstanceUID="2.25.9", StudyDescription="Ashbury"), None)
    assert findings("known-values", *outputs)


def test_kinds_can_be_left_out_and_the_outcome_is_a_setting():
    pair = dicom(StudyDescription="VEXXBROOK3"), original()
    assert findings("known-values", pair, options={"ignore_kinds": ["device"]}) == []
    assert findings("known-values", pair, options={"outcome": "reject"})[0].outcome == "reject"


def test_an_output_without_anything_known_passes():
    assert findings("known-values", dicom(StudyDescription="Ashbury")) == []


FORMS = {
    "name": ("Ashbury", "ASHBURY", "ashbury", "Josephine", "josephine_ashbury"),
    "mrn": ("RX1234567", "rx1234567", "RX-1234567", "1234567", "RX 12 34 567"),
    "date": ("19500307", "1950-03-07", "07/03/1950", "7 March 1950", "07-MAR-1950"),
}
TEXTS = [(0x00081030, "LO"), (0x00204000, "LT"), (0x00081010, "SH"), (0x00321070, "LO"), (0x00185100, "CS")]


@settings(max_examples=120, deadline=None)
@given(
    form=st.sampled_from([(kind, form) for kind, forms in FORMS.items() for form in forms]),
    element=st.sampled_from(TEXTS),
    around=st.tuples(
        st.sampled_from(["", "CT ", "for: ", "(", "x/", "id="]), st.sampled_from(["", " abdomen", ")", ", seen", "; "])
    ),
    depth=st.integers(0, 3),
    implicit=st.booleans(),
)
def test_whatever_the_place_and_the_form_it_is_found(form, element, around, depth, implicit):
    kind, text = form
    item = Dataset()
    item.add(DataElement(*element, text.join(around)))
    for _ in range(depth):
        outer = Dataset()
        outer.ContentSequence = pydicom.Sequence([item])
        item = outer
    syntax = {"syntax": ImplicitVRLittleEndian} if implicit else {}
    found = findings("known-values", (dicom(list(item), **syntax), original()))
    assert kind in [one.kind for one in found]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=60))
def test_any_bytes_and_any_text_can_be_searched(blob, text):
    block = Dataset()
    block.private_block(0x0099, "MAKER", create=True).add_new(0x10, "UN", blob + b"\0" * (len(blob) % 2))
    text = "".join(character for character in text if character.isprintable() and character != "\\")
    output = dicom(list(block), SpecificCharacterSet="ISO_IR 192", ImageComments=text)
    assert "checker-failed" not in [one.kind for one in findings("known-values", (output, original()))]


def test_a_policy_s_list_does_not_hide_a_name_in_a_coded_string():
    output = dicom(ScanOptions="ASHBURY")
    assert findings("known-values", (output, original()), allowed=allowing_with_table(0x00180022))


def allowing_with_table(*tags):
    found = allowing(*tags)("", "")
    with_table = Allowed(changed=found.changed, identifying=identifying())
    return lambda *_: with_table


COMMON, RARE = "CT Chest abdomen pelvis with contrast", "CT Chest abdomen with Quillvane contrast"


@pytest.mark.parametrize(
    ("before", "after", "told_kinds"),
    [
        ({"StudyDescription": COMMON}, {"StudyDescription": COMMON}, []),
        ({"StudyDescription": RARE}, {"StudyDescription": RARE}, ["text"]),
        ({"StudyDescription": "CT"}, {"StudyDescription": COMMON}, ["text"]),
    ],
)
def test_common_words_of_a_removed_request_may_be_in_a_description_that_had_them_itself(before, after, told_kinds):
    request = next(iter(after.values()))
    pair = dicom(**after), original(RequestedProcedureDescription=request, **before)
    found = findings("known-values", pair, allowed=allowing_with_table(0x00081030))
    assert [one.kind for one in found] == told_kinds


def test_without_an_original_every_known_date_is_found(told):
    known = KnownStudy(identifiers=Identifiers(dates=(dt.date(2020, 4, 15),)))
    assert told(findings("known-values", dicom(StudyDate="20200415"), known=known)) == [("date", "(0008,0020)")]


NAMES = [
    ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 126", "Διονυσιος"),
    ("ISO_IR 144", "Люксембург"),
    ("ISO_IR 138", "שרון^דבורה"),
    ("ISO_IR 100", "Äneas^Rüdiger"),
    ("GB18030", "Wang^XiaoDong=王^小东"),
    (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
]


@pytest.mark.parametrize(("character_set", "name"), NAMES, ids=lambda one: str(one)[:12])
def test_a_name_is_found_in_every_character_set_also_as_bytes(character_set, name):
    source = original(SpecificCharacterSet=character_set, PatientName=name)
    file = DataSet(source, whole=True)
    place = file.top[0x00100010]
    encoded = file.data[place.start : place.end].strip()
    block = Dataset()
    block.private_block(0x0099, "MAKER", create=True).add_new(
        0x10, "OB", b"\0\1" + encoded + b"\0" * (len(encoded) % 2)
    )
    in_bytes = dicom(list(block), SpecificCharacterSet=character_set)
    in_text = dicom(SpecificCharacterSet=character_set, ImageComments="for " + name.split("=")[-1].replace("^", ""))
    for output in (in_bytes, in_text):
        assert "name" in [one.kind for one in findings("known-values", (output, source))]


def test_what_lies_across_two_windows_of_a_long_value_is_found(monkeypatch):
    monkeypatch.setattr(known_values, "WINDOW", 20_000)
    for place in range(19_990, 20_010):
        pixels = (b"\7" * place + b"ASHBURY").ljust(60_000, b"\7")
        assert findings("known-values", (dicom(BitsAllocated=8, PixelData=pixels), original()))


@pytest.mark.parametrize("vr", ["UL", "SL", "FD", "UV"])
def test_a_number_that_is_stored_in_binary_is_found(vr, told):
    block = Dataset()
    block.private_block(0x0099, "MAKER", create=True).add_new(0x10, vr, [5, 1234567])
    found = findings("known-values", (dicom(list(block)), original()))
    assert told(found) == [("mrn", "(0099,1010)")]

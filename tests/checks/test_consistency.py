"""What came out belongs together, and is what went in."""

import dataclasses

import pytest
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit

from pixl.checks import Checked, KnownStudy
from pixl.dicom.condensed import condense, digest_of
from pixl.testing.outputs import dicom, original

from .conftest import findings

PIXELS = {
    "Rows": 2,
    "Columns": 4,
    "SamplesPerPixel": 1,
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
    "PhotometricInterpretation": "MONOCHROME2",
}


def picture(value=b"\x01\x02" * 8, make=dicom, **keywords):
    return make(PixelData=value, **(PIXELS | keywords))


def kinds(*outputs, **keywords):
    return [one.kind for one in findings("consistency", *outputs, **keywords)]


def test_outputs_that_belong_together_pass():
    outputs = [dicom(SOPInstanceUID=f"2.25.{number}") for number in range(3)]
    assert kinds(*outputs, known=KnownStudy(expected_instances=3)) == []


@pytest.mark.parametrize("expected", [0, 2])
def test_a_missing_or_a_surplus_instance_is_found(expected):
    assert kinds(dicom(), known=KnownStudy(expected_instances=expected)) == ["count"]


def test_two_instances_with_one_uid_are_found():
    assert kinds(dicom(), dicom()) == ["uid"]


def test_a_series_of_two_patients_is_found():
    assert kinds(dicom(), dicom(SOPInstanceUID="2.25.7", PatientID="another")) == ["series"]


def test_a_uid_of_the_original_that_is_left_anywhere_is_found(told):
    output = dicom(StudyInstanceUID="1.2.3.400002", FrameOfReferenceUID="1.2.3.400003")
    found = findings("consistency", (output, original()))
    assert told(found) == [("original-uid", "(0020,000D)"), ("original-uid", "(0020,0052)")]


def test_uids_of_the_standard_may_be_left():
    assert kinds((dicom(), original())) == []


def test_uids_that_the_caller_knows_are_looked_for_without_an_original():
    known = KnownStudy(original_uids=frozenset({"2.25.102"}))
    assert kinds(dicom(), known=known) == ["original-uid"]


def test_a_file_meta_information_that_says_something_else_is_found():
    output = dicom(meta={"MediaStorageSOPInstanceUID": "1.2.3.400004"})
    assert kinds(output) == ["uid"]


def test_a_picture_that_is_what_it_was_passes():
    assert kinds((picture(), picture(make=original))) == []


def test_a_picture_that_is_not_what_it_was_is_found_with_its_frames():
    frames = {"NumberOfFrames": 2}
    before, after = b"\x01\x02" * 16, b"\x01\x02" * 8 + b"\x01\x03" * 8
    (found,) = findings("consistency", (picture(after, **frames), picture(before, make=original, **frames)))
    assert found.kind == "pixels-changed"
    assert found.reason.endswith("frames 2")


def test_bits_that_belong_to_no_sample_may_have_been_cleared():
    assert kinds((picture(b"\x01\x02" * 8), picture(b"\x01\xf2" * 8, make=original))) == []


def test_a_picture_in_which_a_rule_blackened_something_is_not_compared():
    pair = Checked(name="2.25.0", data=picture(b"\0\0" * 8), original=picture(make=original))
    known = KnownStudy(pixels_changed=frozenset({"2.25.0"}))
    assert kinds(pair) == ["pixels-changed"]
    assert kinds(pair, known=known) == []


def test_a_digest_of_the_original_is_enough():
    right = Checked(name="2.25.0", data=picture(), original=None, original_pixels=digest_of(b"\x01\x02" * 8))
    wrong = Checked(name="2.25.0", data=picture(), original_pixels=digest_of(b""))
    assert kinds(right) == []
    assert kinds(wrong) == ["pixels-changed"]


def test_an_original_without_its_pixel_data_says_nothing_of_them():
    header = original(**PIXELS)
    assert kinds((picture(), header)) == []


def test_big_endian_pictures_are_compared_too():
    order = {"syntax": ExplicitVRBigEndian}
    assert kinds((picture(**order), picture(make=original, **order))) == []


def test_comments_in_code_streams_are_no_part_of_the_picture():
    from pydicom.encaps import encapsulate

    def compressed(comment, make=dicom):
        frame = b"\xff\xd8\xff\xfe\x00\x0a" + comment + b"\xff\xda\x00\x02abcd\xff\xd9"
        return make(PixelData=encapsulate([frame]), syntax=JPEGBaseline8Bit, **(PIXELS | {"BitsAllocated": 8}))

    assert kinds((compressed(bytes(8)), compressed(b"Ashbury ", original))) == []


def condensed(output, source, asked):
    """Return an output with its original as orthanc-raw sends it; `asked` takes down who wants the whole."""
    short = condense(source)

    def whole():
        asked.append(True)
        return source

    return Checked(
        name="2.25.0", data=output, original=short.header, original_pixels=short.pixels, whole_original=whole
    )


@pytest.mark.parametrize("syntax", [None, ExplicitVRBigEndian, ImplicitVRLittleEndian])
def test_of_a_picture_that_is_what_it_was_only_the_header_is_needed(syntax):
    asked, order = [], {"syntax": syntax} if syntax else {}
    assert kinds(condensed(picture(**order), picture(make=original, **order), asked)) == []
    assert asked == []


def test_a_picture_with_another_digest_is_compared_with_the_whole_original():
    asked, frames = [], {"NumberOfFrames": 2}
    before, after = b"\x01\x02" * 16, b"\x01\x02" * 8 + b"\x01\x03" * 8
    (found,) = findings(
        "consistency", condensed(picture(after, **frames), picture(before, make=original, **frames), asked)
    )
    assert found.reason.endswith("frames 2")
    assert asked == [True]


def test_cleared_bits_are_seen_to_be_such_in_the_whole_original():
    asked = []
    assert kinds(condensed(picture(b"\x01\x02" * 8), picture(b"\x01\xf2" * 8, make=original), asked)) == []
    assert asked == [True]


def test_a_header_that_is_cut_off_in_the_middle_is_not_taken_for_the_whole(told):
    """A UID of the original stands behind where it was cut."""
    asked, source = [], picture(make=original)
    pair = condensed(picture(StudyInstanceUID="1.2.3.400002"), source, asked)
    cut = dataclasses.replace(pair, original=source[: source.index(b"1.2.3.400002") - 3])
    assert ("original-uid", "(0020,000D)") in told(findings("consistency", cut))
    assert asked == [True]

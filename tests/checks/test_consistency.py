"""What came out belongs together, and is what went in."""

import hashlib

import pytest
from pydicom.uid import ExplicitVRBigEndian, JPEGBaseline8Bit

from pixl.checks import Checked, KnownStudy
from pixl.checks.pixel_digest import pixel_digest
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
    source = picture(b"\x01\xf2" * 8, make=original)
    right = Checked(name="2.25.0", data=picture(), original=None, original_pixels=pixel_digest(source))
    wrong = Checked(name="2.25.0", data=picture(), original_pixels=hashlib.sha256(b"").hexdigest())
    assert kinds(right) == []
    assert kinds(wrong) == ["pixels-changed"]


def test_an_original_without_its_pixel_data_says_nothing_of_them():
    header = original(**PIXELS)
    assert kinds((picture(), header)) == []


def test_big_endian_pictures_are_compared_too():
    order = {"syntax": ExplicitVRBigEndian}
    assert kinds((picture(**order), picture(make=original, **order))) == []


def test_a_digest_leaves_out_comments_in_code_streams():
    from pydicom.encaps import encapsulate

    def compressed(comment):
        frame = b"\xff\xd8\xff\xfe\x00\x0a" + comment + b"\xff\xda\x00\x02abcd\xff\xd9"
        return dicom(PixelData=encapsulate([frame]), syntax=JPEGBaseline8Bit, **(PIXELS | {"BitsAllocated": 8}))

    assert pixel_digest(compressed(b"Ashbury ")) == pixel_digest(compressed(bytes(8)))


def test_a_file_without_pixel_data_has_no_digest():
    assert pixel_digest(dicom()) is None

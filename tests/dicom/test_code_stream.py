"""Comments in compressed frames are blanked in place, and nothing else changes."""

import struct

from pixl.dicom.code_stream import without_comments

SCAN = b"\xff\xda\x00\x03\x01" + b"\x12\xff\x00\x34\xff\xd0\x56"


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def encapsulated(*fragments):
    items = b"".join(b"\xfe\xff\0\xe0" + struct.pack("<I", len(one)) + one for one in (b"", *fragments))
    return items + b"\xfe\xff\xdd\xe0" + bytes(4)


def cleaned(*fragments):
    data = encapsulated(*fragments)
    clean = without_comments(data, 0, len(data))
    assert clean is None or len(clean) == len(data)
    return clean


def jpeg(*segments, tail=b""):
    return b"\xff\xd8" + b"".join(segments) + SCAN + tail + b"\xff\xd9"


def test_a_frame_without_comments_passes_without_a_copy():
    assert cleaned(jpeg(segment(0xE0, b"JFIF\0\1\1"), segment(0xC0, b"x"))) is None


def test_jpeg_comments_and_application_text_are_blanked_and_what_decoders_need_stays():
    clean = cleaned(
        jpeg(
            segment(0xE0, b"JFIF\0\1\1"),
            segment(0xFE, b"Smith"),
            segment(0xE1, b"Exif\0Jones"),
            segment(0xEE, b"Adobe1"),
        )
    )
    assert b"Smith" not in clean
    assert b"Jones" not in clean
    assert b"JFIF" in clean
    assert b"Adobe1" in clean
    assert SCAN in clean


def test_a_comment_between_scans_and_text_behind_the_image_are_blanked():
    clean = cleaned(jpeg(tail=segment(0xFE, b"Smith") + SCAN) + b"Jones!")
    assert b"Smith" not in clean
    assert b"Jones" not in clean


def test_a_comment_in_a_later_frame_is_blanked():
    assert b"Smith" not in cleaned(jpeg(), jpeg(segment(0xFE, b"Smith")))


def j2k(*tile_parts, main=b""):
    return b"\xff\x4f\xff\x51\x00\x04\x00\x00" + main + b"".join(tile_parts) + b"\xff\xd9"


def tile_part(header, body):
    size = 12 + len(header) + 2 + len(body)
    return b"\xff\x90\x00\x0a\x00\x00" + struct.pack(">I", size) + b"\x00\x01" + header + b"\xff\x93" + body


def test_jpeg_2000_comments_are_blanked_in_every_header_and_code_is_not_touched():
    comment = segment(0x64, b"\0\1Smith")
    code = b"\x11\xff\x64\x00\x09not text"
    clean = cleaned(j2k(tile_part(b"", code), tile_part(comment, code), main=comment))
    assert b"Smith" not in clean
    assert clean.count(code) == 2


def test_a_frame_that_is_cut_off_does_no_harm():
    whole = jpeg(segment(0xFE, b"Smith")) + j2k(main=segment(0x64, b"\0\1Smith"))
    for length in range(len(whole)):
        cleaned(whole[:length], b"\xff\x4f\xff\x51" + whole[:length])

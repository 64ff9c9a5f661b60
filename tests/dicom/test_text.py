"""Values are understood in their character set, for hashing only."""

import pytest

from pixl.dicom.text import decode


@pytest.mark.parametrize(
    ("value", "character_set", "expected"),
    [
        (b"MRN1 ", b"", "MRN1"),
        (b"MRN1\0", b"ISO_IR 100", "MRN1"),
        ("Müller".encode("latin-1"), b"ISO_IR 100", "Müller"),
        ("Müller".encode(), b"ISO_IR 192", "Müller"),
        (b"\x1b$B;3ED\x1b(B", b"\\ISO 2022 IR 87", "山田"),
        (b"\xe9", b"no such set", "é"),
    ],
)
def test_text_is_decoded_without_padding(value, character_set, expected):
    assert decode(value, character_set) == expected


def test_what_is_no_character_set_is_not_logged(caplog):
    decode(b"\xff", b"Smith")
    assert "Smith" not in caplog.text

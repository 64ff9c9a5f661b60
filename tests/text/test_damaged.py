"""What a scan, a typist or a cautious writer took apart is masked when in doubt."""

from __future__ import annotations

import pytest

from pixl.text import find, redact


def masked(text: str) -> str:
    return redact(text, find(text))


@pytest.mark.parametrize("written", ["1 7 / O 4 / 1 9 5 3", "O9.l2.'47", "l4 -O 8- 2 0 19", "28/2-4/3/22"])
def test_a_date_whose_digits_a_scan_took_apart_goes_whole(written):
    assert masked(f"Seen {written}. Normal.") == "Seen [DATE]. Normal."


@pytest.mark.parametrize(
    "written", ["wombat (hash) example.com", "wombat at invented dot example", "wombat @ invented . example"]
)
def test_a_mail_address_written_around_its_signs_goes(written):
    text = masked(f"Reply to {written} please.")
    assert "wombat" not in text
    assert "invented" not in text


@pytest.mark.parametrize(
    "written", ["www . wombats . example", "h t t p s : // wombats . example / p", "/srv/wombats/export/a.dcm"]
)
def test_a_web_address_or_path_with_blanks_goes(written):
    assert "wombats" not in masked(f"Image from {written} here.")


@pytest.mark.parametrize(
    "text",
    [
        "Her sister is 97, mother well.",
        "supercentenarian in good health",
        "9 3 y.o. female",
        "In the family for ninety three years.",
    ],
)
def test_an_age_of_ninety_and_more_goes_in_digits_and_words(text):
    assert "[AGE]" in masked(text)


@pytest.mark.parametrize(
    "text", ["lives at 14 wombat close, invented", "14 WOMBAT WAY.", "The Old Rectory, Wombatham", "c/o Long and Hand"]
)
def test_what_looks_like_a_house_goes_in_any_case(text):
    left = masked(text).lower()
    assert not any(word in left for word in ("wombat", "rectory", "14", "invented", "hand"))


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("cannulated by gurpreet nurse, radiographer", "nurse"),
        ("Not the other side. DO 4apr21\n\nNARRATIVE", "DO"),
        ("Typ: ph. Tape on file.", "ph"),
        ("Pt: Doro\nthy Pickup. Normal.", "thy"),
        ("HIS DAUGHTER IS RICH, TEL 01632 960750.", "RICH"),
        ("seen, typped by ra, and verified", "ra"),
        ("Dr, Shu ttle worth informed.", "worth"),
        ("Seen by Dr Kofi\nPower.", "Power"),
    ],
)
def test_what_a_line_end_a_role_or_an_abbreviation_hides_goes(text, gone):
    assert gone not in masked(text).replace(",", " ").replace(".", " ").split()


@pytest.mark.parametrize(
    "text",
    [
        "SUV 95, HU 97 and 92 mm. Flexion to 95 degrees, ninety degrees at the knee.",
        "A 4 mm cyst close to the hilum. 12 cm way below. Peripheral field loss.",
        "Discs L4/5 and L5/S1 normal. Signal 1.2 - 3.4. Power 4/5.",
    ],
)
def test_measures_of_the_same_shape_stay(text):
    assert masked(text) == text

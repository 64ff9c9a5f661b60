"""What is found in a report, and what is left alone."""

import pytest

from pixl.text import Identifiers, Kind, find, find_known, find_patterns, redact


def masked(text, known=None):
    return redact(text, find(text, known or Identifiers()))


@pytest.mark.parametrize(
    "text",
    [
        "There is no evidence of pneumothorax, consolidation or pleural effusion.",
        "Hypoechoic lesion in segment IVa measuring 12 x 10 x 8 mm, previously 9 mm.",
        "Stage pT2b N0 M0. L4/5 disc protrusion. T2W hyperintensity. b1000.",
        "CT CHEST ABDOMEN PELVIS WITH CONTRAST",
        "White matter disease. Long segment stricture. Small bowel loops. Brown fat uptake.",
        "A 10 French pigtail drain; 2.5 MBq; SUVmax 12.4; 45-year-old man; 2/52 history.",
        "Cardiomediastinal contours are normal. No focal hepatic lesion.",
    ],
)
def test_what_says_nothing_of_a_person_stays(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Colles fracture of the distal radius.",
        "Known Hodgkin lymphoma.",
        "There is a Baker's cyst.",
        "Graves disease, Paget's disease and Wilson's disease.",
        "Blalock-Taussig shunt and de Quervain's tenosynovitis.",
        "Tetralogy of Fallot, pouch of Douglas, circle of Willis.",
        "Sister Mary Joseph nodule.",
        "Ann Arbor stage III.",
    ],
)
def test_eponyms_stay(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Seen by Dr Baker.", "Seen by [NAME]."),
        ("Mr Paget attended.", "[NAME] attended."),
        ("Discussed with Long and Bell.", "Discussed with [NAME] and [NAME]."),
        ("Referred from Long's clinic.", "Referred from [NAME] clinic."),
        ("referred from long's clinic", "referred from [NAME] clinic"),
        ("reported by j. white", "reported by [NAME]"),
        ("Reported by: Grace Hall, Consultant Radiologist", "Reported by: [NAME], Consultant Radiologist"),
        ("Dr Farhan Patel", "[NAME]"),
        ("Kind regards\nMark Bell\nConsultant Radiologist", "Kind regards\n[NAME]\nConsultant Radiologist"),
        ("PP/24062019", "[NAME]/[DATE]"),
        ("typed by ab", "typed by [NAME]"),
        ("Her son, Will, was present.", "Her son, [NAME], was present."),
        ("He lives in Croydon.", "He lives in [NAME]."),
        ("S M I T H", "[NAME]"),
        ("LONG^ANNA^MARIA", "[NAME]"),
        ("Rose was referred.", "[NAME] was referred."),
    ],
)
def test_names_go_also_if_they_are_ordinary_words(text, left):
    assert masked(text) == left


def test_st_thomas_is_a_hospital_and_no_person():
    [span] = find("Transferred from St Thomas' Hospital today.")
    assert span.kind is Kind.HOSPITAL


def test_mr_before_anatomy_is_a_modality():
    assert masked("MR Head and MR angiography.") == "MR Head and MR angiography."


def test_a_word_that_no_list_knows_goes():
    [span] = find("Consistent with qwertzuiop.")
    assert span.kind is Kind.UNKNOWN
    assert span.rule == "no list knows this word"


@pytest.mark.parametrize(
    "written",
    [
        "12/03/2019",
        "12.3.19",
        "2019-03-12",
        "2019-03-12T10:15",
        "12 March 2019",
        "12th of March, 2019",
        "March 12th, 2019",
        "12-Mar-19",
        "12MAR2019",
        "20190312",
        "12032019",
        "12.iii.2019",
        "12/O3/2019",
        "March 2019",
        "03/2019",
        "Mar '19",
        "the twelfth of March 2019",
        "12th Mrach 2019",
        "12-14 March 2019",
        "Christmas Eve",
    ],
)
def test_dates_go_in_every_written_form(written):
    text = f"Compared with the study of {written}, unchanged."
    assert masked(text).replace("study of [DATE]", "X") == "Compared with the X, unchanged."


def test_a_month_alone_goes_where_a_time_is_meant():
    assert masked("Seen in March.") == "Seen in [DATE]."
    assert masked("This may represent atelectasis.") == "This may represent atelectasis."


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NHS No: 943 476 5919", Kind.NHS),
        ("943 476 5919", Kind.NHS),
        ("CHI 0101701235", Kind.CHI),
        ("MRN 12345678", Kind.MRN),
        ("accession RRV12345678", Kind.ACCESSION),
        ("GMC 7123456", Kind.NUMBER),
        ("tel 020 7946 0958", Kind.PHONE),
        ("ext 1234", Kind.PHONE),
        ("a.b@nhs.net", Kind.EMAIL),
        ("https://nhs.example/x", Kind.URL),
        ("SW1A 2AA", Kind.POSTCODE),
        ("12 Acacia Avenue", Kind.ADDRESS),
        ("1.2.840.113619.2.55.3.604688119", Kind.UID),
        ("serial number 12345", Kind.DEVICE),
        ("aged 94", Kind.AGE),
        ("94-year-old", Kind.AGE),
        ("in her nineties", Kind.AGE),
    ],
)
def test_patterns_are_found_by_shape_or_label(text, kind):
    assert kind in {span.kind for span in find_patterns(f"No fracture; {text}; end.")}


def test_ages_below_90_and_unchecked_measures_are_no_patterns():
    assert not find_patterns("A 45-year-old man, 12 x 10 mm, SUV 3.4, 120 ml, 5/10.")


KNOWN = Identifiers(
    names=("O'Brien^Anna^Maria",),
    numbers=("RRV1234567", "943 476 5919"),
    clinicians=("Dr Jürgen Müller",),
    other=("12 Acacia Avenue, Croydon",),
)


@pytest.mark.parametrize(
    "written",
    [
        "O'Brien",
        "OBRIEN",
        "O Brien",
        "O'Brein",
        "Obrian",
        "obrien's",
        "annaobrien",
        "Mueller",
        "Muller",
        "Müller",
        "Mu\u0308ller",
        "Annna",
        "RRV-123-4567",
        "RRV1234576",
        "9434765919",
        "943-476-5919",
        "Croydon",
    ],
)
def test_what_is_known_is_found_with_its_variants(written):
    text = f"Comparison was made, {written}, and it is normal."
    spans = find_known(text, KNOWN)
    assert redact(text, spans).count("[") == 1
    assert written.strip("'s")[1:5] not in redact(text, spans)


def test_a_known_name_that_is_a_word_goes_even_in_small_letters():
    assert masked("white matter", Identifiers(names=("White",))) == "[NAME] matter"


def test_a_nickname_of_a_known_name_goes():
    assert masked("bill attended", Identifiers(names=("Long^William",))) == "[NAME] attended"


def test_repr_of_what_is_known_shows_nothing():
    assert "Anna" not in repr(KNOWN)

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.reports.shapes import ShapesEngine
from pixl.text import NOTHING_KNOWN, Identifiers

KNOWN = Identifiers(
    names=("Quarshiévik^Wilhelmyna",),
    numbers=("QZ11112222", "RKX1234Y00001"),
    dates=(dt.date(1950, 4, 3),),
    clinicians=("Dr Ann White",),
    other=("12 Brambleknot Lane",),
)


def found(text, known=NOTHING_KNOWN):
    return [text[span.start : span.end] for span in ShapesEngine().find(text, known).spans]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("seen by Dr Longbottom today", "Longbottom"),
        ("Reported by: Anna Smith", "Anna Smith"),
        ("for White's clinic", "White"),
        ("mail a.b@example.org please", "a.b@example.org"),
        ("on 3rd of March", "3rd of March"),
        ("since 12/3/21 stable", "12/3/21"),
        ("bleep 07700 900123 please", "07700 900123"),
        ("NHS 943 476 5919", "943 476 5919"),
        ("lives at 12 Brambleknot Lane", "12 Brambleknot Lane"),
        ("SW1A 1AA", "SW1A 1AA"),
        ("number AB1234567", "AB1234567"),
        ("a 94 year old", "94 year"),
    ],
)
def test_shapes_of_identifiers_are_seen(text, what):
    assert what in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "A 12 x 10 x 9 mm nodule at L4/5, PI-RADS 4, b800 images.",
        "Blood pressure 142/88. TR 4000, TE 102. Score 2.10.4.",
        "Reported by [NAME] on [DATE].",
        "No acute abnormality. Appearances are unchanged.",
        "Discussed with the surgical team. Reviewed by the consultant.",
        "DLP 350.12, 1.25 mm slices, dose 0.1 mmol/kg.",
    ],
)
def test_what_a_clean_report_says_is_left_alone(text):
    assert found(text, KNOWN) == []


@pytest.mark.parametrize(
    "written",
    [
        "quarshievik",
        "QUARSHIÉVIK",
        "Quarshievik",
        "Quarshivik",
        "Quarhsievik",
        "qz-11112222",
        "11112222",
        "1111 2222",
        "RKX1234Y00001",
        "030450",
        "3/4/1950",
        "White",
        "Brambleknot",
    ],
)
def test_what_is_known_is_seen_in_any_form(written):
    assert found(f"text with {written} in it", KNOWN)


@given(st.text(max_size=300))
def test_any_text_is_read_and_places_are_in_it_and_apart(text):
    spans = ShapesEngine().find(text, KNOWN).spans
    last = 0
    for span in spans:
        assert last <= span.start < span.end <= len(text)
        assert 0 < span.certainty <= 1
        last = span.end


def test_it_shares_no_finder_and_no_list_with_what_it_checks():
    import ast
    import inspect

    from pixl.reports import shapes

    tree = ast.parse(inspect.getsource(shapes))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module for module in modules if module.startswith("pixl")} == {"pixl.reports.engine", "pixl.text"}
    assert names & {"find", "find_known", "find_patterns", "lists"} == set()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("RESULTS TO DR SINGH'S CLINIC", "SINGH"),
        ("for dr patel please", "patel"),
        ("her husband Hilary Fairclough", "Hilary Fairclough"),
        ("prefers to be called Gerry.", "Gerry"),
        ("Checked: SD", "SD"),
        ("seen\nTQ/gc\n", "TQ/gc"),
        ("since 03Jul2020", "03Jul2020"),
        ("of November 28th, 2020.", "November 28th, 2020"),
        ("in 09/2020.", "09/2020"),
        ("Bleep 1498.", "1498"),
        ("was rung on 10007.", "10007"),
        ("(0161) 496 0947", "(0161) 496 0947"),
    ],
)
def test_less_usual_forms_are_seen_too(text, what):
    assert what in found(text)

import pytest

from pixl.reports.ner import NerEngine
from pixl.text import NOTHING_KNOWN

pytest.importorskip("presidio_analyzer", reason="needs the extra `ner`")


def test_the_model_of_the_package_index_finds_people_and_places_offline():
    text = "Reported by John Smith in Manchester. No fracture."
    spans = NerEngine().find(text, NOTHING_KNOWN).spans
    assert [text[span.start : span.end] for span in spans] == ["John Smith", "Manchester"]


def test_the_version_names_the_model():
    assert "3.8.0" in NerEngine().version

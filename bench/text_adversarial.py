"""How the rules do on reports written to break them: `python -m bench.text_adversarial [--file FILE] [--show]`.

The reports are in `text_adversarial.txt`: by situation, by hand, by another hand than the rules'. Nobody tunes on them:
`--show` says which situations leak, and shows examples only when asked to with `--examples`. For work on the rules
there is a development set of the same form, by a hand that had not seen the rules either:
`--file bench/text_development.txt --show --examples`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from bench.text_score import Document, Find, Score, score
from pixl.testing.report_corpus import parse

FILE = Path(__file__).with_suffix(".txt")


def documents(file: Path = FILE) -> Iterator[Document]:
    """Yield the adversarial reports with their marks.

    Raises
    ------
    ValueError
        A mark does not end, or has a kind that does not exist.
    """
    for section in file.read_text(encoding="utf-8").split("\n## ")[1:]:
        situation, _, reports = section.partition("\n")
        for report in reports.split("\n---\n"):
            text, entities = parse(report.strip())
            yield Document(text=text, entities=entities, situation=situation)


def measure(find: Find, file: Path = FILE) -> Score:
    """Return how an engine does on them."""
    return score(documents(file), find)


def rules() -> Find:
    """Return the default engine, with nothing known of the patient."""
    from pixl.text import find

    return lambda text: [(span.start, span.end) for span in find(text)]


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=FILE, help="other reports of the same form (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="leaks of each situation")
    parser.add_argument("--examples", action="store_true", help="what leaked; who has seen it may not tune any more")
    options = parser.parse_args()
    result = measure(rules(), options.file)
    if options.show:
        for situation, leaked in result.leaks_by_situation.most_common():
            print(f"{leaked:4} {situation}")
    if options.examples:
        print(*(f"{kind:10} {text}" for _, kind, text in result.examples), sep="\n")
    print(json.dumps({"benchmark": options.file.stem.replace("_", "-"), **result.figures()}))


if __name__ == "__main__":
    main()

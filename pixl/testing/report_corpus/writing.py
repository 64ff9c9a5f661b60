"""Putting a report together: its style, its sections, its typing errors, its lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from itertools import count as numbers

from pixl.testing.report_corpus import eponyms, findings, general, naming
from pixl.testing.report_corpus.markup import Piece, changed, joined, mark, pieces
from pixl.testing.report_corpus.model import Examination, Identity, Report, known_of
from pixl.testing.report_corpus.people_slots import person_slots
from pixl.testing.report_corpus.slots import CLINICAL, Slot, clinical, fill

EXAM_WORDS = {
    "CT": ("CT", "CT", "Computed tomography"),
    "MR": ("MRI", "MR", "MRI"),
    "CR": ("XR", "X-ray", "Radiograph"),
    "DX": ("XR", "Plain film", "X-ray"),
    "US": ("US", "Ultrasound", "USS"),
    "NM": ("NM", "Nuclear medicine", "Isotope"),
    "PT": ("PET-CT", "FDG", "PET"),
    "MG": ("MG", "Mammography", "Breast imaging"),
    "RF": ("FL", "Fluoroscopy", "Screening"),
    "XA": ("IR", "Interventional", "Angio"),
}
TYPING_ERROR, NAME_ERROR = 0.012, 0.05
LINE = 76


class Author:
    """Writes one report's marked text, with chance's and this patient's words."""

    def __init__(self, chance: random.Random, identity: Identity, examination: Examination) -> None:
        self.chance = chance
        self.region = chance.choice(list(findings.REGIONS[examination.modality]))
        self.sentences = findings.REGIONS[examination.modality][self.region]
        self.exam = f"{chance.choice(EXAM_WORDS[examination.modality])} {self.region}"
        self.slots: Mapping[str, Slot] = {**CLINICAL, **person_slots(identity, examination), **self._clinical_slots()}

    def _clinical_slots(self) -> dict[str, Slot]:
        return {
            "exam": lambda chance: chance.choice((self.exam, self.exam.upper())),
            "exam_short": lambda _: self.exam.split(" ")[0],
            "history": general.HISTORIES,
            "advice": general.ADVICE,
            "linking": general.LINKING,
            "conclusion": general.CONCLUSIONS,
            "finding": self.sentences,
            "body": lambda _: self.body(),
        }

    def write(self, template: str) -> str:
        """Return the template with all its slots filled."""
        text = fill(self.chance, template, self.slots)
        return text[:1].upper() + text[1:]

    def one_of(self, templates: tuple[str, ...]) -> str:
        """Return one of the templates, filled."""
        return self.write(self.chance.choice(templates))

    def likely(self, probability: float) -> bool:
        """Return whether this one happens."""
        return self.chance.random() < probability

    def header(self) -> str:
        """Return what the RIS pastes above."""
        return self.one_of(naming.HEADERS)

    def history(self) -> str:
        """Return the clinical details."""
        return self.one_of(naming.HISTORIES)

    def technique(self) -> str:
        """Return how it was done."""
        return self.one_of(general.TECHNIQUES)

    def comparison(self) -> str:
        """Return what it is compared with."""
        return self.one_of(naming.COMPARISONS)

    def findings(self, least: int = 3, most: int = 12) -> list[str]:
        """Return the sentences of the findings, some of which name people."""
        wanted = min(self.chance.randint(least, most), len(self.sentences))
        sentences = [self.write(each) for each in self.chance.sample(self.sentences, wanted)]
        for templates, probability in (
            (naming.IN_THE_FINDINGS, 0.55),
            (naming.IN_THE_FINDINGS, 0.25),
            (general.COMPOSED, 0.7),
            (general.COMPOSED, 0.4),
            (general.LINKING, 0.6),
            (general.LOOKS_LIKE_AN_IDENTIFIER, 0.5),
            (eponyms.SENTENCES, 0.3),
        ):
            if self.likely(probability):
                sentences.insert(self.chance.randint(0, len(sentences)), self.one_of(templates))
        return sentences

    def conclusion(self) -> str:
        """Return the conclusion, with advice."""
        sentences = [self.one_of(general.CONCLUSIONS)]
        if self.likely(0.5):
            sentences.append(self.one_of(general.ADVICE))
        if self.likely(0.3):
            sentences.append(self.one_of(naming.ADVICE))
        return " ".join(sentences)

    def body(self) -> str:
        """Return findings and conclusion in one flow."""
        return " ".join(self.findings()) + "\n\n" + self.conclusion()

    def signature(self) -> str:
        """Return who signs."""
        return self.one_of(naming.SIGNATURES)

    def footer(self) -> list[str]:
        """Return what the RIS pastes below, if anything."""
        return [self.one_of(naming.FOOTERS)] if self.likely(0.25) else []


HEADINGS: tuple[tuple[str, ...], ...] = (
    ("Clinical history", "Technique", "Comparison", "Findings", "Conclusion"),
    ("CLINICAL DETAILS", "TECHNIQUE", "COMPARISON", "FINDINGS", "IMPRESSION"),
    ("Indication", "Protocol", "Previous imaging", "Report", "Opinion"),
    ("History", "Method", "Prior", "Description", "Summary"),
    ("Clinical Information", "Procedure", "Compared with", "Observations", "Interpretation"),
    ("HX", "TECH", "COMP", "FINDINGS", "IMP"),
)


def _structured(author: Author) -> str:
    headings = author.chance.choice(HEADINGS)
    after = author.chance.choice((": ", ":\n", "\n", " - "))
    texts = (
        author.history(),
        author.technique(),
        author.comparison(),
        " ".join(author.findings()),
        author.conclusion(),
    )
    sections = [f"{heading}{after}{text}" for heading, text in zip(headings, texts, strict=True)]
    return "\n\n".join([author.header(), *sections, author.signature(), *author.footer()])


def _dictated(author: Author) -> str:
    flow = [author.history(), author.comparison(), *author.findings(4, 10), author.conclusion()]
    return author.chance.choice((" ", " ", "\n")).join(flow) + "\n" + author.signature()


def _terse(author: Author) -> str:
    sentences = [*author.findings(1, 4), author.one_of(general.CONCLUSIONS)]
    return " ".join(sentences) + author.chance.choice((" ", "\n", "  ")) + author.signature()


def _letter(author: Author) -> str:
    return author.one_of(naming.LETTERS)


def _pasted(author: Author) -> str:
    parts = [author.header(), author.history(), "\n".join(author.findings()), author.conclusion(), author.signature()]
    return author.chance.choice(("\n", "\n\n", "\n----------\n")).join([*parts, *author.footer()])


def _addended(author: Author) -> str:
    parts = (addenda(author), narrative(author), impression(author))
    return "\n".join(f"{heading}\n{text}\n" for heading, text in zip(PARTS, parts, strict=True))


def _listed(author: Author) -> str:
    bullet = author.chance.choice(("- ", "* ", "• ", "> "))
    items = [f"{bullet}{sentence}" for sentence in author.findings(3, 8)]
    numbered = [
        f"{number}. {text}"
        for number, text in zip(numbers(1), (author.conclusion(), author.one_of(naming.ADVICE)), strict=False)
    ]
    return "\n".join([author.header(), "", author.history(), "", *items, "", *numbered, "", author.signature()])


def _table(author: Author) -> str:
    rows = [
        ("Examination", author.exam),
        ("Clinical", author.history()),
        ("Compared", author.comparison()),
        ("Findings", " ".join(author.findings())),
        ("Conclusion", author.conclusion()),
        ("Reported", author.signature().replace("\n", " ")),
    ]
    separator = author.chance.choice((" | ", "\t", " : ", ";"))
    return "\n".join([author.header(), *(separator.join(row) for row in rows)])


def _shouted(author: Author) -> str:
    return _marked(changed(pieces(_dictated(author)), lambda part, _: part.upper()))


def _lower(author: Author) -> str:
    return _marked(changed(pieces(_dictated(author)), lambda part, _: part.lower()))


def _marked(parts: Iterator[Piece]) -> str:
    return "".join(mark(piece.kind, piece.text) if piece.kind else piece.text for piece in parts)


STYLES: dict[str, tuple[int, Callable[[Author], str]]] = {
    "structured": (8, _structured),
    "dictated": (6, _dictated),
    "terse": (4, _terse),
    "letter": (2, _letter),
    "pasted": (5, _pasted),
    "addended": (4, _addended),
    "listed": (3, _listed),
    "table": (2, _table),
    "shouted": (1, _shouted),
    "lower": (1, _lower),
}
PARTS = ("ADDENDA", "NARRATIVE", "IMPRESSION")


def addenda(author: Author) -> str:
    """Return the first part of a report of EMAP's: one or two addenda, or nothing."""
    return "\n".join(author.one_of(naming.ADDENDA) for _ in range(author.chance.choice((0, 0, 1, 2))))


def narrative(author: Author) -> str:
    """Return the second part: everything but the conclusion."""
    header = [author.header()] if author.likely(0.5) else []
    return "\n".join([*header, author.history(), author.comparison(), " ".join(author.findings())])


def impression(author: Author) -> str:
    """Return the third part: the conclusion and who signs."""
    return f"{author.conclusion()}\n{author.signature()}"


def report_for(identity: Identity, examination: Examination, seed: int | str, *, style: str | None = None) -> Report:
    """Return a report on this patient and study; the same one for the same seed.

    Raises
    ------
    KeyError
        There is no such style (see `STYLES`), or no such modality.
    """
    chance = random.Random(f"report {seed}")
    styles, weights = zip(*((name, weight) for name, (weight, _) in STYLES.items()), strict=True)
    chosen = style or chance.choices(styles, weights=weights)[0]
    marked = STYLES[chosen][1](Author(chance, identity, examination))
    return finished(chance, marked, identity, examination, chosen)


def parts_for(identity: Identity, examination: Examination, seed: int | str) -> dict[str, Report]:
    """Return the parts of a report as EMAP keeps them, by `ADDENDA`, `NARRATIVE`, `IMPRESSION`; without empty ones."""
    chance = random.Random(f"parts {seed}")
    author = Author(chance, identity, examination)
    texts = zip(PARTS, (addenda(author), narrative(author), impression(author)), strict=True)
    return {name: finished(chance, text, identity, examination, "part") for name, text in texts if text}


def finished(chance: random.Random, marked: str, identity: Identity, examination: Examination, style: str) -> Report:
    """Return the report of a marked text, with a typist's errors, some with lines of a fixed width."""
    careless = chance.random() < 0.4  # noqa: PLR2004
    parts = pieces(marked)
    text, entities = joined(_mistyped(chance, parts) if careless else parts)
    return Report(
        text=_wrapped(text) if chance.random() < 0.25 else text,  # noqa: PLR2004
        entities=entities,
        identifiers=known_of(identity, examination),
        modality=examination.modality,
        style=style,
    )


def _mistyped(chance: random.Random, parts: Iterator[Piece]) -> Iterator[Piece]:
    def change(text: str, kind: str | None) -> str:
        if kind is None:
            return " ".join(
                _misspelt(chance, word) if chance.random() < TYPING_ERROR else word for word in text.split(" ")
            )
        return _misspelt(chance, text) if kind == "NAME" and chance.random() < NAME_ERROR else text

    return changed(parts, change)


def _misspelt(chance: random.Random, word: str) -> str:
    if len(word) < 5 or not word.isalpha():  # noqa: PLR2004
        return word
    at = chance.randint(1, len(word) - 3)
    left, first, second, right = word[:at], word[at], word[at + 1], word[at + 2 :]
    return chance.choice((left + second + first + right, left + second + right, left + first + first + second + right))


def _wrapped(text: str) -> str:
    """Return the text with spaces made line ends, character for character, so that spans stay where they are."""
    letters, start, space = list(text), 0, -1
    for position, letter in enumerate(text):
        if letter == "\n":
            start, space = position + 1, -1
        elif letter == " ":
            space = position
        if position - start >= LINE and space > start:
            letters[space] = "\n"
            start, space = space + 1, -1
    return "".join(letters)


def prose(chance: random.Random, sentences: int) -> str:
    """Return identifier-free prose of one region."""
    regions = findings.REGIONS[chance.choice(list(findings.REGIONS))]
    phrases = regions[chance.choice(list(regions))]
    wanted = chance.sample(phrases, min(sentences, len(phrases)))
    before = (
        general.HISTORIES,
        general.TECHNIQUES,
        general.LOOKS_LIKE_AN_IDENTIFIER,
        general.COMPOSED,
        general.COMPOSED,
    )
    others = [chance.choice(each) for each in before]
    ending = [chance.choice(general.LINKING), chance.choice(general.CONCLUSIONS), chance.choice(general.ADVICE)]
    return " ".join(clinical(chance, each) for each in (*others, *wanted, *ending))


def eponymous(chance: random.Random, sentences: int) -> str:
    """Return identifier-free prose of sentences with eponyms."""
    return " ".join(clinical(chance, each) for each in chance.sample(eponyms.SENTENCES, sentences))

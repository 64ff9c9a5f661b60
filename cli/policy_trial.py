"""A policy tried on files: nothing is written, no value is shown."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pixl.deid import Policy, deidentify
from pixl.deid.explain import Explanation, explain
from pixl.dicom.encoding import tag_text
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.files.outcome import Outcome, Row
from pixl.files.sources import Reader, Source, find
from pixl.hashing import KeyedPseudonymiser

SECTIONS = {"left as it is": ("keep",), "removed": ("remove",)}
CHANGED = "changed"
Line = tuple[str, str, str]
"""An element with the sequences that it is in, its name, what happens to it."""


class Trial:
    """Runs a policy, with a key that is thrown away, and takes note of what would happen to each element."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._pseudonymiser = KeyedPseudonymiser(secrets.token_bytes(32))
        self._reader = Reader()
        self._seen: dict[str, Counter[Line]] = {title: Counter() for title in ("left as it is", CHANGED, "removed")}
        self.passed = 0
        self.refused: list[Row] = []

    def run(self, path: Path) -> None:
        """Try every file that is there."""
        for one in find(path):
            if isinstance(one, Row):
                self.refused.append(one)
            else:
                self._try(one)

    def sections(self) -> Iterator[tuple[str, list[str]]]:
        """Yield a title, and a line for each element, with the number of files that it was seen in."""
        for title, lines in self._seen.items():
            shown = (f"{count:6} x {place} {name}: {what}" for (place, name, what), count in sorted(lines.items()))
            yield f"{title}: {len(lines)} elements", list(shown)

    def _try(self, source: Source) -> None:
        try:
            data = self._reader.read(source)
            deidentify(data, self._policy, self._pseudonymiser)
            lines = {(_title(one), _line(one)) for one in explain(data, self._policy)}
        except InstanceRejected as error:
            self.refused.append(source.row(Outcome.REJECTED, str(error)))
        except InstanceFailed as error:
            self.refused.append(source.row(Outcome.FAILED, str(error)))
        else:
            self.passed += 1
            for title, line in lines:
                self._seen[title][line] += 1


def _title(explanation: Explanation) -> str:
    return next((title for title, outcomes in SECTIONS.items() if explanation.outcome in outcomes), CHANGED)


def _line(explanation: Explanation) -> Line:
    element = explanation.element
    place = "/".join(tag_text(tag) for tag in (*element.path, element.tag))
    return place, explanation.name, f"{explanation.outcome} [{explanation.why}]"

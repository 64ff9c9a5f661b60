"""What an output is called: a pattern of pseudonyms, or the input's own path."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping

from pixl.deid import Record
from pixl.domain.errors import ConfigurationError, InstanceFailed
from pixl.domain.suggest import suggestion

DEFAULT_LAYOUT = "{patient}/{study}/{series}/{instance}.dcm"
FIELDS: Mapping[str, Callable[[Record], str]] = {
    "patient": lambda record: record.patient_id,
    "study": lambda record: record.study_uid,
    "series": lambda record: record.series_uid,
    "instance": lambda record: record.sop_uid,
    "accession": lambda record: record.accession_number,
    "modality": lambda record: record.modality,
}
"""What may stand in a pattern; all of it is what the output itself says, never what the input said."""
INPUT_PATH = "input_path"
SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=+-]{0,127}")


class Layout:
    """The pattern of the output's paths.

    Raises
    ------
    ConfigurationError
        It names something unknown, leads out of the output folder, or gives every instance the same name.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        try:
            self._parts = [_plain(part) for part in string.Formatter().parse(pattern)]
        except ValueError:
            raise ConfigurationError(f"--layout {pattern!r}: the braces do not match") from None
        known = (*FIELDS, INPUT_PATH)
        for name in filter(None, (field for _, field in self._parts)):
            if name not in known:
                raise ConfigurationError(f"--layout {pattern!r}: there is no {{{name}}}{suggestion(name, known)}")
        if not {"instance", INPUT_PATH} & {field for _, field in self._parts}:
            raise ConfigurationError(f"--layout {pattern!r} needs {{instance}} or {{{INPUT_PATH}}}: each file its name")
        self._check(self._fill(lambda _: "x"))

    def path(self, record: Record, input_path: str) -> str:
        """Return where the output goes, relative to the output folder.

        Raises
        ------
        InstanceFailed
            A value in the pattern is no name that a file or folder may have.
        """
        return self._fill(lambda name: _value(name, record, input_path))

    def _fill(self, value: Callable[[str], str]) -> str:
        return "".join(text + (value(field) if field else "") for text, field in self._parts)

    def _check(self, example: str) -> None:
        if not is_relative(example) or example.startswith("."):
            raise ConfigurationError(f"--layout {self.pattern!r} must be a path inside the output folder")


def is_relative(path: str) -> bool:
    """Whether a path stays inside the folder that it is relative to."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def _plain(part: tuple[str, str | None, str | None, str | None]) -> tuple[str, str | None]:
    text, field, form, conversion = part
    if form or conversion or field == "":
        raise ValueError
    return text, field


def _value(name: str, record: Record, input_path: str) -> str:
    if name == INPUT_PATH:
        if not is_relative(input_path):
            raise InstanceFailed("its name in the archive leads out of the archive")
        return input_path
    value = FIELDS[name](record) or f"no-{name}"
    if not SAFE.fullmatch(value):
        raise InstanceFailed(f"--layout: {{{name}}} is nothing that a file or folder can be called")
    return value

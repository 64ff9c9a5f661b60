"""What one worker does with one input. The only place where the engine is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pixl.deid import Deidentifier
from pixl.deid.parts import Chunks
from pixl.dicom.elements import elements
from pixl.dicom.part10 import read_part10
from pixl.dicom.text import decode
from pixl.dicom.windows import is_mapped
from pixl.domain.errors import ConfigurationError, InstanceFailed, InstanceRejected, PixlError
from pixl.domain.project import Project
from pixl.files.cache import Cache, Entry, Fingerprints, Made
from pixl.files.job import Job, policy_and_terms
from pixl.files.layout import Layout
from pixl.files.outcome import Outcome, Row
from pixl.files.sources import Reader, Source, check_unchanged
from pixl.files.tree import Placed, Tree, found
from pixl.hashing import CachedPseudonymiser, KeyedPseudonymiser
from pixl.routing.filters import SeriesHeader, reason_to_skip_series

REMEMBERED = 4096
"""Pseudonyms: those of a patient, a study and a series come again with every instance."""
FIRST_GROUPS = (b"\x02\x00", b"\x04\x00", b"\x08\x00")
FIRST_GROUPS_BIG_ENDIAN = (b"\x00\x04", b"\x00\x08")
"""What a data set without a preamble starts with."""
BUG = "an error in PIXL, please report it"
CHARACTER_SET, MODALITY, MANUFACTURER = 0x00080005, 0x00080060, 0x00080070
DESCRIPTION, SERIES_NUMBER = 0x0008103E, 0x00200011


@dataclass(frozen=True, kw_only=True)
class Task:
    """An input, and what it was when its output was made, if it was."""

    source: Source
    place: bytes
    before: bytes | None = None
    """The content it had then."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The report's line, and what to remember for another run."""

    row: Row
    place: bytes
    entry: Entry | None = None


class Worker:
    """Treats inputs one after the other. Made once a process.

    Raises
    ------
    ConfigurationError
        The policy is not any more what it was when the run began.
    """

    def __init__(self, job: Job) -> None:
        self._policy, terms = policy_and_terms(job.project, job.secret)
        if terms != job.terms:
            raise ConfigurationError(
                "the policy's files, or PIXL's own, changed while the run began: run the same command again"
            )
        self._project = job.project
        pseudonymiser = CachedPseudonymiser(KeyedPseudonymiser(job.secret), REMEMBERED)
        self._deidentify = Deidentifier(self._policy, pseudonymiser)
        self._fingerprints = Fingerprints(job.secret)
        self._layout = Layout(job.layout)
        self._tree = Tree(job.out)
        self._cache = Cache(job.cache, job.terms)
        self._reader = Reader()

    def treat(self, tasks: Sequence[Task]) -> list[Result]:
        """Treat inputs; what is wrong with one of them is in its row."""
        with self._cache.reading():
            return [self._treat(task) for task in tasks]

    def close(self) -> None:
        """Close what is open."""
        self._reader.close()
        self._cache.close()

    def _treat(self, task: Task) -> Result:
        source = task.source
        try:
            data = self._reader.read(source)
            if not looks_like_dicom(data):
                return Result(row=source.row(Outcome.SKIPPED, _what_else(data)), place=task.place)
            self._check_filters(data)
            return self._output(task, data)
        except InstanceRejected as error:
            return Result(row=source.row(Outcome.REJECTED, str(error)), place=task.place)
        except InstanceFailed as error:
            return Result(row=source.row(Outcome.FAILED, str(error)), place=task.place)
        except PixlError:
            raise
        except Exception as error:  # noqa: BLE001  the worker's outermost loop: a bug fails one input, not a million
            # The error's own text may hold a value.
            return Result(row=source.row(Outcome.FAILED, f"{BUG}: {type(error).__name__}"), place=task.place)

    def _output(self, task: Task, data: bytes) -> Result:
        content = self._fingerprints.content(data)
        earlier = self._earlier(content)
        if earlier:
            record, name = earlier.record, self._layout.path(earlier.record, task.source.name)
            if earlier.path != self._tree.path(name):
                placed = self._place((_bytes_of(earlier),), name, task, data)
            else:
                placed = earlier.placed
        else:
            done = self._deidentify(data)
            record, name = done.record, self._layout.path(done.record, task.source.name)
            placed = self._place(done.parts, name, task, data)
        made = Made(path=self._tree.path(name), placed=placed, record=record)
        row = done_row(task.source, made, name, earlier=earlier is not None)
        return Result(row=row, place=task.place, entry=Entry(source=task.source, content=content, made=made))

    def _earlier(self, content: bytes) -> Made | None:
        """Return an output of this content that is still what it was."""
        for made in self._cache.outputs_of(content):
            if made.placed == found(made.path):
                return made
        return None

    def _place(self, parts: Chunks, name: str, task: Task, data: bytes) -> Placed:
        """Write an output; it replaces what was made of the same input when that had other contents."""
        is_newer = task.before is not None and self._cache.is_only_output_of(self._tree.path(name), task.before)
        # What is mapped is read while it is written; what was read before cannot change any more.
        check = partial(check_unchanged, task.source) if is_mapped(data) else lambda: None
        return self._tree.place(parts, name, replace=is_newer, check=check)

    def _check_filters(self, data: bytes) -> None:
        """Raise if the project leaves out the series that this instance is of."""
        if not (self._project.series_filters or self._project.allowed_manufacturers):
            return
        reason = reason_to_skip_series(series_header(data, self._project), self._project)
        if reason:
            raise InstanceRejected(reason)


def done_row(source: Source, made: Made, name: str, *, earlier: bool) -> Row:
    """Return the report's line for an input that has an output."""
    return Row(
        input=source.name,
        size=source.size,
        outcome=Outcome.DONE,
        output=name,
        output_size=made.placed.size,
        earlier=earlier,
        changes=made.record.counts,
    )


def looks_like_dicom(data: bytes) -> bool:
    """Whether these bytes are DICOM's, broken or not: `DICM` after a preamble, or one of the first groups."""
    if data[128:132] == b"DICM" or data[:2] in FIRST_GROUPS:
        return True
    return data[:2] in FIRST_GROUPS_BIG_ENDIAN and data[4:6].isupper()


def series_header(data: bytes, project: Project) -> SeriesHeader:
    """Return what the project's filters ask about.

    Raises
    ------
    InstanceFailed
        The bytes cannot be read that far.
    """
    file = read_part10(data)
    values: dict[int, bytes] = {}
    for element in elements(file):
        if not element.path:
            if element.tag > SERIES_NUMBER:
                break
            values[element.tag] = file.data[element.value : element.end] if not element.undefined else b""
    number = _text(values, SERIES_NUMBER)
    return SeriesHeader(
        modality=_text(values, MODALITY),
        description=_text(values, DESCRIPTION),
        manufacturer=_text(values, MANUFACTURER),
        number=int(number) if number.lstrip("+-").isdecimal() else None,
        # How many there are is not known from one file; the command says so.
        instances=project.min_instances_per_series,
    )


def _text(values: dict[int, bytes], tag: int) -> str:
    return decode(values.get(tag, b""), values.get(CHARACTER_SET, b"")).strip("\0 ")


def _what_else(data: bytes) -> str:
    if not data:
        return "empty"
    return "a ZIP archive whose name does not end in .zip" if data[:4] == b"PK\3\4" else "not a DICOM file"


def _bytes_of(made: Made) -> bytes:
    try:
        with open(made.path, "rb", buffering=0) as file:  # noqa: PTH123  a name may hold bytes that are no text
            return file.readall()
    except OSError as error:
        raise InstanceFailed(f"its earlier output cannot be read: {error.strerror}") from None

"""A column of texts, out of a parquet or CSV file, or one text file, de-identified by the embedded engine."""

from __future__ import annotations

import csv
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from pixl.domain.date_shift import DateShift
from pixl.domain.errors import ConfigurationError
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing import CachedPseudonymiser, KeyedPseudonymiser
from pixl.text import Identifiers, Surrogates, find, redact

Row = Mapping[str, Any]
ROWS = 250
"""Handed to a process at a time."""
REMEMBERED = 100_000
LONGEST_FIELD = 1 << 27
"""Characters of a CSV field; what is longer is a quote that was never closed."""
TEXT_COLUMN = "text"
"""What the text of a file without columns is called."""
KNOWN_KINDS = ("names", "numbers", "clinicians", "other")


@dataclass(frozen=True, kw_only=True)
class TextJob:
    """What to do with a file of texts."""

    source: Path
    out: Path
    column: str
    known: tuple[tuple[str, str], ...] = ()
    """What a column holds (`names`, `numbers`, `clinicians`, `other`), and the column."""
    keep: tuple[str, ...] = ()
    """Columns that go to the output as they are; all others do not."""
    patient: str | None = None
    """The column of the patient ID, by which dates move; needed for surrogates."""
    secret: bytes | None = field(default=None, repr=False)
    """The project's key, for surrogates; without it identifiers become labels."""
    dates: DateShift = field(default_factory=DateShift)
    """By how many days they move."""
    mrn_shapes: tuple[str, ...] = ()
    """What hospital numbers look like, as the project's reports say it."""
    encoding: str = "utf-8-sig"


@dataclass(kw_only=True)
class TextSummary:
    """What became of the texts."""

    texts: int = 0
    empty: int = 0
    changed: int = 0
    words: Counter[str] = field(default_factory=Counter)
    """Identifiers by kind."""


def deidentify_texts(job: TextJob, tell: Callable[[int], None], *, workers: int = 1) -> TextSummary:
    """Write what a file holds with its texts de-identified, whole or not at all.

    Parameters
    ----------
    job
        What to do.
    tell
        Gets the number of texts that are done, now and then.
    workers
        Processes; 1 is this one.

    Raises
    ------
    ConfigurationError
        The file is none of the known forms, has no such column, or is in another encoding.
    """
    summary, form = TextSummary(), form_of(job.source)
    if form_of(job.out) is not form:
        raise ConfigurationError(f"{job.out.name}: the output is of the same form as the input, *{job.source.suffix}")
    form.check(job)
    with _whole(job.out) as partial, form.writer(job, partial) as write:
        for rows, counted in _treated(job, form.rows(job), workers):
            write(rows)
            summary.texts += counted.texts
            summary.empty += counted.empty
            summary.changed += counted.changed
            summary.words += counted.words
            tell(len(rows))
    return summary


def _treated(job: TextJob, rows: Iterable[Row], workers: int) -> Iterator[tuple[list[Row], TextSummary]]:
    """Yield the rows with their texts de-identified, in order; what is in flight at a time is bounded."""
    if workers == 1:
        yield from (_treat(job, chunk) for chunk in _chunks(rows))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        pending: deque[Future[tuple[list[Row], TextSummary]]] = deque()
        try:
            for chunk in _chunks(rows):
                pending.append(pool.submit(_treat, job, chunk))
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _treat(job: TextJob, rows: Sequence[Row]) -> tuple[list[Row], TextSummary]:
    counted = TextSummary()
    pseudonymiser = CachedPseudonymiser(KeyedPseudonymiser(job.secret), REMEMBERED) if job.secret else None
    new: list[Row] = []
    for row in rows:
        text = row[job.column]
        kept = {name: row[name] for name in job.keep}
        counted.texts += 1
        if not isinstance(text, str) or not text.strip():
            counted.empty += 1
            new.append({**kept, job.column: None})
            continue
        known = replace(known_of(row, job.known), mrn_shapes=job.mrn_shapes)
        spans = find(text, known)
        counted.changed += bool(spans)
        counted.words.update(span.kind.value for span in spans)
        style = _surrogates(row, job, known, pseudonymiser) if pseudonymiser else "labels"
        new.append({**kept, job.column: redact(text, spans, style)})
    return new, counted


def _surrogates(row: Row, job: TextJob, known: Identifiers, pseudonymiser: CachedPseudonymiser) -> Surrogates:
    value = row[job.patient] if job.patient else None
    patient = "" if value is None else str(value).strip()
    if not patient:
        raise ConfigurationError(
            f"a text has no patient ID in the column {job.patient}, so that its dates could move with the patient's: "
            "give each text one, or use labels"
        )
    [number] = pseudonymiser.pseudonyms([PseudonymQuery(value=patient, kind=PseudonymKind.SHIFT)])
    return Surrogates(pseudonymiser=pseudonymiser, days=job.dates.days(number), known=known)


def known_of(row: Row, columns: Sequence[tuple[str, str]]) -> Identifiers:
    """Return what the other columns of a row say of the patient and the study."""
    values: dict[str, list[str]] = {kind: [] for kind in KNOWN_KINDS}
    for kind, column in columns:
        value = row[column]
        if value is not None and str(value).strip():
            values[kind].append(str(value).strip())
    names, numbers, clinicians, other = (tuple(values[kind]) for kind in KNOWN_KINDS)
    return Identifiers(names=names, numbers=numbers, clinicians=clinicians, other=other)


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """Give a name to write under; what was written gets its own name if nothing went wrong."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


Write = Callable[[Sequence[Row]], None]


class Form(Protocol):
    """How a file holds texts."""

    def check(self, job: TextJob) -> None:
        """Raise `ConfigurationError` if the file cannot be what the job says."""
        ...

    def count(self, job: TextJob) -> int | None:
        """Return how many texts there are, if that is known without reading them."""
        ...

    def rows(self, job: TextJob) -> Iterator[Row]:
        """Yield the rows."""
        ...

    def writer(self, job: TextJob, path: Path) -> Any:
        """Return a context that gives what writes rows."""
        ...


@contextmanager
def _parquet(job: TextJob) -> Iterator[Any]:
    """Give an open parquet file; one that is none, or is damaged, is told by its name alone."""
    from pyarrow import ArrowException  # noqa: PLC0415  pyarrow takes its time
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    try:
        with ParquetFile(job.source) as file:
            yield file
    except (ArrowException, OSError) as error:
        raise ConfigurationError(
            f"{job.source.name} cannot be read as a parquet file ({type(error).__name__})"
        ) from None


class _Parquet:
    def check(self, job: TextJob) -> None:
        from pyarrow import types  # noqa: PLC0415

        with _parquet(job) as file:
            schema = file.schema_arrow
        _check_columns(job, schema.names)
        held = schema.field(job.column).type
        held = held.value_type if types.is_dictionary(held) else held
        if not (types.is_string(held) or types.is_large_string(held)):
            raise ConfigurationError(f"{job.source.name}: column {job.column} holds {held}, not texts")

    def count(self, job: TextJob) -> int | None:
        with _parquet(job) as file:
            return int(file.metadata.num_rows)

    def rows(self, job: TextJob) -> Iterator[Row]:
        with _parquet(job) as file:
            for batch in file.iter_batches(batch_size=ROWS, columns=list(_wanted(job))):
                yield from batch.to_pylist()

    @contextmanager
    def writer(self, job: TextJob, path: Path) -> Iterator[Write]:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow.parquet import ParquetWriter, read_schema  # noqa: PLC0415

        old = read_schema(job.source)
        schema = pa.schema(
            [*(old.field(name).remove_metadata() for name in job.keep), pa.field(job.column, pa.string())]
        )
        with ParquetWriter(path, schema) as file:
            yield lambda rows: file.write_table(pa.Table.from_pylist(list(rows), schema=schema))


class _Csv:
    def check(self, job: TextJob) -> None:
        with job.source.open(encoding=job.encoding, newline="") as file, _readable(job):
            _check_columns(job, next(csv.reader(file), []))

    def count(self, job: TextJob) -> int | None:  # noqa: ARG002  it is not asked of the file
        return None

    def rows(self, job: TextJob) -> Iterator[Row]:
        csv.field_size_limit(LONGEST_FIELD)
        with job.source.open(encoding=job.encoding, newline="") as file, _readable(job):
            yield from csv.DictReader(file)

    @contextmanager
    def writer(self, job: TextJob, path: Path) -> Iterator[Write]:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*job.keep, job.column])
            writer.writeheader()
            yield writer.writerows


class _Text:
    def check(self, job: TextJob) -> None:
        if job.known or job.keep or job.patient:
            raise ConfigurationError(f"{job.source.name}: a text file has no columns to name")

    def count(self, job: TextJob) -> int | None:  # noqa: ARG002  it is not asked of the file
        return 1

    def rows(self, job: TextJob) -> Iterator[Row]:
        with _readable(job):
            yield {job.column: job.source.read_text(job.encoding)}

    @contextmanager
    def writer(self, job: TextJob, path: Path) -> Iterator[Write]:
        def write(rows: Sequence[Row]) -> None:
            path.write_text("".join(row[job.column] or "" for row in rows), "utf-8")

        yield write


FORMS: dict[str, Form] = {".parquet": _Parquet(), ".csv": _Csv(), ".txt": _Text()}


def form_of(path: Path) -> Form:
    """Return how a file holds texts, by its name.

    Raises
    ------
    ConfigurationError
        It is none of the known forms.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise ConfigurationError(f"{path.name}: not one of {', '.join(sorted(FORMS))}")
    return form


def _wanted(job: TextJob) -> dict[str, None]:
    named = (job.column, *(column for _, column in job.known), *job.keep, *([job.patient] if job.patient else ()))
    return dict.fromkeys(named)


def _check_columns(job: TextJob, columns: Sequence[str]) -> None:
    missing = [name for name in _wanted(job) if name not in columns]
    if missing:
        has = f"it has {', '.join(columns)}" if columns else "it is empty"
        raise ConfigurationError(f"{job.source.name} has no column {', '.join(missing)}; {has}")


@contextmanager
def _readable(job: TextJob) -> Iterator[None]:
    """Say what is wrong with a file in another encoding; never quote it."""
    try:
        yield
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"{job.source.name} is not in {job.encoding}: say which it is with --encoding, for example cp1252"
        ) from None
    except csv.Error:
        raise ConfigurationError(f"{job.source.name} is not a CSV file") from None

"""The tables of an extract: the reviewed public ones, and the one that links them to the exported studies.

What leaves is, in the peer's layout, `<project>/<extract>/parquet/omop/public/...` and
`<project>/<extract>/parquet/radiology/IMAGE_LINKER.parquet`.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pixl.chunks import FileChunks
from pixl.domain.destination import Destination
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.study import ExtractId

log = logging.getLogger(__name__)

LINKER = Path("radiology", "IMAGE_LINKER.parquet")
"""Below an extract's folder."""
SCHEMA = pa.schema([pa.field("procedure_occurrence_id", pa.int64()), pa.field("pseudo_study_uid", pa.string())])  # type: ignore[arg-type]  # the stubs know no two kinds
ROWS = 50_000
"""How many rows of the linker are in memory at a time; a row group of the file."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the export of an extract's tables is."""

    done: int
    total: int
    files: tuple[str, ...]
    """What has arrived, by its name at the destination."""


def write_linker(rows: Iterable[tuple[int, str]], path: Path) -> None:
    """Write (procedure_occurrence_id, pseudonymous study UID) rows to a parquet file that appears when it is whole.

    Raises
    ------
    RetryLater
        The data folder cannot be written now, because it is full for example.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(partial, SCHEMA) as writer:
            for some in _batches(rows, ROWS):
                columns = dict(zip(SCHEMA.names, zip(*some, strict=True), strict=True))
                writer.write_table(pa.table(columns, schema=SCHEMA))
        partial.replace(path)
    except OSError as error:
        raise RetryLater(f"{path} could not be written: {error.strerror or 'is the disk full?'}") from error


def extract_files(folder: Path, extract: ExtractId) -> list[tuple[Path, str]]:
    """Return the parquet files of an extract's folder with their names at the destination, the linker last.

    Raises
    ------
    ConfigurationError
        There are none, or one is a link, which may lead to what was not reviewed.
    """
    paths = sorted((path for path in folder.rglob("*.parquet") if not path.name.startswith(".")), key=_linker_last)
    if not paths:
        raise ConfigurationError(f"{folder} holds no parquet: load the extract's cohort first")
    links = [path for path in paths if path.is_symlink() or not path.is_file()]
    if links:
        raise ConfigurationError(f"{links[0]} must be a file, not a link or a folder: load the cohort again")
    base = f"{extract.project}/{extract.slug}/parquet"
    return [(path, f"{base}/{path.relative_to(folder).as_posix()}") for path in paths]


def export_extract(
    extract: ExtractId,
    rows: Iterable[tuple[int, str]],
    folder: Path,
    destination: Destination,
    progress: Callable[[Progress], None],
) -> Progress:
    """Send an extract's tables; what is at the destination already, and the same, is not sent again.

    Parameters
    ----------
    rows
        Of the linker: the studies of the extract that have been exported so far.
    folder
        Of the extract, with `omop/public/` in it unless the cohort came without tables. The linker is added to it.

    Raises
    ------
    RetryLater, ConfigurationError
        As `Destination.put` does. What has arrived stays.
    """
    write_linker(rows, folder / LINKER)
    files = extract_files(folder, extract)
    so_far = Progress(done=0, total=len(files), files=())
    progress(so_far)
    for path, name in files:
        destination.put(FileChunks(path), name)
        so_far = Progress(done=so_far.done + 1, total=len(files), files=(*so_far.files, name))
        progress(so_far)
    log.info("exported %d files of %s %s", so_far.done, extract.project, extract.slug)
    return so_far


def _batches(rows: Iterable[tuple[int, str]], size: int) -> Iterator[list[tuple[int, str]]]:
    ahead = iter(rows)
    while some := list(itertools.islice(ahead, size)):
        yield some


def _linker_last(path: Path) -> tuple[bool, Path]:
    return path.name == LINKER.name, path

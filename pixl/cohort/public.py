"""The public part of an extract is copied aside: what leaves later is what was reviewed and loaded now."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from pathlib import Path

from pixl.cohort.cohort import Cohort
from pixl.domain.errors import CohortInvalid, ConfigurationError
from pixl.domain.study import ExtractId


def copy_public(cohort: Cohort, folder: Path) -> list[Path]:
    """Copy each extract's public parquet to `folder/<project>/<slug>/omop/public/`, whole or not at all.

    Returns
    -------
    list of Path
        The `public` folders, those that were there already too.

    Raises
    ------
    CohortInvalid
        A link leads out of the extract, or another extract of the same moment was copied before.
    ConfigurationError
        The folder cannot be written, or a link in it leads out of it.
    """
    return [_copy(each.public, folder, each.extract) for each in cohort.extracts if each.public]


def _copy(public: Path, folder: Path, extract: ExtractId) -> Path:
    target = folder / extract.project / extract.slug / "omop" / "public"
    files = _files(public)
    try:
        _stay_inside(folder, target)
        if target.exists():
            _check_same(public, files, target)
        else:
            _copy_whole(public, files, target)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"{folder}: the public parquet cannot be copied there ({reason})") from error
    return target


def _files(public: Path) -> list[Path]:
    """Return the parquet files below `public`, relative to it. A link must not smuggle in what was not reviewed."""
    inside = public.resolve()
    for path in public.rglob("*"):
        if path.is_symlink() and (path.is_dir() or not path.resolve().is_relative_to(inside)):
            name = path.relative_to(public.parent)
            raise CohortInvalid(f"{name}: is a link to a folder or out of the extract; put the file itself there")
    return sorted(path.relative_to(public) for path in public.rglob("*.parquet") if path.is_file())


def _stay_inside(folder: Path, target: Path) -> None:
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ConfigurationError(f"{target}: a link leads out of {folder}; remove it")


def _check_same(public: Path, files: list[Path], target: Path) -> None:
    _, different, unreadable = filecmp.cmpfiles(public, target, list(map(str, files)), shallow=False)
    there = sorted(path.relative_to(target) for path in target.rglob("*") if path.is_file())
    if different or unreadable or there != files:
        raise CohortInvalid(
            f"{target}: holds another extract of the same moment; "
            "give the new extract its own datetime, or remove that folder if nothing of it was exported"
        )


def _copy_whole(public: Path, files: list[Path], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".public-", dir=target.parent.parent))
    try:
        for file in files:
            (partial / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(public / file, partial / file)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)

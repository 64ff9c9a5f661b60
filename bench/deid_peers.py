"""Runs one tool over a folder of DICOM files, on one core: `python deid_peers.py TOOL IN OUT SECONDS WARM_UP`.

Each tool is run by the interpreter of its own environment, so this file imports nothing but the tool. Prints JSON: how
many files went through and how many were refused, and the wall and CPU seconds that it took, without start, imports
and, with a warm-up, the first few files: what a tool reads at its first file is paid once.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

Treat = Callable[[Path, Path], object]
WARM_UP = 3
"""Files."""


def copy() -> Treat:
    import shutil

    return shutil.copyfile


def dicom_anonymizer() -> Treat:
    from dicomanonymizer.simpledicomanonymizer import anonymize_dicom_file

    return lambda source, out: anonymize_dicom_file(str(source), str(out))


def dicognito() -> Treat:
    import pydicom
    from dicognito.anonymizer import Anonymizer

    anonymizer = Anonymizer(seed="bench")

    def treat(source: Path, out: Path) -> None:
        dataset = pydicom.dcmread(source, force=True)
        anonymizer.anonymize(dataset)
        dataset.save_as(out)

    return treat


def deid() -> Treat:
    from deid.config import DeidRecipe
    from deid.dicom import replace_identifiers
    from deid.logger import bot

    bot.level = -5
    recipe = DeidRecipe()

    def treat(source: Path, out: Path) -> None:
        replace_identifiers([str(source)], deid=recipe, save=True, overwrite=True, output_folder=str(out.parent))

    return treat


def dcmanon() -> Treat:
    from dcmanon import Anonymizer

    anonymizer = Anonymizer()
    return lambda source, out: out.write_bytes(anonymizer.anonymize(str(source)))


TOOLS: dict[str, Callable[[], Treat]] = {
    "copy": copy,
    "dicom-anonymizer": dicom_anonymizer,
    "dicognito": dicognito,
    "deid": deid,
    "dcmanon": dcmanon,
}


def one_by_one(tool: str) -> Callable[[Path, Path, float], tuple[int, int]]:
    treat = TOOLS[tool]()

    def run(source: Path, out: Path, seconds: float) -> tuple[int, int]:
        done = refused = 0
        for path in files_for(source, seconds):
            try:
                treat(path, out / path.name)
                done += 1
            except Exception:  # noqa: BLE001  what a tool does not want to treat is its own business
                refused += 1
                (out / path.name).unlink(missing_ok=True)
        return done, refused

    return run


def pixl() -> Callable[[Path, Path, float], tuple[int, int]]:
    from pixl.files import Job, deidentify_files
    from pixl.files.job import terms_of
    from pixl.files.outcome import Outcome
    from pixl.project import Projects
    from pixl.settings import HOUSE

    project, secret = Projects(HOUSE / "projects").get("demo"), b"0123456789abcdef" * 4
    terms = terms_of(project, secret)

    def run(source: Path, out: Path, seconds: float) -> tuple[int, int]:
        cache = out.with_name(f"{out.name}.sqlite")
        job = Job(
            source=source, out=out, project=project, secret=secret, cache=cache, layout="{input_path}", terms=terms
        )
        counts = deidentify_files(job, lambda row: None).counts
        return counts[Outcome.DONE], counts.total() - counts[Outcome.DONE]

    return run


def files_for(folder: Path, seconds: float) -> Iterator[Path]:
    """Yield files until the time is up."""
    end = time.perf_counter() + seconds
    for path in sorted(folder.iterdir()):
        if time.perf_counter() > end:
            return
        yield path


def warm_up(run: Callable[[Path, Path, float], tuple[int, int]], source: Path, out: Path) -> None:
    """Treat copies of a few files, and forget what came of them."""
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        few, made = Path(folder) / "in", Path(folder) / "out"
        few.mkdir()
        made.mkdir()
        for path in sorted(source.iterdir())[:WARM_UP]:
            (few / path.name).write_bytes(path.read_bytes())
        run(few, made, 60)


def peak_mib() -> float:
    """Peak resident memory of this process, mapped pages included; `getrusage` would tell that of its parent."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def cpu_seconds() -> float:
    """CPU seconds of this process and of those that it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    tool, source, out, seconds = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
    warnings.filterwarnings("ignore")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    out.mkdir(parents=True, exist_ok=True)
    run = pixl() if tool == "pixl" else one_by_one(tool)
    if sys.argv[5] == "1":
        warm_up(run, source, out)
    cpu, wall = cpu_seconds(), time.perf_counter()
    done, refused = run(source, out, seconds)
    figures: dict[str, float] = {"done": done, "refused": refused}
    figures |= {"seconds": time.perf_counter() - wall, "cpu_seconds": cpu_seconds() - cpu}
    figures |= {"peak_mib": peak_mib()}
    print(f"\n{json.dumps(figures)}")


if __name__ == "__main__":
    main()

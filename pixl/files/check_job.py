"""What a check of files is told, and what one process does with some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pixl.checks import Checked, Context, KnownStudy, Suite, suite_of
from pixl.deid import load_policy
from pixl.deid.allowed import allowed_by, allowed_without_policy
from pixl.dicom.elements import elements
from pixl.dicom.part10 import read_part10
from pixl.domain.checks import Checks
from pixl.domain.errors import InstanceFailed
from pixl.domain.finding import Finding, Outcome
from pixl.domain.project import Project
from pixl.files.sources import Reader, Source
from pixl.files.work import looks_like_dicom

UNREADABLE = "unreadable"
NOT_DICOM = "not a DICOM file"
SOP_UID = 0x00080018


@dataclass(frozen=True, kw_only=True)
class CheckJob:
    """One run over a folder."""

    checks: Checks
    project: Project | None = None
    """None: no policy is known, so any standard element may be there, and nothing private."""
    known: KnownStudy = field(default_factory=KnownStudy, hash=False)
    originals: Path | None = None
    """The folder that the files were made of."""
    made_of: tuple[tuple[str, str], ...] = ()
    """Output and input, relative to their folders, where they are not called the same."""


@dataclass(frozen=True, kw_only=True, repr=False)
class CheckedFile:
    """What became of one file. Identifiable: its path may name a patient."""

    path: str
    size: int
    findings: tuple[Finding, ...] = ()
    sop_uid: str = ""
    skipped: str = ""
    """Why it was not looked at, if it is no DICOM file."""
    failed: str = ""
    """Why it could not be read."""
    had_original: bool = False

    @property
    def result(self) -> str:
        """`skipped`, `unreadable`, `found`, `noted` or `clean`: every file is exactly one of them."""
        if self.skipped:
            return "skipped"
        if self.failed or any(finding.kind == UNREADABLE for finding in self.findings):
            return UNREADABLE
        outcomes = {finding.outcome for finding in self.findings}
        return "found" if outcomes - {Outcome.NOTE} else "noted" if outcomes else "clean"


class CheckWorker:
    """Checks files, some at a time. Made once a process."""

    def __init__(self, job: CheckJob) -> None:
        self._job = job
        self._suite = suite_for(job)
        self._reader = Reader()
        self._made_of = dict(job.made_of)

    def check(self, sources: Sequence[Source]) -> list[CheckedFile]:
        """Look at files as at one series: what one of them says is known for the next."""
        files: dict[str, CheckedFile] = {}
        findings: dict[str, list[Finding]] = {}
        for finding in self._suite.check(self._instances(sources, files), self._job.known):
            findings.setdefault(finding.instance or next(iter(files), ""), []).append(finding)
        return [
            CheckedFile(**{**vars(file), "findings": tuple(findings.get(path, ()))}) for path, file in files.items()
        ]

    def _instances(self, sources: Sequence[Source], files: dict[str, CheckedFile]) -> Iterator[Checked]:
        for source in sources:
            try:
                data = self._reader.read(source)
            except InstanceFailed as error:
                files[source.name] = CheckedFile(path=source.name, size=source.size, failed=str(error))
                continue
            if not looks_like_dicom(data):
                reason = NOT_DICOM if data else "empty"
                files[source.name] = CheckedFile(path=source.name, size=source.size, skipped=reason)
                continue
            original = self._original(source.name)
            files[source.name] = CheckedFile(
                path=source.name, size=source.size, sop_uid=_sop_uid(data), had_original=original is not None
            )
            yield Checked(name=source.name, data=data, original=original)

    def _original(self, name: str) -> bytes | None:
        folder = self._job.originals
        if folder is None:
            return None
        path = folder / self._made_of.get(name, name)
        if not path.resolve().is_relative_to(folder) or not path.is_file():
            return None
        return path.read_bytes()


def suite_for(job: CheckJob) -> Suite:
    """Return the checkers of a run."""
    allowed = allowed_by(load_policy(job.project)) if job.project else allowed_without_policy()
    where = f"{job.project.file}: checks" if job.project else "checks"
    return suite_of(job.checks, Context(project=job.project, allowed=allowed), where)


@lru_cache(maxsize=1)
def worker_for(job: CheckJob) -> CheckWorker:
    """Return this process' worker."""
    return CheckWorker(job)


def check_chunk(job: CheckJob, sources: Sequence[Source]) -> list[CheckedFile]:
    """Check some files in this process."""
    return worker_for(job).check(sources)


def _sop_uid(data: bytes) -> str:
    try:
        file = read_part10(data)
        for element in elements(file):
            if element.tag >= SOP_UID and not element.path:
                found = element.tag == SOP_UID
                return file.data[element.value : element.end].strip(b"\0 ").decode("latin-1") if found else ""
    except InstanceFailed:
        return ""
    return ""

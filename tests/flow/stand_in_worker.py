"""A worker of the queue `check` with a stand-in for both Orthancs: run as a program by tests, and killed."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from pixl.checks import Checked, KnownStudy
from pixl.domain.project import DestinationNames, Project
from pixl.flow.child import CheckProcesses, Limits
from pixl.flow.steps import Flow
from pixl.flow.work import Workload, work
from pixl.flow.worker import Task, Worker
from pixl.ledger import Ledger
from pixl.queue import Step

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in_checks.py")))
PROJECT = Project(
    name="lungs", modalities=("CT",), destination=DestinationNames(dicom="none", parquet="none"), file=Path("l.yaml")
)


class Checker:
    """Checks a series whose instances are made up by the study's number."""

    def __init__(self):
        self.processes = CheckProcesses(Limits(seconds=20, megabytes=2048), STAND_IN)

    def check(self, project, study, check):
        first = {0: b"find SMITH", 1: b"kill"}.get(study.id % 10, b"sleep 0.05")
        texts = [first, b"sleep 0.05", b"nothing"]
        made = (Checked(name=f"2.25.{n}", data=text) for n, text in enumerate(texts))
        return self.processes.check(project.file, KnownStudy(), made)


def main():
    told = json.loads(sys.stdin.read())
    ledger = Ledger.open(told["database"], password=told["password"], key=told["key"].encode())
    flow = Flow(
        ledger=ledger,
        project=lambda _: PROJECT,
        fetcher=None,
        anonymiser=None,
        anon=None,
        destination=None,
        checker=Checker(),
    )

    def run(check_id):
        study = ledger.study_of_check(check_id)
        work(flow, Workload(step=Step.CHECK, study_id=study, max_tries=20, check_id=check_id))

    tasks = {Step.CHECK: Task(step=Step.CHECK, run=run, workers=2)}
    asyncio.run(Worker(told["database"], told["password"], tasks, retry_seconds=0.1).run())


if __name__ == "__main__":
    main()

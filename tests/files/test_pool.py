"""A worker that dies takes one input with it, not the run."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from pixl.files.outcome import Outcome
from pixl.files.pool import DIED, Pool
from pixl.files.sources import Source, find
from pixl.files.tree import taken
from pixl.files.work import Task

ROOT = Path(__file__).parents[2]


PARENT = os.getpid()


class KillsItsReader(str):
    """A path that ends the process in which it arrives."""

    __slots__ = ()

    def __reduce__(self):
        return _die_unless, (PARENT,)


def _die_unless(pid):
    if os.getpid() != pid:
        os.kill(os.getpid(), signal.SIGKILL)
    return "x"


def test_an_input_that_ends_its_worker_fails_and_the_others_are_done(run, make_ct):
    for number in range(5):
        run.add(f"{number}.dcm", make_ct(number))
    job = run.job(layout="{input_path}")
    tasks = [Task(source=source, place=source.name.encode()) for source in find(run.source)]
    bad = Source(path=KillsItsReader("x"), name="bad.dcm", size=1, modified=0)
    with taken(run.out):
        pool = Pool(job, 2)
        results = list(pool.submit([*tasks[:2], Task(source=bad, place=b"bad"), *tasks[2:]])) + list(pool.finish())
        pool.close()
    outcomes = {one.row.input: one.row.outcome for one in results}
    assert outcomes.pop("bad.dcm") is Outcome.FAILED
    assert set(outcomes.values()) == {Outcome.DONE}
    assert len(outcomes) == 5
    assert [one.row.reason for one in results if one.row.outcome is Outcome.FAILED] == [DIED]


def test_workers_do_not_outlive_a_parent_that_is_killed(run, make_ct, tmp_path):
    for number in range(3):
        run.add(f"{number}.dcm", make_ct(number))
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import os, sys, time
            from pathlib import Path
            from pixl.files.job import Job, terms_of
            from pixl.files.pool import Pool
            from pixl.files.sources import find
            from pixl.files.work import Task
            from pixl.files.tree import taken
            from pixl.project import Projects

            if __name__ == "__main__":
                folder = Path({str(tmp_path)!r})
                project = Projects(Path({str(ROOT / "projects")!r})).get("demo")
                job = Job(source=folder / "in", out=folder / "out", project=project, secret=b"k" * 64,
                          cache=folder / "c.sqlite", terms=terms_of(project, b"k" * 64))
                with taken(job.out):
                    pool = Pool(job, 2)
                    tasks = [Task(source=one, place=one.name.encode()) for one in find(job.source)]
                    list(pool.submit(tasks)); list(pool.finish())
                    print(*pool._executor._processes, flush=True)
                    time.sleep(60)
            """
        )
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert pids
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(is_running(pid) for pid in pids)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False

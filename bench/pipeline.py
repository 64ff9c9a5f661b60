"""From the VNA to the safe haven, beside the bare rate of Orthanc receiving the same images over one association.

`python -m bench.pipeline [--studies 10]` runs: bare, pipeline, bare again. The last line is JSON with all figures.
`--checks private` runs only this checker: what the way itself costs, hardly looking for what is left.
While tuning, `--no-bare` leaves out the comparison: with `--studies 3` that takes 15 s, most of it to start and stop.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import yaml

from pixl.domain.state import State
from pixl.ledger import Ledger
from pixl.secrets import FileStore, open_store
from pixl.settings import HOUSE, Settings
from pixl.stack import bring_down, bring_up, current_status
from pixl.testing.hospital import store
from pixl.testing.real_orthanc import RealOrthanc
from pixl.testing.site import Site, make_site
from pixl.testing.vsftpd import reason_to_skip, vsftpd

TICKS = os.sysconf("SC_CLK_TCK")


def bare(site: Site) -> float:
    """Images/s that an Orthanc without plugin receives over one association, from DCMTK's dcmsend.

    What it stored stays until the end: ext4 is slow to make files where a thousand were deleted just before.
    """
    folder = Path(tempfile.mkdtemp(prefix="bare-", dir=site.folder))
    orthanc = RealOrthanc(folder, config={"DicomAlwaysAllowStore": True, "DicomAet": "BARE"}).start()
    try:
        # One call is one association, however many studies.
        started = time.perf_counter()
        store(site.hospital.dicom, host="127.0.0.1", port=orthanc.dicom_port, aet="BARE")
        seconds = time.perf_counter() - started
        with orthanc.client() as client:
            received = client.statistics().instances
    finally:
        orthanc.stop()
    assert received == images(site), "the bare Orthanc has not received all"
    return received / seconds


def images(site: Site) -> int:
    return sum(len(study.files) for study in site.hospital.studies)


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU of a process and of the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / TICKS


def processes(settings: Settings, site: Site) -> dict[str, float]:
    """CPU seconds by process so far; Postgres with its backends."""
    found = {one.name: one.pid for one in current_status(settings, open_store(settings.secrets)) if one.pid}
    inside = Settings.from_env({"PIXL_DATA": str(site.folder)})
    from pixl.stack.layout import Layout
    from pixl.stack.supervision import Supervisor

    found |= {one.name: one.pid for one in Supervisor(Layout(data=inside.data)).processes()}
    children = parents()
    return {
        name: sum(cpu_seconds(each) for each in [pid, *(c for c, p in children.items() if p == pid)])
        for name, pid in found.items()
    }


def parents() -> dict[int, int]:
    """Return the parent of each process of this machine; others come and go meanwhile."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return found


def run(settings: Settings, site: Site) -> dict[str, Any]:
    """Load the cohort and wait for the last export."""
    before = processes(settings, site)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "cli.main", "cohort", "load", str(site.hospital.extract)],
        env={**os.environ, "PIXL_DATA": str(settings.data)},
        cwd=HOUSE,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    loaded = time.perf_counter()
    with Ledger.connect(settings.database, open_store(settings.secrets)) as ledger:
        while any(one.in_flight for one in ledger.status()):
            time.sleep(0.1)
        seconds = time.perf_counter() - loaded
        [status] = ledger.status()
    assert status.counts == {State.EXPORTED: len(site.hospital.studies)}, status.counts
    after = processes(settings, site)
    return {
        "images_per_s": images(site) / seconds,
        "seconds": seconds,
        "load_seconds": loaded - started,
        "cpu_ms_per_image": {
            name: round(1000 * (after[name] - before[name]) / images(site), 2) for name in sorted(after)
        },
        "seconds_in_state_per_study": states(settings),
    }


def states(settings: Settings) -> dict[str, float]:
    """Mean seconds that a study was in each state."""
    password = open_store(settings.secrets).get("database-password").decode()
    query = """
        SELECT after, avg(extract(epoch FROM until - at))::float FROM (
            SELECT after, at, lead(at) OVER (PARTITION BY study_id ORDER BY id) AS until FROM event) AS steps
        WHERE until IS NOT NULL GROUP BY after"""
    with psycopg.connect(settings.database, password=password) as connection:
        return {state: round(seconds, 2) for state, seconds in connection.execute(query).fetchall()}


@contextmanager
def haven(site: Site) -> Iterator[str]:
    """Let the exports go to Debian's vsftpd, as a safe haven would run it; without root to the demo's pyftpdlib."""
    if reason_to_skip():
        yield "pyftpdlib"
        return
    with vsftpd() as server:
        FileStore(site.data / "secrets").create("vsftpd-password", server.password.encode())
        options = {"ftps": server.options("vsftpd-password")}
        (site.data / "destinations.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")
        yield "vsftpd"


def write_projects(data: Path, checks: list[str] | None) -> None:
    """Let the demo's project ask for images only, with these checkers (None: the default ones)."""
    shutil.copytree(HOUSE / "projects", data / "projects")
    file = data / "projects" / "demo.yaml"
    project = yaml.safe_load(file.read_text(encoding="utf-8"))
    project.pop("reports", None)
    project |= {} if checks is None else {"checks": checks}
    file.write_text(yaml.safe_dump(project), encoding="utf-8")
    with (data / "pixl.env").open("a", encoding="utf-8") as settings:
        settings.write(f"PIXL_PROJECTS={data / 'projects'}\n")


@contextmanager
def deployment(studies: int, checks: list[str] | None) -> Iterator[tuple[Settings, Site]]:
    data = Path(tempfile.mkdtemp(prefix="pixl-bench-"))
    site = make_site(data, studies=studies, kinds=["ct-series"], everywhere=True)
    write_projects(data, checks)
    settings = Settings.from_env({"PIXL_DATA": str(data)})
    try:
        bring_up(settings, open_store(settings.secrets), os.environ)
        site.start()
        yield settings, site
    finally:
        bring_down(settings)
        site.stop()
        shutil.rmtree(data, ignore_errors=True)


def compare(site: Site, rates: list[float], *, wanted: bool) -> None:
    """Measure the bare rate once more."""
    if wanted:
        rates.append(bare(site))
        print(f"bare C-STORE      {rates[-1]:7.1f} images/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=10, help="of 100 CT images of 512x512x16 bit each")
    parser.add_argument(
        "--bare", action=argparse.BooleanOptionalAction, default=True, help="compare with the bare rate"
    )
    parser.add_argument("--checks", nargs="+", help="only these checkers, not the default ones")
    given = parser.parse_args()
    rates: list[float] = []
    with deployment(given.studies, given.checks) as (settings, site):
        compare(site, rates, wanted=given.bare)
        with haven(site) as server:
            result = run(settings, site) | {"safe_haven": server}
        print(f"pipeline          {result['images_per_s']:7.1f} images/s, {result['seconds']:.1f} s")
        compare(site, rates, wanted=given.bare)
    result |= {"benchmark": "pipeline", "images": images(site), "bare_images_per_s": rates}
    result["checks"] = "default" if given.checks is None else given.checks
    result["ratio"] = result["images_per_s"] / (sum(rates) / len(rates)) if rates else None
    for name, milliseconds in result["cpu_ms_per_image"].items():
        print(f"  {name:<14} {milliseconds:6.2f} ms of CPU an image")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""One study of 5,000 CT images from the VNA to the safe haven: how much memory does each process need at its peak?

`python -m bench.large_study [--instances 5000]`. The last line is JSON with all figures.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from bench.pipeline import deployment
from pixl.domain.state import State
from pixl.ledger import Ledger
from pixl.secrets import open_store
from pixl.settings import HOUSE, Settings
from pixl.stack import current_status
from pixl.testing.dicom_files import Identity, Uids, ct_series
from pixl.testing.hospital import store
from pixl.testing.site import HOST, Site

MEASURED = ("orthanc-raw", "orthanc-anon", "imaging_api", "hashing_api")


def peaks(settings: Settings) -> dict[str, float]:
    """Peak resident memory of each process so far, MiB."""
    pids = {one.name: one.pid for one in current_status(settings, open_store(settings.secrets))}
    return {
        name: int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pids[name]}/status").read_text())[1]) / 1024
        for name in MEASURED
    }


def make_large(site: Site, instances: int) -> str:
    """Send a further study of the first patient to the VNA; return the CSV that asks for it."""
    study, patient = site.hospital.studies[0], site.hospital.patients[0]
    uids = Uids(seed="large")
    identity = Identity(
        patient=patient,
        accession_number="LARGE0001",
        study_date=study.study_date,
        description="large",
        uids=uids,
    )
    folder = site.folder / "large"
    folder.mkdir()
    for number, data in enumerate(ct_series(identity, instances=instances), start=1):
        (folder / f"{number:05d}.dcm").write_bytes(data)
    store(folder, host=HOST, port=site.places.vna_dicom, aet="VNA")
    header = "procedure_id,mrn,accession_number,project_name,extract_generated_timestamp,study_date,study_uid"
    row = f"1,{patient.mrn},LARGE0001,demo,2026-01-01T00:00:00Z,{study.study_date},{uids.study}"
    return f"{header}\n{row}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=5000, help="512x512x16 bit CT, 519 KiB each")
    given = parser.parse_args()
    with deployment(1) as (settings, site):
        cohort = settings.data / "large.csv"
        cohort.write_text(make_large(site, given.instances))
        idle = peaks(settings)
        started = time.perf_counter()
        command = [sys.executable, "-m", "cli.main", "cohort", "load", str(cohort)]
        env = {**os.environ, "PIXL_DATA": str(settings.data)}
        subprocess.run(command, env=env, cwd=HOUSE, check=True, stdout=subprocess.DEVNULL)
        with Ledger.connect(settings.database, open_store(settings.secrets)) as ledger:
            while any(one.in_flight for one in ledger.status()):
                time.sleep(0.5)
            [status] = ledger.status()
        seconds = time.perf_counter() - started
        assert status.counts == {State.EXPORTED: 1}, status.counts
        [path] = site.received.rglob("*.zip")
        with zipfile.ZipFile(path) as archive:
            assert len(archive.namelist()) == given.instances
        busy = peaks(settings)
    for name in MEASURED:
        print(f"{name:<13} {idle[name]:6.0f} MiB before, {busy[name]:6.0f} MiB at its peak")
    result = {"benchmark": "large_study", "instances": given.instances, "seconds": round(seconds, 1)}
    print(json.dumps(result | {"idle_mib": idle, "peak_mib": busy}))


if __name__ == "__main__":
    main()

"""Lists of UIDs of series and of instances, from the VNA to the safe haven."""

from __future__ import annotations

import csv
import io
import os
import time
import zipfile

import pydicom
import pytest

from pixl.domain.state import State

pytestmark = [pytest.mark.servers, pytest.mark.flow]

SITE = {"studies": 6, "kinds": ("mr", "ct"), "everywhere": True}
BEGAN = time.time()


def load(deployment, name, *lines, minute):
    """Load a list that was made so many minutes after the one before."""
    path = deployment.data / f"{name}.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    os.utime(path, (BEGAN - 3600 + 60 * minute,) * 2)
    deployment.pixl("cohort", "load", str(path), "--project", "demo")
    return deployment.wait()[-1]


def headers(deployment, kind):
    """Return the instances of the hospital's studies of a kind: study by study, (study, series, instance) UIDs."""
    made = deployment.site.hospital
    for study in made.studies:
        if study.kind == kind:
            files = [pydicom.dcmread(made.folder / name, stop_before_pixels=True) for name in study.files]
            yield [tuple(str(one[tag].value) for tag in (0x0020000D, 0x0020000E, 0x00080018)) for one in files]


def arrived(deployment):
    """Return how many series and instances each ZIP in the safe haven holds, the most first."""
    found = []
    for path in (deployment.site.received / "demo").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            files = [pydicom.dcmread(io.BytesIO(archive.read(name))) for name in archive.namelist()]
        found.append((len({one.SeriesInstanceUID for one in files}), len(files)))
    return sorted(found, reverse=True)


def account(deployment, slug):
    deployment.pixl("report", "demo", "--extract", slug, "--out", str(deployment.data / "account"))
    with (deployment.data / "account" / "rejected_files.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file)), (deployment.data / "account" / "README.md").read_text(encoding="utf-8")


def test_lists_of_series_and_instances_bring_only_those_and_a_later_one_completes_them(deployment):
    many, *_ = headers(deployment, "mr")
    one_series, *_ = headers(deployment, "ct")
    series = sorted({uid for _, uid, _ in many})

    first = load(
        deployment, "series", "SeriesInstanceUID,Modality", f"{series[0]},MR", f"{series[1]},", "1.2.3.4,", minute=0
    )
    assert first.counts == {State.EXPORTED: 1, State.MISSING: 1}
    assert arrived(deployment) == [(2, sum(uid in series[:2] for _, uid, _ in many))]
    rejected, shown = account(deployment, first.generated_at.strftime("%Y-%m-%dt%H-%M-%S"))
    assert [("no archive knows this series" in row["Reason"]) for row in rejected] == [True]
    assert "2 requested = 1 passed" in shown
    assert "1 not found" in shown

    sops = [sop for _, _, sop in one_series[:2]]
    second = load(deployment, "sops", "SOPInstanceUID", *sops, minute=1)
    assert second.counts == {State.EXPORTED: 1}
    assert arrived(deployment)[-1] == (1, 2)

    third = load(
        deployment, "more", "SeriesInstanceUID,StudyInstanceUID", *(f"{uid},{many[0][0]}" for uid in series), minute=2
    )
    assert third.counts == {State.EXPORTED: 1}
    assert arrived(deployment)[0] == (len(series), len(many))
    assert [one.requested for one in deployment.statuses()] == [2, 1, 1]

    fourth = load(deployment, "again", "SeriesInstanceUID", *series, minute=3)
    assert fourth.counts == {State.EXPORTED: 1}
    assert len(arrived(deployment)) == 2

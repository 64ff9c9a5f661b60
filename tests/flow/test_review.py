"""What the checks hold waits: passed, it leaves; failed, it never does; redacted, it is made again without it."""

from __future__ import annotations

import io
import zipfile

import pydicom
import pytest

from pixl.domain.finding import Box, Decision, Finding
from pixl.domain.state import State
from pixl.ledger.checking import subject_of
from pixl.ledger.decisions import Said, Selection
from pixl.ledger.findings import transaction
from pixl.testing.hospital import Special

pytestmark = [pytest.mark.servers, pytest.mark.flow]

SITE = {"studies": 30, "special": tuple(Special)}


@pytest.fixture(scope="module")
def loaded(deployment):
    deployment.pixl("cohort", "load", str(deployment.site.hospital.extract))
    deployment.wait()
    return deployment


def held(deployment):
    """Return the studies that wait for a decision, by their numbers."""
    with deployment.ledger() as ledger:
        return [study for study in ledger.reviews.studies() if study.open]


def zip_of(deployment, study):
    return deployment.site.received / study.project / f"{study.pseudo_study_uid}.zip"


def instances(deployment, study):
    with zipfile.ZipFile(zip_of(deployment, study)) as archive:
        return [pydicom.dcmread(io.BytesIO(archive.read(name))) for name in archive.namelist()]


def test_a_held_study_waits_is_passed_and_leaves(loaded):
    study = held(loaded)[0]
    assert not zip_of(loaded, study).exists()
    shown = loaded.pixl("review", "list", "--project", "demo").stdout
    assert f"s{study.id}" in shown
    loaded.pixl("review", "pass", f"s{study.id}", "--reason", "an invented picture", *loaded.as_person("ann"))
    loaded.wait()
    assert zip_of(loaded, study).exists()
    told = loaded.pixl("review", "show", str(study.id)).stdout
    assert "exported" in told
    assert "pass by ann" in told


def test_what_fails_is_refused_at_the_next_request_before_the_archive_is_asked(loaded):
    study = held(loaded)[0]
    loaded.pixl("review", "fail", f"s{study.id}", "--reason", "a name in the picture", *loaded.as_person("ann"))
    loaded.pixl("cohort", "retry", "demo", "--state", "rejected")
    loaded.wait()
    with loaded.ledger() as ledger:
        found = ledger.study(study.id)
        states = [after for _, _, after, _ in ledger.events(study.id)]
    assert (found.state, found.reason) == (State.REJECTED, "it is on the block list: it failed review")
    assert states[-2:] == ["requested", "rejected"]
    assert not zip_of(loaded, study).exists()


def test_what_is_to_be_removed_is_gone_from_what_leaves(loaded):
    study = held(loaded)[0]
    with loaded.ledger() as ledger:
        known = ledger.study(study.id)
        found = ledger.findings.of(subject_of(study.id, "demo", known.revision))
        instance = found[0].finding.instance
        about = {"checker": "pixels", "kind": "burned-in", "reason": "text", "instance": instance}
        box = Finding(**about, where="pixels", box=Box(frame=0, left=2, top=3, width=5, height=4))
        element = Finding(**about, where="(0008,0060)")
        with transaction(ledger._pool) as connection:
            subject = subject_of(study.id, "demo", known.revision)
            ledger.findings.add(connection, subject, [box, element], opened=True)
        ids = {one.finding.where: one.id for one in ledger.findings.of(subject)}
        redact = Said(decision=Decision.REDACT, reason="a name", by="ann")
        ledger.reviews.decide(Selection(findings=(ids["pixels"], ids["(0008,0060)"])), redact)
        ledger.reviews.decide(Selection(studies=(study.id,)), Said(decision=Decision.PASS, reason="ok", by="ann"))
    loaded.wait()
    # What was passed before is not asked again: the study has left without what was found.
    changed = next(one for one in instances(loaded, study) if one.SOPInstanceUID == instance)
    assert "Modality" not in changed
    picture = changed.pixel_array[0] if int(changed.get("NumberOfFrames", 1)) > 1 else changed.pixel_array
    assert picture.shape[0] >= 7
    assert len(set(picture[3:7, 2:7].flatten().tolist())) == 1
    others = [one for one in instances(loaded, study) if one.SOPInstanceUID != instance]
    assert all("Modality" in one for one in others)


def test_the_sum_is_whole_and_nothing_that_left_waits(loaded):
    [status] = loaded.statuses()
    assert status.in_flight == 0
    assert sum(status.counts.values()) == status.requested
    arrived = len(list(loaded.site.received.rglob("*.zip")))
    assert arrived == status.counts[State.EXPORTED]

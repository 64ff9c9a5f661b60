"""What a validator says is told if the original did not have it, and never with a value."""

import shutil
import stat

import pytest

from pixl.domain.finding import Outcome
from pixl.testing.outputs import dicom, original

from .conftest import findings

needs_dciodvfy = pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dicom3tools")


@pytest.fixture
def program(tmp_path):
    """Make a program that does as a shell script says; `$1` is the file."""

    def make(script):
        path = tmp_path / "validator"
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return make


def check(program, *outputs, **options):
    return findings("conformance", *outputs, options={"program": program, **options})


HAS_NAME = 'grep -q Ashbury "$1" || echo "Error - Missing attribute Type 2 Required Element=<PatientName>"'


def test_an_error_that_the_original_did_not_have_is_found(program):
    (found,) = check(program(HAS_NAME), (dicom(), original()))
    assert found.reason.endswith("Missing attribute Type 2 Required Element=<PatientName>")


def test_an_error_that_the_original_had_too_is_none(program):
    assert check(program(HAS_NAME), (dicom(), original(PatientName="Quarrstone"))) == []


def test_without_an_original_every_error_is_a_note(program):
    assert [one.outcome for one in check(program(HAS_NAME), dicom(), outcome="hold")] == [Outcome.NOTE]


def test_no_value_is_told(program):
    says = (
        'echo "Error - Value invalid for this VR - (0x0031,0x1020) IS ?  IS [1] = <ASHBURY 5> - Character invalid"; '
        'echo "Error - Illegal root for UID - \\"9.8.7.6\\" in (0x0008,0x1155)"; '
        'echo "Error - not listed but have ReferencedSOPInstanceUID 1.2.3.4 Module=<Ashbury>"'
    )
    told = [one.reason for one in check(program(says), dicom())]
    assert len(told) == 3
    assert not any(value in reason for reason in told for value in ("ASHBURY", "9.8.7.6", "1.2.3.4", "Ashbury"))
    assert "(0x0031,0x1020)" in told[0]


def test_a_program_that_takes_too_long_holds_the_study(program):
    (found,) = check(program("exec sleep 5"), dicom(), seconds=0.2, outcome="hold")
    assert (found.kind, found.outcome) == ("not-checked", Outcome.HOLD)


def test_a_program_that_aborts_holds_the_study_if_it_did_not_abort_on_the_original(program):
    (found,) = check(program('grep -q Ashbury "$1" || kill -ABRT $$'), (dicom(), original()))
    assert (found.kind, found.outcome) == ("not-checked", Outcome.HOLD)


def test_a_program_that_aborts_on_the_original_too_is_a_note(program):
    (found,) = check(program("kill -ABRT $$"), (dicom(), original()))
    assert (found.kind, found.outcome) == ("not-checked", Outcome.NOTE)


def test_one_instance_of_each_shape_is_asked_about(program, tmp_path):
    counted = program(f"echo x >> {tmp_path}/asked")
    outputs = [dicom(SOPInstanceUID=f"2.25.{number}") for number in range(5)]
    check(counted, *outputs, dicom(SOPInstanceUID="2.25.9", StudyDescription="CT"))
    assert (tmp_path / "asked").read_text("utf-8").count("x") == 2


def test_the_pixel_data_are_not_handed_over(program, tmp_path):
    check(program(f'wc -c < "$1" > {tmp_path}/size'), dicom(BitsAllocated=8, PixelData=b"\1" * 100_000))
    assert int((tmp_path / "size").read_text("utf-8")) < 2000


@needs_dciodvfy
def test_the_real_program_is_understood():
    broken, source = dicom(Modality=None), dicom(SOPInstanceUID="1.2.3.4")
    reasons = [one.reason for one in findings("conformance", (broken, source), options={"outcome": "hold"})]
    assert any("<Modality>" in reason for reason in reasons)


@needs_dciodvfy
def test_an_output_like_its_original_has_no_error_of_its_own():
    assert findings("conformance", (dicom(), dicom(SOPInstanceUID="1.2.3.4"))) == []

"""Held studies for tests, benchmarks and screenshots of the review: invented people, invented heads."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from pixl.domain.finding import Box, Finding, Part
from pixl.domain.report import Counted, ReportState
from pixl.domain.review import ReleaseKeys
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Checks, Ledger, Made, Output, Portion, ReportEnding, SeriesOutput
from pixl.queue import Step
from pixl.review import ending

SIZE = 512
SOFT_TISSUE = 150
# Centre, half axes, turn in degrees, Hounsfield units (PS3.3 C.7.6.3.1.4 rescaled): later ones cover earlier ones.
HEAD = (
    ((0.0, 0.0), (0.72, 0.92), 0, 900),
    ((0.0, -0.015), (0.66, 0.86), 0, 36),
    ((0.24, 0.0), (0.12, 0.34), -18, 8),
    ((-0.24, 0.0), (0.17, 0.42), 18, 8),
    ((0.0, 0.36), (0.2, 0.24), 0, 48),
    ((0.0, -0.62), (0.045, 0.022), 0, 70),
    ((0.05, 0.12), (0.05, 0.05), 0, 62),
)
WAY = ((State.REQUESTED, State.FETCHING), (State.FETCHING, State.CACHED), (State.CACHED, State.DEIDENTIFYING))
HELD = ReportEnding(state=ReportState.HELD, reason="a person has to look at what the second method found")
MADE = dt.datetime(2026, 5, 4, 10, 0, 0, tzinfo=dt.UTC)


@dataclass(frozen=True, kw_only=True)
class Written:
    """Text in the pixels of an image."""

    text: str
    left: int
    top: int
    """Of its first line, in pixels."""


def head(number: int, of: int, *, elements: Mapping[str, Any], written: Sequence[Written] = ()) -> bytes:
    """Return a slice of an invented head as a CT image of 16 bits."""
    place = 2 * (number - 0.5) / of - 1
    values = _slice(np.sqrt(max(1 - (place * 0.8) ** 2, 0.05)), number)
    for one in written:
        _write(values, one)
    dataset = Dataset()
    dataset.SOPClassUID, dataset.Modality = CTImageStorage, "CT"
    dataset.InstanceNumber, dataset.SliceLocation = number, round(5.0 * number, 1)
    dataset.Rows = dataset.Columns = SIZE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.RescaleIntercept, dataset.RescaleSlope = -1024, 1
    dataset.WindowCenter, dataset.WindowWidth = 40, 110
    dataset.PixelData = (values + 1024).clip(0, 4095).astype("<u2").tobytes()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return _file(dataset)


def hold(
    ledger: Ledger,
    count: int,
    found: Callable[[int], Iterable[Finding]],
    *,
    project: str = "lungs",
    gate: str = "checks",
    series: Callable[[int], SeriesOutput] | None = None,
) -> list[int]:
    """Take new studies of a project to where a person has to look at them; return their numbers in the ledger."""
    extract = ExtractId(project=project, generated_at=MADE)
    known = {one.project for one in ledger.status()}
    ledger.load(extract, [_request(project, number) for number in range(1, count + 1)], allow_older=project in known)
    ids = [row.id for row in ledger.reviews.studies((project,), states=(State.REQUESTED,), limit=count)]
    for number, study_id in enumerate(sorted(ids), start=1):
        output = series(number) if series else SeriesOutput(series=f"2.25.9{study_id}", anon_id="gone", instances=12)
        _to_checking(ledger, study_id, output)
        _check(ledger, study_id, list(found(number)), gate)
    return sorted(ids)


def hold_report(
    ledger: Ledger, text: str, found: Sequence[Finding], *, project: str = "texts", held: ReportEnding = HELD
) -> int:
    """Let a person have to look at a report; return its number in the ledger."""
    extract = ExtractId(project=project, generated_at=MADE)
    ledger.load_all([Portion(extract=extract, requests=[_request(project, 1)], reports=True)])
    with ledger._pool.connection() as connection:  # noqa: SLF001 - a stand-in for the queue, which knows the number
        row = connection.execute("SELECT id FROM report WHERE project = %s", [project]).fetchone()
    if row is None:
        raise LookupError("the load has asked for no report")
    output = Output(
        text=text,
        read=text,
        certainty=0.71,
        engine="rules",
        method="shapes",
        policy="invented",
        image_identifier="8f2c41",
        pseudo_study_uid=None,
        found=1,
        superseded=0,
        findings=tuple(found),
        flagged=True,
        counted=Counted(words=len(text.split()), masked=3, seen=3, agreed=3),
    )
    ledger.reports.finish(ledger.reports.report(row["id"]), output, lambda _: held)
    number: int = row["id"]
    return number


def settle(ledger: Ledger, project: str, ends: Mapping[tuple[State, str | None], int], *, days: int) -> None:
    """Let new studies of a project have come to some ends, with their reasons, over the last days."""
    total = sum(ends.values())
    ledger.load(
        ExtractId(project=project, generated_at=MADE), [_request(project, number) for number in range(1, total + 1)]
    )
    ids = [row.id for row in ledger.reviews.studies((project,), states=(State.REQUESTED,), limit=total)]
    rng = np.random.default_rng(len(project))
    rng.shuffle(ids)
    with ledger._pool.connection() as connection:  # noqa: SLF001 - time that has not passed
        for (state, reason), count in ends.items():
            chosen, ids = ids[:count], ids[count:]
            values = {"state": state.value, "reason": reason, "ids": chosen}
            connection.execute(
                "UPDATE study SET state = %(state)s, reason = %(reason)s WHERE id = ANY(%(ids)s)", values
            )
        connection.execute("ALTER TABLE event DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE event SET at = at - make_interval(hours => (24 * %(days)s * random())::int) FROM study "
            "WHERE study.id = study_id AND project = %(project)s",
            {"days": days, "project": project},
        )
        connection.execute("ALTER TABLE event ENABLE TRIGGER USER")


def burned_in(text: str, *, instance: str, left: int, top: int, frame: int = 0) -> Finding:
    """Return what the pixel checker says of a line of text."""
    width, height = 10 * len(text), 20
    return Finding(
        checker="pixels",
        kind="name",
        reason="text in the image holds a name of the patient",
        where="pixels",
        value=text,
        parts=tuple(Part(word=word, kind="name", offset=text.index(word)) for word in text.split()[:2]),
        instance=instance,
        device="Invented Imaging Tomograph 3",
        confidence=0.97,
        box=Box(frame=frame, left=left, top=top - height + 4, width=width, height=height),
    )


def named(value: str, word: str, *, where: str = "(0008,1030)", instance: str = "2.25.1", device: str = "") -> Finding:
    """Return what the known-values checker says of a name in an element."""
    return Finding(
        checker="known-values",
        kind="name",
        reason="a name of the patient is in this element",
        where=where,
        value=value,
        parts=(Part(word=word, kind="name", offset=value.index(word)),),
        instance=instance,
        device=device or None,
        confidence=0.9,
    )


def _request(project: str, number: int) -> StudyRequest:
    return StudyRequest(
        project=project,
        procedure_occurrence_id=number,
        mrn=f"M{number:06}",
        accession_number=f"{project}-A{number:06}",
        study_uid=f"1.2.826.0.1.{sum(map(ord, project))}.{number}",
    )


def _to_checking(ledger: Ledger, study_id: int, output: SeriesOutput) -> None:
    for before, after in WAY:
        ledger.advance(study_id, after, before={before})
    made = Made(series=(output,), policy="invented", software="test")
    fields: dict[str, Any] = {
        "anon_id": output.anon_id,
        "pseudo_study_uid": f"2.25.77{study_id}",
        "stored": output.instances,
    }
    ledger.advance(study_id, State.CHECKING, before={State.DEIDENTIFYING}, made=made, then=Step.CHECK, **fields)


def _check(ledger: Ledger, study_id: int, findings: Sequence[Finding], gate: str) -> None:
    _, [series] = ledger.reviews.study(study_id)
    [check_id] = [check for check in _checks(ledger, study_id) if series]
    taken = ledger.begin_check(check_id)
    if taken is None:
        raise LookupError("the study is not being checked")
    release = ReleaseKeys(gate=gate)  # type: ignore[arg-type]  # a test says which
    ledger.finish_check(taken, Checks(findings=findings), lambda tally: ending(tally, release, draw=0.5))


def _checks(ledger: Ledger, study_id: int) -> list[int]:
    query = "SELECT id FROM check_series WHERE study_id = %s AND state = 'waiting'"
    with ledger._pool.connection() as connection:  # noqa: SLF001 - a stand-in for the queue, which knows the number
        return [row["id"] for row in connection.execute(query, [study_id])]


def _slice(scale: float, number: int) -> npt.NDArray[np.float64]:
    across, down = np.meshgrid(np.linspace(-1.15, 1.15, SIZE), np.linspace(-1.15, 1.15, SIZE))
    values = np.full((SIZE, SIZE), -1000.0)
    for (x, y), (half_width, half_height), degrees, units in HEAD:
        turn = np.deg2rad(degrees)
        u = (across - x * scale) * np.cos(turn) + (down - y * scale) * np.sin(turn)
        v = (down - y * scale) * np.cos(turn) - (across - x * scale) * np.sin(turn)
        values[(u / (half_width * scale)) ** 2 + (v / (half_height * scale)) ** 2 < 1] = units
    soft = np.abs(values - 50) < SOFT_TISSUE
    values[soft] += (2.5 * np.cos(23 * across + 3) * np.sin(19 * down))[soft]
    return values + np.random.default_rng(number).normal(0, 3.5, values.shape)


def _write(values: npt.NDArray[np.float64], written: Written) -> None:
    import cv2  # noqa: PLC0415 - a large library, which only images with text need

    canvas = np.zeros(values.shape, np.uint8)
    cv2.putText(canvas, written.text, (written.left, written.top), cv2.FONT_HERSHEY_SIMPLEX, 0.52, 255, 1, cv2.LINE_AA)
    values[:] = np.maximum(values, canvas * 8.0 - 1000)


def _file(dataset: Dataset) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()

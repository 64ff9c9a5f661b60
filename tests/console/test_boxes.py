"""A box is drawn in the frames that it is in."""

import dataclasses
import datetime as dt

import pytest

from console.pictures import Slide
from console.viewer import _boxes
from pixl.domain.finding import Box
from pixl.ledger.findings import StoredFinding, Subject, SubjectKind
from pixl.testing.review_queue import burned_in

SLIDES = [Slide(instance="a", sop_uid=uid, frame=frame) for uid in ("2.25.1", "2.25.2") for frame in range(4)]


def stored(box):
    finding = dataclasses.replace(burned_in("BATH SCAN", instance="2.25.2", left=2, top=30), box=box)
    return StoredFinding(
        id=1,
        group_id=1,
        subject=Subject(kind=SubjectKind.STUDY, project="lungs", study_id=7, revision=1),
        finding=finding,
        place="pixels",
        fingerprint=b"\x0a" * 16,
        open=True,
        needs=1,
        decision=None,
        rule_id=None,
        at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC),
    )


@pytest.mark.parametrize(
    ("first", "last", "slides"), [(1, 2, [5, 6]), (3, 3, [7]), (2, None, [6]), (0, 3, [4, 5, 6, 7])]
)
def test_a_box_is_drawn_in_each_of_its_frames_and_in_its_first_if_no_more_is_known(first, last, slides):
    box = Box(frame=first, last=last, left=1, top=2, width=3, height=4)
    assert [shown.slide for shown in _boxes(SLIDES, stored(box), None)] == slides

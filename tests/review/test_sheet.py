"""The review sheet, out and back: what a person, or a spreadsheet, may have done to it meanwhile."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import datetime as dt
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Box, Decision, Finding, Part
from pixl.domain.review import Subject, SubjectKind
from pixl.ledger.decisions import Selection
from pixl.ledger.findings import StoredFinding
from pixl.ledger.reviews import Group
from pixl.review.files import read_sheet, write_sheet
from pixl.review.sheet import SheetRefused, decisions_of, finding_row, group_row, read_marked, selection_of


def stored(number=12, *, value="BATH SCAN", project="lungs", revision=1, is_open=True):
    finding = Finding(
        checker="rules",
        kind="name",
        reason="a name",
        where="(0008,1030)",
        value=value,
        parts=(Part(word="BATH", kind="name", offset=0),),
        box=Box(frame=1, left=2, top=3, width=4, height=5),
        confidence=0.5,
    )
    return StoredFinding(
        id=number,
        group_id=3,
        subject=Subject(kind=SubjectKind.STUDY, project=project, study_id=7, revision=revision),
        finding=finding,
        place="(0008,1030)",
        fingerprint=b"\x0a" * 16,
        open=is_open,
        needs=1,
        decision=None,
        rule_id=None,
        at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC),
    )


def marked(row, verdict="pass", why="a town"):
    return {**row, "verdict": verdict, "why": why}


def decided(rows, *findings):
    return decisions_of(read_marked(rows), {one.id: one for one in findings}, by="ann")


def test_a_row_says_all_that_a_reviewer_needs():
    row = finding_row(stored())
    assert (row["id"], row["subject"], row["value"], row["words"]) == ("f12", "study 7", "BATH SCAN", "BATH")
    assert (row["box"], row["element"], row["reason"]) == ("frame 1: 2,3 4x5", "(0008,1030)", "a name")


@pytest.mark.parametrize(("last", "shown"), [(1, "frame 1: 2,3 4x5"), (9, "frames 1-9: 2,3 4x5")])
def test_a_row_says_in_which_frames_a_box_is(last, shown):
    one = stored()
    box = dataclasses.replace(one.finding.box, last=last)
    assert finding_row(dataclasses.replace(one, finding=dataclasses.replace(one.finding, box=box)))["box"] == shown


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("value", ["BATH", '=cmd|"/c calc"!A1', "+1", "a,b;c\nd\"e'f", "\x07bell", "Ünïcode ☃", ""])
def test_what_was_written_is_read_as_it_was_and_only_its_owner_can_read_it(tmp_path, ending, value):
    path = tmp_path / f"sheet.{ending}"
    assert write_sheet(path, [finding_row(stored(value=value)), finding_row(stored(13))]) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = read_sheet(path)
    assert [row["id"] for row in rows] == ["f12", "f13"]
    assert decided([marked(row) for row in rows], stored(value=value), stored(13))
    assert not (rows[0]["value"] or "").startswith(("=", "+", "-", "@"))


def test_a_file_that_is_there_is_kept(tmp_path):
    (tmp_path / "sheet.csv").write_text("mine")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_sheet(tmp_path / "sheet.csv", [])
    assert (tmp_path / "sheet.csv").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_sheet_that_excel_saved_with_semicolons_is_read(tmp_path):
    path = tmp_path / "sheet.csv"
    row = marked(finding_row(stored()))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row, delimiter=";")
        writer.writeheader()
        writer.writerow(row)
    assert decided(read_sheet(path), stored())


@pytest.mark.parametrize("name", ["sheet.csv", "sheet.xlsx"])
@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00\x00", b"PK\x03\x04", b"name,age\nx,1\n"])
def test_what_is_no_sheet_is_refused_or_empty(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    try:
        rows = read_sheet(tmp_path / name)
    except ConfigurationError:
        return
    assert rows == []


def test_rows_with_one_verdict_and_reason_are_one_decision():
    rows = [marked(finding_row(stored(n))) for n in (1, 2, 3)] + [marked(finding_row(stored(4)), "FAIL ", "a name")]
    first, second = decided(rows, *map(stored, range(1, 5)))
    assert (first[0], first[1].decision, first[2]) == (Selection(findings=(1, 2, 3)), Decision.PASS, 3)
    assert (second[0].findings, second[1].decision, second[1].by) == ((4,), Decision.FAIL, "ann")


def test_rows_that_are_not_marked_decide_nothing():
    assert decided([finding_row(stored())]) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"verdict": "perhaps"}, "neither pass, fail nor redact"),
        ({"why": " "}, "no reason"),
        ({"verdict": ""}, "a reason and no verdict"),
        ({"id": "12"}, "none of this sheet's"),
        ({"id": "f1x"}, "none of this sheet's"),
        ({"count": "many"}, "none of this sheet's"),
    ],
)
def test_a_row_that_says_nothing_clear_is_refused_with_its_number(changes, problem):
    good = marked(finding_row(stored(1)))
    with pytest.raises(SheetRefused, match=f"row 3: .*{problem}"):
        read_marked([good, {**marked(finding_row(stored(2))), **changes}])


def test_rows_that_contradict_each_other_are_refused():
    row = finding_row(stored())
    with pytest.raises(SheetRefused, match="row 3: it says fail, row 2 says pass"):
        read_marked([marked(row), marked(row, "fail")])
    with pytest.raises(SheetRefused, match="once more"):
        read_marked([marked(row), marked(row)])


@pytest.mark.parametrize("now", [None, stored(is_open=False), stored(revision=2)])
def test_a_row_that_is_stale_is_refused_and_so_is_all_of_its_sheet(now):
    rows = [marked(finding_row(stored())), marked(finding_row(stored(13)))]
    with pytest.raises(SheetRefused, match="row 2: stale") as refused:
        decided(rows, stored(13), *([now] if now else []))
    assert "BATH" not in str(refused.value)


def test_a_row_of_a_group_decides_on_as_many_as_it_counted():
    group = Group(
        group_id=3,
        fingerprint=b"\x0a\x0b",
        project="lungs",
        subject_kind="series",
        checker="rules",
        kind="name",
        place="(0008,1030)",
        device="",
        findings=40,
        subjects=9,
        example=stored(),
    )
    [(chosen, said, count)] = decided([marked(group_row(group))])
    assert (chosen, count) == (Selection(group_id=3, fingerprint=b"\x0a\x0b"), 40)
    assert group_row(group)["subject"] == "9 in all, such as study 7"
    assert said.reason == "a town"


@given(st.text())
def test_a_name_is_understood_or_refused(text):
    with contextlib.suppress(SheetRefused):
        selection_of(text)


@given(st.lists(st.dictionaries(st.sampled_from(["id", "stamp", "count", "verdict", "why"]), st.text() | st.none())))
def test_whatever_a_sheet_says_is_read_or_refused(rows):
    with contextlib.suppress(SheetRefused):
        read_marked(rows)


def test_what_is_named_on_the_command_line():
    assert selection_of("s7") == Selection(studies=(7,))
    assert selection_of("r5") == Selection(reports=(5,))
    assert selection_of("g3:0a0b") == Selection(group_id=3, fingerprint=b"\x0a\x0b")

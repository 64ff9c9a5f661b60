"""Frames as pictures, elements as rows, words as marks, counts as charts: what the pages draw."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zlib

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import elements, marks
from console.charts import bar, columns
from console.pages import ago, many, query
from console.picture import LONGEST_EDGE, NoPicture, Window, png, read_frame
from console.pictures import _Kept
from console.progress import state_sum
from pixl.domain.finding import Finding, Part
from pixl.domain.state import State
from pixl.testing.dicom_files import KINDS, template
from pixl.testing.review_queue import Written, head

UIDS = {"SOPInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2", "StudyInstanceUID": "1"}
FILES = sorted({name for kind, (_, names) in KINDS.items() if kind not in {"sr", "ecg", "rt"} for name in names})


NOT_DECODED = {"JPEG-lossy.dcm": "JPEG Extended with 12 bits, which no permissive library decodes"}


def decoded(data):
    """Read a PNG again, by the standard and not by our own code."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(name + content)
        parts[name] = content
        at += 12 + size
    columns, rows, depth, colour = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert depth == 8
    channels = 3 if colour == 2 else 1
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(rows, columns * channels + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape((rows, columns, channels) if channels == 3 else (rows, columns))


def file_of(dataset):
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def small(values, **changes):
    dataset = pydicom.dcmread(io.BytesIO(head(1, 1, elements=UIDS)))
    dataset.Rows, dataset.Columns = values.shape
    dataset.PixelData = values.astype("<u2").tobytes()
    dataset.RescaleIntercept = 0
    del dataset.WindowCenter, dataset.WindowWidth
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    return file_of(dataset)


def test_the_window_is_the_images_own_unless_another_is_asked_for():
    frame = read_frame(head(2, 5, elements=UIDS), 0)
    assert frame.window == Window(centre=40, width=110)
    own, wide = decoded(png(frame)), decoded(png(frame, Window(centre=0, width=4000)))
    assert own.shape == (512, 512)
    assert own.std() > wide.std()
    assert own.min() == 0
    assert own.max() == 255


def test_text_in_the_pixels_can_be_seen():
    plain, written = (
        read_frame(head(1, 3, elements=UIDS, written=lines), 0)
        for lines in ([], [Written(text="ASHBURY", left=20, top=40)])
    )
    difference = decoded(png(written)).astype(int) - decoded(png(plain))
    assert np.argwhere(difference > 100)[:, 0].min() >= 20
    assert np.argwhere(difference > 100)[:, 0].max() <= 45


def test_black_and_white_are_turned_round_where_the_standard_says_so():
    values = np.array([[0, 100], [200, 300]])
    plain = decoded(png(read_frame(small(values), 0)))
    turned = decoded(png(read_frame(small(values, PhotometricInterpretation="MONOCHROME1"), 0)))
    assert (plain == [[0, 85], [170, 255]]).all()
    assert (turned.astype(int) + plain >= 254).all()


def test_an_image_of_one_value_is_drawn_all_the_same():
    assert decoded(png(read_frame(small(np.full((4, 4), 7)), 0))).shape == (4, 4)


def test_a_large_image_is_thinned_out_and_keeps_its_own_size_for_the_boxes():
    frame = read_frame(small(np.zeros((10, 3 * LONGEST_EDGE))), 0)
    assert (frame.rows, frame.columns) == (10, 3 * LONGEST_EDGE)
    assert decoded(png(frame)).shape == (4, LONGEST_EDGE)


@pytest.mark.parametrize("name", FILES)
def test_real_files_of_every_kind_become_pictures(name):
    data = file_of(template(name))
    if name in NOT_DECODED:
        with pytest.raises(NoPicture):
            read_frame(data, 0)
        return
    frame = read_frame(data, 0)
    shape = decoded(png(frame)).shape
    assert shape[:2] == frame.pixels.shape[:2]
    assert len(shape) == (3 if frame.is_colour else 2)


def test_an_instance_without_pixels_says_so():
    with pytest.raises(NoPicture, match="no pixels"):
        read_frame(file_of(template("test-SR.dcm")), 0)


@pytest.mark.parametrize("data", [b"", b"DICM" * 99, head(1, 1, elements=UIDS)[:-9000]])
def test_what_is_no_picture_is_said_without_a_value(data):
    with pytest.raises(NoPicture, match=r"^this (cannot be shown as a picture \(\w+\)|instance has no pixels)$"):
        read_frame(data, 0)


def test_a_frame_that_there_is_not_is_no_picture():
    with pytest.raises(NoPicture):
        read_frame(head(1, 1, elements=UIDS), 3)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_no_bytes_at_all_do_more_than_to_be_no_picture(noise, at):
    data = bytearray(SMALL)
    data[at : at + len(noise)] = noise
    try:
        png(read_frame(bytes(data), 0))
    except NoPicture:
        return


SMALL = small(np.arange(64).reshape(8, 8))


def test_what_is_kept_is_bounded_and_the_last_used_stays():
    kept = _Kept(10)
    kept.put("a", 1, 4)
    kept.put("b", 2, 4)
    assert kept.get("a") == 1
    kept.put("c", 3, 4)
    kept.put("huge", 4, 11)
    assert [kept.get(name) for name in ("a", "b", "c", "huge")] == [1, None, 3, None]


def test_elements_are_compared_at_every_depth():
    def text(value):
        return {"Name": "TextValue", "Type": "String", "Value": value}

    after = {
        "0010,0010": {"Name": "PatientName", "Type": "String", "Value": ""},
        "0040,a730": {"Name": "ContentSequence", "Type": "Sequence", "Value": [{"0040,a160": text("kept")}]},
        "0012,0062": {"Name": "PatientIdentityRemoved", "Type": "String", "Value": "YES"},
    }
    before = {
        "0010,0010": {"Name": "PatientName", "Type": "String", "Value": "ASHBURY^M"},
        "0010,0030": {"Name": "PatientBirthDate", "Type": "String", "Value": "19610312"},
        "0040,a730": {
            "Name": "ContentSequence",
            "Type": "Sequence",
            "Value": [{"0040,a160": text("kept")}, {"0040,a160": text("gone")}],
        },
        "7fe0,0010": {"Name": "PixelData", "Type": "Null", "Value": None},
    }
    found = {row.path: (row.before, row.after, row.what) for row in elements.rows(after, before)}
    assert found["(0010,0010)"] == ("ASHBURY^M", "", "changed")
    assert found["(0010,0030)"] == ("19610312", None, "removed")
    assert found["(0012,0062)"] == (None, "YES", "added")
    assert found["(0040,A730)[1].(0040,A160)"] == ("kept", "kept", "same")
    assert found["(0040,A730)[2].(0040,A160)"] == ("gone", None, "removed")
    assert {row.what for row in elements.rows(after, None)} == {""}


def finding(value, *parts):
    return Finding(
        checker="c", kind="name", reason="r", where="w", value=value,
        parts=tuple(Part(word=word, kind="name", offset=offset) for word, offset in parts),
    )  # fmt: skip


def test_words_are_marked_where_they_are():
    found = marks.pieces(finding("Mrs Ashbury of Bath", ("Ashbury", 4), ("Bath", 15)))
    assert [(one.text, bool(one.kind)) for one in found] == [
        ("Mrs ", False), ("Ashbury", True), (" of ", False), ("Bath", True),
    ]  # fmt: skip
    assert [one.kind for one in marks.pieces(finding("whole"))] == ["name"]
    assert marks.pieces(finding("")) == []


@given(st.text(max_size=200), st.lists(st.tuples(st.text(max_size=9), st.integers(-1, 250)), max_size=5))
def test_marking_loses_no_character(value, parts):
    assert "".join(one.text for one in marks.pieces(finding(value, *parts))) in {value, ", ".join(w for w, _ in parts)}


def test_a_long_value_is_shortened_around_its_words():
    short = marks.pieces(finding("x" * 500 + "Ashbury" + "y" * 500, ("Ashbury", 500)), short=True)
    assert sum(len(one.text) for one in short) < 200
    assert any(one.text == "Ashbury" for one in short)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("(0008,1030)", "Study Description"),
        ("(0040,A730).(0040,A160)", "Text Value"),
        ("(0009,1001)", "private or unknown element"),
        ("pixels", "pixels"),
    ],
)
def test_places_have_names(place, name):
    assert marks.name_of(place) == name


@given(st.dictionaries(st.sampled_from(list(State)), st.integers(0, 10**6)))
def test_the_state_sum_counts_each_study_once(counts):
    parts = state_sum(counts)
    assert sum(parts.values()) == sum(counts.values())
    assert abs(sum(rect.width for rect in bar(parts).rects) - (1000 if sum(counts.values()) else 0)) < 1e-6


def test_columns_stand_on_each_other_and_stay_in_the_chart():
    day = dt.date(2026, 5, 4)
    rows = [
        {"at": dt.datetime(2026, 5, 4 + n % 3, 7), "state": ("held", "exported")[n % 2], "count": n} for n in range(9)
    ]
    rows.append({"at": dt.datetime(2025, 1, 1), "state": "held", "count": 999})
    chart = columns(rows, ("exported", "held"), key="state", since=day, until=day + dt.timedelta(days=6))
    assert chart.total == sum(range(9))
    assert all(rect.y >= 0 and rect.y + rect.height <= chart.bottom + 1e-9 for rect in chart.rects)
    assert all(chart.left <= rect.x and rect.x + rect.width <= chart.width for rect in chart.rects)
    nothing = columns([], ("held",), key="state", since=day, until=day)
    assert (nothing.total, nothing.rects) == (0, ())


def test_numbers_and_times_read_well():
    assert [many(n, "study") for n in (1, 2, 1200)] == ["1 study", "2 studies", "1,200 studies"]
    assert [many(2, noun) for noun in ("day", "finding")] == ["2 days", "2 findings"]
    now = dt.datetime.now(dt.UTC)
    assert [ago(now - dt.timedelta(seconds=n)) for n in (3, 60, 7300, 90_000)] == [
        "just now", "1 minute ago", "2 hours ago", "1 day ago",
    ]  # fmt: skip
    assert ago(None) == "never"
    assert query(a="x y", b="", c=None, d=0) == "?a=x+y"

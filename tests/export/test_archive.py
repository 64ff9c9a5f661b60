import io
import tracemalloc
import zipfile

import pytest

from pixl.domain.errors import RetryLater
from pixl.export import zip_stream


def read(stream):
    return zipfile.ZipFile(io.BytesIO(b"".join(stream)))


def members():
    yield "series/1.dcm", b"first"
    yield "series/2.dcm", iter([b"sec", b"ond"])
    yield "series/3.dcm", b""
    yield "series/4.dcm", []


def test_members_come_out_as_they_went_in_and_in_order():
    archive = read(zip_stream(members()))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == {
        "series/1.dcm": b"first",
        "series/2.dcm": b"second",
        "series/3.dcm": b"",
        "series/4.dcm": b"",
    }


def test_members_are_stored_not_deflated():
    assert {info.compress_type for info in read(zip_stream(members())).infolist()} == {zipfile.ZIP_STORED}


def test_a_retry_gives_the_same_bytes_on_another_day(monkeypatch):
    first = b"".join(zip_stream(members()))
    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2099, 1, 1, 0, 0, 0, 0, 0, 0))
    assert b"".join(zip_stream(members())) == first


def test_a_study_of_no_instances_is_an_empty_archive():
    assert read(zip_stream([])).namelist() == []


def test_members_are_asked_for_one_after_the_other():
    asked = []

    def watched():
        for number in range(3):
            asked.append(number)
            yield f"{number}", b"x" * 10

    stream = zip_stream(watched())
    next(stream)
    assert asked == [0]


def test_memory_holds_one_chunk_not_the_study():
    block = bytes(1_000_000)
    tracemalloc.start()
    try:
        size = sum(len(part) for part in zip_stream((f"{n}.dcm", iter([block] * 10)) for n in range(20)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 200_000_000
    assert peak < 5_000_000


def test_many_members_need_zip64_and_get_it():
    archive = read(zip_stream((f"{n}", b"") for n in range(70_000)))
    assert len(archive.namelist()) == 70_000


def test_an_error_of_a_member_passes():
    def broken():
        yield b"x"
        raise RetryLater("orthanc-anon has gone")

    with pytest.raises(RetryLater, match="orthanc-anon"):
        b"".join(zip_stream([("1.dcm", broken())]))

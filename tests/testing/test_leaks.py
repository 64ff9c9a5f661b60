from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pydicom
import pytest
from pydicom.data import get_testdata_file

from pixl.testing.identities import Token
from pixl.testing.leaks import CHUNK, Scanner

NAME = Token(kind="name", text="Bjørnsgård")
MRN = Token(kind="mrn", text="QZ12345678")
BORN = Token(kind="birth-date", text="19540312")
UID = Token(kind="uid", text="1.2.826.0.1.3680043.8.498.12345")


@pytest.fixture
def scanner() -> Scanner:
    return Scanner([NAME, MRN, BORN, UID])


@pytest.mark.parametrize("position", range(9))
@pytest.mark.parametrize("data", [b"QZ12345678", b"qz12345678", "QZ12345678".encode("utf-16-le")])
def test_a_token_is_found_at_any_position(scanner: Scanner, position: int, data: bytes) -> None:
    assert scanner.tokens_in(b"." * position + data) == {MRN}
    assert scanner.tokens_in(b"." * position + data + b"x" * position) == {MRN}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-be"])
def test_a_name_is_found_in_its_encodings(scanner: Scanner, encoding: str) -> None:
    assert scanner.tokens_in("DR^BJØRNSGÅRD^".encode(encoding)) == {NAME}


@pytest.mark.parametrize("data", [b"", b"QZ1", b"QZ1234567", b"1195403120", b"a19540312", UID.text.encode() + b"6"])
def test_what_only_looks_like_a_token_is_not_found(scanner: Scanner, data: bytes) -> None:
    assert scanner.tokens_in(data) == set()


@pytest.mark.parametrize("data", [b"19540312", b"DA\x08\x0019540312\x10\0", UID.text.encode() + b"\0"])
def test_a_number_that_stands_alone_is_found(scanner: Scanner, data: bytes) -> None:
    assert len(scanner.tokens_in(data)) == 1


@pytest.mark.parametrize("before", [0, 3, 8, 10, 11])
def test_a_token_across_two_chunks_is_found(scanner: Scanner, before: int) -> None:
    assert scanner.tokens_in(bytes(CHUNK - before) + b"QZ12345678" + bytes(20)) == {MRN}
    assert scanner.tokens_in(bytes(CHUNK - before) + b"19540312" + bytes(20)) == {BORN}
    assert scanner.tokens_in(bytes(CHUNK - before) + b"195403120" + bytes(20)) == set()


def _zip(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", data * 3)
    return file.getvalue()


def _parquet(data: bytes) -> bytes:
    file = io.BytesIO()
    text = [f"row {number} of {data.decode()}" for number in range(1000)]
    pq.write_table(pa.table({"text": text}), file, compression="zstd", use_dictionary=False, write_statistics=False)
    return file.getvalue()


def _deflated(data: bytes) -> bytes:
    dataset = pydicom.dcmread(str(get_testdata_file("image_dfl.dcm", download=False)))
    dataset.PatientID = data.decode()
    file = io.BytesIO()
    dataset.save_as(file)
    return file.getvalue()


@pytest.mark.parametrize("pack", [_zip, _parquet, _deflated, gzip.compress, lambda data: _zip(_deflated(data))])
def test_containers_are_opened(scanner: Scanner, tmp_path: Path, pack: object) -> None:
    packed = pack(b"QZ12345678")  # type: ignore[operator]
    assert b"QZ12345678" not in packed
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_bytes(packed)
    assert {leak.token for leak in scanner.leaks([tmp_path])} == {MRN}


def test_a_token_in_a_file_name_is_found(scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "QZ12345678.dcm").touch()
    (leak,) = scanner.leaks([tmp_path])
    assert leak.where.startswith("the name of")


def test_a_damaged_container_is_still_searched(scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "half.zip").write_bytes(b"PK\x03\x04...QZ12345678")
    (tmp_path / "half.parquet").write_bytes(b"PAR1...QZ12345678")
    assert len(scanner.leaks([tmp_path])) == 2


def test_nothing_is_looked_for_where_there_are_no_tokens() -> None:
    assert Scanner([]).tokens_in(b"QZ12345678") == set()

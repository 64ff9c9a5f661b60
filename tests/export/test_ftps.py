"""What a safe haven can count on, against each real server."""

import hashlib
import itertools
import os
import ssl
import uuid

import pytest

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.export import Checkable
from pixl.export.ftps_client import FtpsClient

pytestmark = pytest.mark.servers

CHUNKS = [b"a" * 300_000, b"b", b"", b"c" * 17]
WHOLE = b"".join(CHUNKS)
SHA256 = hashlib.sha256(WHOLE).hexdigest()


@pytest.fixture
def folder():
    """A folder of this test alone: the servers live for all tests."""
    return f"project-{uuid.uuid4().hex}"


def in_folder(haven, folder):
    return {name.removeprefix(f"{folder}/"): data for name, data in haven.files().items() if name.startswith(folder)}


def test_a_stream_arrives_whole_with_its_manifest_and_nothing_else(haven, folder):
    receipt = haven.put(iter(CHUNKS), f"{folder}/study.zip")

    assert (receipt.size, receipt.sha256) == (len(WHOLE), SHA256)
    assert in_folder(haven, folder) == {"study.zip": WHOLE, "study.zip.sha256": f"{SHA256}  study.zip\n".encode()}


def test_an_empty_stream_arrives(haven, folder):
    haven.put([], f"{folder}/empty.parquet")
    assert in_folder(haven, folder)["empty.parquet"] == b""


def test_folders_are_made_at_every_depth(haven, folder):
    haven.put([b"1"], f"{folder}/2023/parquet/omop/public/PERSON.parquet")
    haven.put([b"2"], f"{folder}/2023/parquet/radiology/IMAGE_LINKER.parquet")
    assert in_folder(haven, folder)["2023/parquet/radiology/IMAGE_LINKER.parquet"] == b"2"


def test_the_same_bytes_again_are_not_sent_again(haven, folder):
    first = haven.put(iter(CHUNKS), f"{folder}/study.zip")
    before = (haven.folder / folder / "study.zip").stat()

    assert haven.put(iter(CHUNKS), f"{folder}/study.zip") == first
    after = (haven.folder / folder / "study.zip").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_other_bytes_replace_those_there_at_once_when_they_can_be_repeated(haven, folder):
    haven.put([b"old"], f"{folder}/table.parquet")
    haven.put([b"new"], f"{folder}/table.parquet")
    assert in_folder(haven, folder) == {
        "table.parquet": b"new",
        "table.parquet.sha256": f"{hashlib.sha256(b'new').hexdigest()}  table.parquet\n".encode(),
    }


def test_other_bytes_replace_those_there_at_the_next_try_when_they_cannot_be_repeated(haven, folder):
    haven.put([b"old"], f"{folder}/study.zip")
    with pytest.raises(RetryLater, match="next try"):
        haven.put(iter([b"new"]), f"{folder}/study.zip")
    haven.put(iter([b"new"]), f"{folder}/study.zip")
    assert in_folder(haven, folder)["study.zip"] == b"new"


def test_what_an_interrupted_try_left_is_overwritten(haven, folder):
    (haven.folder / folder).mkdir(mode=0o777)
    (haven.folder / folder).chmod(0o777)
    partial = haven.folder / folder / ".study.zip.partial"
    partial.write_bytes(b"x" * 1_000_000)
    partial.chmod(0o666)

    haven.put(iter(CHUNKS), f"{folder}/study.zip")
    assert set(in_folder(haven, folder)) == {"study.zip", "study.zip.sha256"}


def test_a_file_without_its_manifest_is_not_taken_for_whole(haven, folder):
    haven.put(iter(CHUNKS), f"{folder}/study.zip")
    (haven.folder / folder / "study.zip.sha256").unlink()
    haven.put(iter(CHUNKS), f"{folder}/study.zip")
    assert set(in_folder(haven, folder)) == {"study.zip", "study.zip.sha256"}


def test_a_file_that_was_cut_short_at_the_server_is_replaced(haven, folder):
    haven.put(CHUNKS, f"{folder}/study.zip")
    os.truncate(haven.folder / folder / "study.zip", 10)
    haven.put(CHUNKS, f"{folder}/study.zip")
    assert in_folder(haven, folder)["study.zip"] == WHOLE


def test_it_can_be_tried_without_sending_anything(haven):
    assert isinstance(haven.destination, Checkable)
    before = haven.files()
    assert "takes the login" in haven.destination.check()
    assert haven.files() == before


def test_an_error_of_the_source_passes_and_leaves_nothing(haven, folder):
    def source():
        yield b"x" * 1_000_000
        raise RetryLater("orthanc-anon has gone")

    with pytest.raises(RetryLater, match="orthanc-anon has gone"):
        haven.put(source(), f"{folder}/study.zip")
    assert in_folder(haven, folder) == {}


def test_a_wrong_password_is_for_a_person_to_mend_and_is_not_told(server, opened, tmp_path, folder):
    running, _ = server
    destination = opened(running, tmp_path / "d.yaml", password="wrong-password")
    with pytest.raises(ConfigurationError, match=r"user or password.*password_secret") as caught:
        destination.put([b"x"], f"{folder}/study.zip")
    assert "wrong-password" not in f"{caught.value!r} {destination!r} {vars(destination)!r}"


def test_a_configured_folder_that_is_not_there_is_for_a_person_to_mend(server, opened, tmp_path):
    running, _ = server
    with pytest.raises(ConfigurationError, match=r"`folder` '/nowhere'"):
        opened(running, tmp_path / "d.yaml", folder="/nowhere").put([b"x"], "project/study.zip")


@pytest.mark.parametrize("server", ["vsftpd TLS 1.3"], indirect=True)
def test_a_folder_without_permission_is_for_a_person_to_mend(server, opened, tmp_path, folder):
    running, _ = server
    (running.folder / folder).mkdir(mode=0o755)
    with pytest.raises(ConfigurationError, match="may write and rename"):
        opened(running, tmp_path / "d.yaml").put([b"x"], f"{folder}/study.zip")


def test_every_data_connection_resumes_the_session_of_its_control_connection(haven, folder, monkeypatch):
    reused = []
    wrap = FtpsClient._wrap

    def watched(self, plain, session):
        connection = wrap(self, plain, session)
        if session is not None:
            reused.append(connection.session_reused)
        return connection

    monkeypatch.setattr(FtpsClient, "_wrap", watched)
    haven.put([b"x"], f"{folder}/study.zip")
    assert reused == [True] * 4


def test_memory_does_not_grow_with_the_file(haven, folder):
    import tracemalloc

    block = b"x" * 1_000_000
    tracemalloc.start()
    try:
        receipt = haven.put(itertools.repeat(block, 100), f"{folder}/large.zip")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert receipt.size == 100_000_000
    assert peak < 10_000_000


def test_the_server_is_never_spoken_to_in_less_than_tls_1_2(haven):
    context = haven.destination._access.context
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_what_is_removed_is_gone_with_its_manifest_and_nothing_else(haven, folder):
    haven.put([b"1"], f"{folder}/READY")
    haven.put([b"2"], f"{folder}/other")
    haven.remove(f"{folder}/READY")
    assert in_folder(haven, folder).keys() == {"other", "other.sha256"}


def test_removing_what_is_gone_is_no_error_and_makes_no_folder(haven, folder):
    haven.remove(f"{folder}/READY")
    assert not (haven.folder / folder).exists()
    haven.put([b"1"], f"{folder}/READY")
    haven.remove(f"{folder}/READY")
    haven.remove(f"{folder}/READY")
    assert in_folder(haven, folder) == {}

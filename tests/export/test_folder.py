import hashlib

import pytest
import yaml

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.export import open_destination


@pytest.fixture
def root(tmp_path):
    (tmp_path / "share").mkdir()
    return tmp_path / "share"


@pytest.fixture
def folder(tmp_path, root):
    (tmp_path / "destinations.yaml").write_text(yaml.safe_dump({"share": {"kind": "folder", "path": "share"}}))
    return open_destination("share", tmp_path / "destinations.yaml", secrets=None)


def test_a_file_arrives_whole_with_its_manifest(folder, root):
    receipt = folder.put(iter([b"ab", b"c"]), "project/study.zip")
    sha256 = hashlib.sha256(b"abc").hexdigest()
    assert (receipt.name, receipt.size, receipt.sha256) == ("project/study.zip", 3, sha256)
    assert {path.name: path.read_bytes() for path in (root / "project").iterdir()} == {
        "study.zip": b"abc",
        "study.zip.sha256": f"{sha256}  study.zip\n".encode(),
    }


def test_the_same_bytes_again_leave_one_file(folder, root):
    assert folder.put([b"abc"], "study.zip") == folder.put([b"abc"], "study.zip")
    assert len(list(root.iterdir())) == 2


def test_an_error_of_the_source_passes_and_leaves_nothing(folder, root):
    def source():
        yield b"x"
        raise RetryLater("orthanc-anon has gone")

    with pytest.raises(RetryLater, match="orthanc-anon has gone"):
        folder.put(source(), "study.zip")
    assert list(root.iterdir()) == []


def test_a_share_that_is_not_mounted_is_for_a_person_to_mend(folder, root):
    root.rmdir()
    with pytest.raises(ConfigurationError, match="make or mount it"):
        folder.put([b"x"], "study.zip")


def test_a_file_in_the_way_of_a_folder_is_for_a_person_to_mend(folder, root):
    (root / "project").write_text("in the way")
    with pytest.raises((ConfigurationError, RetryLater)):
        folder.put([b"x"], "project/study.zip")


@pytest.mark.parametrize("name", ["../up", "/abs", "a//b", ".hidden", "a/../b", "a\r\nDELE b", "", "a/", "-rf", "ü"])
def test_a_name_that_could_lead_elsewhere_is_refused(folder, root, name):
    with pytest.raises(ConfigurationError, match="name at a destination"):
        folder.put([b"x"], name)
    assert list(root.iterdir()) == []


def test_what_is_removed_is_gone_with_its_manifest(folder, root):
    folder.put([b"1"], "project/READY")
    folder.remove("project/READY")
    folder.remove("project/READY")
    folder.remove("nowhere/READY")
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_nothing_is_taken_for_removed_in_a_folder_that_is_not_mounted(folder, root):
    root.rmdir()
    with pytest.raises(ConfigurationError, match="make or mount it"):
        folder.remove("project/READY")

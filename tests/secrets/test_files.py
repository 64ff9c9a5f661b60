from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.secrets import FileStore, new_secret
from pixl.secrets.files import read_private


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def test_folder_and_file_are_for_the_owner_alone(folder: Path) -> None:
    FileStore(folder).create("ledger-key", b"value")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "ledger-key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["ledger-key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o610])
def test_a_file_that_others_can_reach_is_refused_with_the_command_that_mends_it(folder: Path, mode: int) -> None:
    store = FileStore(folder)
    store.create("ledger-key", b"value")
    (folder / "ledger-key").chmod(mode)
    with pytest.raises(ConfigurationError, match=f"chmod 600 {folder}/ledger-key"):
        store.get("ledger-key")


def test_a_folder_that_others_can_reach_is_refused_with_the_command_that_mends_it(folder: Path) -> None:
    store = FileStore(folder)
    store.create("ledger-key", b"value")
    folder.chmod(0o755)
    with pytest.raises(ConfigurationError, match=f"chmod 700 {folder}"):
        store.get("ledger-key")
    with pytest.raises(ConfigurationError, match=f"chmod 700 {folder}"):
        store.create("service-token", b"value")


def test_a_missing_secret_says_where_to_write_it(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    with pytest.raises(ConfigurationError, match=rf"write it to {folder}/ledger-key, with mode 0600"):
        FileStore(folder).get("ledger-key")


def test_a_missing_folder_of_secrets_says_that_pixl_up_makes_it(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=rf"'ledger-key'.*{folder}.*`pixl up`.*PIXL_DATA"):
        FileStore(folder).get("ledger-key")


def test_an_empty_secret_is_none(folder: Path) -> None:
    store = FileStore(folder)
    store.create("ledger-key", b"value")
    (folder / "ledger-key").write_bytes(b"\n")
    with pytest.raises(ConfigurationError, match="is empty"):
        store.get("ledger-key")


def test_a_folder_in_place_of_a_secret_is_refused(folder: Path) -> None:
    (folder / "ledger-key").mkdir(parents=True)
    folder.chmod(0o700)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        FileStore(folder).get("ledger-key")


def test_an_end_of_line_is_not_part_of_a_secret(folder: Path) -> None:
    store = FileStore(folder)
    store.create("ledger-key", b"value")
    (folder / "ledger-key").write_bytes(b"value\r\n")
    assert store.get("ledger-key") == b"value"
    with pytest.raises(ValueError, match="end of line"):
        store.create("service-token", b"value\n")


def test_creating_twice_does_not_change_the_secret_and_says_so(folder: Path) -> None:
    store = FileStore(folder)
    store.create("ledger-key", b"first")
    with pytest.raises(ConfigurationError, match="exists already"):
        store.create("ledger-key", b"second")
    assert store.get("ledger-key") == b"first"
    assert [path.name for path in folder.iterdir()] == ["ledger-key"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"cannot (write|be read)"):
        FileStore(tmp_path / "file" / "secrets").create("ledger-key", b"value")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x"])
def test_a_secret_is_never_written_outside_the_folder(folder: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="the name of a secret"):
        FileStore(folder).create(name, b"value")
    assert not folder.exists()


def test_ensuring_makes_a_secret_once(folder: Path) -> None:
    store = FileStore(folder)
    first = store.ensure("ledger-key", new_secret)
    assert store.ensure("ledger-key", new_secret) == first == store.get("ledger-key")
    assert len(bytes.fromhex(first.decode())) == 32


def test_ensuring_never_replaces_a_secret_that_cannot_be_read(folder: Path) -> None:
    store = FileStore(folder)
    store.create("ledger-key", b"first")
    (folder / "ledger-key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        store.ensure("ledger-key", new_secret)
    assert (folder / "ledger-key").read_bytes() == b"first"


def test_many_that_ensure_at_once_all_get_the_same_secret(folder: Path) -> None:
    start, seen = threading.Barrier(8), []

    def ensure() -> None:
        start.wait()
        seen.append(FileStore(folder).ensure("ledger-key", new_secret))

    threads = [threading.Thread(target=ensure) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert [path.name for path in folder.iterdir()] == ["ledger-key"]


def test_a_device_is_no_secret_and_nobody_is_told_to_close_it():
    with pytest.raises(ConfigurationError, match="is a device") as caught:
        read_private(Path("/dev/null"))
    assert "chmod" not in str(caught.value)

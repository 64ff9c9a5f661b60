from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.secrets import FileStore, open_store
from pixl.secrets.cache import CachedStore

ROOT = Path(__file__).parents[2]


def test_a_folder_is_opened(tmp_path: Path) -> None:
    FileStore(tmp_path / "secrets").create("ledger-key", b"value")
    assert open_store(f"file:{tmp_path / 'secrets'}").get("ledger-key") == b"value"


@pytest.mark.parametrize("text", ["", "file", "file:", "s3:bucket", "/etc/secrets", "azure"])
def test_what_is_no_store_is_refused_with_the_three_forms(text: str) -> None:
    with pytest.raises(ConfigurationError, match="file:FOLDER, azure:https://VAULT-URL or vault:"):
        open_store(text)


@pytest.mark.parametrize("text", ["azure:http://vault.example", "vault:http://vault.example/pixl", "vault:host/pixl"])
def test_a_store_in_the_network_without_tls_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="https"):
        open_store(text)


def test_a_vault_without_a_mount_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="mount"):
        open_store("vault:https://vault.example:8200")


def test_the_cloud_stores_open_without_being_asked() -> None:
    assert isinstance(open_store("azure:https://unit.vault.azure.net"), CachedStore)
    assert isinstance(open_store("vault:https://vault.example:8200/pixl"), CachedStore)


def test_vaults_token_file_is_found_by_vaults_own_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN_FILE", str(tmp_path / "token"))
    (tmp_path / "token").write_text("t")
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(ConfigurationError, match=f"chmod 600 {tmp_path}/token"):
        open_store("vault:https://127.0.0.1:1/pixl").get("ledger-key")
    (tmp_path / "token").chmod(0o600)
    with pytest.raises(RetryLater):
        open_store("vault:https://127.0.0.1:1/pixl").get("ledger-key")


@pytest.mark.parametrize(
    ("kind", "library", "text"),
    [("azure", "azure", "azure:https://unit.vault.azure.net"), ("vault", "hvac", "vault:https://vault.example/pixl")],
)
def test_without_its_extra_a_store_says_what_to_install(kind: str, library: str, text: str) -> None:
    program = (
        "import sys\n"
        f"sys.modules[{library!r}] = None\n"
        "from pixl.domain.errors import ConfigurationError\n"
        "from pixl.secrets import open_store\n"
        "try:\n"
        f"    open_store({text!r})\n"
        "except ConfigurationError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"pip install 'pixl[{kind}]'" in done.stdout


def test_the_cloud_libraries_are_not_loaded_for_a_folder() -> None:
    program = (
        "import sys, pixl.secrets\n"
        "pixl.secrets.open_store('file:/nowhere')\n"
        "print([name for name in ('azure.core', 'hvac', 'requests') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class CountingStore:
    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    def get(self, name: str) -> bytes:
        self.asked += 1
        if self.away:
            raise RetryLater
        return f"{name} {self.asked}".encode()


def test_a_cached_secret_is_asked_again_after_its_time() -> None:
    inner, now = CountingStore(), [0.0]
    store = CachedStore(inner, seconds=10, clock=lambda: now[0])
    assert store.get("a") == store.get("a") == b"a 1"
    assert store.get("b") == b"b 2"
    now[0] = 10.0
    assert store.get("a") == b"a 3"


def test_a_failure_is_not_cached() -> None:
    inner = CountingStore()
    store = CachedStore(inner, seconds=10)
    inner.away = True
    with pytest.raises(RetryLater):
        store.get("a")
    inner.away = False
    assert store.get("a") == b"a 2"

import stat

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.secrets import FileStore
from pixl.stack.credentials import PASSWORDS, ensure_secrets


class SomebodyElsesStore:
    def get(self, name):
        raise ConfigurationError(f"there is no secret {name!r}")


def test_the_first_start_makes_every_secret_and_each_is_another_one(tmp_path):
    store = FileStore(tmp_path / "secrets")
    ensure_secrets(store, PASSWORDS)
    assert len({store.get(name) for name in PASSWORDS}) == len(PASSWORDS)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()} == {0o600}


def test_a_later_start_changes_none(tmp_path):
    store = FileStore(tmp_path / "secrets")
    ensure_secrets(store, PASSWORDS)
    before = [store.get(name) for name in PASSWORDS]
    ensure_secrets(store, PASSWORDS)
    assert [store.get(name) for name in PASSWORDS] == before


def test_a_store_that_is_not_ours_to_write_must_have_them():
    with pytest.raises(ConfigurationError, match="database-password"):
        ensure_secrets(SomebodyElsesStore(), PASSWORDS)

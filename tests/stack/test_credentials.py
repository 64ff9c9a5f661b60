import stat

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.secrets import FileStore
from pixl.stack.credentials import SECRETS, ensure_secrets, project_secret


class SomebodyElsesStore:
    def get(self, name):
        raise ConfigurationError(f"there is no secret {name!r}")


def test_the_first_start_makes_every_secret_and_each_is_another_one(tmp_path):
    store = FileStore(tmp_path / "secrets")
    ensure_secrets(store, ["demo"])
    values = [store.get(name) for name in (*SECRETS, project_secret("demo"))]
    assert len(set(values)) == len(SECRETS) + 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()} == {0o600}


def test_a_later_start_changes_none(tmp_path):
    store = FileStore(tmp_path / "secrets")
    ensure_secrets(store, [])
    before = [store.get(name) for name in SECRETS]
    ensure_secrets(store, ["demo"])
    assert [store.get(name) for name in SECRETS] == before


def test_a_store_that_is_not_ours_to_write_must_have_them():
    with pytest.raises(ConfigurationError, match="database-password"):
        ensure_secrets(SomebodyElsesStore(), [])

import dataclasses

import pytest

from pixl.secrets import FileStore
from pixl.settings import HOUSE, Settings
from pixl.stack import orthanc
from pixl.stack.credentials import PASSWORDS, ensure_secrets


@pytest.fixture
def store(tmp_path):
    store = FileStore(tmp_path / "secrets")
    ensure_secrets(store, PASSWORDS)
    return store


@pytest.fixture
def settings(tmp_path):
    archives = {"PIXL_ARCHIVE_PRIMARY": "VNA@10.0.0.5:104", "PIXL_ARCHIVE_SECONDARY": "PACS@10.0.0.6:11112"}
    return Settings.from_env({"PIXL_DATA": str(tmp_path), **archives})


def test_both_ask_for_a_password_which_is_generated(settings, store):
    for which in (orthanc.raw(settings), orthanc.anon(settings)):
        made = orthanc.configuration(which, settings, store)
        assert made["AuthenticationEnabled"] is True
        assert set(made["RegisteredUsers"]) == {"pixl", "admin"}
        assert all(len(password) == 64 for password in made["RegisteredUsers"].values())


def test_a_password_opens_one_of_them_only(settings, store):
    raw = orthanc.configuration(orthanc.raw(settings), settings, store)
    anon = orthanc.configuration(orthanc.anon(settings), settings, store)
    assert raw["RegisteredUsers"]["pixl"] != anon["RegisteredUsers"]["pixl"]


def test_other_machines_are_let_in_only_when_the_host_is_no_loopback_address(settings, store):
    raw = orthanc.raw(settings)
    assert orthanc.configuration(raw, settings, store)["RemoteAccessAllowed"] is False
    everywhere = dataclasses.replace(settings, host="192.0.2.1")
    assert orthanc.configuration(raw, everywhere, store)["RemoteAccessAllowed"] is True


def test_archives_may_send_to_the_cache_and_ask_it_for_nothing(settings, store):
    made = orthanc.configuration(orthanc.raw(settings), settings, store)
    assert set(made["DicomModalities"]) == {"primary", "secondary"}
    primary = made["DicomModalities"]["primary"]
    assert (primary["AET"], primary["Host"], primary["Port"]) == ("VNA", "10.0.0.5", 104)
    assert {key for key, allowed in primary.items() if allowed is True} == {"AllowEcho", "AllowStore"}
    assert not any(allowed for key, allowed in made.items() if key.startswith("DicomAlwaysAllow"))


def test_the_anonymising_one_speaks_no_dicom(settings, store):
    made = orthanc.configuration(orthanc.anon(settings), settings, store)
    assert made["DicomServerEnabled"] is False
    assert made["DicomModalities"] == {}


def test_both_are_set_up_for_speed(settings, store):
    for which in (orthanc.raw(settings), orthanc.anon(settings)):
        made = orthanc.configuration(which, settings, store)
        assert made["HttpCompressionEnabled"] is False
        assert made["MaximumPduLength"] == 131072


def test_the_scripts_are_where_the_configuration_says(settings, store):
    for which in (orthanc.raw(settings), orthanc.anon(settings)):
        assert (HOUSE / "plugins" / which.script).is_file()


def test_the_file_is_readable_by_its_owner_only(settings, store):
    (settings.data / "etc").mkdir()
    path = orthanc.write_configuration(orthanc.raw(settings), settings, store)
    assert path.stat().st_mode & 0o077 == 0

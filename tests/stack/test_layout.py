import os
import stat

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.stack.layout import Layout, write_private


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_every_folder_is_closed_to_others_also_one_that_was_open(tmp_path):
    layout = Layout(data=tmp_path / "data")
    layout.data.mkdir(mode=0o755)
    layout.prepare()
    folders = [layout.data, *layout.data.iterdir()]
    assert {mode(folder) for folder in folders} == {0o700}


def test_what_is_written_is_readable_by_its_owner_only_also_when_it_replaces_an_open_file(tmp_path):
    path = tmp_path / "secret.json"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), mode(path)) == ("new", 0o600)


def test_a_folder_that_cannot_be_made_is_an_error_that_names_the_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="PIXL_DATA"):
        Layout(data=tmp_path / "file" / "data").prepare()


def test_a_path_that_the_supervisor_would_misread_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="PIXL_DATA"):
        Layout(data=tmp_path / "50%").prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_folder_of_another_user_is_refused_also_by_root(tmp_path):
    layout = Layout(data=tmp_path / "data")
    layout.data.mkdir()
    os.chown(layout.data, 65534, 65534)
    with pytest.raises(ConfigurationError, match="65534"):
        layout.prepare()

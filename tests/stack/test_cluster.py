import os
import pwd

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.stack import cluster

PASSWORD = "invented"


def test_the_newest_postgres_is_taken(tmp_path, monkeypatch):
    for version in ("9", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    monkeypatch.setattr(cluster, "BINARIES", tmp_path)
    assert cluster.binaries().parent.name == "17"


def test_a_cluster_is_run_by_the_postgres_that_made_it(tmp_path, monkeypatch):
    for version in ("15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    monkeypatch.setattr(cluster, "BINARIES", tmp_path)
    assert cluster.binaries("15").parent.name == "15"


def test_a_missing_postgres_is_an_error_that_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "BINARIES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="apt-get install postgresql"):
        cluster.binaries()
    with pytest.raises(ConfigurationError, match="postgresql-13"):
        cluster.binaries("13")


def test_postgres_is_never_run_by_root():
    assert cluster.owner().pw_uid != 0


@pytest.mark.servers
def test_a_cluster_is_made_below_a_folder_that_its_user_may_not_enter(tmp_path):
    tmp_path.chmod(0o700)
    folder = tmp_path / "postgres"
    cluster.create(folder, PASSWORD)
    assert pwd.getpwuid(folder.stat().st_uid) == cluster.owner()
    assert folder.stat().st_mode & 0o077 == 0
    assert PASSWORD not in "".join(path.read_text() for path in folder.glob("*.conf"))


@pytest.mark.servers
def test_a_cluster_whose_making_was_interrupted_is_made_anew(tmp_path):
    partial = tmp_path / "postgres.partial"
    partial.mkdir()
    (partial / "PG_VERSION").write_text("15")
    cluster.create(tmp_path / "postgres", PASSWORD)
    assert (tmp_path / "postgres" / "global" / "pg_control").is_file()
    assert not partial.exists()


@pytest.mark.servers
def test_files_of_somebody_else_in_the_clusters_place_are_left_alone(tmp_path):
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match="move them away"):
        cluster.create(folder, PASSWORD)
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_the_pid_file_of_a_server_that_is_gone_is_removed(tmp_path):
    (tmp_path / "postmaster.pid").write_text(f"{os.getppid()}\n")
    cluster.end_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []

import configparser

import pytest

from pixl.domain.errors import ServiceUnavailable
from pixl.settings import Settings
from pixl.stack.layout import Layout
from pixl.stack.programs import programs
from pixl.stack.supervision import SOCKET_PATH_MAX, Supervisor, configuration, passed_on


def read(layout, settings):
    parser = configparser.RawConfigParser()
    parser.read_string(configuration(layout, programs(settings)))
    return parser


@pytest.fixture
def settings(tmp_path):
    return Settings.from_env({"PIXL_DATA": str(tmp_path)})


def test_processes_get_the_settings_and_the_stores_credentials_and_nothing_else_of_the_environment():
    given = {
        "PIXL_HOST": "127.0.0.1",
        "VAULT_TOKEN_FILE": "/t",
        "PATH": "/bin",
        "SSH_AUTH_SOCK": "/s",
        "PGPASSWORD": "p",
    }
    assert set(passed_on(given)) == {"PIXL_HOST", "VAULT_TOKEN_FILE", "PATH"}


def test_postgres_starts_first_and_stops_last(settings):
    order = sorted(programs(settings), key=lambda program: program.priority)
    assert (order[0].name, order[-1].name) == ("postgres", "imaging_api")


def test_a_database_that_is_elsewhere_is_not_started_here(tmp_path):
    elsewhere = {"PIXL_DATA": str(tmp_path), "PIXL_DATABASE": "host=db port=5432 dbname=pixl user=pixl"}
    assert "postgres" not in {program.name for program in programs(Settings.from_env(elsewhere))}


def test_every_process_is_restarted_whatever_it_ended_with(settings):
    parser = read(Layout(data=settings.data), settings)
    for program in programs(settings):
        assert parser[f"program:{program.name}"]["autorestart"] == "true"


def test_no_secret_is_in_the_configuration_but_the_supervisors_own(settings):
    made = {configuration(Layout(data=settings.data), programs(settings)) for _ in range(2)}
    assert len(made) == 2  # another password at each start


def test_the_socket_moves_when_the_data_folders_path_is_too_long_for_one(tmp_path):
    layout = Layout(data=tmp_path / ("long" * 30))
    settings = Settings.from_env({"PIXL_DATA": str(layout.data)})
    path = read(layout, settings)["unix_http_server"]["file"]
    assert len(path) <= SOCKET_PATH_MAX


def test_without_a_supervisor_there_is_a_word_on_what_to_do(tmp_path):
    with pytest.raises(ServiceUnavailable, match="pixl up"):
        Supervisor(Layout(data=tmp_path)).processes()


def test_a_pid_file_that_names_somebody_else_is_not_believed(tmp_path):
    layout = Layout(data=tmp_path)
    layout.run.mkdir()
    layout.supervisor_pid.write_text("1")
    assert Supervisor(layout).pid() is None

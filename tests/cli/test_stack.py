import json
import os
import subprocess
import sys

from typer.testing import CliRunner

from cli.main import build
from pixl.domain.errors import ConfigurationError
from pixl.stack import Layout


def invoke(data, *arguments):
    return CliRunner().invoke(build(), list(arguments), env={"PIXL_DATA": str(data)})


def logs_in(tmp_path):
    layout = Layout(data=tmp_path / "data")
    layout.prepare()
    layout.log("postgres").write_text("".join(f"line {number}\n" for number in range(100)))
    layout.log("ehr_api").write_text("ready\n")
    return layout


def test_status_of_what_never_ran_says_so_and_exits_with_3(tmp_path):
    done = invoke(tmp_path / "data", "status", "--json")
    assert done.exit_code == 3
    assert {process["state"] for process in json.loads(done.stdout)} == {"stopped"}
    assert not (tmp_path / "data").exists()


def test_logs_shows_the_end_of_one_log(tmp_path):
    layout = logs_in(tmp_path)
    lines = invoke(layout.data, "logs", "postgres", "-n", "2").stdout.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == ["line 98", "line 99"]


def test_logs_of_all_processes_name_the_process_in_each_line(tmp_path):
    layout = logs_in(tmp_path)
    lines = invoke(layout.data, "logs", "-n", "1").stdout.splitlines()
    assert sorted(line.split()[0] for line in lines) == ["ehr_api", "postgres"]


def test_the_log_of_an_unknown_process_is_an_error_that_names_those_there_are(tmp_path):
    layout = logs_in(tmp_path)
    done = invoke(layout.data, "logs", "orthanc")
    assert isinstance(done.exception, ConfigurationError)
    assert "ehr_api, postgres" in str(done.exception)


def test_logs_of_what_never_ran_say_how_to_start_it(tmp_path):
    done = invoke(tmp_path / "data", "logs")
    assert isinstance(done.exception, ConfigurationError)
    assert "`pixl up`" in str(done.exception)


def test_down_of_what_never_ran_says_that_there_is_nothing(tmp_path):
    done = invoke(tmp_path / "data", "down")
    assert (done.exit_code, "nothing to stop" in done.stdout) == (0, True)


def test_a_backup_of_what_never_ran_is_refused_and_makes_nothing(tmp_path):
    done = invoke(tmp_path / "data", "backup")
    assert isinstance(done.exception, ConfigurationError)
    assert "there is no ledger" in str(done.exception)
    assert not (tmp_path / "data").exists()


def test_logs_follow_what_is_written_later(tmp_path):
    layout = logs_in(tmp_path)
    command = [sys.executable, "-m", "cli", "logs", "ehr_api", "-f"]
    env = {**os.environ, "PIXL_DATA": str(layout.data)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert "ready" in process.stdout.readline()
        with layout.log("ehr_api").open("a") as log:
            log.write("later\n")
        assert "later" in process.stdout.readline()
        process.kill()

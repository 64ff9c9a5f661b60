import dataclasses
import socket
import sys

import pytest
import yaml
from typer.testing import CliRunner

from cli import doctor
from cli.main import build
from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.domain.vouching import OpenId
from pixl.secrets import FileStore
from pixl.settings import Settings
from pixl.stack import Layout, free_ports
from pixl.stack.credentials import ensure_secrets
from pixl.testing.openid import CLIENT_ID, CLIENT_SECRET, OpenIdStandIn
from pixl.testing.safe_haven import KEPT_AS, SafeHaven

PEERS = """
project: {name: demo, modalities: [CT], azure_kv_alias: demo}
tag_operation_files: {base: [ours.yaml], manufacturer_overrides: []}
destination: {dicom: none, parquet: none}
"""


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "projects").mkdir()
    env = {"PIXL_DATA": str(tmp_path / "data"), "PIXL_PROJECTS": str(tmp_path / "projects")}
    return dataclasses.replace(Settings.from_env(env), ports=free_ports())


@pytest.fixture
def store(settings):
    return FileStore(settings.data / "secrets")


def findings(settings, store, outcome):
    return {finding.what: finding.text for finding in doctor.examine(settings, store) if finding.outcome == outcome}


def test_what_pixl_up_would_make_is_no_failure(settings, store):
    assert findings(settings, store, "fail") == {}
    assert "`pixl up` makes them" in findings(settings, store, "warn")["secrets"]


def test_secrets_that_are_missing_where_pixl_has_run_are_failures(settings, store):
    Layout(data=settings.data).prepare()
    Layout(data=settings.data).postgres.mkdir()
    assert findings(settings, store, "fail").keys() == {f"secret {name}" for name in doctor.SECRETS}


def test_a_sound_deployment_that_is_not_running_has_no_failure(settings, store):
    Layout(data=settings.data).prepare()
    ensure_secrets(store, doctor.SECRETS)
    assert findings(settings, store, "fail") == {}
    assert "pixl up" in findings(settings, store, "warn")["processes"]


def test_an_open_folder_is_a_failure_with_the_command_that_mends_it(settings, store):
    layout = Layout(data=settings.data)
    layout.prepare()
    layout.configuration.chmod(0o755)
    assert f"chmod 700 {layout.configuration}" in findings(settings, store, "fail")[str(layout.configuration)]


def test_an_open_secret_is_a_failure_with_the_command_that_mends_it(settings, store):
    ensure_secrets(store, doctor.SECRETS)
    path = settings.data / "secrets" / "ledger-key"
    path.chmod(0o644)
    assert f"chmod 600 {path}" in findings(settings, store, "fail")["secret ledger-key"]


def test_a_taken_port_is_a_failure_that_names_its_setting(settings, store):
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.ports.imaging))
        other.listen()
        assert "PIXL_IMAGING_PORT" in findings(settings, store, "fail")["ports"]


def test_a_project_file_with_a_misspelt_key_is_a_failure_that_names_it(settings, store):
    (settings.projects / "demo.yaml").write_text("projekt: {}\n")
    assert "projekt" in findings(settings, store, "fail")["project demo"]


def test_a_checker_whose_library_is_missing_is_a_failure_that_says_what_to_install(settings, store, monkeypatch):
    (settings.projects / "tag-operations").mkdir()
    (settings.projects / "tag-operations" / "ours.yaml").write_text("[]")
    (settings.projects / "demo.yaml").write_text(PEERS)
    assert "its checkers are private," in findings(settings, store, "ok")["project demo"]
    without_onnxruntime(monkeypatch)
    assert "pip install 'pixl[ocr]'" in findings(settings, store, "fail")["project demo"]


def without_onnxruntime(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for name in [name for name in sys.modules if name.startswith("pixl.checks.pixels")]:
        monkeypatch.delitem(sys.modules, name)


def test_what_a_project_says_that_means_something_else_here_is_a_warning(settings, store):
    (settings.projects / "tag-operations").mkdir()
    (settings.projects / "tag-operations" / "ours.yaml").write_text(
        "- {name: Patient Position, group: 0x0018, element: 0x5100, op: replace}\n"
        "- {name: Modality, group: 0x0008, element: 0x0060, op: keep}\n"
    )
    (settings.projects / "demo.yaml").write_text(PEERS)
    found = list(doctor.examine(settings, store))
    warnings = [one.text for one in found if one.what == "project demo" and one.outcome == "warn"]
    assert [text for text in warnings if text.startswith("project.azure_kv_alias is not used")]
    assert [text for text in warnings if text.startswith("tag_operation_files: what neither they nor the policy names")]
    assert [text for text in warnings if "PatientPosition is kept" in text]
    assert [one for one in found if one.what == "project demo" and one.outcome == "ok"]


def test_the_settings_are_a_line_that_says_how_many_the_file_has(settings, store):
    assert "there is no" in findings(settings, store, "ok")["settings"]
    settings.data.mkdir()
    (settings.data / "pixl.env").write_text("# ours\nPIXL_MAX_TRIES=3\n")
    assert "pixl.env has 1" in findings(settings, store, "ok")["settings"]


@pytest.mark.parametrize("wrong", [{"PIXL_FETCH_WORKERS": "0"}, {"PIXL_SECRETS": "paper"}, {"PIXL_FETCH_WORKER": "1"}])
def test_wrong_settings_are_a_failure_that_names_them(tmp_path, monkeypatch, wrong):
    for name, value in {"PIXL_DATA": str(tmp_path), **wrong}.items():
        monkeypatch.setenv(name, value)
    (finding,) = doctor.examine_process()
    assert (finding.what, finding.outcome) == ("settings", "fail")
    assert next(iter(wrong)) in finding.text
    shown = CliRunner().invoke(build(), ["doctor"])
    assert shown.exit_code == 1
    assert next(iter(wrong)) in shown.output


def test_an_archive_that_does_not_answer_is_a_failure_that_says_what_to_check(settings, store):
    silent = Settings.from_env({"PIXL_DATA": str(settings.data), "PIXL_ARCHIVE_PRIMARY": "VNA@127.0.0.1:1"})
    settings = dataclasses.replace(settings, primary=silent.primary)
    assert "PIXLRAW" in findings(settings, store, "fail")["archive primary"]


def test_another_python_in_orthanc_is_an_error_that_says_how_to_get_the_same(tmp_path):
    plugin = tmp_path / "libOrthancPython.so"
    plugin.write_bytes(b"\0libpython3.7m.so.1.0\0")
    with pytest.raises(ConfigurationError, match="make setup"):
        doctor.same_python(plugin)
    plugin.write_bytes(f"\0libpython3.{sys.version_info[1]}.so.1.0\0".encode())
    assert "same" in doctor.same_python(plugin)


@pytest.mark.servers
@pytest.mark.parametrize("tls", ["explicit", "implicit"])
def test_a_safe_haven_is_tried_with_its_certificate_and_the_login(settings, store, tmp_path, tls):
    with SafeHaven(tmp_path / "received", tmp_path / "state", tls=tls) as haven:
        store.create(KEPT_AS, haven.password.encode())
        trusted, untrusted = haven.options(), {**haven.options(), "ca": None}
        settings.destinations.write_text(yaml.safe_dump({"good": trusted, "bad": untrusted}))
        assert "trusted" in findings(settings, store, "ok")["destination good"]
        assert "certificate" in findings(settings, store, "fail")["destination bad"]


def test_the_source_and_the_engines_of_reports_are_tried(settings, store):
    (settings.projects / "policies").mkdir()
    (settings.projects / "policies" / "strict.yaml").write_text("{}")
    project = {"project": {"name": "lungs", "modalities": ["CT"]}, "policy": "strict", "destination": {}}
    project["reports"] = {"source": "emap", "engines": ["rules", "cogstack"]}
    (settings.projects / "lungs.yaml").write_text(yaml.safe_dump(project))
    told = findings(settings, store, "fail")
    assert "reports.yaml" in told["reports from emap"]
    assert (
        "did you mean" in told["report engine cogstack"]
        or "there is no report engine" in told["report engine cogstack"]
    )
    assert {"report engine rules", "report engine shapes"} <= findings(settings, store, "ok").keys()


def test_the_hospitals_login_is_asked_to_describe_itself(settings, store, tmp_path):
    with OpenIdStandIn(tmp_path) as hospital:
        roles = ((Role.REVIEWER, "pixl-reviewers"),)
        known = OpenId(issuer=hospital.issuer, client_id=CLIENT_ID, roles=roles, ca=hospital.ca)
        settings = dataclasses.replace(settings, oidc=known)
        assert "oidc-client-secret" in login_of(settings, store, "fail")
        store.create("oidc-client-secret", CLIENT_SECRET.encode())
        assert f"{settings.console_url}/login/oidc/back" in login_of(settings, store, "ok")
        untrusted = dataclasses.replace(settings, oidc=dataclasses.replace(known, ca=None))
        assert "does not answer" in login_of(untrusted, store, "fail")


def login_of(settings, store, outcome):
    [found] = doctor._hospital_login(settings, store)
    assert found.outcome == outcome, found.text
    return found.text

"""A setting that cannot be meant stops the program before it starts, and is named."""

import subprocess
import sys

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.intake.hours import Hours
from pixl.settings import HOUSE, PORT_NAMES, RANGES, Settings, read_settings_file


def read(tmp_path, **env):
    return Settings.from_env({"PIXL_DATA": str(tmp_path), **env})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIXL_FETCH_WORKERS", "0"),
        ("PIXL_FETCH_WORKERS", "2.5"),
        ("PIXL_FETCH_WORKERS", "many"),
        ("PIXL_EXPORT_WORKERS", "100000"),
        ("PIXL_MAX_TRIES", "-3"),
        ("PIXL_MAX_TRIES", "1e400"),
        ("PIXL_MAX_TRIES", "9" * 5000),
        ("PIXL_MAX_TRIES", "٣"),
        ("PIXL_RETRY_SECONDS", "nan"),
        ("PIXL_RETRY_SECONDS", "inf"),
        ("PIXL_RETRY_SECONDS", "0"),
        ("PIXL_RETRY_SECONDS", "soon"),
        ("PIXL_RAW_STORAGE_MB", "-1"),
        ("PIXL_ARCHIVE_TIMEOUT", "0"),
        ("PIXL_STABLE_SECONDS", "0"),
        ("PIXL_LOG_LEVEL", "FOO"),
        ("PIXL_LOG_LEVEL", "10"),
        ("PIXL_ARCHIVE_SECONDARY_HOURS", "25:00-26:00"),
        ("PIXL_ARCHIVE_SECONDARY_HOURS", "20:00-06:60"),
        ("PIXL_ARCHIVE_SECONDARY_HOURS", "20-6"),
        ("PIXL_IMAGING_PORT", "99999"),
        ("PIXL_IMAGING_PORT", "0"),
        ("PIXL_ARCHIVE_PRIMARY", "VNA@10.0.0.5:99999"),
        ("PIXL_ARCHIVE_PRIMARY", "VNA@10.0.0.5"),
        ("PIXL_ARCHIVE_SECONDARY", "A_NAME_OF_MORE_THAN_16@10.0.0.5:104"),
        ("PIXL_RAW_AET", "A_NAME_OF_MORE_THAN_16"),
        ("PIXL_RAW_AET", "A\\B"),
        ("PIXL_HOST", "two hosts"),
        ("PIXL_HOST", "::1"),
        ("PIXL_RAW_URL", "127.0.0.1:8142"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(ConfigurationError, match=name):
        read(tmp_path, **{name: value})


def test_defaults_and_an_empty_value_is_none(tmp_path):
    names = ["PIXL_HOST", "PIXL_IMAGING_PORT", "PIXL_RETRY_SECONDS", "PIXL_LOG_LEVEL", "PIXL_ARCHIVE_PRIMARY"]
    assert read(tmp_path, **dict.fromkeys(names, "")) == read(tmp_path)
    assert read(tmp_path).max_tries == 20


def test_values_at_the_ends_of_their_ranges_are_taken(tmp_path):
    for field, (least, most) in RANGES.items():
        for value in (least, most):
            found = read(tmp_path, **{f"PIXL_{field.upper()}": str(value)})
            place = found.ports if field.endswith("_port") else found
            assert getattr(place, field.removesuffix("_port")) == value


def test_every_port_has_a_range():
    assert {f"{name}_port" for name in PORT_NAMES} < set(RANGES)


@pytest.mark.parametrize("hours", ["20:00-06:00", " 00:00 - 23:59 ", "", "07:30-07:30", "24:00-25:00", "2:00-3:00"])
def test_hours_are_taken_here_as_the_fetch_takes_them(tmp_path, hours):
    def taken(step):
        try:
            step()
        except ConfigurationError:
            return False
        return True

    assert taken(lambda: read(tmp_path, PIXL_ARCHIVE_SECONDARY_HOURS=hours)) == taken(lambda: Hours.parse(hours))


def test_a_misspelt_name_in_the_settings_file_is_refused_with_its_line_and_what_was_meant(tmp_path):
    (tmp_path / "pixl.env").write_text("# ours\nPIXL_ARCHIVE_PRIMRY=VNA@10.0.0.5:104\n")
    with pytest.raises(ConfigurationError, match=r"line 2: .*PIXL_ARCHIVE_PRIMRY.*did you mean 'PIXL_ARCHIVE_PRIMARY'"):
        read(tmp_path)


def test_a_misspelt_name_in_the_environment_is_refused_with_what_was_meant(tmp_path):
    with pytest.raises(ConfigurationError, match=r"PIXL_MAX_TRYS.*did you mean 'PIXL_MAX_TRIES'"):
        read(tmp_path, PIXL_MAX_TRYS="3")


def test_names_that_are_no_settings_are_left_alone_in_the_environment(tmp_path):
    others = {"PIXL_STACK": "x", "PIXL_KEEP_LOGS": "x", "PIXL_TEST_DESK": "x", "PATH": "/bin"}
    assert read(tmp_path, **others) == read(tmp_path)


def test_the_settings_file_cannot_say_where_it_is_itself(tmp_path):
    (tmp_path / "pixl.env").write_text("PIXL_DATA=/somewhere/else\n")
    with pytest.raises(ConfigurationError, match="PIXL_DATA"):
        read(tmp_path)


def test_a_name_that_is_there_twice_in_the_settings_file_is_refused(tmp_path):
    (tmp_path / "pixl.env").write_text("PIXL_MAX_TRIES=3\nPIXL_MAX_TRIES=4\n")
    with pytest.raises(ConfigurationError, match="line 2: PIXL_MAX_TRIES is there twice"):
        read(tmp_path)


def test_a_settings_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "pixl.env").write_bytes(b"PIXL_HOST=\xe4\n")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_settings_file(tmp_path / "pixl.env")


def test_the_environment_wins_over_the_settings_file(tmp_path):
    (tmp_path / "pixl.env").write_text("PIXL_MAX_TRIES = 3\nPIXL_LOG_LEVEL=debug\n")
    found = read(tmp_path, PIXL_MAX_TRIES="4")
    assert (found.max_tries, found.log_level) == (4, "DEBUG")


@pytest.mark.parametrize("command", [["status"], ["cohort", "status"], ["project", "list"]])
def test_a_wrong_setting_is_exit_code_2_and_no_traceback(tmp_path, command):
    done = subprocess.run(
        [sys.executable, "-m", "cli", *command],
        env={"PATH": "/usr/bin:/bin", "PIXL_DATA": str(tmp_path), "PIXL_LOG_LEVEL": "FOO"},
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "PIXL_LOG_LEVEL" in done.stderr
    assert "Traceback" not in done.stderr


OIDC = {
    "PIXL_OIDC_ISSUER": "https://login.hospital.example/realms/staff",
    "PIXL_OIDC_CLIENT_ID": "pixl-console",
    "PIXL_OIDC_ROLES": "reviewer=cn=pixl,ou=groups; releaser = pixl-releasers;",
}


def test_without_the_hospitals_login_there_is_none(tmp_path):
    assert Settings.from_env({"PIXL_DATA": str(tmp_path)}).oidc is None


def test_the_hospitals_login_gives_roles_by_what_the_claim_says(tmp_path):
    found = Settings.from_env({"PIXL_DATA": str(tmp_path), **OIDC}).oidc
    assert found.roles == ((Role.REVIEWER, "cn=pixl,ou=groups"), (Role.RELEASER, "pixl-releasers"))
    assert (found.role_claim, found.scopes, found.ca) == ("roles", "openid profile", None)


@pytest.mark.parametrize("missing", OIDC)
def test_half_a_hospitals_login_is_refused_with_what_is_missing(tmp_path, missing):
    given = {name: value for name, value in OIDC.items() if name != missing}
    with pytest.raises(ConfigurationError, match=missing):
        Settings.from_env({"PIXL_DATA": str(tmp_path), **given})


@pytest.mark.parametrize(
    "change",
    [
        {"PIXL_OIDC_ISSUER": "http://login.hospital.example"},
        {"PIXL_OIDC_ISSUER": "https://login.hospital.example/?x=1"},
        {"PIXL_OIDC_ROLES": "boss=everybody"},
        {"PIXL_OIDC_ROLES": "reviewer"},
        {"PIXL_OIDC_ROLES": "reviewer="},
        {"PIXL_OIDC_SCOPES": "profile"},
    ],
)
def test_a_hospitals_login_that_cannot_be_meant_is_refused(tmp_path, change):
    with pytest.raises(ConfigurationError, match=next(iter(change))):
        Settings.from_env({"PIXL_DATA": str(tmp_path), **OIDC, **change})

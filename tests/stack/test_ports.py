import dataclasses
import socket

import pytest

from pixl.domain.errors import ConfigurationError
from pixl.settings import Settings
from pixl.stack.ports import free_ports, is_free, keep_free_ports, refuse_taken_ports


@pytest.fixture
def taken():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def settings_with(tmp_path, **ports):
    settings = Settings.from_env({"PIXL_DATA": str(tmp_path)})
    return dataclasses.replace(settings, ports=dataclasses.replace(free_ports(), **ports))


def test_free_ports_are_all_different_and_free():
    ports = list(dataclasses.asdict(free_ports()).values())
    assert len(set(ports)) == len(ports)
    assert all(is_free("127.0.0.1", port) for port in ports)


def test_a_taken_port_is_an_error_that_names_the_port_and_its_setting(tmp_path, taken):
    with pytest.raises(ConfigurationError, match=f"{taken}.*PIXL_RAW_DICOM_PORT"):
        refuse_taken_ports(settings_with(tmp_path, raw_dicom=taken))


def test_a_host_that_is_another_machine_is_an_error_that_names_the_setting(tmp_path):
    elsewhere = dataclasses.replace(settings_with(tmp_path), host="192.0.2.1")
    with pytest.raises(ConfigurationError, match=r"PIXL_HOST is 192\.0\.2\.1"):
        refuse_taken_ports(elsewhere)


def test_a_port_given_twice_is_an_error_that_names_both_settings(tmp_path):
    port = free_ports().ehr
    with pytest.raises(ConfigurationError, match="PIXL_IMAGING_PORT and PIXL_HASHING_PORT"):
        refuse_taken_ports(settings_with(tmp_path, hashing=port, imaging=port))


def test_free_ports_are_kept_and_those_that_were_named_stay(tmp_path):
    (tmp_path / "pixl.env").write_text("PIXL_EHR_PORT=15555\n")
    keep_free_ports(tmp_path, "127.0.0.1")
    first = Settings.from_env({"PIXL_DATA": str(tmp_path)}).ports
    keep_free_ports(tmp_path, "127.0.0.1")
    assert Settings.from_env({"PIXL_DATA": str(tmp_path)}).ports == first
    assert first.ehr == 15555
    assert first.postgres != Settings.from_env({"PIXL_DATA": str(tmp_path / "other")}).ports.postgres

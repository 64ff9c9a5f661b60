import stat

import pytest

from pixl.domain.errors import ServiceUnavailable
from pixl.testing.safe_haven import SafeHaven

pytestmark = pytest.mark.servers


def test_its_password_is_generated_and_for_its_owner_alone(tmp_path):
    with SafeHaven(tmp_path / "a", tmp_path / "state-a") as one, SafeHaven(tmp_path / "b", tmp_path / "state-b") as two:
        assert one.password != two.password
        assert len(one.password) >= 20
        for name in ("password", "server.pem"):
            assert stat.S_IMODE((one.state / name).stat().st_mode) == 0o600


def test_it_is_the_same_after_a_restart(tmp_path):
    haven = SafeHaven(tmp_path / "received", tmp_path / "state")
    with haven:
        before = (haven.port, haven.password, haven.ca.read_bytes())
    with haven:
        assert (haven.port, haven.password, haven.ca.read_bytes()) == before


def test_it_says_where_its_log_is_when_it_does_not_start(tmp_path):
    with (
        SafeHaven(tmp_path / "received", tmp_path / "state") as one,
        pytest.raises(ServiceUnavailable, match="log says why"),
        SafeHaven(tmp_path / "other", tmp_path / "state-2", port=one.port),
    ):
        pass

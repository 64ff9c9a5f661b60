"""The gate alone, with the few names of Orthanc that it needs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.anon_gate import TOKEN_HEADER, Gate

METHODS = SimpleNamespace(GET=1, POST=2, DELETE=3, PUT=4)
KEPT, DISCARDED = "kept", "discarded"


class Doors:
    """Orthanc, as far as it asks a gate."""

    HttpMethod = METHODS
    ReceivedInstanceAction = SimpleNamespace(KEEP_AS_IS=KEPT, DISCARD=DISCARDED)

    def RegisterReceivedInstanceCallback(self, function):  # noqa: N802 - Orthanc's name
        self.received = function

    def RegisterIncomingHttpRequestFilter(self, function):  # noqa: N802 - Orthanc's name
        self.allows = function

    def fate(self, data):
        return self.received(data, 2)[0]


@pytest.fixture
def doors():
    return Doors()


@pytest.fixture
def gate(doors):
    gate = Gate(doors)
    gate.register()
    return gate


def test_an_instance_is_kept_while_it_is_being_stored_and_not_after(doors, gate):
    assert doors.fate(b"instance") == DISCARDED
    with gate.open_for(b"instance"):
        assert doors.fate(b"instance") == KEPT
    assert doors.fate(b"instance") == DISCARDED


@given(st.binary(min_size=1, max_size=50), st.binary(max_size=50))
def test_nothing_but_the_very_bytes_passes(mine, other):
    doors = Doors()
    gate = Gate(doors)
    gate.register()
    with gate.open_for(mine):
        assert doors.fate(other) == (KEPT if other == mine else DISCARDED)
        assert doors.fate(mine + b"\0") == doors.fate(mine[:-1]) == DISCARDED


def test_two_threads_that_store_the_same_do_not_close_the_gate_for_each_other(doors, gate):
    with gate.open_for(b"same"):
        with gate.open_for(bytes(bytearray(b"same"))):
            pass
        assert doors.fate(b"same") == KEPT


def test_an_error_while_storing_closes_the_gate(doors, gate):
    with pytest.raises(OSError, match="disk"), gate.open_for(b"instance"):
        raise OSError("disk")
    assert doors.fate(b"instance") == DISCARDED


@pytest.mark.parametrize("method", [METHODS.GET, METHODS.DELETE, METHODS.PUT])
def test_the_token_opens_uploads_only(doors, gate, method):
    assert doors.allows("/instances", method=METHODS.POST, headers=gate.headers)
    assert not doors.allows("/instances/", method=METHODS.POST, headers=gate.headers)
    assert not doors.allows("/tools/create-dicom", method=METHODS.POST, headers=gate.headers)
    if method != METHODS.GET:
        assert not doors.allows("/instances", method=method, headers=gate.headers)


@given(st.text(max_size=70))
def test_no_other_token_opens_anything(text):
    doors = Doors()
    Gate(doors).register()
    assert not doors.allows("/instances", method=METHODS.POST, headers={TOKEN_HEADER: text})


def test_each_process_has_a_token_of_its_own(doors):
    assert Gate(doors).headers != Gate(doors).headers

import itertools
import logging
from pathlib import Path

import pytest
import yaml

from ehr_api.exports import Exports
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.project import DestinationNames, Project
from pixl.domain.state import State
from pixl.domain.study import StudyRequest
from pixl.export import open_destination
from pixl.testing.safe_haven import KEPT_AS, SafeHaven

pytestmark = pytest.mark.servers

READY = "lungs/2023-12-07t14-08-58/READY"


class Secrets:
    """A secret store that knows the password of the safe haven."""

    def __init__(self, password):
        self.password = password

    def get(self, name):
        assert name == KEPT_AS
        return self.password.encode()


def request_for(number):
    return StudyRequest(
        project="lungs",
        procedure_occurrence_id=number,
        mrn=f"INVENTED-MRN-{number}",
        accession_number=f"INVENTED-ACC-{number}",
    )


@pytest.fixture
def make(ledger, tmp_path, load):
    load(ledger, tmp_path)
    assert ledger.advance(3, State.REJECTED, before={State.REQUESTED}, reason="not wanted")
    names = DestinationNames(dicom="haven", parquet="haven")
    project = Project(name="lungs", modalities=("CT",), destination=names, file=Path("lungs.yaml"))
    return lambda destination: Exports(
        ledger, tmp_path / "extracts", lambda _: project, lambda _: destination, max_tries=3
    )


@pytest.fixture
def finished(make, received):
    """The exports of an extract that is complete, and its destination with READY."""
    destination = received()
    exports = make(destination)
    exports.run(exports.request("lungs", None))
    assert READY in destination.files
    return exports, destination


def retry(ledger):
    assert ledger.advance(3, State.REQUESTED, before={State.REJECTED}, reason="asked for again")


def test_ready_stays_as_long_as_nothing_more_is_asked_for(finished):
    exports, destination = finished
    exports.ready.look()
    assert READY in destination.files


def test_ready_is_taken_back_when_the_extract_is_loaded_with_more_rows_and_comes_with_the_next_export(finished, ledger):
    exports, destination = finished
    first = destination.files[READY]
    ledger.load(ledger.extract_of("lungs", None), [request_for(number) for number in range(4)])
    exports.ready.look()
    assert READY not in destination.files

    exports.run(exports.request("lungs", None))
    assert READY not in destination.files
    assert ledger.advance(4, State.REJECTED, before={State.REQUESTED}, reason="not wanted")
    exports.run(exports.request("lungs", None))
    assert destination.files[READY].startswith(b"4 requested = 2 passed")
    assert destination.files[READY] != first


def test_ready_is_taken_back_when_a_study_is_retried_even_if_it_ends_as_before(finished, ledger):
    exports, destination = finished
    retry(ledger)
    assert ledger.advance(3, State.REJECTED, before={State.REQUESTED}, reason="not wanted")
    exports.ready.look()
    assert READY not in destination.files


def test_a_destination_that_is_away_has_ready_taken_back_at_a_later_look(finished, ledger, caplog):
    exports, destination = finished
    retry(ledger)
    destination.error, destination.times = RetryLater("the safe haven is down"), 1
    with caplog.at_level(logging.WARNING):
        exports.ready.look()
    assert "READY of lungs 2023-12-07t14-08-58 is still there" in caplog.text
    assert READY in destination.files
    exports.ready.look()
    assert READY not in destination.files
    assert ledger.markers.stale() == []


def test_an_export_takes_ready_back_before_it_changes_a_table(finished, ledger):
    exports, destination = finished
    retry(ledger)
    put = destination.put

    def put_without_ready(chunks, name):
        assert READY not in destination.files
        return put(chunks, name)

    destination.put = put_without_ready
    job = exports.request("lungs", None)
    exports.run(job)
    assert ledger.parquet_export(job)["state"] == "done"


def test_a_process_that_dies_when_it_has_removed_ready_leaves_it_to_the_next(finished, ledger, received):
    exports, destination = finished
    retry(ledger)
    destination.remove(READY)  # and the row is still there
    assert len(ledger.markers.stale()) == 1
    exports.ready.look()
    assert ledger.markers.stale() == []


def test_a_process_that_dies_while_ready_is_sent_leaves_it_to_be_followed(make, ledger, received):
    class Dying(received):
        def put(self, chunks, name):
            receipt = super().put(chunks, name)
            if name == READY:
                raise KeyboardInterrupt
            return receipt

    destination = Dying()
    exports = make(destination)
    with pytest.raises(KeyboardInterrupt):
        exports.run(exports.request("lungs", None))
    assert READY in destination.files
    retry(ledger)
    make(destination).ready.look()
    assert READY not in destination.files


@pytest.mark.parametrize("state", [State.RELEASED, State.EXPORTING])
def test_ready_waits_for_a_study_that_is_released_and_has_not_left(make, ledger, received, state):
    for before, after in ((State.EXPORTED, State.REQUESTED), (State.REQUESTED, State.FETCHING)):
        assert ledger.advance(2, after, before={before})
    way = (State.FETCHING, State.CACHED, State.DEIDENTIFYING, State.CHECKING, State.RELEASED, State.EXPORTING)
    for before, after in itertools.pairwise(way[: way.index(state) + 1]):
        assert ledger.advance(2, after, before={before})
    destination = received()
    exports = make(destination)
    exports.run(exports.request("lungs", None))
    assert READY not in destination.files


def test_ready_is_not_written_if_something_changed_while_the_tables_were_sent(make, ledger, received):
    class Meanwhile(received):
        def put(self, chunks, name):
            if name.endswith("IMAGE_LINKER.parquet"):
                retry(ledger)
                assert ledger.advance(3, State.REJECTED, before={State.REQUESTED}, reason="not wanted")
            return super().put(chunks, name)

    destination = Meanwhile()
    exports = make(destination)
    exports.run(exports.request("lungs", None))
    assert READY not in destination.files


def test_ready_comes_and_goes_at_a_real_safe_haven(make, ledger, tmp_path):
    with SafeHaven(tmp_path / "received", tmp_path / "state", tls="explicit") as haven:
        file = tmp_path / "destinations.yaml"
        file.write_text(yaml.safe_dump({"haven": haven.options()}))
        exports = make(open_destination("haven", file, Secrets(haven.password)))
        exports.run(exports.request("lungs", None))
        assert (haven.folder / READY).read_text().startswith("3 requested = 2 passed")
        retry(ledger)
        exports.ready.look()
        assert not (haven.folder / READY).exists()
        assert not (haven.folder / f"{READY}.sha256").exists()


def test_a_destination_that_is_not_defined_any_more_keeps_no_other_from_being_looked_at(finished, ledger, caplog):
    exports, _ = finished
    retry(ledger)

    def gone(_):
        raise ConfigurationError("there is no destination 'haven'")

    exports.ready._destination = gone
    exports.ready.look()
    assert "is still there" in caplog.text
    assert len(ledger.markers.stale()) == 1

import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ehr_api.exports import Exports
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.project import DestinationNames, Project
from pixl.domain.state import State

pytestmark = pytest.mark.servers

EXTRACT = "lungs/2023-12-07t14-08-58"
BASE = f"{EXTRACT}/parquet"
LINKER = f"{BASE}/radiology/IMAGE_LINKER.parquet"


def project(name, parquet="haven"):
    destination = DestinationNames(dicom="haven", parquet=parquet)
    return Project(name=name, modalities=("CT",), destination=destination, file=Path("lungs.yaml"))


@pytest.fixture
def make(loaded, tmp_path):
    def make_exports(destination, *, parquet="haven", max_tries=3):
        return Exports(
            loaded,
            tmp_path / "extracts",
            lambda name: project(name, parquet),
            lambda _: destination,
            max_tries=max_tries,
        )

    return make_exports


def test_the_tables_and_the_linker_of_what_was_exported_leave(make, loaded, received):
    destination = received()
    exports = make(destination)
    job = exports.request("lungs", None)
    exports.run(job)

    assert list(destination.files)[:2] == [f"{BASE}/omop/public/PERSON.parquet", LINKER]
    linker = pq.read_table(io.BytesIO(destination.files[LINKER])).to_pylist()
    assert sorted(row["pseudo_study_uid"] for row in linker) == ["2.25.1", "2.25.2"]
    row = loaded.parquet_export(job)
    assert (row["state"], row["done"], row["total"], row["reason"]) == ("done", 8, 8, None)
    assert row["files"] == list(destination.files)


def test_an_export_that_is_done_is_not_done_again(make, received):
    destination = received()
    exports = make(destination)
    job = exports.request("lungs", "2023-12-07t14-08-58")
    exports.run(job)
    destination.files.clear()
    exports.run(job)
    assert destination.files == {}


def test_a_destination_that_is_away_is_tried_again_and_the_reason_shown(make, loaded, received):
    exports = make(received(RetryLater("the safe haven is down"), times=1))
    job = exports.request("lungs", None)
    with pytest.raises(RetryLater):
        exports.run(job)
    row = loaded.parquet_export(job)
    assert (row["state"], row["reason"]) == ("queued", "try 1: the safe haven is down")

    exports.run(job)
    row = loaded.parquet_export(job)
    assert (row["state"], row["reason"]) == ("done", None)


def test_an_export_fails_with_its_reason_after_its_tries(make, loaded, received):
    exports = make(received(RetryLater("the safe haven is down"), times=9), max_tries=2)
    job = exports.request("lungs", None)
    with pytest.raises(RetryLater):
        exports.run(job)
    exports.run(job)
    assert loaded.parquet_export(job)["state"] == "failed"
    assert loaded.parquet_export(job)["reason"] == "the safe haven is down (2 tries)"


def test_what_a_person_has_to_mend_fails_at_once(make, loaded, received):
    exports = make(received(ConfigurationError("correct the password"), times=9))
    job = exports.request("lungs", None)
    exports.run(job)
    assert (loaded.parquet_export(job)["state"], loaded.parquet_export(job)["reason"]) == (
        "failed",
        "correct the password",
    )


def test_a_bug_fails_the_export_and_its_message_is_not_shown(make, loaded, received, caplog):
    exports = make(received(KeyError("INVENTED-MRN-1"), times=9))
    job = exports.request("lungs", None)
    exports.run(job)
    assert loaded.parquet_export(job)["reason"] == "internal error (KeyError); see the log of ehr_api"
    assert "INVENTED" not in caplog.text


def test_a_project_whose_tables_stay_is_refused_at_once(make, received):
    with pytest.raises(ConfigurationError, match="keeps its tables"):
        make(received(), parquet="none").request("lungs", None)


def test_an_extract_that_was_never_loaded_is_refused_with_those_there(make, received):
    with pytest.raises(ConfigurationError, match="it has: 2023-12-07t14-08-58"):
        make(received()).request("lungs", "2024-01-01t00-00-00")


def test_the_report_leaves_with_the_tables_and_ready_is_said_only_when_all_is_at_its_end(make, loaded, received):
    destination = received()
    exports = make(destination)
    exports.run(exports.request("lungs", None))
    readme = destination.files[f"{EXTRACT}/report/README.md"].decode()
    assert "3 requested = 2 passed" in readme
    assert "Not final" in readme
    assert f"{EXTRACT}/READY" not in destination.files

    assert loaded.advance(3, State.REJECTED, before={State.REQUESTED}, reason="not wanted")
    exports.run(exports.request("lungs", None))
    assert list(destination.files)[-1] == f"{EXTRACT}/READY"
    assert destination.files[f"{EXTRACT}/READY"].startswith(b"3 requested = 2 passed")
    assert b"INVENTED" not in b"".join(destination.files.values())

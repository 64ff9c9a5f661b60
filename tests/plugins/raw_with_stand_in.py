"""The script of an orthanc-raw whose ledger is a stand-in: a folder of JSON files that the test reads and writes."""

import datetime as dt
import json
import os
from pathlib import Path
from types import SimpleNamespace

from pixl.domain.errors import RetryLater
from pixl.domain.state import State
from pixl.project import Projects
from plugins.logs import log_to_orthancs_stream
from plugins.raw_plugin import register

DESK = Path(os.environ.get("PIXL_TEST_DESK", "."))


class FolderDesk:
    def __init__(self):
        self.asked = 0

    def document(self):
        if (DESK / "away").exists():
            raise RetryLater("the ledger did not answer")
        path = DESK / "desk.json"
        return json.loads(path.read_text()) if path.exists() else {"cursor": 0, "arrived": [], "states": {}}

    def write(self, document):
        temporary = DESK / "desk.json.part"
        temporary.write_text(json.dumps(document))
        temporary.rename(DESK / "desk.json")

    def cursor(self):
        return self.document()["cursor"]

    def study_arrived(self, *, study_uid, mrn, accession_number, cursor):
        document = self.document()
        document["arrived"].append([study_uid, mrn, accession_number])
        document["cursor"] = max(cursor, document["cursor"])
        self.write(document)

    def states_of(self, *, study_uid, mrn, accession_number):
        since = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
        rows = self.document()["states"].get(study_uid, [])
        return [SimpleNamespace(project=name, state=State(state), reason=why, since=since) for name, state, why in rows]

    def in_flight(self, *, study_uid, mrn, accession_number):
        wanted = self.document()["states"]
        return any(not State(state).is_final for _, state, _ in wanted.get(study_uid, wanted.get(mrn, [])))

    def request_by_hand(self, *, project, study_uid, mrn, accession_number):
        document = self.document()
        document["states"].setdefault(study_uid, []).append([project, "requested", "sent by hand"])
        self.write(document)


if __name__ == "raw_with_stand_in":
    import orthanc

    log_to_orthancs_stream("INFO")
    register(orthanc, desk=FolderDesk(), projects=Projects(DESK / "projects"), sweep_seconds=0.5)

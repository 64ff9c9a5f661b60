"""Faults of other implementations that no single part of this one could be shown not to have."""

from __future__ import annotations

import ast
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pixl.domain.part import Part
from pixl.domain.pseudonym import PseudonymQuery
from pixl.hashing import HashingClient
from pixl.intake import Fetcher, Source, Wanted
from pixl.orthanc import Anonymiser, OrthancClient
from pixl.settings import HOUSE

MRN, ACCESSION, STUDY, SERIES = "MRN-SECRET-7", "ACC-SECRET-7", "1.2.3.777", "1.2.3.777.888"
PRODUCT = ("pixl", "cli", "plugins", "hashing_api", "imaging_api", "ehr_api")
MEDDLERS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "joblib"}
RUNNERS = {"eval", "exec", "compile", "__import__"}


@contextmanager
def listener(answers):
    """A server that answers POST and GET by the end of the path, and what it saw: (what a log would show, body)."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            head = {name: value for name, value in self.headers.items() if name != "Authorization"}
            seen.append((f"{self.requestline} {head}", body.decode()))
            found = next((value for end, value in answers.items() if self.path.partition("?")[0].endswith(end)), {})
            data = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names of the base class

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


ORTHANC = {
    "/query": {"ID": "a-query", "Path": "/queries/a-query"},
    "/answers": [{"StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES, "PatientID": MRN, "SOPInstanceUID": "1.2.9"}],
    "/retrieve": {"ID": "a-job"},
    "/jobs/a-job": {"ID": "a-job", "State": "Success", "ErrorCode": 0},
    "/tools/find": [],
    "/deidentify": {"kind": "missing"},
    "/pseudonyms": {"pseudonyms": ["ab" * 32]},
}
SECRETS = (MRN, ACCESSION, STUDY, SERIES)


def told_by(step):
    """Return what the step says when it stops, as it may: this server is no real one."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - a bug's words would be searched as well
        return str(error)
    return ""


def test_no_identifier_is_in_a_url_or_a_header():
    wanted = [
        Wanted(mrn=MRN, accession_number=ACCESSION),
        Wanted(mrn=MRN, accession_number=ACCESSION, study_uid=STUDY),
        Wanted(mrn=MRN, accession_number=ACCESSION, study_uid=STUDY, parts=frozenset({Part(series_uid=SERIES)})),
    ]
    with listener(ORTHANC) as (url, seen):
        raw, anon = OrthancClient(url, "pixl", "p"), Anonymiser(url, "pixl", "p")
        fetcher = Fetcher(raw, [Source(name="primary")], aet="PIXLRAW", timeout=5)
        pseudonymiser = HashingClient(url, "token", timeout=5).for_project("lungs")
        told = [told_by(lambda one=one: fetcher.fetch(one)) for one in wanted]
        told += [
            told_by(lambda: raw.studies_by_accession(mrn=MRN, accession_number=ACCESSION)),
            told_by(lambda: anon.deidentify(project="lungs", study_uid=STUDY, patient_pseudonym=MRN)),
            told_by(lambda: pseudonymiser.pseudonyms([PseudonymQuery(value=MRN)])),
        ]
    heads, bodies = "\n".join(head for head, _ in seen), "\n".join(body for _, body in seen)
    assert [secret for secret in SECRETS if secret in heads + " ".join(told)] == []
    assert [secret for secret in SECRETS if secret not in bodies] == []
    assert {"/retrieve", "/pseudonyms", "/deidentify"} <= {end for end in ORTHANC if end in heads}


def sources():
    found = [path for part in PRODUCT for path in sorted((HOUSE / part).rglob("*.py"))]
    assert len(found) > 100
    return found


@pytest.fixture(scope="module")
def trees():
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in sources()]


def of_kind(trees, kind):
    return ((path.name, node) for path, tree in trees for node in ast.walk(tree) if isinstance(node, kind))


def test_nothing_that_can_run_code_is_read_from_a_queue_or_a_file(trees):
    imported = [(name, alias.name) for name, node in of_kind(trees, ast.Import) for alias in node.names]
    imported += [(name, node.module or "") for name, node in of_kind(trees, ast.ImportFrom)]
    assert [found for found in imported if found[1].partition(".")[0] in MEDDLERS] == []
    called = [(name, node.func.id) for name, node in of_kind(trees, ast.Call) if isinstance(node.func, ast.Name)]
    assert [found for found in called if found[1] in RUNNERS] == []


def test_no_call_goes_through_a_shell_or_past_a_certificate(trees):
    given = [
        (name, word.arg, word.value.value)
        for name, node in of_kind(trees, ast.Call)
        for word in node.keywords
        if isinstance(word.value, ast.Constant)
    ]
    assert [one for one in given if one[1:] in {("shell", True), ("verify", False)}] == []
    named = [(name, node.attr) for name, node in of_kind(trees, ast.Attribute)]
    loose = {"CERT_NONE", "_create_unverified_context", "disable_warnings"}
    assert [one for one in named if one[1] in loose] == []

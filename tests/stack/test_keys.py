"""A key that is lost, or another one in its place, against a real ledger."""

import dataclasses
import datetime as dt

import psycopg
import pytest

from pixl.domain.errors import ConfigurationError
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Ledger
from pixl.secrets import FileStore, new_secret
from pixl.settings import Settings
from pixl.stack.credentials import check_key, ensure_keys

pytestmark = pytest.mark.servers

EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC))
REQUEST = StudyRequest(
    project="lungs",
    procedure_occurrence_id=1,
    mrn="MRN-SECRET",
    accession_number="ACC-SECRET",
    study_uid="1.2.3",
    study_date=dt.date(2026, 1, 2),
)


class ReadOnlyStore:
    """A store in the network: it can be asked and not be written to."""

    def __init__(self, inner):
        self.get = inner.get


@dataclasses.dataclass
class Keys:
    settings: Settings
    store: FileStore
    folder: object

    def ensure(self, *projects, store=None):
        ensure_keys(self.settings, store or self.store, projects)

    def lose(self, name):
        kept = self.store.get(name)
        (self.folder / name).unlink()
        return kept

    def replace(self, name, value=None):
        self.lose(name)
        self.store.create(name, value or new_secret())

    def has(self, name):
        return (self.folder / name).exists()

    def load(self):
        with Ledger.connect(self.settings.database, self.store) as ledger:
            ledger.load(EXTRACT, [REQUEST])

    def execute(self, statement):
        password = self.store.get("database-password").decode()
        with psycopg.connect(self.settings.database, password=password) as connection:
            connection.execute(statement)


@pytest.fixture
def keys(tmp_path, database, postgres):
    store = FileStore(tmp_path / "secrets")
    store.create("database-password", postgres.password.encode())
    settings = Settings.from_env({"PIXL_DATA": str(tmp_path), "PIXL_DATABASE": database})
    return Keys(settings=settings, store=store, folder=tmp_path / "secrets")


def test_the_first_start_makes_keys_and_a_later_one_changes_none(keys):
    keys.ensure("lungs")
    before = [keys.store.get(name) for name in ("ledger-key", "project-lungs")]
    assert before[0] != before[1]
    keys.ensure("lungs", "hearts")
    assert [keys.store.get(name) for name in ("ledger-key", "project-lungs")] == before
    assert keys.has("project-hearts")


@pytest.mark.parametrize(("name", "advice"), [("ledger-key", "load the cohorts anew"), ("project-lungs", "lungs.yaml")])
def test_a_lost_key_is_never_made_anew_and_all_goes_on_when_it_is_put_back(keys, name, advice):
    keys.ensure("lungs")
    kept = keys.lose(name)
    with pytest.raises(ConfigurationError, match=f"(?s){name}.*put it back from your backup.*{advice}"):
        keys.ensure("lungs")
    with pytest.raises(ConfigurationError, match="put it back from your backup"):
        check_key(keys.settings, keys.store, name)
    assert not keys.has(name)
    keys.store.create(name, kept)
    keys.ensure("lungs")


@pytest.mark.parametrize("name", ["ledger-key", "project-lungs"])
def test_another_key_in_its_place_is_refused(keys, name):
    keys.ensure("lungs")
    check_key(keys.settings, keys.store, name)
    keys.replace(name)
    with pytest.raises(ConfigurationError, match=f"{name}' is not the key PIXL has worked with"):
        keys.ensure("lungs")
    with pytest.raises(ConfigurationError, match=f"{name}' is not the key PIXL has worked with"):
        check_key(keys.settings, keys.store, name)


@pytest.mark.parametrize("name", ["ledger-key", "project-lungs"])
def test_a_store_in_the_network_is_compared_too_and_asked_for_what_is_missing(keys, name):
    store = ReadOnlyStore(keys.store)
    with pytest.raises(ConfigurationError, match="there is no secret 'ledger-key'"):
        keys.ensure("lungs", store=store)
    keys.store.create("ledger-key", new_secret())
    keys.store.create("project-lungs", new_secret())
    keys.ensure("lungs", store=store)
    keys.replace(name)
    with pytest.raises(ConfigurationError, match="is not the key"):
        keys.ensure("lungs", store=store)
    keys.lose(name)
    with pytest.raises(ConfigurationError, match="put it back"):
        keys.ensure("lungs", store=store)


def test_a_ledger_that_was_made_before_there_were_check_values_takes_only_the_key_that_reads_it(keys):
    right = new_secret()
    keys.store.create("ledger-key", right)
    keys.load()
    keys.lose("ledger-key")
    with pytest.raises(ConfigurationError, match="put it back"):
        keys.ensure()
    keys.store.create("ledger-key", new_secret())
    with pytest.raises(ConfigurationError, match="is not the key"):
        keys.ensure()
    keys.replace("ledger-key", right)
    keys.ensure()


def test_a_project_that_has_pseudonyms_gets_no_new_key_even_where_none_was_taken_down(keys):
    keys.ensure()
    keys.load()
    keys.execute("UPDATE study SET pseudo_study_uid = '2.25.1'")
    with pytest.raises(ConfigurationError, match="put it back"):
        keys.ensure("lungs")
    assert not keys.has("project-lungs")


def test_a_project_whose_studies_only_wait_gets_its_key(keys):
    keys.ensure()
    keys.load()
    keys.ensure("lungs")
    assert keys.has("project-lungs")


def test_a_project_that_was_taken_away_needs_no_key(keys):
    keys.ensure("lungs")
    keys.lose("project-lungs")
    keys.ensure("hearts")


def test_a_start_that_was_refused_takes_nothing_down(keys):
    keys.ensure("lungs")
    keys.lose("project-lungs")
    with pytest.raises(ConfigurationError):
        keys.ensure("hearts", "lungs")
    keys.replace("project-hearts")
    with pytest.raises(ConfigurationError, match="lungs"):
        keys.ensure("hearts", "lungs")


def test_no_message_shows_a_key(keys):
    keys.ensure("lungs")
    keys.replace("project-lungs")
    with pytest.raises(ConfigurationError) as caught:
        keys.ensure("lungs")
    assert keys.store.get("project-lungs").decode() not in str(caught.value)

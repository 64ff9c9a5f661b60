import pytest

from pixl.domain.errors import ConfigurationError
from pixl.domain.report import ReportKeys
from pixl.reports import Deployment, policy_of
from pixl.secrets import FileStore

FILE = """
engines:
  cogstack: {kind: cogstack, interface: redact, url: "https://cogstack.example.org/redact"}
"""


@pytest.fixture
def deployment(tmp_path):
    (tmp_path / "reports.yaml").write_text(FILE)
    made = Deployment(tmp_path / "reports.yaml", FileStore(tmp_path / "secrets"))
    yield made
    made.close()


def engines(deployment, *names):
    return [engine.name for engine in deployment.treatment(ReportKeys(source="emap", engines=names)).engines]


def test_behind_an_engine_of_another_machine_the_rules_always_run(deployment):
    assert engines(deployment, "cogstack") == ["cogstack", "rules"]
    assert engines(deployment, "rules", "cogstack") == ["rules", "cogstack"]
    assert engines(deployment, "rules") == ["rules"]


@pytest.mark.parametrize(
    ("name", "message"), [("cogstak", "did you mean 'cogstack'"), ("ruls", "did you mean 'rules'")]
)
def test_an_engine_that_is_not_there_is_named(deployment, name, message):
    with pytest.raises(ConfigurationError, match=message):
        engines(deployment, name)


def test_the_hash_changes_with_what_decides(deployment):
    hashes = {
        policy_of(deployment.treatment(ReportKeys(source="emap", **keys)))
        for keys in (
            {},
            {"engines": ("cogstack",)},
            {"style": "surrogates"},
            {"flag_below": 0.5},
            {"second": "cogstack"},
            {"mrn_shapes": ("H#######",)},
        )
    }
    assert len(hashes) == 6
    assert policy_of(deployment.treatment(ReportKeys(source="a"))) == policy_of(
        deployment.treatment(ReportKeys(source="b"))
    )


@pytest.mark.parametrize("text", ["engines: {x: {kind: cogstack}}", "sourcs: {}", "sources: {a: {kind: mysql}}", "- 1"])
def test_a_file_that_is_wrong_is_named(tmp_path, text):
    file = tmp_path / "reports.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"reports\.yaml"):
        Deployment(file, FileStore(tmp_path / "secrets")).source("emap")

import pytest
import yaml

from pixl.domain.errors import ConfigurationError
from pixl.domain.report import ReportKeys
from pixl.project import load_project


def load(tmp_path, reports):
    (tmp_path / "policies").mkdir(exist_ok=True)
    (tmp_path / "policies" / "strict.yaml").write_text("{}")
    path = tmp_path / "lungs.yaml"
    document = {"project": {"name": "lungs", "modalities": ["CT"]}, "policy": "strict", "destination": {}}
    path.write_text(yaml.safe_dump(document | ({} if reports is None else {"reports": reports})))
    return load_project(path).reports


def test_without_the_section_no_report_is_asked_for(tmp_path):
    assert load(tmp_path, None) is None


def test_a_source_is_enough(tmp_path):
    assert load(tmp_path, {"source": "emap"}) == ReportKeys(source="emap")


def test_everything_can_be_said(tmp_path):
    told = {
        "source": "emap",
        "engines": ["cogstack", "rules", "ner"],
        "second": "shapes",
        "style": "surrogates",
        "flag_below": 0.95,
        "mrn_shapes": ["RJ1-#######"],
        "max_characters": 1000,
        "auto": True,
    }
    keys = load(tmp_path, told)
    assert keys.engines == ("cogstack", "rules", "ner")
    assert keys.mrn_shapes == ("RJ1-#######",)
    assert (keys.style, keys.flag_below, keys.max_characters, keys.auto) == ("surrogates", 0.95, 1000, True)


def test_one_engine_needs_no_list(tmp_path):
    assert load(tmp_path, {"source": "emap", "engines": "cogstack"}).engines == ("cogstack",)


@pytest.mark.parametrize(
    ("reports", "message"),
    [
        ({}, "source"),
        ({"source": "emap", "engine": "rules"}, "did you mean 'engines'"),
        ({"source": "emap", "engines": []}, "engines"),
        ({"source": "emap", "engines": ["rules", "rules"]}, "given twice"),
        ({"source": "emap", "second": "rules"}, "cannot be what checks them"),
        ({"source": "emap", "engines": ["cogstack"], "second": "rules"}, "cannot be what checks them"),
        ({"source": "emap", "engines": ["rules", "ner"], "second": "ner"}, "cannot be what checks them"),
        ({"source": "emap", "flag_below": 0}, "flag_below"),
        ({"source": "emap", "flag_below": ".nan"}, "flag_below"),
        ({"source": "emap", "style": "stars"}, "style"),
        ({"source": "emap", "mrn_shapes": ["H###"]}, "at least 4 digits"),
        ({"source": "emap", "mrn_shapes": [r"\d{7}####"]}, "is made of"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, reports, message):
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path, reports)

"""Every key of the files that people write is documented, and the examples load."""

import re
from pathlib import Path

import pydantic
import pytest
import yaml

from pixl.deid import load_policy, peer_file, policy_file
from pixl.deid.policy import OPTION_CODES
from pixl.export import destination_names, open_destination
from pixl.export.folder import FolderOptions
from pixl.export.ftps_options import FtpsOptions
from pixl.project import load_project, loader
from pixl.secrets import FileStore

ROOT = Path(__file__).parents[2]
RULES = re.compile(r"^overrides\[\]\.rules\[\]")
"""Of an override: the same keys as of the other rules."""


@pytest.fixture
def page(document):
    return document("docs/projects.md")


def keys(model, prefix=""):
    """Yield `a.b` and `a[].b` for every key of a form, its parts as such only where they have no keys of their own."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner, is_list = inner_form(field.annotation)
        if inner is None:
            yield path
        else:
            if is_list or (field.is_required() and prefix):
                yield path
            yield from keys(inner, f"{path}[]." if is_list else f"{path}.")


def inner_form(annotation, *, is_list=False):
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation, is_list
    found = (
        inner_form(argument, is_list=is_list or getattr(annotation, "__origin__", None) in (tuple, list))
        for argument in getattr(annotation, "__args__", ())
    )
    return next((one for one in found if one[0]), (None, False))


def documented(page, title, table, spans):
    return [name for row in table(page.section(title)) for name in spans(row[0])]


def test_every_key_of_a_project_file_is_documented(page, table, spans):
    assert set(documented(page, "The keys", table, spans)) == set(keys(loader._ProjectFile))


def test_the_documented_defaults_of_a_project_file_are_those_of_the_form(page, table):
    defaults = {row[0].strip("`"): row[1].strip("`") for row in table(page.section("The keys"))}
    form = loader._ProjectFile.model_fields
    assert defaults["on_failed_instance"] == form["on_failed_instance"].default
    assert defaults["priority"] == str(form["priority"].default)
    assert defaults["destination.dicom"] == loader._DestinationKeys.model_fields["dicom"].default


def test_every_key_of_a_policy_file_is_documented(page, table, spans):
    known = {key for key in keys(policy_file.PolicyKeys) if not RULES.match(key.replace("rules.", "rules[]."))}
    assert set(documented(page, "Policies", table, spans)) == known


def test_every_option_of_the_standard_is_named(page, spans):
    assert set(OPTION_CODES) - {"basic"} <= set(spans(page.section("Policies")))


def test_every_key_and_operation_of_the_originals_files_is_documented(page, table, spans):
    section = page.section("Tag operation files of the original")
    rows = table(section)
    names = {name for row in rows if len(row) == 2 for name in spans(row[0])}
    known = set(peer_file.TagKeys.model_fields) | set(peer_file.OverrideKeys.model_fields)
    assert names == known | set(peer_file.OPERATIONS)


def test_every_key_of_a_destination_is_documented(page, table, spans):
    names = set(documented(page, "Destinations", table, spans))
    assert names == set(FtpsOptions.model_fields) | set(FolderOptions.model_fields)


@pytest.fixture
def folder(tmp_path, page):
    """A projects folder made of what the page shows."""
    parts = {"policies/research.yaml": (ROOT / "projects/policies/research.yaml").read_text(encoding="utf-8")}
    [parts["lung-nodules.yaml"]] = page.blocks("yaml project")
    [parts["policies/own.yaml"]] = page.blocks("yaml policy")
    [parts["tag-operations/base.yaml"]] = page.blocks("yaml tags")
    [parts["tag-operations/manufacturer-overrides/mri.yaml"]] = page.blocks("yaml overrides")
    for name, text in parts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_example_of_a_project_loads(folder):
    project = load_project(folder / "lung-nodules.yaml")
    assert project.modalities == ("CT", "SR")
    assert load_policy(project).rules


def test_the_example_of_a_policy_loads(folder):
    document = yaml.safe_load((folder / "lung-nodules.yaml").read_text())
    (folder / "lung-nodules.yaml").write_text(yaml.safe_dump({**document, "policy": "own"}))
    policy = load_policy(load_project(folder / "lung-nodules.yaml"))
    assert [override.manufacturer for override in policy.overrides if override.manufacturer] == ["^philips"]


def test_the_examples_of_tag_operation_files_load(folder):
    document = yaml.safe_load((folder / "lung-nodules.yaml").read_text())
    del document["policy"]
    document["tag_operation_files"] = {"base": ["base"], "manufacturer_overrides": ["mri"]}
    (folder / "lung-nodules.yaml").write_text(yaml.safe_dump(document))
    policy = load_policy(load_project(folder / "lung-nodules.yaml"))
    decided = policy.rulebook("SIEMENS", "CT")
    assert str(decided.decide(0x00080018).operation) == "uid"
    assert decided.private


@pytest.mark.parametrize("name", ["docs/projects.md", "docs/operations.md"])
def test_the_examples_of_destinations_open(name, document, tmp_path):
    page = document(name)
    blocks = page.blocks("yaml destinations") + [block for block in page.blocks("yaml") if "kind:" in block]
    assert blocks
    secrets = FileStore(tmp_path / "secrets")
    secrets.ensure("safe-haven-password", lambda: b"invented")
    file = tmp_path / "destinations.yaml"
    for block in blocks:
        file.write_text(re.sub(r"^ +ca:.*\n", "", block, flags=re.MULTILINE), encoding="utf-8")
        assert [open_destination(one, file, secrets) for one in destination_names(file)]

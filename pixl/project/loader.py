"""Project files, ours and the peer's, to `Project`."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Annotated, Any

import pydantic

from pixl.domain.errors import ConfigurationError
from pixl.domain.project import AllowedManufacturer, DestinationNames, OnFailedInstance, Project, TagOperationFiles
from pixl.domain.suggest import suggestion
from pixl.project.checks_keys import ChecksKeys, checks_of
from pixl.project.extractable_keys import RowRuleForm, row_rules_of
from pixl.project.release_keys import ReleaseForm, release_of
from pixl.project.reports_keys import ReportsForm, reports_of
from pixl.project.yaml_file import read_form

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
LAYOUT_NAMES = frozenset({"patient", "study", "series", "instance"})
LAYOUT_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=+-]*")


class _Form(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def _nothing_is_empty(value: Any) -> Any:
    """Take null, and the peer's template's `none`, as an empty list."""
    return () if value in (None, "none", "None") else value


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return text


def _is_layout(text: str) -> str:
    """Check how files are to be called: each by its own name, inside the archive."""
    try:
        fields = [found[1:] for found in string.Formatter().parse(text) if found[1] is not None]
    except ValueError:
        raise ValueError("has braces that do not match") from None
    names = [str(name) for name, _, _ in fields]
    if not set(names) <= LAYOUT_NAMES or "instance" not in names or any(form or how for _, form, how in fields):
        raise ValueError("must be made of {patient}, {study}, {series} and {instance}, the last one at least")
    parts = text.format(**dict.fromkeys(names, "1")).split("/")
    if not all(LAYOUT_PART.fullmatch(part) for part in parts):
        raise ValueError("must be a path inside the archive: letters, digits and _.=+- in parts with / between")
    return text


_Texts = Annotated[tuple[str, ...], pydantic.BeforeValidator(_nothing_is_empty)]
_Pattern = Annotated[str, pydantic.AfterValidator(_is_pattern)]
_Modality = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Z0-9_]{1,16}$")]


class _ProjectKeys(_Form):
    name: str
    modalities: tuple[_Modality, ...] = pydantic.Field(min_length=1)
    azure_kv_alias: str | None = None


class _TagOperationFilesKeys(_Form):
    base: _Texts = ()
    manufacturer_overrides: _Texts = ()


class _ImageOperationFilesKeys(_Form):
    deid_recipes: _Texts = ()


class _ManufacturerKeys(_Form):
    regex: _Pattern = ".*"
    exclude_series_numbers: Annotated[tuple[int, ...], pydantic.BeforeValidator(_nothing_is_empty)] = ()


class _DestinationKeys(_Form):
    dicom: str = "none"
    parquet: str = "none"
    layout: Annotated[str, pydantic.AfterValidator(_is_layout)] = DestinationNames.layout


class _ProjectFile(_Form):
    project: _ProjectKeys
    destination: _DestinationKeys
    policy: str | None = None
    tag_operation_files: _TagOperationFilesKeys = _TagOperationFilesKeys()
    image_operation_files: _ImageOperationFilesKeys | None = None
    allowed_manufacturers: Annotated[tuple[_ManufacturerKeys, ...], pydantic.BeforeValidator(_nothing_is_empty)] = ()
    min_instances_per_series: Annotated[int, pydantic.Field(ge=1)] | None = None
    series_filters: _Texts = ()
    on_failed_instance: OnFailedInstance = "hold"
    priority: Annotated[int, pydantic.Field(ge=-1000, le=1000)] = 0
    checks: ChecksKeys | None = None
    release: ReleaseForm = ReleaseForm()
    reports: ReportsForm | None = None
    extractable: Annotated[tuple[RowRuleForm, ...], pydantic.BeforeValidator(_nothing_is_empty)] = ()


def load_project(path: Path) -> Project:
    """Return the project in `path`, which is named after the project: `NAME.yaml`.

    Raises
    ------
    ConfigurationError
        It names the file, the key, and what was probably meant.
    """
    form = read_form(path, _ProjectFile)
    name = _name(path, form.project.name)
    if form.policy is None and not form.tag_operation_files.base:
        raise ConfigurationError(f"{path}: neither policy nor tag_operation_files.base: nothing could leave")
    return Project(
        name=name,
        modalities=form.project.modalities,
        destination=DestinationNames(**form.destination.model_dump()),
        file=path,
        min_instances_per_series=form.min_instances_per_series or 1,
        series_filters=form.series_filters,
        allowed_manufacturers=tuple(
            AllowedManufacturer(regex=keys.regex, exclude_series_numbers=keys.exclude_series_numbers)
            for keys in form.allowed_manufacturers
        ),
        tag_operation_files=_tag_operation_files(path, form.tag_operation_files),
        image_operation_files=_image_operation_files(path, form.image_operation_files),
        policy=None if form.policy is None else _find(path, "policy", form.policy, "policies"),
        on_failed_instance=form.on_failed_instance,
        priority=form.priority,
        checks=checks_of(form.checks, path),
        release=release_of(form.release),
        reports=reports_of(form.reports, path),
        extractable=row_rules_of(form.extractable),
        notes=tuple(_notes(form)),
    )


class Projects:
    """The projects of a folder, one YAML file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> tuple[str, ...]:
        """Return the names of the project files, sorted; whether they are right is not looked at."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.yaml") if NAME.fullmatch(path.stem)))

    def get(self, name: str) -> Project:
        """Return the project called `name`.

        Raises
        ------
        ConfigurationError
            There is none (with the name that was probably meant), or its file is wrong.
        """
        if name not in self.names():
            raise ConfigurationError(f"no project {name!r} in {self.folder}{suggestion(name, self.names())}")
        return load_project(self.folder / f"{name}.yaml")


def _name(path: Path, given: str) -> str:
    """Return the project's name; the file's name and the name in it must agree."""
    name = re.sub(r"[^a-z0-9]+", "-", given.lower()).strip("-")
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"{path}: project.name must be letters, digits and hyphens, 63 at most")
    if path.stem != name:
        raise ConfigurationError(f"{path}: project.name is {name!r}, so the file must be called {name}.yaml")
    return name


def _tag_operation_files(path: Path, keys: _TagOperationFilesKeys) -> TagOperationFiles:
    base, overrides = "tag-operations", "tag-operations/manufacturer-overrides"
    return TagOperationFiles(
        base=tuple(_find(path, "tag_operation_files.base", name, base) for name in keys.base),
        manufacturer_overrides=tuple(
            _find(path, "tag_operation_files.manufacturer_overrides", name, overrides)
            for name in keys.manufacturer_overrides
        ),
    )


def _image_operation_files(path: Path, keys: _ImageOperationFilesKeys | None) -> tuple[Path, ...]:
    key, folder = "image_operation_files.deid_recipes", "image-operations"
    return tuple(_find(path, key, name, folder) for name in keys.deid_recipes) if keys else ()


def _find(path: Path, key: str, name: str, folder: str) -> Path:
    """Return the file that a key names: in its kind's folder, or relative to the project file; `.yaml` may lack."""
    places = [path.parent / folder / name, path.parent / name]
    for place in places:
        for candidate in (place, place.with_name(f"{place.name}.yaml")):
            if candidate.is_file():
                return candidate
    there = [file.name for file in places[0].parent.glob("*.*")] if places[0].parent.is_dir() else []
    raise ConfigurationError(f"{path}: {key}: no file {name!r} in {path.parent / folder}{suggestion(name, there)}")


def _notes(form: _ProjectFile) -> list[str]:
    notes = []
    if form.project.azure_kv_alias is not None:
        notes.append(
            "project.azure_kv_alias is not used: the project's secret is `project-NAME` in the secret store, "
            "so pseudonyms differ from those of the peer"
        )
    for key, value in (("dicom", form.destination.dicom), ("parquet", form.destination.parquet)):
        if value not in ("none", "ftps"):
            notes.append(f"destination.{key}: {value!r} is looked up in the destinations file; it is not a fixed kind")
    if form.tag_operation_files.base:
        notes.append(
            "tag_operation_files: what neither they nor the policy names is removed at every depth, private tags too"
        )
    if any(keys.exclude_series_numbers for keys in form.allowed_manufacturers):
        notes.append(
            "exclude_series_numbers: a number is compared as a whole; the peer leaves out 13 and 30 for a 3 too"
        )
    if form.tag_operation_files.base and not form.allowed_manufacturers:
        notes.append("allowed_manufacturers is not given, so every manufacturer is taken; the peer then takes none")
    if form.image_operation_files:
        notes.append("image_operation_files: the filters of recipes blacken pixels; their header actions are not run")
    return notes

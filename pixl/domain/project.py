"""A research project: whose images it may have, under which policy, and where they go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pixl.domain.checks import Checks
from pixl.domain.extractable import RowRule
from pixl.domain.report import ReportKeys
from pixl.domain.review import ReleaseKeys

OnFailedInstance = Literal["hold", "fail", "export"]


@dataclass(frozen=True, kw_only=True)
class AllowedManufacturer:
    """Devices whose images a project takes."""

    regex: str
    """Searched for in (0008,0070) Manufacturer, case-insensitively."""
    exclude_series_numbers: tuple[int, ...] = ()
    """Series of these devices that are left out."""


@dataclass(frozen=True, kw_only=True)
class TagOperationFiles:
    """Files in the peer's format: a list of `{name, group, element, op}`; a later file wins over an earlier one."""

    base: tuple[Path, ...] = ()
    manufacturer_overrides: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DestinationNames:
    """Where the two kinds of data go: `none`, or a name in the destinations file."""

    dicom: str
    parquet: str
    layout: str = "{series}/{instance}.dcm"
    """How files are called inside a study's archive; also `{patient}` and `{study}`, all pseudonyms."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """One project as its YAML says."""

    name: str
    """The slug, which is also the file's name: part of paths, secrets' names and the hashes."""
    modalities: tuple[str, ...]
    destination: DestinationNames
    file: Path
    min_instances_per_series: int = 1
    series_filters: tuple[str, ...] = ()
    """A series whose description contains one of these, in any case, is left out."""
    allowed_manufacturers: tuple[AllowedManufacturer, ...] = ()
    """Empty: every manufacturer."""
    tag_operation_files: TagOperationFiles = TagOperationFiles()
    image_operation_files: tuple[Path, ...] = ()
    policy: Path | None = None
    on_failed_instance: OnFailedInstance = "hold"
    """What becomes of a study of which an instance could not be de-identified."""
    priority: int = 0
    checks: Checks = field(default_factory=Checks)
    """What looks at every output before it may leave."""
    release: ReleaseKeys = field(default_factory=ReleaseKeys)
    """What stands between a study and its release."""
    reports: ReportKeys | None = None
    """What it says of radiology reports; None: it asks for none."""
    extractable: tuple[RowRule, ...] = ()
    """Rows that are not asked for."""
    notes: tuple[str, ...] = ()
    """A sentence for each key of the peer's format that means something else here."""

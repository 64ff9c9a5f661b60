"""A project's filters: which series are left out, and why. Reasons name the rule, never a value of the patient."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pixl.domain.project import AllowedManufacturer, Project


@dataclass(frozen=True, kw_only=True, repr=False)
class SeriesHeader:
    """What the archive or the cache says about a series. Identifiable: its description is free text."""

    modality: str
    description: str = ""
    number: int | None = None
    manufacturer: str = ""
    instances: int = 0

    def __repr__(self) -> str:
        return f"SeriesHeader(modality={self.modality!r}, number={self.number!r}, instances={self.instances})"


def reason_to_skip_series(series: SeriesHeader, project: Project) -> str | None:
    """Return why a project leaves a series out, None if it takes it."""
    return next(filter(None, (reason(series, project) for reason in REASONS)), None)


def _modality(series: SeriesHeader, project: Project) -> str | None:
    if not series.modality:
        return "the series has no modality"
    return None if series.modality in project.modalities else f"modality is not one of {', '.join(project.modalities)}"


def _description(series: SeriesHeader, project: Project) -> str | None:
    description = series.description.casefold()
    filters = (text for text in project.series_filters if text.casefold() in description)
    return next((f"series_filters: the description contains {text!r}" for text in filters), None)


def _manufacturer(series: SeriesHeader, project: Project) -> str | None:
    if project.allowed_manufacturers and not _allowed_by(series, project):
        return "allowed_manufacturers: the manufacturer matches none"
    return None


def _number(series: SeriesHeader, project: Project) -> str | None:
    """Look the number up in the first manufacturer that matches, as the peer does."""
    allowed = _allowed_by(series, project)
    if allowed and series.number in allowed.exclude_series_numbers:
        return f"exclude_series_numbers: series {series.number} of manufacturers matching {allowed.regex!r}"
    return None


def _instances(series: SeriesHeader, project: Project) -> str | None:
    if series.instances < project.min_instances_per_series:
        return f"min_instances_per_series: fewer than {project.min_instances_per_series} instances"
    return None


def _allowed_by(series: SeriesHeader, project: Project) -> AllowedManufacturer | None:
    allowed = project.allowed_manufacturers
    return next((one for one in allowed if re.search(one.regex, series.manufacturer, re.IGNORECASE)), None)


REASONS: tuple[Callable[[SeriesHeader, Project], str | None], ...] = (
    _modality,
    _description,
    _manufacturer,
    _number,
    _instances,
)

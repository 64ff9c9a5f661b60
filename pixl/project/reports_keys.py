"""The section `reports:` of a project file: source, engines, second method, style, limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pydantic

from pixl.domain.errors import ConfigurationError
from pixl.domain.report import ReportKeys, Style
from pixl.text import wrong_with


def _as_list(entry: Any) -> Any:
    return [entry] if isinstance(entry, str) else entry


_Engines = Annotated[tuple[str, ...], pydantic.BeforeValidator(_as_list), pydantic.Field(min_length=1)]


_Shapes = Annotated[tuple[str, ...], pydantic.BeforeValidator(_as_list)]


class ReportsForm(pydantic.BaseModel):
    """What a project says of its reports. Without this section it asks for none."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    source: str
    engines: _Engines = ReportKeys.engines
    second: str = ReportKeys.second
    style: Style = "labels"
    flag_below: Annotated[float, pydantic.Field(gt=0, le=1, allow_inf_nan=False)] = ReportKeys.flag_below
    mrn_shapes: _Shapes = ReportKeys.mrn_shapes
    max_characters: Annotated[int, pydantic.Field(ge=1, le=10_000_000)] = ReportKeys.max_characters
    drift_limit: Annotated[float, pydantic.Field(gt=0, le=100, allow_inf_nan=False)] = ReportKeys.drift_limit
    auto: bool = False


def reports_of(form: ReportsForm | None, path: Path) -> ReportKeys | None:
    """Return what the project file at `path` says of its reports; None if it asks for none.

    Raises
    ------
    ConfigurationError
        An engine is given twice, the second method is one of the engines (it would agree with itself), or a shape of
        hospital numbers is none.
    """
    if form is None:
        return None
    for name in form.engines:
        if form.engines.count(name) > 1:
            raise ConfigurationError(f"{path}: reports.engines: {name} is given twice")
    if form.second in {*form.engines, "rules"}:
        raise ConfigurationError(
            f"{path}: reports.second: {form.second!r} de-identifies these reports, so it cannot be what checks them; "
            "take another engine, such as shapes"
        )
    for shape in form.mrn_shapes:
        wrong = wrong_with(shape)
        if wrong:
            raise ConfigurationError(f"{path}: reports.mrn_shapes: {shape!r}: a shape {wrong}; such as RJ1-#######")
    return ReportKeys(**form.model_dump())

"""The deployment's reports file: where reports come from, and which engines run elsewhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pixl.domain.errors import ConfigurationError
from pixl.domain.report import ReportKeys
from pixl.domain.secret import SecretStore
from pixl.domain.suggest import suggestion
from pixl.project.yaml_file import read_form
from pixl.reports.batching import Batched
from pixl.reports.cogstack import CogStackEngine, CogStackOptions
from pixl.reports.engine import Engine
from pixl.reports.ner import NerEngine
from pixl.reports.postgres_source import PostgresOptions, PostgresSource
from pixl.reports.rules import RulesEngine
from pixl.reports.shapes import ShapesEngine
from pixl.reports.treatment import Treatment

ENTRY_POINTS = "pixl.report_engines"
EMBEDDED: dict[str, Callable[[], Engine]] = {"rules": RulesEngine, "ner": NerEngine, "shapes": ShapesEngine}
"""The engines of this process; third parties add theirs by an entry point of the group `pixl.report_engines`."""


class ReportsFile(BaseModel):
    """`sources:` and `engines:`, each by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: dict[str, PostgresOptions] = {}
    engines: dict[str, CogStackOptions] = {}


class Deployment:
    """Opens sources and engines by name, once each."""

    def __init__(self, file: Path, secrets: SecretStore) -> None:
        self._file, self._secrets = file, secrets
        self._sources: dict[str, Batched] = {}
        self._engines: dict[str, Engine] = {}

    def source(self, name: str) -> Batched:
        """Return a source.

        Raises
        ------
        ConfigurationError
            The file has none of this name, or it is wrong.
        """
        if name not in self._sources:
            options = self._read().sources.get(name)
            if options is None:
                raise ConfigurationError(f"{self._file} has no source {name!r}{suggestion(name, self._read().sources)}")
            source = PostgresSource(
                name,
                options,
                query=self._file.parent / options.query,
                password=partial(self._password, options.password_secret),
            )
            self._sources[name] = Batched(source, size=options.batch, per_minute=options.per_minute)
        return self._sources[name]

    def treatment(self, keys: ReportKeys) -> Treatment:
        """Return what a project does with its reports; behind an engine of another machine always come the rules."""
        engines = tuple(self.engine(name) for name in keys.engines)
        if any(engine.is_remote for engine in engines) and "rules" not in keys.engines:
            engines = (*engines, self.engine("rules"))
        return Treatment(engines=engines, second=self.engine(keys.second), keys=keys)

    def engine(self, name: str) -> Engine:
        """Return an engine, of this process or of another machine; raises as `source` does."""
        if name not in self._engines:
            self._engines[name] = self._open_engine(name)
        return self._engines[name]

    def close(self) -> None:
        """Close what is open."""
        for source in self._sources.values():
            source.close()
        for engine in self._engines.values():
            if isinstance(engine, CogStackEngine):
                engine.close()

    def _open_engine(self, name: str) -> Engine:
        others = {found.name: found for found in entry_points(group=ENTRY_POINTS)}
        if name in EMBEDDED:
            return EMBEDDED[name]()
        if name in others:
            engine: Engine = others[name].load()()
            return engine
        remote = self._read().engines if self._file.is_file() else {}
        if name not in remote:
            known = (*EMBEDDED, *others, *remote)
            raise ConfigurationError(f"there is no report engine {name!r} in {self._file}{suggestion(name, known)}")
        secret = remote[name].token_secret
        token = self._secrets.get(secret).decode().strip() if secret else None
        return CogStackEngine(name=name, options=remote[name], token=token)

    def _password(self, secret: str) -> str:
        return self._secrets.get(secret).decode().strip()

    def _read(self) -> ReportsFile:
        if not self._file.exists():
            raise ConfigurationError(f"there is no reports file {self._file}; docs/reports.md shows one")
        return read_form(self._file, ReportsFile)


def policy_of(treatment: Treatment) -> str:
    """Return the hash of all that decides about a report: engines with their versions, the project's keys, PIXL."""
    keys = treatment.keys
    said = {
        "engines": [[engine.name, engine.version] for engine in treatment.engines],
        "second": [treatment.second.name, treatment.second.version],
        "style": keys.style,
        "mrn_shapes": keys.mrn_shapes,
        "flag_below": keys.flag_below,
        "pixl": version("pixl"),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

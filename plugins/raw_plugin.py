"""Registers what orthanc-raw's plugin does with Orthanc."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pydantic

from pixl.dicom.condensed import condense
from pixl.orthanc.condensed import MOST, pack
from pixl.project import Projects
from plugins.callbacks import kept
from plugins.raw_desk import Desk, StudyState
from plugins.raw_follower import SWEEP_SECONDS, Follower
from plugins.raw_keeper import Keeper
from plugins.raw_store import RawStore, key_of
from plugins.rest import Answer, Asked, add_route

PAGE_SCRIPT = Path(__file__).with_name("raw_study_page.js")
STUDY = "/pixl/studies/([^/]+)"
ORTHANC_ID = r"^[0-9a-f]{8}(-[0-9a-f]{8}){4}$"
PATIENCE_SECONDS = 15.0
"""How long the follower may take to end: longer than the ledger takes to say that it is away."""


class Send(pydantic.BaseModel, extra="forbid", frozen=True):
    """The body of `POST /pixl/studies/ID/send`."""

    project: str


class Wanted(pydantic.BaseModel, extra="forbid", frozen=True):
    """The body of `POST /pixl/condensed`: Orthanc's ids."""

    instances: Annotated[
        tuple[Annotated[str, pydantic.Field(pattern=ORTHANC_ID)], ...], pydantic.Field(max_length=MOST)
    ]


@dataclass(frozen=True, kw_only=True)
class Routes:
    """What the study page, and PIXL's other processes, ask for."""

    store: RawStore
    desk: Desk
    keeper: Keeper
    projects: Projects

    def names(self, _asked: Asked) -> Answer:
        """Return the projects that a study may be sent to."""
        return Answer(document=list(self.projects.names()))

    def states(self, asked: Asked) -> Answer:
        """Return where a study is, in each project."""
        study = self.store.study(asked.groups[0])
        return Answer(document=_table(self.desk.states_of(**key_of(study))))

    def send(self, asked: Asked) -> Answer:
        """Send a study to a project."""
        project = self.projects.get(Send.model_validate_json(asked.body).project)
        study = self.store.study(asked.groups[0])
        self.desk.request_by_hand(project=project.name, **key_of(study))
        self.keeper.keep(study.patient_orthanc_id)
        return self.states(asked)

    def condensed(self, asked: Asked) -> Answer:
        """Send instances without their pictures: what the checks need of an original whose picture is as it was."""
        wanted = Wanted.model_validate_json(asked.body)
        return Answer(document=pack([condense(self.store.instance(one)) for one in wanted.instances]))

    def keep(self, asked: Asked) -> Answer:
        """Keep a study that is here already from being recycled while somebody needs it."""
        self.keeper.keep(self.store.study(asked.groups[0]).patient_orthanc_id)
        return Answer(document={})


def register(
    orthanc: Any,
    *,
    desk: Desk,
    projects: Projects,
    on_end: Callable[[], None] = lambda: None,
    sweep_seconds: float = SWEEP_SECONDS,
) -> None:
    """Follow the change log while Orthanc runs, answer the routes, and extend the study page."""
    store = RawStore(orthanc)
    keeper = Keeper(store, desk)
    stable_seconds = json.loads(orthanc.GetConfiguration()).get("StableAge", 60)
    follower = Follower(
        store=store, desk=desk, keeper=keeper, stable_seconds=stable_seconds, sweep_seconds=sweep_seconds
    )

    def on_change(change: int, _level: int, _resource: str) -> None:
        if change == orthanc.ChangeType.ORTHANC_STARTED:
            follower.start()
        elif change in {orthanc.ChangeType.STABLE_STUDY, orthanc.ChangeType.NEW_STUDY}:
            follower.wake()
        elif change == orthanc.ChangeType.ORTHANC_STOPPED:
            follower.end()
            follower.join(PATIENCE_SECONDS)
            on_end()

    orthanc.RegisterOnChangeCallback(kept(on_change))
    routes = Routes(store=store, desk=desk, keeper=keeper, projects=projects)
    add_route(orthanc, "/pixl/projects", {"GET": routes.names})
    add_route(orthanc, STUDY, {"GET": routes.states})
    add_route(orthanc, f"{STUDY}/send", {"POST": routes.send})
    add_route(orthanc, "/pixl/condensed", {"POST": routes.condensed})
    add_route(orthanc, f"{STUDY}/keep", {"POST": routes.keep})
    orthanc.ExtendOrthancExplorer(PAGE_SCRIPT.read_text(encoding="utf-8"))


def _table(states: Sequence[StudyState]) -> list[dict[str, str | None]]:
    return [
        {
            "project": study.project,
            "state": study.state.value,
            "reason": study.reason,
            "since": study.since.isoformat(timespec="seconds"),
        }
        for study in states
    ]

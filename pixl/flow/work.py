"""One job: the class of the error decides what becomes of the study."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass

from pixl.domain.errors import (
    NotBefore,
    PixlError,
    RetryLater,
    StudyHeld,
    StudyLost,
    StudyMissing,
    StudyRejected,
)
from pixl.domain.state import State
from pixl.flow.steps import ON_THE_WAY, Flow
from pixl.ledger import Study
from pixl.ledger.ledger import LOST
from pixl.queue import Step

log = logging.getLogger(__name__)

ENDS = {StudyMissing: State.MISSING, StudyHeld: State.HELD, StudyRejected: State.REJECTED}
"""What becomes of a study by the class of the error; any other error of ours fails it."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A job as it is taken from the queue."""

    step: Step
    study_id: int
    max_tries: int
    check_id: int | None = None
    """The series of the study that is to be checked."""


def work(flow: Flow, load: Workload) -> None:
    """Do one step for one study, and record how it ended.

    Raises
    ------
    RetryLater
        The step has to be tried again; the ledger says why.
    """
    study = flow.ledger.study(load.study_id)
    if study.state not in ON_THE_WAY[load.step]:
        log.info("study %s: %s has nothing to do in state %s", study.id, load.step, study.state)
        return
    try:
        _handle(flow, load, study)
    except NotBefore as reason:
        flow.ledger.note_try(study.id, str(reason), before=ON_THE_WAY[load.step], count=False)
        raise
    except RetryLater as reason:
        _again(flow, load, study, reason)
    except PixlError as reason:
        _end(flow, load, study, _state_after(reason), reason)
    except Exception as bug:  # noqa: BLE001  the outermost loop of a job: a bug fails its study and is seen
        _report(load, bug)
        _end(flow, load, study, State.FAILED, f"internal error ({type(bug).__name__}); see the log of imaging_api")
    else:
        log.info("study %s of %s: %s done", study.id, study.project, load.step)


def _handle(flow: Flow, load: Workload, study: Study) -> None:
    match load.step:
        case Step.FETCH:
            flow.fetch(study)
        case Step.DEIDENTIFY:
            flow.deidentify(study)
        case Step.CHECK if load.check_id is not None:
            flow.check(study, load.check_id)
        case Step.EXPORT:
            flow.export(study)
        case _:
            raise ValueError(f"{load.step} is no step of a study's way")


def _again(flow: Flow, load: Workload, study: Study, reason: RetryLater) -> None:
    # The series of a study are tried each on its own: a service that is away for a moment counts once for each.
    tries = study.tries + 1 if load.check_id is None else flow.ledger.note_check_try(load.check_id)
    log.warning("study %s of %s: %s: try %s: %s", study.id, study.project, load.step, tries, reason)
    if tries >= load.max_tries:
        _end(flow, load, study, State.FAILED, f"{reason} ({tries} tries)")
        return
    flow.ledger.note_try(study.id, str(reason), before=ON_THE_WAY[load.step], count=load.check_id is None)
    raise reason


def _end(flow: Flow, load: Workload, study: Study, state: State, reason: PixlError | str) -> None:
    log.warning("study %s of %s: %s: %s: %s", study.id, study.project, load.step, state, reason)
    flow.ledger.advance(
        study.id,
        state,
        before=_states_before(load.step, state),
        reason=str(reason),
        anon_id=LOST if isinstance(reason, StudyLost) else None,
    )


def _state_after(reason: PixlError) -> State:
    return next((state for kind, state in ENDS.items() if isinstance(reason, kind)), State.FAILED)


def _states_before(step: Step, after: State) -> frozenset[State]:
    """Return the states of the step from which `after` may follow: a bug may strike before the step has begun."""
    if after in (State.FAILED, State.REJECTED):
        return ON_THE_WAY[step]
    states = {Step.FETCH: State.FETCHING, Step.DEIDENTIFY: State.DEIDENTIFYING, Step.CHECK: State.CHECKING}
    return frozenset({states[step]})


def _report(load: Workload, bug: Exception) -> None:
    """Log where a bug struck, without its message and without variables: both may hold identifiers."""
    where = "".join(traceback.format_list(traceback.extract_tb(bug.__traceback__)))
    log.error("study %s: %s: %s at\n%s", load.study_id, load.step, type(bug).__name__, where)

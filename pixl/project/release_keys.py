"""The section `release:` of a project file: what stands between a study and its release."""

from __future__ import annotations

from typing import Annotated

import pydantic

from pixl.domain.review import GateKind, ReleaseKeys


class ReleaseForm(pydantic.BaseModel):
    """`gate: auto | checks | review | two-person`, and how much of what passed is looked at all the same."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    gate: GateKind = "checks"
    sample_rate: Annotated[float, pydantic.Field(ge=0, le=1, allow_inf_nan=False)] = 0.0


def release_of(form: ReleaseForm) -> ReleaseKeys:
    """Return what a project file says of its releases."""
    return ReleaseKeys(gate=form.gate, sample_rate=form.sample_rate)

"""Settings of the checker `pixels`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pydantic

from pixl.checks.options import Options
from pixl.checks.pixels_words import FEWEST
from pixl.domain.finding import Finding, Outcome

NAME = "pixels"
UNREADABLE = "unreadable"
Wanted = Literal["note", "hold", "redact", "reject"]


class Sampling(Options):
    """Which images are not read one by one: single, ORIGINAL and PRIMARY ones of which nothing says otherwise."""

    modalities: frozenset[str] = frozenset({"CT", "MR", "PT", "NM"})
    per_series: Annotated[int, pydantic.Field(ge=1)] = 1
    """How many of a series are read; all, once something is found in one of them."""
    brightest: bool = True
    """Whether the brightest of each pixel over all others is read too, where they are not compressed."""


class PixelsOptions(Options):
    """What is read, and what is done with it."""

    outcome: Wanted = "hold"
    """`redact` blackens the boxes and checks again."""
    identifying: Wanted | None = None
    """The same for lines with something known, or of the shape of an identifier; None: as `outcome`."""
    unreadable: Outcome = Outcome.HOLD
    """What is done with pixel data that cannot be decoded."""
    least_text: Annotated[int, pydantic.Field(ge=FEWEST)] = FEWEST
    """Letters and digits that a line must have."""
    ignore: tuple[str, ...] = ()
    """Regular expressions of whole lines that are no finding, in any case of letters."""
    rules: tuple[Path, ...] = ()
    """Files of IsIdentifiable's rules, relative to the project file, for the column PixelData."""
    skip_original_primary: frozenset[str] = frozenset()
    """Modalities of which the images that are ORIGINAL and PRIMARY are never read."""
    sample_original_primary: Sampling | None = Sampling()
    """None: every image is read."""
    scale: Annotated[float, pydantic.Field(ge=1, le=4)] | None = None
    """How much a picture is enlarged before it is read; None: as is best for its size."""
    margin: Annotated[int, pydantic.Field(ge=0, le=64)] = 4
    """Pixels by which a box is larger than what was read in it."""


def wanted_for(options: PixelsOptions, *, is_identifying: bool) -> Wanted:
    """Return what is done with a line of text."""
    return (options.identifying if is_identifying else None) or options.outcome


def wants_redaction(options: PixelsOptions, finding: Finding) -> bool:
    """Whether a finding of this checker is to be blackened without asking a person."""
    if finding.checker != NAME or finding.kind == UNREADABLE or finding.outcome is not Outcome.HOLD:
        return False
    return wanted_for(options, is_identifying=bool(finding.parts)) == "redact"

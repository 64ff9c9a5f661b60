"""The pictures of a study's series: what a page shows of them, and the PNGs themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, status
from fastapi.responses import Response

from console.access import Reviewer
from console.house import House, InHouse
from console.picture import Frame, NoPicture, Window, png
from console.pictures import Slide
from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.ledger.findings import StoredFinding
from pixl.ledger.reviews import SeriesUnderReview
from pixl.orthanc import NotStored

router = APIRouter()
TURNS = (0, 90, 180, 270)
Level = Annotated[float | None, Query(ge=-1e6, le=1e6, allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True)
class View:
    """How a picture is looked at."""

    slide: int | None = None
    """The place in the series, from 0; None: where the finding is."""
    centre: float | None = None
    width: float | None = None
    turn: int = 0

    @property
    def window(self) -> Window | None:
        """The one that was asked for."""
        if self.centre is None or self.width is None:
            return None
        return Window(centre=self.centre, width=max(self.width, 1.0))


@dataclass(frozen=True, kw_only=True)
class BoxShown:
    """A box to be drawn over a picture."""

    slide: int
    left: int
    top: int
    width: int
    height: int
    finding: int
    is_this: bool


def view(
    slide: Annotated[int | None, Query(ge=0)] = None, centre: Level = None, width: Level = None, turn: int = 0
) -> View:
    """Read how a picture is to be looked at."""
    return View(slide=slide, centre=centre, width=width, turn=turn if turn in TURNS else 0)


def viewer(
    house: House, series: SeriesUnderReview, findings: Sequence[StoredFinding], this: StoredFinding | None, seen: View
) -> dict[str, Any]:
    """Return what the template of the viewer needs; without pictures, why there are none."""
    try:
        slides = house.pictures.slides(series.anon_id)
        number = min(_start(slides, this) if seen.slide is None else seen.slide, len(slides) - 1)
        frame = house.pictures.frame(slides[number])
    except IndexError:
        return {"problem": "this series has no instance any more"}
    except (NoPicture, PixlError) as problem:
        return {"problem": str(problem)}
    boxes = [box for stored in findings for box in _boxes(slides, stored, this)]
    return {"problem": "", **_described(frame, seen), "slides": len(slides), "slide": number, "boxes": boxes}


@router.get("/pictures/{study_id}/{series}/{number}.png")
def picture(
    *,
    visitor: Reviewer,
    house: InHouse,
    study_id: int,
    series: str,
    number: int,
    centre: Level = None,
    width: Level = None,
) -> Response:
    """Return a frame of a series of a study under review."""
    try:
        _, known = house.ledger.reviews.study(study_id)
        anon_id = next(one.anon_id for one in known if one.series == series)
        slide = house.pictures.slides(anon_id)[number]
        data = png(house.pictures.frame(slide), View(centre=centre, width=width).window)
    except (LookupError, StopIteration, NotStored, ConfigurationError, NoPicture):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such picture") from None
    except RetryLater as error:
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, str(error)) from None
    mark = f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'
    return Response(data, media_type="image/png", headers={"ETag": mark})


def _start(slides: Sequence[Slide], this: StoredFinding | None) -> int:
    """Return where a finding is; the middle of a series shows more than its beginning."""
    middle = len(slides) // 2
    if this is None or this.finding.instance is None:
        return middle
    frame = this.finding.box.frame if this.finding.box else None
    places = [number for number, slide in enumerate(slides) if slide.sop_uid == this.finding.instance]
    exact = [number for number in places if frame is not None and slides[number].frame == frame]
    return next(iter(exact or places), middle)


def _boxes(slides: Sequence[Slide], stored: StoredFinding, this: StoredFinding | None) -> list[BoxShown]:
    finding, box = stored.finding, stored.finding.box
    if box is None:
        return []
    return [
        BoxShown(
            slide=number,
            left=box.left,
            top=box.top,
            width=box.width,
            height=box.height,
            finding=stored.id,
            is_this=this is not None and stored.id == this.id,
        )
        for number, slide in enumerate(slides)
        if slide.sop_uid == finding.instance
        and box.frame <= slide.frame <= (box.frame if box.last is None else box.last)
    ]


def _described(frame: Frame, seen: View) -> Mapping[str, Any]:
    shown = seen.window or frame.window
    reach = max(frame.high - frame.low, 1.0)
    return {
        "rows": frame.rows,
        "columns": frame.columns,
        "is_colour": frame.is_colour,
        "low": round(min(frame.low, shown.centre)),
        "high": round(max(frame.high, shown.centre)),
        "widest": round(max(reach, shown.width)),
        "centre": round(shown.centre),
        "width": max(1, round(shown.width)),
        "own_centre": round(frame.window.centre),
        "own_width": max(1, round(frame.window.width)),
        "turn": seen.turn,
    }

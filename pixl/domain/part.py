"""What of a study a row asks for, where that is not the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

INSTANCE = "instance"
MODALITY = "modality "


@dataclass(frozen=True, kw_only=True, repr=False)
class Part:
    """A series, an instance, or all series of a modality. Identifiable: its `repr` shows nothing.

    With a UID and a modality it is that series or instance if it is of the modality, and nothing otherwise.
    """

    series_uid: str = ""
    sop_uid: str = ""
    modality: str = ""

    @classmethod
    def read(cls, text: str) -> Part:
        """Read what `str` makes of one."""
        about, _, modality = text.partition(MODALITY)
        kind, _, uid = about.strip().rpartition(" ")
        return cls(modality=modality, **{"sop_uid" if kind == INSTANCE else "series_uid": uid})

    @property
    def uid(self) -> str:
        """The UID of the series or instance; empty where it is a modality only."""
        return self.sop_uid or self.series_uid

    @property
    def noun(self) -> str:
        """What it is."""
        return INSTANCE if self.sop_uid else "series"

    def __str__(self) -> str:
        about = f"{INSTANCE} {self.sop_uid}" if self.sop_uid else self.series_uid
        return f"{about} {MODALITY}{self.modality}".strip() if self.modality else about

    def __repr__(self) -> str:
        return "Part(...)"


def parts_with(series_uid: str, modality: str, sop_uid: str = "") -> Iterator[Part]:
    """Yield every part that a series, or an instance in it, belongs to."""
    for known in {"", modality}:
        yield Part(series_uid=series_uid, modality=known)
        if sop_uid:
            yield Part(sop_uid=sop_uid, modality=known)
    yield Part(modality=modality)

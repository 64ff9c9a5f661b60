"""Where images enter: the archive is asked for a study, once, and orthanc-raw keeps what it sends."""

from pixl.intake.fetcher import Fetched, Fetcher, Source, Wanted
from pixl.intake.hours import Hours

__all__ = ["Fetched", "Fetcher", "Hours", "Source", "Wanted"]

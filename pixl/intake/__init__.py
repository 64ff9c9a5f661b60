"""Where images enter: the archive is asked for a study, once, and orthanc-raw keeps what it sends."""

from pixl.intake.fetcher import Chosen, Fetched, Fetcher, Named, Source, Wanted
from pixl.intake.hours import Hours

__all__ = ["Chosen", "Fetched", "Fetcher", "Hours", "Named", "Source", "Wanted"]

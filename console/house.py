"""What the routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from console.originals import Originals
from console.pages import Pages
from console.pictures import Pictures
from pixl.ledger import Ledger
from pixl.ledger.people import Lifetimes
from pixl.oidc import OpenIdProvider


@dataclass(frozen=True, kw_only=True)
class House:
    """The ledger, both Orthancs, and the templates."""

    ledger: Ledger
    pictures: Pictures
    originals: Originals
    pages: Pages
    lifetimes: Lifetimes
    hospital: OpenIdProvider | None = None
    """The hospital's own login, where it is set up."""


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


InHouse = Annotated[House, Depends(_house)]

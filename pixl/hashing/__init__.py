"""Pseudonyms: how they are made, and the client of the service that holds the keys."""

from pixl.hashing.cache import CachedPseudonymiser
from pixl.hashing.client import HashingClient
from pixl.hashing.keyed import KeyedPseudonymiser

__all__ = ["CachedPseudonymiser", "HashingClient", "KeyedPseudonymiser"]

"""The de-identification engine: bytes, a policy and a pseudonymiser in; bytes and a record of what was done out.

`deidentify` keeps nothing. Threads may share a `Policy`, `Policies`, a `Deidentifier`, and a pseudonymiser that says so
of itself, as those of `pixl.hashing` do. What is given out (`Deidentified`, `Record`) does not change any more.
"""

from pixl.deid.engine import Deidentifier, Subject, deidentify
from pixl.deid.loader import load_policy
from pixl.deid.policies import Policies
from pixl.deid.policy import Policy
from pixl.deid.record import Deidentified, Record

__all__ = ["Deidentified", "Deidentifier", "Policies", "Policy", "Record", "Subject", "deidentify", "load_policy"]

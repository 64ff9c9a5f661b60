"""Radiology reports: found in a source, de-identified by engines, checked by another one."""

from pixl.reports.deployment import Deployment, policy_of
from pixl.reports.drift import Drift, Limits, drift
from pixl.reports.treatment import Treated, Treatment
from pixl.reports.verdict import verdict

__all__ = ["Deployment", "Drift", "Limits", "Treated", "Treatment", "drift", "policy_of", "verdict"]

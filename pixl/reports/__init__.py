"""Radiology reports: found in a source, de-identified by engines, checked by another one."""

from pixl.reports.deployment import Deployment, policy_of
from pixl.reports.treatment import Treated, Treatment
from pixl.reports.verdict import verdict

__all__ = ["Deployment", "Treated", "Treatment", "policy_of", "verdict"]
